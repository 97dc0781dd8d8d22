namespace Fairlead.Kernel.Conntrack;

/// <summary>IPCTNL_MSG_CT_… with NFNL_SUBSYS_CTNETLINK in the upper byte (linux/netfilter/nfnetlink_conntrack.h).</summary>
internal static class ConntrackMessageType
{
    internal const ushort New = 0x100;
    internal const ushort Get = 0x101;
    internal const ushort Delete = 0x102;
    internal const ushort GetStatistics = 0x105;
}

/// <summary>NFNLGRP_CONNTRACK_….</summary>
internal static class ConntrackGroup
{
    internal const int New = 1;
    internal const int Update = 2;
    internal const int Destroy = 3;
}

/// <summary>CTA_….</summary>
internal static class ConntrackAttribute
{
    internal const ushort TupleOriginal = 1;
    internal const ushort TupleReply = 2;
    internal const ushort Status = 3;
    internal const ushort ProtocolInfo = 4;
    internal const ushort Timeout = 7;
    internal const ushort Mark = 8;
    internal const ushort CountersOriginal = 9;
    internal const ushort CountersReply = 10;
    internal const ushort Id = 12;
    internal const ushort Zone = 18;
    internal const ushort MarkMask = 21;
    internal const ushort Filter = 25;
}

/// <summary>CTA_TUPLE_….</summary>
internal static class TupleAttribute
{
    internal const ushort Ip = 1;
    internal const ushort Protocol = 2;
    internal const ushort Zone = 3;
}

/// <summary>CTA_IP_….</summary>
internal static class TupleIpAttribute
{
    internal const ushort IPv4Source = 1;
    internal const ushort IPv4Destination = 2;
    internal const ushort IPv6Source = 3;
    internal const ushort IPv6Destination = 4;
}

/// <summary>CTA_PROTO_….</summary>
internal static class TupleProtocolAttribute
{
    internal const ushort Number = 1;
    internal const ushort SourcePort = 2;
    internal const ushort DestinationPort = 3;
    internal const ushort IcmpId = 4;
    internal const ushort IcmpType = 5;
    internal const ushort IcmpCode = 6;
    internal const ushort IcmpV6Id = 7;
    internal const ushort IcmpV6Type = 8;
    internal const ushort IcmpV6Code = 9;
}

/// <summary>CTA_FILTER_…, and the flags inside (net/netfilter/nf_internals.h).</summary>
internal static class ConntrackFilterAttribute
{
    internal const ushort OriginalFlags = 1;
    internal const ushort ReplyFlags = 2;
    internal const uint Source = 1 << 0;
    internal const uint Destination = 1 << 1;
    internal const uint Protocol = 1 << 3;
    internal const uint SourcePort = 1 << 4;
    internal const uint DestinationPort = 1 << 5;
}

/// <summary>CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE, CTA_COUNTERS_…, CTA_STATS_GLOBAL_….</summary>
internal static class ConntrackDetailAttribute
{
    internal const ushort TcpInfo = 1;
    internal const ushort TcpState = 1;
    internal const ushort CounterPackets = 1;
    internal const ushort CounterBytes = 2;
    internal const ushort GlobalEntries = 1;
    internal const ushort GlobalMaximum = 2;
}
