namespace Fairlead.Kernel.NfTables;

/// <summary>What nft knows of each type: its word, its length, its byte order.</summary>
internal static class DataTypes
{
    /// <summary>What the 32 bits of a key's type have room for: the kernel would take more, but nobody could read the set any more.</summary>
    internal const int MaxFields = 5;

    internal enum ByteOrder : uint
    {
        /// <summary>BYTEORDER_INVALID: single bytes, concatenations.</summary>
        None = 0,

        /// <summary>BYTEORDER_HOST_ENDIAN.</summary>
        Host = 1,

        /// <summary>BYTEORDER_BIG_ENDIAN.</summary>
        Network = 2,
    }

    /// <summary>The word behind <c>type</c>; null where nft has none.</summary>
    internal static string? Name(DataType type) => type switch
    {
        DataType.NetfilterProtocol => "nf_proto",
        DataType.Ipv4Address => "ipv4_addr",
        DataType.Ipv6Address => "ipv6_addr",
        DataType.EthernetAddress => "ether_addr",
        DataType.EthernetType => "ether_type",
        DataType.Protocol => "inet_proto",
        DataType.Port => "inet_service",
        DataType.IcmpType => "icmp_type",
        DataType.TcpFlags => "tcp_flag",
        DataType.Mark => "mark",
        DataType.InterfaceIndex => "iface_index",
        DataType.InterfaceType => "iface_type",
        DataType.ClassId => "classid",
        DataType.ConntrackState => "ct_state",
        DataType.ConntrackDirection => "ct_dir",
        DataType.ConntrackStatus => "ct_status",
        DataType.IcmpV6Type => "icmpv6_type",
        DataType.PacketType => "pkt_type",
        DataType.FibAddressType => "fib_addrtype",
        DataType.Boolean => "boolean",
        DataType.InterfaceName => "ifname",
        _ => null,
    };

    /// <summary>Bytes; 0 where the type alone doesn't say.</summary>
    internal static int Length(DataType type) => type switch
    {
        DataType.NetfilterProtocol or DataType.Protocol or DataType.IcmpType or DataType.IcmpV6Type or DataType.TcpFlags
            or DataType.ConntrackDirection or DataType.PacketType or DataType.Boolean => 1,
        DataType.Port or DataType.EthernetType or DataType.InterfaceType => 2,
        DataType.Number or DataType.Ipv4Address or DataType.Mark or DataType.ClassId or DataType.InterfaceIndex or DataType.ConntrackState
            or DataType.ConntrackStatus or DataType.FibAddressType => 4,
        DataType.EthernetAddress => 6,
        DataType.Ipv6Address or DataType.InterfaceName => 16,
        _ => 0,
    };

    /// <summary>What nft 1.0.6 stores for a set with this key (NFTNL_UDATA_SET_KEYBYTEORDER); it prints elements of interval sets wrongly without.</summary>
    internal static ByteOrder Order(DataType type) => type switch
    {
        DataType.Ipv4Address or DataType.Ipv6Address or DataType.EthernetAddress or DataType.EthernetType or DataType.Port
            or DataType.IcmpType or DataType.IcmpV6Type => ByteOrder.Network,
        DataType.Mark or DataType.ClassId or DataType.InterfaceIndex or DataType.InterfaceName or DataType.InterfaceType or DataType.ConntrackState
            or DataType.ConntrackStatus or DataType.ConntrackDirection or DataType.PacketType or DataType.FibAddressType
            or DataType.Boolean => ByteOrder.Host,
        _ => ByteOrder.None,
    };

    internal static ByteOrder Order(ValueList<DataType> fields) => fields.Count == 1 ? Order(fields[0]) : ByteOrder.None;

    internal static int Padded(int length) => (length + 3) & ~3;

    /// <summary>NFTA_SET_KEY_LEN: one field in its own length, several each padded to a register.</summary>
    internal static int Length(ValueList<DataType> fields)
    {
        if (fields.Count == 1)
        {
            return Length(fields[0]);
        }

        int length = 0;
        foreach (DataType field in fields)
        {
            length += Padded(Length(field));
        }

        return length;
    }

    /// <summary>NFTA_SET_KEY_TYPE: six bits a field, the first in the highest.</summary>
    /// <exception cref="ArgumentException">There is no field, or there are more than five.</exception>
    internal static uint Pack(ValueList<DataType> fields)
    {
        if (fields.Count is 0 or > MaxFields)
        {
            throw new ArgumentException($"a key has one to {MaxFields} fields, not {fields.Count}", nameof(fields));
        }

        uint packed = 0;
        foreach (DataType field in fields)
        {
            packed = (packed << 6) | (uint)field;
        }

        return packed;
    }

    /// <summary>The other way; one that doesn't fit the length (another program's longer concatenation) reads as unknown.</summary>
    internal static ValueList<DataType> Unpack(uint packed, int length)
    {
        List<DataType> fields = [];
        for (uint rest = packed; rest != 0; rest >>= 6)
        {
            fields.Insert(0, (DataType)(rest & 0x3f));
        }

        if (fields.Count == 0)
        {
            return [DataType.Unknown];
        }

        ValueList<DataType> list = [.. fields];
        return Length(list) == length || list.Count == 1 ? list : [DataType.Unknown];
    }
}
