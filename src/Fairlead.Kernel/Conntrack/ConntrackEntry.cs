using System.Globalization;
using System.Net;

namespace Fairlead.Kernel.Conntrack;

/// <summary>IPPROTO_…: what is tracked with ports or identifiers.</summary>
public enum TransportProtocol : byte
{
    /// <summary>IPPROTO_IP: any other.</summary>
    Unspecified = 0,

    /// <summary>IPPROTO_ICMP.</summary>
    Icmp = 1,

    /// <summary>IPPROTO_TCP.</summary>
    Tcp = 6,

    /// <summary>IPPROTO_UDP.</summary>
    Udp = 17,

    /// <summary>IPPROTO_ICMPV6.</summary>
    IcmpV6 = 58,

    /// <summary>IPPROTO_SCTP.</summary>
    Sctp = 132,
}

/// <summary>IPS_… (linux/netfilter/nf_conntrack_common.h): what has happened to a connection.</summary>
[Flags]
public enum ConntrackStatus : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IPS_EXPECTED: another connection announced it.</summary>
    Expected = 1 << 0,

    /// <summary>IPS_SEEN_REPLY: packets went both ways.</summary>
    SeenReply = 1 << 1,

    /// <summary>IPS_ASSURED: it is not thrown out early.</summary>
    Assured = 1 << 2,

    /// <summary>IPS_CONFIRMED: its first packet has left.</summary>
    Confirmed = 1 << 3,

    /// <summary>IPS_SRC_NAT: its source is translated (masqueraded).</summary>
    SourceNat = 1 << 4,

    /// <summary>IPS_DST_NAT: its destination is translated.</summary>
    DestinationNat = 1 << 5,

    /// <summary>IPS_DYING.</summary>
    Dying = 1 << 9,

    /// <summary>IPS_FIXED_TIMEOUT.</summary>
    FixedTimeout = 1 << 10,
}

/// <summary>enum tcp_conntrack.</summary>
public enum TcpTracking : byte
{
    /// <summary>TCP_CONNTRACK_NONE.</summary>
    None,

    /// <summary>TCP_CONNTRACK_SYN_SENT.</summary>
    SynSent,

    /// <summary>TCP_CONNTRACK_SYN_RECV.</summary>
    SynReceived,

    /// <summary>TCP_CONNTRACK_ESTABLISHED.</summary>
    Established,

    /// <summary>TCP_CONNTRACK_FIN_WAIT.</summary>
    FinWait,

    /// <summary>TCP_CONNTRACK_CLOSE_WAIT.</summary>
    CloseWait,

    /// <summary>TCP_CONNTRACK_LAST_ACK.</summary>
    LastAck,

    /// <summary>TCP_CONNTRACK_TIME_WAIT.</summary>
    TimeWait,

    /// <summary>TCP_CONNTRACK_CLOSE.</summary>
    Close,

    /// <summary>TCP_CONNTRACK_SYN_SENT2: both began at once.</summary>
    SynSentByBoth,
}

/// <summary>One direction of a connection.</summary>
/// <param name="Source">From.</param>
/// <param name="Destination">To.</param>
/// <param name="Protocol">The transport.</param>
/// <param name="SourcePort">From; for ICMP the identifier.</param>
/// <param name="DestinationPort">To; for ICMP type and code, one byte each.</param>
public readonly record struct ConntrackTuple(IPAddress Source, IPAddress Destination, TransportProtocol Protocol, ushort SourcePort, ushort DestinationPort)
{
    /// <summary>"10.200.0.5:40000 → 10.32.0.10:53".</summary>
    public override string ToString() => Protocol is TransportProtocol.Icmp or TransportProtocol.IcmpV6
        ? string.Create(CultureInfo.InvariantCulture, $"{Source} → {Destination} id {SourcePort}")
        : $"{new IPEndPoint(Source, SourcePort)} → {new IPEndPoint(Destination, DestinationPort)}";
}

/// <summary>Packets and bytes of one direction; there only where net.netfilter.nf_conntrack_acct is on.</summary>
/// <param name="Packets">Packets.</param>
/// <param name="Bytes">Bytes, IP headers included.</param>
public readonly record struct ConntrackCounters(ulong Packets, ulong Bytes);

/// <summary>A tracked connection (<c>conntrack -L</c>).</summary>
public sealed record ConntrackEntry
{
    /// <summary>CTA_TUPLE_ORIG: as the first packet came.</summary>
    public required ConntrackTuple Original { get; init; }

    /// <summary>CTA_TUPLE_REPLY: as answers come. Where it isn't the mirror image, the connection is translated.</summary>
    public required ConntrackTuple Reply { get; init; }

    /// <summary>CTA_STATUS.</summary>
    public ConntrackStatus Status { get; init; }

    /// <summary>CTA_ID: tells it from a later one with the same tuples.</summary>
    public uint Id { get; init; }

    /// <summary>CTA_ZONE.</summary>
    public ushort Zone { get; init; }

    /// <summary>CTA_MARK.</summary>
    public uint Mark { get; init; }

    /// <summary>CTA_TIMEOUT: how many seconds it is kept without another packet.</summary>
    public uint TimeoutSeconds { get; init; }

    /// <summary>CTA_PROTOINFO_TCP_STATE; null for other protocols.</summary>
    public TcpTracking? Tcp { get; init; }

    /// <summary>CTA_COUNTERS_ORIG.</summary>
    public ConntrackCounters? Sent { get; init; }

    /// <summary>CTA_COUNTERS_REPLY.</summary>
    public ConntrackCounters? Received { get; init; }

    /// <summary>"udp 10.200.0.5:40000 → 10.32.0.10:53, answers 10.200.1.3:53 → 10.200.0.5:40000".</summary>
    public override string ToString() => $"{Original.Protocol} ".ToLowerInvariant() + $"{Original}, answers {Reply}";
}

/// <summary>Which connections are meant; what is null doesn't matter.</summary>
public sealed record ConntrackFilter
{
    /// <summary>Where the first packet came from.</summary>
    public IPAddress? OriginalSource { get; init; }

    /// <summary>Where the first packet wanted to go: the cluster IP of a service.</summary>
    public IPAddress? OriginalDestination { get; init; }

    /// <summary>Where answers come from: the endpoint that was chosen.</summary>
    public IPAddress? ReplySource { get; init; }

    /// <summary>Where answers go: the address that was masqueraded to.</summary>
    public IPAddress? ReplyDestination { get; init; }

    /// <summary>The transport.</summary>
    public TransportProtocol? Protocol { get; init; }

    /// <summary>The port that the first packet came from.</summary>
    public ushort? OriginalSourcePort { get; init; }

    /// <summary>The port that the first packet wanted to reach.</summary>
    public ushort? OriginalDestinationPort { get; init; }

    /// <summary>The port that answers come from.</summary>
    public ushort? ReplySourcePort { get; init; }

    /// <summary>The zone.</summary>
    public ushort? Zone { get; init; }

    /// <summary>The mark, in the bits of <see cref="MarkMask"/>.</summary>
    public uint? Mark { get; init; }

    /// <summary>Which bits of the mark count.</summary>
    public uint MarkMask { get; init; } = uint.MaxValue;

    /// <summary>Bits that have to be there.</summary>
    public ConntrackStatus Status { get; init; }

    /// <summary>Says whether a connection is meant.</summary>
    public bool Matches(ConntrackEntry entry) =>
        (OriginalSource?.Equals(entry.Original.Source) ?? true)
        && (OriginalDestination?.Equals(entry.Original.Destination) ?? true)
        && (ReplySource?.Equals(entry.Reply.Source) ?? true)
        && (ReplyDestination?.Equals(entry.Reply.Destination) ?? true)
        && (Protocol is null || Protocol == entry.Original.Protocol)
        && (OriginalSourcePort is null || OriginalSourcePort == entry.Original.SourcePort)
        && (OriginalDestinationPort is null || OriginalDestinationPort == entry.Original.DestinationPort)
        && (ReplySourcePort is null || ReplySourcePort == entry.Reply.SourcePort)
        && (Zone is null || Zone == entry.Zone)
        && (Mark is null || (Mark & MarkMask) == (entry.Mark & MarkMask))
        && (entry.Status & Status) == Status;

    /// <summary>An address of the filter, which says the family; null where it has none.</summary>
    internal IPAddress? AnyAddress => OriginalSource ?? OriginalDestination ?? ReplySource ?? ReplyDestination;
}
