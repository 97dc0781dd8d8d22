namespace Fairlead.Kernel.NfTables.Expressions;

/// <summary>Counts what passes.</summary>
/// <param name="Packets">How many packets passed so far.</param>
/// <param name="Bytes">How many bytes.</param>
public sealed record Counter(ulong Packets = 0, ulong Bytes = 0) : Expression;

/// <summary>Goes on while a rate isn't exceeded (or only when it is).</summary>
/// <param name="Rate">Packets or bytes per <paramref name="Unit"/>.</param>
/// <param name="Unit">Seconds: 1, 60, 3600, 86400 or 604800 where nft shall print it.</param>
/// <param name="Burst">How many more at once.</param>
/// <param name="OfBytes">Bytes rather than packets.</param>
/// <param name="Over">Goes on only above the rate.</param>
public sealed record Limit(ulong Rate, ulong Unit = 1, uint Burst = 5, bool OfBytes = false, bool Over = false) : Expression;

/// <summary>Goes on until so many bytes have passed (or only after).</summary>
/// <param name="Bytes">How many.</param>
/// <param name="Consumed">How many passed so far.</param>
/// <param name="Over">Goes on only above.</param>
public sealed record Quota(ulong Bytes, ulong Consumed = 0, bool Over = false) : Expression;

/// <summary>Goes on while there are not more connections than said (or only when there are).</summary>
/// <param name="Count">How many.</param>
/// <param name="Over">Goes on only above.</param>
public sealed record ConnectionLimit(uint Count, bool Over = false) : Expression;

/// <summary>Uses a named counter, limit or quota.</summary>
/// <param name="Type">Its kind.</param>
/// <param name="Name">Its name.</param>
public sealed record ObjectReference(ObjectType Type, string Name) : Expression;

/// <summary>Uses the object that a map gives for a key.</summary>
/// <param name="Set">The map's name.</param>
/// <param name="Source">Where the key begins.</param>
public sealed record ObjectMapReference(string Set, Register Source) : Expression;

/// <summary>Reports the packet: to an NFLOG group, or to the kernel's log where <paramref name="Group"/> is null.</summary>
/// <param name="Prefix">What is written before; at most 127 bytes.</param>
/// <param name="Group">The NFLOG group.</param>
/// <param name="SnapLength">How many bytes of the packet go along; null: all.</param>
/// <param name="Threshold">How many packets are gathered into one message; null: the kernel's choice.</param>
/// <param name="Level">The level in the kernel's log (LOGLEVEL_*, 4 is warning). Means nothing where there is a group.</param>
/// <param name="Flags">NF_LOG_*: what the kernel's log tells besides.</param>
public sealed record Log(string? Prefix = null, ushort? Group = null, uint? SnapLength = null, ushort? Threshold = null, uint Level = 4, uint Flags = 0) : Expression;

/// <summary>Refuses the packet with an answer.</summary>
/// <param name="Type">Which answer.</param>
/// <param name="Code">Its ICMP code; see <see cref="RejectCode"/> for <see cref="RejectType.IcmpAny"/>.</param>
public sealed record Reject(RejectType Type, byte Code = 0) : Expression;

/// <summary>enum nft_reject_types.</summary>
public enum RejectType : uint
{
    /// <summary>NFT_REJECT_ICMP_UNREACH: the family's own codes.</summary>
    Icmp = 0,

    /// <summary>NFT_REJECT_TCP_RST.</summary>
    TcpReset = 1,

    /// <summary>NFT_REJECT_ICMPX_UNREACH: codes that fit both families.</summary>
    IcmpAny = 2,
}

/// <summary>enum nft_reject_inet_code.</summary>
public static class RejectCode
{
    /// <summary>NFT_REJECT_ICMPX_NO_ROUTE.</summary>
    public const byte NoRoute = 0;

    /// <summary>NFT_REJECT_ICMPX_PORT_UNREACH.</summary>
    public const byte PortUnreachable = 1;

    /// <summary>NFT_REJECT_ICMPX_HOST_UNREACH.</summary>
    public const byte HostUnreachable = 2;

    /// <summary>NFT_REJECT_ICMPX_ADMIN_PROHIBITED.</summary>
    public const byte AdminProhibited = 3;
}

/// <summary>Tells conntrack to leave the packet alone.</summary>
public sealed record NoTrack : Expression;

/// <summary>Translates the connection's source or destination; ends the base chain.</summary>
/// <param name="Type">Which end.</param>
/// <param name="Family">Of which family the address is: <see cref="TableFamily.Ipv4"/> or <see cref="TableFamily.Ipv6"/>.</param>
/// <param name="Address">Where the new address is; null leaves the address.</param>
/// <param name="AddressEnd">Where the last address of a range is.</param>
/// <param name="Port">Where the new port is; null leaves the port.</param>
/// <param name="PortEnd">Where the last port of a range is.</param>
/// <param name="Flags">How to choose.</param>
public sealed record Nat(NatType Type, TableFamily Family, Register? Address, Register? AddressEnd = null, Register? Port = null, Register? PortEnd = null, NatFlags Flags = NatFlags.None) : Expression;

/// <summary>enum nft_nat_types.</summary>
public enum NatType : uint
{
    /// <summary>NFT_NAT_SNAT.</summary>
    Source = 0,

    /// <summary>NFT_NAT_DNAT.</summary>
    Destination = 1,
}

/// <summary>NF_NAT_RANGE_*, without the two bits that only repeat that there is an address or a port (the kernel sets those itself).</summary>
[Flags]
public enum NatFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NF_NAT_RANGE_PROTO_RANDOM.</summary>
    Random = 4,

    /// <summary>NF_NAT_RANGE_PERSISTENT.</summary>
    Persistent = 8,

    /// <summary>NF_NAT_RANGE_PROTO_RANDOM_FULLY.</summary>
    FullyRandom = 16,

    /// <summary>NF_NAT_RANGE_NETMAP.</summary>
    NetworkMap = 64,
}

/// <summary>Translates the source to the outgoing link's address.</summary>
/// <param name="Flags">How to choose.</param>
/// <param name="Port">Where the first port is.</param>
/// <param name="PortEnd">Where the last port is.</param>
public sealed record Masquerade(NatFlags Flags = NatFlags.None, Register? Port = null, Register? PortEnd = null) : Expression;

/// <summary>Translates the destination to this node itself.</summary>
/// <param name="Flags">How to choose.</param>
/// <param name="Port">Where the first port is.</param>
/// <param name="PortEnd">Where the last port is.</param>
public sealed record Redirect(NatFlags Flags = NatFlags.None, Register? Port = null, Register? PortEnd = null) : Expression;
