using System.Net;
using System.Net.Sockets;

namespace Fairlead.Kernel.Route;

/// <summary>RTN_…: what happens to a packet that the route matches.</summary>
public enum RouteType : byte
{
    /// <summary>RTN_UNSPEC.</summary>
    Unspecified = 0,

    /// <summary>RTN_UNICAST: it goes to the gateway, or directly to the link.</summary>
    Unicast = 1,

    /// <summary>RTN_LOCAL: it is for this machine.</summary>
    Local = 2,

    /// <summary>RTN_BROADCAST.</summary>
    Broadcast = 3,

    /// <summary>RTN_ANYCAST.</summary>
    Anycast = 4,

    /// <summary>RTN_MULTICAST.</summary>
    Multicast = 5,

    /// <summary>RTN_BLACKHOLE: silently dropped.</summary>
    Blackhole = 6,

    /// <summary>RTN_UNREACHABLE: dropped, the sender is told "host unreachable".</summary>
    Unreachable = 7,

    /// <summary>RTN_PROHIBIT: dropped, the sender is told "administratively prohibited".</summary>
    Prohibit = 8,

    /// <summary>RTN_THROW: the lookup goes on in the next table.</summary>
    Throw = 9,
}

/// <summary>RTPROT_…: who made a route. Others' numbers are in /etc/iproute2/rt_protos.</summary>
public enum RouteProtocol : byte
{
    /// <summary>RTPROT_UNSPEC. In a filter: any.</summary>
    Unspecified = 0,

    /// <summary>RTPROT_KERNEL: came with an address.</summary>
    Kernel = 2,

    /// <summary>RTPROT_BOOT: <c>ip route add</c> without a word about it.</summary>
    Boot = 3,

    /// <summary>RTPROT_STATIC.</summary>
    Static = 4,

    /// <summary>Fairlead's own number: what the agent made, and nobody else's.</summary>
    Fairlead = 72,
}

/// <summary>RTNH_F_….</summary>
[Flags]
public enum RouteFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>RTNH_F_DEAD.</summary>
    Dead = 1,

    /// <summary>RTNH_F_ONLINK: the gateway is on that link, though no address says so.</summary>
    OnLink = 4,

    /// <summary>RTNH_F_LINKDOWN: the link has no carrier.</summary>
    LinkDown = 16,
}

/// <summary>A route (<c>ip route</c>).</summary>
public sealed record RouteEntry
{
    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint MainTable = 254;

    /// <summary>RT_TABLE_LOCAL.</summary>
    public const uint LocalTable = 255;

    /// <summary>RTA_DST. 0.0.0.0/0 and ::/0 are the default routes.</summary>
    public required IPNetwork Destination { get; init; }

    /// <summary>RTA_GATEWAY, or RTA_VIA where its family is another than the destination's.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>RTA_OIF: the link that packets leave by. Null: the one on which the gateway is.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>RTA_MULTIPATH: several ways, instead of <see cref="Gateway"/> and <see cref="LinkIndex"/>.</summary>
    public NextHopList NextHops { get; init; }

    /// <summary>RTA_PREFSRC: the address that this machine's own packets get.</summary>
    public IPAddress? PreferredSource { get; init; }

    /// <summary>RTA_TABLE.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Boot;

    /// <summary>Null, on writing: host for local routes, link where there is no gateway, universe otherwise, as <c>ip route</c> has it.</summary>
    public RouteScope? Scope { get; init; }

    /// <summary>What happens to the packet.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>RTA_PRIORITY: of two routes to one destination the lower one counts. Null: 0, for IPv6 1024.</summary>
    public uint? Metric { get; init; }

    /// <summary>RTNH_F_….</summary>
    public RouteFlags Flags { get; init; }

    /// <summary>RTAX_MTU in bytes.</summary>
    public uint? Mtu { get; init; }

    /// <summary>RTAX_ADVMSS in bytes: the largest TCP segment that connections along it offer to receive.</summary>
    public uint? AdvertisedMss { get; init; }

    /// <summary>rtm_tos, IPv4 only.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>The destination's family.</summary>
    public AddressFamily Family => Destination.BaseAddress.AddressFamily;

    /// <summary>
    /// What the kernel will show for this route: what was left to it filled in, what it only reports left out. A route that one wants and one that the kernel
    /// shows are the same where their canonical forms are equal, provided that both name the link.
    /// </summary>
    public RouteEntry Canonical()
    {
        // Of one way that is written as a list, the kernel makes a plain route.
        RouteEntry route = NextHops.Count == 1
            ? this with { Gateway = NextHops[0].Gateway, LinkIndex = NextHops[0].LinkIndex, Flags = Flags | NextHops[0].Flags, NextHops = default }
            : this;
        return route.Filled();
    }

    private RouteEntry Filled() => this with
    {
        Scope = Family == AddressFamily.InterNetworkV6 ? RouteScope.Universe : Scope ?? DefaultScope,
        Metric = Family == AddressFamily.InterNetworkV6 ? (Metric is null or 0 ? 1024 : Metric) : (Metric == 0 ? null : Metric),
        LinkIndex = Type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw ? null : LinkIndex,
        Flags = Flags & RouteFlags.OnLink,
        NextHops = NextHops.Count == 0 ? default : new NextHopList(NextHops.Select(hop => hop with { Flags = hop.Flags & RouteFlags.OnLink })),
    };

    /// <summary>The scope that <c>ip route</c> would write.</summary>
    internal RouteScope DefaultScope => Type switch
    {
        RouteType.Local => RouteScope.Host,
        RouteType.Broadcast or RouteType.Multicast or RouteType.Anycast => RouteScope.Link,
        RouteType.Unicast or RouteType.Unspecified when Gateway is null && NextHops.Count == 0 => RouteScope.Link,
        _ => RouteScope.Universe,
    };

    /// <summary>As <c>ip route</c> would be told it: "10.200.1.0/24 via 10.240.0.21 dev 2 table 100".</summary>
    public override string ToString() => string.Concat(
        Type == RouteType.Unicast ? "" : $"{Type} ".ToLowerInvariant(),
        Destination.ToString(),
        Gateway is null ? "" : $" via {Gateway}",
        LinkIndex is null ? "" : $" dev {LinkIndex}",
        NextHops.Count == 0 ? "" : $" {NextHops}",
        PreferredSource is null ? "" : $" src {PreferredSource}",
        Metric is null ? "" : $" metric {Metric}",
        Mtu is null ? "" : $" mtu {Mtu}",
        Table == MainTable ? "" : $" table {Table}",
        (Flags & RouteFlags.OnLink) == 0 ? "" : " onlink");
}
