using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes bytes by their type, as nft does.</summary>
internal static class ValueText
{
    /// <summary>A queueing class as tc writes it: <c>none</c>, <c>:0003</c>, <c>0001:</c>, <c>0001:0003</c>, <c>root</c>.</summary>
    private static string ClassId(uint id) => id switch
    {
        0 => "none",
        uint.MaxValue => "root",
        <= ushort.MaxValue => $":{id:x4}",
        _ => (id & 0xffff) == 0 ? $"{id >> 16:x4}:" : $"{id >> 16:x4}:{id & 0xffff:x4}",
    };

    /// <summary>One field.</summary>
    internal static string Write(DataType type, ReadOnlySpan<byte> bytes) => type switch
    {
        DataType.Ipv4Address when bytes.Length == 4 => new IPAddress(bytes).ToString(),
        DataType.Ipv6Address when bytes.Length == 16 => new IPAddress(bytes).ToString(),
        DataType.EthernetAddress when bytes.Length == 6 => string.Join(':', bytes.ToArray().Select(static part => part.ToString("x2"))),
        DataType.Protocol when bytes.Length == 1 => Protocol(bytes[0]),
        DataType.Port when bytes.Length >= 2 => BinaryPrimitives.ReadUInt16BigEndian(bytes).ToString(),
        DataType.ClassId when bytes.Length == 4 => ClassId(MemoryMarshal.Read<uint>(bytes)),
        DataType.Mark when bytes.Length == 4 => $"0x{MemoryMarshal.Read<uint>(bytes):x8}",
        DataType.InterfaceName => Name(bytes),
        DataType.NetfilterProtocol when bytes.Length == 1 => bytes[0] switch
        {
            (byte)TableFamily.Ipv4 => "ipv4",
            (byte)TableFamily.Ipv6 => "ipv6",
            byte other => other.ToString(),
        },
        DataType.ConntrackState when bytes.Length == 4 => Bits(MemoryMarshal.Read<uint>(bytes), ConntrackStateWords, ","),
        DataType.ConntrackStatus when bytes.Length == 4 => Bits(MemoryMarshal.Read<uint>(bytes), ConntrackStatusWords, ","),
        DataType.TcpFlags when bytes.Length == 1 => Bits(bytes[0], TcpFlagWords, " | "),
        DataType.ConntrackDirection when bytes.Length == 1 => bytes[0] == 0 ? "original" : "reply",
        DataType.PacketType when bytes.Length == 1 => bytes[0] switch
        {
            0 => "host",
            1 => "broadcast",
            2 => "multicast",
            3 => "other",
            byte other => other.ToString(),
        },
        DataType.FibAddressType when bytes.Length == 4 => AddressType(MemoryMarshal.Read<uint>(bytes)),
        DataType.IcmpType when bytes.Length == 1 => bytes[0] switch
        {
            0 => "echo-reply",
            3 => "destination-unreachable",
            8 => "echo-request",
            11 => "time-exceeded",
            byte other => other.ToString(),
        },
        DataType.IcmpV6Type when bytes.Length == 1 => bytes[0] switch
        {
            1 => "destination-unreachable",
            2 => "packet-too-big",
            3 => "time-exceeded",
            128 => "echo-request",
            129 => "echo-reply",
            133 => "nd-router-solicit",
            134 => "nd-router-advert",
            135 => "nd-neighbor-solicit",
            136 => "nd-neighbor-advert",
            byte other => other.ToString(),
        },
        DataType.InterfaceType when bytes.Length == 2 => MemoryMarshal.Read<ushort>(bytes).ToString(),
        DataType.EthernetType when bytes.Length == 2 => $"0x{BinaryPrimitives.ReadUInt16BigEndian(bytes):x4}",
        DataType.Number or DataType.InterfaceIndex when bytes.Length == 4 => MemoryMarshal.Read<uint>(bytes).ToString(),
        _ when bytes.Length == 1 => bytes[0].ToString(),
        _ => $"0x{Convert.ToHexStringLower(bytes)}",
    };

    /// <summary>One field or several, <c>10.32.0.1 . tcp . 443</c>.</summary>
    internal static string Write(ValueList<DataType> types, ReadOnlySpan<byte> bytes)
    {
        if (types.Count == 1)
        {
            return Write(types[0], bytes);
        }

        StringBuilder text = new();
        foreach (DataType type in types)
        {
            int length = DataTypes.Length(type);
            if (length == 0 || bytes.Length < length)
            {
                return $"0x{Convert.ToHexStringLower(bytes)}";
            }

            text.Append(text.Length == 0 ? "" : " . ").Append(Write(type, bytes[..length]));
            bytes = bytes[Math.Min(DataTypes.Padded(length), bytes.Length)..];
        }

        return text.ToString();
    }

    /// <summary>A range of one field or of each of several: <c>10.0.0.0/8 . 80-90</c>.</summary>
    internal static string WriteRange(ValueList<DataType> types, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        if (types.Count == 1)
        {
            return WriteRange(types[0], first, last);
        }

        StringBuilder text = new();
        foreach (DataType type in types)
        {
            int length = DataTypes.Length(type);
            if (length == 0 || first.Length < length || last.Length < length)
            {
                return $"0x{Convert.ToHexStringLower(first)}-0x{Convert.ToHexStringLower(last)}";
            }

            text.Append(text.Length == 0 ? "" : " . ").Append(WriteRange(type, first[..length], last[..length]));
            first = first[Math.Min(DataTypes.Padded(length), first.Length)..];
            last = last[Math.Min(DataTypes.Padded(length), last.Length)..];
        }

        return text.ToString();
    }

    /// <summary>Bits by their names; what has no name as a number.</summary>
    internal static string Bits(uint value, ReadOnlySpan<string> words, string separator)
    {
        List<string> parts = [];
        for (int bit = 0; bit < 32; bit++)
        {
            if ((value & (1u << bit)) != 0)
            {
                parts.Add(bit < words.Length ? words[bit] : $"0x{1u << bit:x}");
            }
        }

        return parts.Count == 0 ? "0" : string.Join(separator, parts);
    }

    internal static ReadOnlySpan<string> ConntrackStateWords => (string[])["invalid", "established", "related", "new", "0x10", "0x20", "untracked"];

    internal static ReadOnlySpan<string> ConntrackStatusWords => (string[])["expected", "seen-reply", "assured", "confirmed", "snat", "dnat", "0x40", "0x80", "0x100", "dying"];

    internal static ReadOnlySpan<string> TcpFlagWords => (string[])["fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"];

    private static string WriteRange(DataType type, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        if (first.SequenceEqual(last))
        {
            return Write(type, first);
        }

        bool address = type is DataType.Ipv4Address or DataType.Ipv6Address;
        return address && first.Length == last.Length && Prefixes.Length(first, last) is { } length
            ? $"{Write(type, first)}/{length}"
            : $"{Write(type, first)}-{Write(type, last)}";
    }

    private static string Protocol(byte number) => number switch
    {
        (byte)IpProtocol.Icmp => "icmp",
        (byte)IpProtocol.Tcp => "tcp",
        (byte)IpProtocol.Udp => "udp",
        (byte)IpProtocol.IcmpV6 => "ipv6-icmp",
        (byte)IpProtocol.Sctp => "sctp",
        _ => number.ToString(),
    };

    private static string AddressType(uint number) => (FibAddressType)number switch
    {
        FibAddressType.Unspecified => "unspec",
        FibAddressType.Unicast => "unicast",
        FibAddressType.Local => "local",
        FibAddressType.Broadcast => "broadcast",
        FibAddressType.Anycast => "anycast",
        FibAddressType.Multicast => "multicast",
        _ => number.ToString(),
    };

    /// <summary>Shorter than a whole name, without a zero at its end, is the beginning of a name.</summary>
    private static string Name(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        string name = Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
        return NftWords.Quote(end < 0 && bytes.Length < 16 ? $"{name}*" : name);
    }
}
