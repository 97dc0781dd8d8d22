namespace Fairlead.Kernel.NfTables.Expressions;

/// <summary>Loads bytes of the packet.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Base">From which header.</param>
/// <param name="Offset">Bytes behind the header's start.</param>
/// <param name="Length">How many bytes.</param>
public sealed record PayloadLoad(Register Destination, PayloadBase Base, uint Offset, uint Length) : Expression;

/// <summary>Writes bytes of the packet.</summary>
/// <param name="Source">Where from.</param>
/// <param name="Base">Into which header.</param>
/// <param name="Offset">Bytes behind the header's start.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="ChecksumType">Which checksum to mend (NFT_PAYLOAD_CSUM_*).</param>
/// <param name="ChecksumOffset">Where it is.</param>
/// <param name="ChecksumFlags">NFT_PAYLOAD_L4CSUM_*.</param>
public sealed record PayloadStore(Register Source, PayloadBase Base, uint Offset, uint Length, uint ChecksumType = 0, uint ChecksumOffset = 0, uint ChecksumFlags = 0) : Expression;

/// <summary>enum nft_payload_bases.</summary>
public enum PayloadBase : uint
{
    /// <summary>NFT_PAYLOAD_LL_HEADER.</summary>
    Link = 0,

    /// <summary>NFT_PAYLOAD_NETWORK_HEADER.</summary>
    Network = 1,

    /// <summary>NFT_PAYLOAD_TRANSPORT_HEADER.</summary>
    Transport = 2,

    /// <summary>NFT_PAYLOAD_INNER_HEADER.</summary>
    Inner = 3,
}

/// <summary>Loads what the kernel knows about the packet beside its bytes.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">What.</param>
public sealed record MetaLoad(Register Destination, MetaKey Key) : Expression;

/// <summary>Sets a mark, the priority or the trace bit.</summary>
/// <param name="Key">What.</param>
/// <param name="Source">Where from.</param>
public sealed record MetaStore(MetaKey Key, Register Source) : Expression;

/// <summary>enum nft_meta_keys; keys not listed are kept as their number.</summary>
public enum MetaKey : uint
{
    /// <summary>NFT_META_LEN.</summary>
    Length = 0,

    /// <summary>NFT_META_PROTOCOL: ether type.</summary>
    Protocol = 1,

    /// <summary>NFT_META_PRIORITY.</summary>
    Priority = 2,

    /// <summary>NFT_META_MARK.</summary>
    Mark = 3,

    /// <summary>NFT_META_IIF: index.</summary>
    InputIndex = 4,

    /// <summary>NFT_META_OIF: index.</summary>
    OutputIndex = 5,

    /// <summary>NFT_META_IIFNAME.</summary>
    InputName = 6,

    /// <summary>NFT_META_OIFNAME.</summary>
    OutputName = 7,

    /// <summary>NFT_META_IIFTYPE.</summary>
    InputType = 8,

    /// <summary>NFT_META_OIFTYPE.</summary>
    OutputType = 9,

    /// <summary>NFT_META_SKUID.</summary>
    SocketUser = 10,

    /// <summary>NFT_META_SKGID.</summary>
    SocketGroup = 11,

    /// <summary>NFT_META_NFTRACE.</summary>
    Trace = 12,

    /// <summary>NFT_META_NFPROTO.</summary>
    NetfilterProtocol = 15,

    /// <summary>NFT_META_L4PROTO.</summary>
    Layer4Protocol = 16,

    /// <summary>NFT_META_BRI_IIFNAME: the bridge of the incoming port.</summary>
    BridgeInputName = 17,

    /// <summary>NFT_META_BRI_OIFNAME.</summary>
    BridgeOutputName = 18,

    /// <summary>NFT_META_PKTTYPE.</summary>
    PacketType = 19,

    /// <summary>NFT_META_CPU.</summary>
    Processor = 20,

    /// <summary>NFT_META_IIFGROUP.</summary>
    InputGroup = 21,

    /// <summary>NFT_META_OIFGROUP.</summary>
    OutputGroup = 22,

    /// <summary>NFT_META_CGROUP.</summary>
    ControlGroup = 23,

    /// <summary>NFT_META_PRANDOM.</summary>
    Random = 24,
}

/// <summary>Loads what conntrack knows about the packet's connection. Breaks off the rule where there is none.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">What.</param>
/// <param name="Direction">Of which direction, for addresses and ports; null for what has none.</param>
public sealed record ConntrackLoad(Register Destination, ConntrackKey Key, ConntrackDirection? Direction = null) : Expression;

/// <summary>Sets the connection's mark.</summary>
/// <param name="Key">What.</param>
/// <param name="Source">Where from.</param>
public sealed record ConntrackStore(ConntrackKey Key, Register Source) : Expression;

/// <summary>enum nft_ct_keys; keys not listed are kept as their number.</summary>
public enum ConntrackKey : uint
{
    /// <summary>NFT_CT_STATE: bits of <see cref="ConntrackStates"/>.</summary>
    State = 0,

    /// <summary>NFT_CT_DIRECTION.</summary>
    Direction = 1,

    /// <summary>NFT_CT_STATUS: bits of <see cref="ConntrackStatuses"/>.</summary>
    Status = 2,

    /// <summary>NFT_CT_MARK.</summary>
    Mark = 3,

    /// <summary>NFT_CT_EXPIRATION.</summary>
    Expiration = 5,

    /// <summary>NFT_CT_HELPER.</summary>
    Helper = 6,

    /// <summary>NFT_CT_L3PROTOCOL.</summary>
    NetworkProtocol = 7,

    /// <summary>NFT_CT_SRC: either family's.</summary>
    Source = 8,

    /// <summary>NFT_CT_DST: either family's.</summary>
    Destination = 9,

    /// <summary>NFT_CT_PROTOCOL.</summary>
    Protocol = 10,

    /// <summary>NFT_CT_PROTO_SRC.</summary>
    SourcePort = 11,

    /// <summary>NFT_CT_PROTO_DST.</summary>
    DestinationPort = 12,

    /// <summary>NFT_CT_LABELS.</summary>
    Labels = 13,

    /// <summary>NFT_CT_PKTS.</summary>
    Packets = 14,

    /// <summary>NFT_CT_BYTES.</summary>
    Bytes = 15,

    /// <summary>NFT_CT_ZONE.</summary>
    Zone = 17,

    /// <summary>NFT_CT_SRC_IP.</summary>
    SourceIpv4 = 19,

    /// <summary>NFT_CT_DST_IP.</summary>
    DestinationIpv4 = 20,

    /// <summary>NFT_CT_SRC_IP6.</summary>
    SourceIpv6 = 21,

    /// <summary>NFT_CT_DST_IP6.</summary>
    DestinationIpv6 = 22,
}

/// <summary>enum ip_conntrack_dir.</summary>
public enum ConntrackDirection : byte
{
    /// <summary>IP_CT_DIR_ORIGINAL: as the first packet went.</summary>
    Original = 0,

    /// <summary>IP_CT_DIR_REPLY.</summary>
    Reply = 1,
}

/// <summary>The bits of <c>ct state</c> (NF_CT_STATE_BIT).</summary>
[Flags]
public enum ConntrackStates : uint
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>No connection could be made of it.</summary>
    Invalid = 1,

    /// <summary>Both directions were seen.</summary>
    Established = 2,

    /// <summary>It belongs to another connection (an ICMP error, FTP data).</summary>
    Related = 4,

    /// <summary>Only the first direction was seen.</summary>
    New = 8,

    /// <summary>Told not to be tracked.</summary>
    Untracked = 64,
}

/// <summary>The bits of <c>ct status</c> (enum ip_conntrack_status) that rules ask for.</summary>
[Flags]
public enum ConntrackStatuses : uint
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>IPS_EXPECTED.</summary>
    Expected = 1,

    /// <summary>IPS_SEEN_REPLY.</summary>
    SeenReply = 2,

    /// <summary>IPS_ASSURED.</summary>
    Assured = 4,

    /// <summary>IPS_CONFIRMED.</summary>
    Confirmed = 8,

    /// <summary>IPS_SRC_NAT.</summary>
    SourceNat = 16,

    /// <summary>IPS_DST_NAT.</summary>
    DestinationNat = 32,

    /// <summary>IPS_DYING.</summary>
    Dying = 512,
}

/// <summary>Asks the routing table about the packet's addresses.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Result">What is asked.</param>
/// <param name="Flags">What of the packet goes into the question.</param>
public sealed record FibLoad(Register Destination, FibResult Result, FibInputs Flags) : Expression;

/// <summary>Looks for the socket that the packet is for, as the kernel will when it delivers it; the rule ends where there is none.</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">What is asked about the socket.</param>
public sealed record SocketLoad(Register Destination, SocketKey Key) : Expression;

/// <summary>enum nft_socket_keys.</summary>
public enum SocketKey : uint
{
    /// <summary>NFT_SOCKET_TRANSPARENT: whether it takes packets for addresses that aren't the machine's.</summary>
    Transparent = 0,

    /// <summary>NFT_SOCKET_MARK.</summary>
    Mark = 1,

    /// <summary>NFT_SOCKET_WILDCARD: whether it is bound to no address in particular.</summary>
    Wildcard = 2,
}

/// <summary>enum nft_fib_result.</summary>
public enum FibResult : uint
{
    /// <summary>NFT_FIB_RESULT_OIF.</summary>
    OutputIndex = 1,

    /// <summary>NFT_FIB_RESULT_OIFNAME.</summary>
    OutputName = 2,

    /// <summary>NFT_FIB_RESULT_ADDRTYPE.</summary>
    AddressType = 3,
}

/// <summary>enum nft_fib_flags.</summary>
[Flags]
public enum FibInputs : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>NFTA_FIB_F_SADDR.</summary>
    Source = 1,

    /// <summary>NFTA_FIB_F_DADDR.</summary>
    Destination = 2,

    /// <summary>NFTA_FIB_F_MARK.</summary>
    Mark = 4,

    /// <summary>NFTA_FIB_F_IIF.</summary>
    Input = 8,

    /// <summary>NFTA_FIB_F_OIF.</summary>
    Output = 16,

    /// <summary>NFTA_FIB_F_PRESENT: only whether there is a route.</summary>
    Present = 32,
}

/// <summary>The types of addresses that rules ask the routing table for (RTN_*).</summary>
public enum FibAddressType : uint
{
    /// <summary>RTN_UNSPEC.</summary>
    Unspecified = 0,

    /// <summary>RTN_UNICAST: reached over a route.</summary>
    Unicast = 1,

    /// <summary>RTN_LOCAL: this node's own.</summary>
    Local = 2,

    /// <summary>RTN_BROADCAST.</summary>
    Broadcast = 3,

    /// <summary>RTN_ANYCAST.</summary>
    Anycast = 4,

    /// <summary>RTN_MULTICAST.</summary>
    Multicast = 5,
}

/// <summary>A number that each packet gets: counted up, or random.</summary>
/// <param name="Destination">Where to, in host order.</param>
/// <param name="Random">Random, or in turn.</param>
/// <param name="Modulus">0 to this, exclusive.</param>
/// <param name="Offset">Added to it.</param>
public sealed record NumberGenerator(Register Destination, bool Random, uint Modulus, uint Offset = 0) : Expression;

/// <summary>A hash of registers (Jenkins), or the packet's symmetric flow hash where <paramref name="Source"/> is null.</summary>
/// <param name="Destination">Where to, in host order.</param>
/// <param name="Source">What is hashed.</param>
/// <param name="Length">How many bytes of it.</param>
/// <param name="Modulus">0 to this, exclusive.</param>
/// <param name="Seed">Null: the kernel chooses one.</param>
/// <param name="Offset">Added to it.</param>
public sealed record HashLoad(Register Destination, Register? Source, uint Length, uint Modulus, uint? Seed = null, uint Offset = 0) : Expression;
