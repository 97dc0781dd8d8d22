namespace Fairlead.Kernel.NfTables;

/// <summary>
/// What the bytes of a key, of data or of a comparison mean. The kernel doesn't know types; the numbers are those that nft stores
/// beside a set (NFTA_SET_KEY_TYPE) and prints by. A type that isn't listed here is kept as its number.
/// </summary>
public enum DataType
{
    /// <summary>Bytes that nobody gave a type.</summary>
    Unknown = 0,

    /// <summary><c>nf_proto</c>: one byte, 2 is IPv4, 10 is IPv6.</summary>
    NetfilterProtocol = 2,

    /// <summary>
    /// A number of four bytes in the host's order. nft has no name for the type; a set that holds one is written with <c>typeof</c>,
    /// this field as <c>numgen random mod 65535</c>.
    /// </summary>
    Number = 4,

    /// <summary><c>ipv4_addr</c>: four bytes.</summary>
    Ipv4Address = 7,

    /// <summary><c>ipv6_addr</c>: 16 bytes.</summary>
    Ipv6Address = 8,

    /// <summary><c>ether_addr</c>: six bytes.</summary>
    EthernetAddress = 9,

    /// <summary><c>ether_type</c>: two bytes in network order.</summary>
    EthernetType = 10,

    /// <summary><c>inet_proto</c>: one byte, see <see cref="IpProtocol"/>.</summary>
    Protocol = 12,

    /// <summary><c>inet_service</c>: a port, two bytes in network order.</summary>
    Port = 13,

    /// <summary><c>icmp_type</c>: one byte.</summary>
    IcmpType = 14,

    /// <summary><c>tcp_flag</c>: one byte of bits.</summary>
    TcpFlags = 15,

    /// <summary><c>mark</c>: four bytes in the host's order.</summary>
    Mark = 19,

    /// <summary><c>iface_index</c>: four bytes in the host's order.</summary>
    InterfaceIndex = 20,

    /// <summary><c>iface_type</c>: two bytes in the host's order (ARPHRD_*).</summary>
    InterfaceType = 21,

    /// <summary><c>classid</c>: a packet's priority (<c>meta priority</c>), four bytes in the host's order, written <c>major:minor</c> in hexadecimal.</summary>
    ClassId = 23,

    /// <summary><c>ct_state</c>: four bytes of bits in the host's order.</summary>
    ConntrackState = 26,

    /// <summary><c>ct_dir</c>: one byte, 0 is original, 1 is reply.</summary>
    ConntrackDirection = 27,

    /// <summary><c>ct_status</c>: four bytes of bits in the host's order.</summary>
    ConntrackStatus = 28,

    /// <summary><c>icmpv6_type</c>: one byte.</summary>
    IcmpV6Type = 29,

    /// <summary><c>pkt_type</c>: one byte, 0 is this host, 1 broadcast, 2 multicast, 3 another host.</summary>
    PacketType = 31,

    /// <summary>The type of an address by the routing table: four bytes in the host's order (RTN_*).</summary>
    FibAddressType = 38,

    /// <summary><c>boolean</c>: one byte.</summary>
    Boolean = 39,

    /// <summary><c>ifname</c>: 16 bytes, padded with zeros.</summary>
    InterfaceName = 41,
}
