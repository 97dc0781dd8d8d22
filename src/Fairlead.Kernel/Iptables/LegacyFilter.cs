using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Fairlead.Kernel.Iptables;

/// <summary>What iptables-legacy's filter table does with a packet that is forwarded.</summary>
/// <param name="Drops">It is dropped or rejected.</param>
/// <param name="ByPolicy">No rule decided: the policy of FORWARD did.</param>
/// <param name="Unknown">How many rules on the way have matches or targets that aren't judged; they were taken as not matching.</param>
public readonly record struct LegacyVerdict(bool Drops, bool ByPolicy, int Unknown);

/// <summary>
/// The filter table of iptables-legacy, which nf_tables knows nothing of, read as the kernel has it. Only what is in each rule itself is judged: addresses, interfaces, protocol.
/// </summary>
/// <remarks>Source: linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h, linux/netfilter/x_tables.h.</remarks>
public sealed class LegacyFilter
{
    private const int NameLength = 32, InfoLength = 84, EntriesHeader = 40; // XT_TABLE_MAXNAMELEN, struct ipt_getinfo, struct ipt_get_entries
    private const int GetInfo = 64, GetEntries = 65; // IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES
    private const int Forward = 2; // NF_INET_FORWARD
    private const int TargetHeader = 32; // struct xt_entry_target
    private const int Accept = -2, Drop = -1, Return = -5; // -NF_ACCEPT - 1, -NF_DROP - 1, XT_RETURN
    private const int MostSteps = 100_000;
    private readonly bool ipv6;
    private readonly byte[] entries;
    private readonly int first;
    private readonly int policy;

    private LegacyFilter(bool ipv6, byte[] entries, int first, int policy) => (this.ipv6, this.entries, this.first, this.policy) = (ipv6, entries, first, policy);

    /// <summary>Reads the table of the calling thread's network namespace; null where there is none. Asking the kernel for one that isn't there would make it.</summary>
    /// <exception cref="SocketException">The kernel refused (CAP_NET_RAW and CAP_NET_ADMIN are needed).</exception>
    public static LegacyFilter? Read(bool ipv6)
    {
        string names = $"/proc/thread-self/net/{(ipv6 ? "ip6" : "ip")}_tables_names";
        if (!File.Exists(names) || !File.ReadAllLines(names).Contains("filter"))
        {
            return null;
        }

        using Socket socket = new(ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw);
        int level = ipv6 ? 41 : 0; // SOL_IPV6, SOL_IP
        byte[] info = new byte[InfoLength];
        "filter"u8.CopyTo(info);
        socket.GetRawSocketOption(level, GetInfo, info);
        int size = Int32(info, NameLength + 48), hook = Int32(info, NameLength + 4 + (4 * Forward)), underflow = Int32(info, NameLength + 24 + (4 * Forward));
        byte[] table = new byte[EntriesHeader + size];
        "filter"u8.CopyTo(table);
        MemoryMarshal.Write(table.AsSpan(NameLength), size);
        socket.GetRawSocketOption(level, GetEntries, table);
        return new(ipv6, table[EntriesHeader..], hook, underflow);
    }

    /// <summary>Sends a packet of TCP through FORWARD.</summary>
    /// <exception cref="InvalidDataException">The table isn't what it should be.</exception>
    public LegacyVerdict Judge(IPAddress source, IPAddress destination, string input, string output)
    {
        Stack<int> returns = new();
        int at = first, unknown = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            Entry entry = new(ipv6, entries, at);
            if (!entry.Matches(source, destination, input, output))
            {
                at = entry.Next;
                continue;
            }

            if (entry.HasMatches)
            {
                unknown++;
                at = entry.Next;
                continue;
            }

            switch (entry.Target, entry.Verdict)
            {
                case ("", Accept):
                    return new(false, at == policy, unknown);
                case ("", Drop):
                    return new(true, at == policy, unknown);
                case ("", Return):
                    at = returns.TryPop(out int back) ? back : policy;
                    break;
                case ("", >= 0 and var chain):
                    if (!entry.IsGoto)
                    {
                        returns.Push(entry.Next);
                    }

                    at = chain;
                    break;
                case ("REJECT", _):
                    return new(true, false, unknown);
                default:
                    at = entry.Next; // LOG, MARK and others go on
                    break;
            }
        }

        throw new InvalidDataException($"iptables' table filter has a packet take more than {MostSteps} rules");
    }

    private static int Int32(ReadOnlySpan<byte> bytes, int offset) => MemoryMarshal.Read<int>(bytes[offset..]);

    /// <summary>struct ipt_entry or ip6t_entry: what it matches, further matches, a target.</summary>
    private readonly ref struct Entry
    {
        private const int InterfaceLength = 16; // IFNAMSIZ
        private const byte NotInput = 0x01, NotOutput = 0x02, NotSource = 0x08, NotDestination = 0x10, NotProtocol = 0x40; // IPT_INV_*
        private const ushort Tcp = 6;
        private readonly ReadOnlySpan<byte> bytes;
        private readonly int address;
        private readonly int offset;
        private readonly int header;

        public Entry(bool ipv6, ReadOnlySpan<byte> table, int offset)
        {
            (address, header, int offsets) = ipv6 ? (16, 168, 140) : (4, 112, 88);
            if (offset < 0 || offset > table.Length - header - TargetHeader)
            {
                throw new InvalidDataException($"iptables' table filter has no rule at {offset} of {table.Length} bytes");
            }

            this.offset = offset;
            bytes = table[offset..];
            TargetOffset = MemoryMarshal.Read<ushort>(bytes[offsets..]);
            Length = MemoryMarshal.Read<ushort>(bytes[(offsets + 2)..]);
            if (TargetOffset < header || Length < TargetOffset + TargetHeader || Length > bytes.Length)
            {
                throw new InvalidDataException($"iptables' table filter has a rule of {Length} bytes with a target at {TargetOffset}");
            }
        }

        private int TargetOffset { get; }

        private int Length { get; }

        private int Interfaces => 4 * address;

        private int Protocol => Interfaces + (4 * InterfaceLength);

        public int Next => offset + Length;

        public bool HasMatches => TargetOffset > header;

        /// <summary>Empty for a verdict.</summary>
        public string Target => Text(bytes.Slice(TargetOffset + 2, 29));

        public int Verdict => Length >= TargetOffset + TargetHeader + 4 ? Int32(bytes, TargetOffset + TargetHeader) : Return;

        public bool IsGoto => (bytes[Protocol + (address == 16 ? 3 : 2)] & (address == 16 ? 0x04 : 0x02)) != 0;

        public bool Matches(IPAddress source, IPAddress destination, string input, string output)
        {
            byte not = bytes[Protocol + (address == 16 ? 4 : 3)];
            ushort protocol = MemoryMarshal.Read<ushort>(bytes[Protocol..]);
            return Matches(source.GetAddressBytes(), 0, address, 2 * address) != ((not & NotSource) != 0)
                && Matches(destination.GetAddressBytes(), address, address, 2 * address) != ((not & NotDestination) != 0)
                && Matches(Padded(input), Interfaces, InterfaceLength, 2 * InterfaceLength) != ((not & NotInput) != 0)
                && Matches(Padded(output), Interfaces + InterfaceLength, InterfaceLength, 2 * InterfaceLength) != ((not & NotOutput) != 0)
                && (protocol == 0 || protocol == Tcp != ((not & NotProtocol) != 0));
        }

        /// <summary>Whether a value is that of the rule, as far as its mask says, which follows after so many bytes.</summary>
        private bool Matches(ReadOnlySpan<byte> value, int at, int length, int mask)
        {
            for (int i = 0; i < length; i++)
            {
                if (((value[i] ^ bytes[at + i]) & bytes[at + mask + i]) != 0)
                {
                    return false;
                }
            }

            return true;
        }

        private static byte[] Padded(string name)
        {
            byte[] padded = new byte[InterfaceLength];
            Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, InterfaceLength - 1)), padded);
            return padded;
        }

        private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes[..(bytes.IndexOf((byte)0) is var end and >= 0 ? end : bytes.Length)]);
    }
}
