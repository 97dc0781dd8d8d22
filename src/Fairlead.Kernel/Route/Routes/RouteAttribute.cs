namespace Fairlead.Kernel.Route;

/// <summary>RTA_… (linux/rtnetlink.h).</summary>
internal static class RouteAttribute
{
    internal const ushort Destination = 1;
    internal const ushort Source = 2;
    internal const ushort InputLink = 3;
    internal const ushort OutputLink = 4;
    internal const ushort Gateway = 5;
    internal const ushort Priority = 6;
    internal const ushort PreferredSource = 7;
    internal const ushort Metrics = 8;
    internal const ushort Multipath = 9;
    internal const ushort Table = 15;
    internal const ushort Mark = 16;
    internal const ushort Via = 18;
    internal const ushort UserId = 25;
    internal const ushort IpProtocol = 27;
    internal const ushort SourcePort = 28;
    internal const ushort DestinationPort = 29;
}

/// <summary>RTAX_… inside RTA_METRICS.</summary>
internal static class RouteMetric
{
    internal const ushort Lock = 1;
    internal const ushort Mtu = 2;
    internal const ushort AdvertisedMss = 8;
}
