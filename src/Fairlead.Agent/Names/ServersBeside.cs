using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Network;

namespace Fairlead.Agent.Names;

/// <summary>Whether another process serves DNS at this node's addresses too, as a new agent does beside the one that it replaces. Source: proc_pid_net(5).</summary>
internal static class ServersBeside
{
    /// <summary>Whether a UDP socket that isn't ours is bound to one of the addresses, and takes datagrams from everybody.</summary>
    public static bool Any(ImmutableArray<NetAddress> addresses, ushort port)
    {
        HashSet<string> own = [.. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(f => f.LinkTarget).OfType<string>().Where(t => t.StartsWith("socket:[", StringComparison.Ordinal))];
        return addresses.GroupBy(a => a.IsIPv6).Any(family =>
        {
            HashSet<string> bound = [.. family.Select(a => Written(a, port))];
            return Sockets(family.Key).Any(s => bound.Contains(s.Local) && s.Remote.AsSpan().TrimStart("0:").IsEmpty && !own.Contains($"socket:[{s.Inode}]"));
        });
    }

    private static IEnumerable<(string Local, string Remote, string Inode)> Sockets(bool ipv6)
    {
        string path = ipv6 ? "/proc/net/udp6" : "/proc/net/udp";
        return File.Exists(path)
            ? File.ReadLines(path).Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(f => f.Length > 9).Select(f => (f[1], f[2], f[9]))
            : [];
    }

    /// <summary>As the kernel writes it: words of 32 bits in the machine's byte order, and the port.</summary>
    private static string Written(NetAddress address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[address.Length];
        address.WriteTo(bytes);
        string text = "";
        for (int i = 0; i < bytes.Length; i += sizeof(uint))
        {
            uint word = BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[i..]);
            text += word.ToString("X8", CultureInfo.InvariantCulture);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{text}:{port:X4}");
    }
}
