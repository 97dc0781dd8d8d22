using System.Net;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Hosts;

/// <summary>Names and addresses of hosts files (hosts(5)), to be looked up from the hot threads. Never changes.</summary>
internal sealed class HostsTable
{
    private readonly Dictionary<DnsName, List<NetAddress>> forward = new(NameComparer.Instance);
    private readonly Dictionary<DnsName, List<DnsName>> reverse = new(NameComparer.Instance);
    private readonly Dictionary<DnsName, List<NetAddress>>.AlternateLookup<ReadOnlySpan<byte>> byName;
    private readonly Dictionary<DnsName, List<DnsName>>.AlternateLookup<ReadOnlySpan<byte>> byAddress;

    private HostsTable()
    {
        byName = forward.GetAlternateLookup<ReadOnlySpan<byte>>();
        byAddress = reverse.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>How many names there are.</summary>
    public int Count => forward.Count;

    /// <summary>Reads lines; names of earlier sources hide those of later ones.</summary>
    public static HostsTable Read(params ReadOnlySpan<IEnumerable<string>> sources)
    {
        HostsTable table = new();
        foreach (IEnumerable<string> source in sources)
        {
            HashSet<DnsName> hidden = [.. table.forward.Keys];
            foreach (string line in source)
            {
                table.Add(line, hidden);
            }
        }

        return table;
    }

    /// <summary>The addresses of a name, or of the wildcard above it; null if it isn't there.</summary>
    /// <param name="name">A whole name, lower-cased.</param>
    public List<NetAddress>? Addresses(ReadOnlySpan<byte> name)
    {
        if (byName.TryGetValue(name, out List<NetAddress>? addresses) || name.Length < 3)
        {
            return addresses;
        }

        // *.example.com stands for one label.
        Span<byte> wildcard = stackalloc byte[NameBytes.MaxLength];
        ReadOnlySpan<byte> parent = name[(name[0] + 1)..];
        wildcard[0] = 1;
        wildcard[1] = (byte)'*';
        parent.CopyTo(wildcard[2..]);
        return byName.TryGetValue(wildcard[..(2 + parent.Length)], out addresses) ? addresses : null;
    }

    /// <summary>The names of an address, by its reverse name; null if there are none.</summary>
    /// <param name="name">A whole name, lower-cased.</param>
    public List<DnsName>? Names(ReadOnlySpan<byte> name) => byAddress.TryGetValue(name, out List<DnsName>? names) ? names : null;

    private void Add(string line, HashSet<DnsName> hidden)
    {
        string[] words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        // A zone such as in fe80::1%lo is of this machine alone.
        if (words.Length < 2 || !IPAddress.TryParse(words[0].Split('%')[0], out IPAddress? parsed))
        {
            return;
        }

        NetAddress address = NetAddress.From(parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed);
        foreach (string word in words.AsSpan(1))
        {
            if (!DnsName.TryParse(word, out DnsName name) || name.IsRoot || hidden.Contains(name))
            {
                continue;
            }

            Put(forward, name, address);
            if (name.Wire[1] != '*')
            {
                Put(reverse, Zones.Reverse(parsed), name);
            }
        }
    }

    private static void Put<T>(Dictionary<DnsName, List<T>> table, DnsName key, T value)
    {
        if (!table.TryGetValue(key, out List<T>? values))
        {
            table.Add(key, values = []);
        }

        if (!values.Contains(value))
        {
            values.Add(value);
        }
    }
}
