using System.Globalization;
using System.Net;

namespace Fairlead.Kernel.Route;

/// <summary>IFA_F_… (linux/if_addr.h).</summary>
[Flags]
public enum AddressFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IFA_F_SECONDARY: not the first of its subnet (IPv4), or temporary (IPv6).</summary>
    Secondary = 0x01,

    /// <summary>IFA_F_NODAD: usable at once, without asking whether another has it (IPv6).</summary>
    NoDuplicateDetection = 0x02,

    /// <summary>IFA_F_OPTIMISTIC.</summary>
    Optimistic = 0x04,

    /// <summary>IFA_F_DADFAILED: another has it.</summary>
    DuplicateDetected = 0x08,

    /// <summary>IFA_F_DEPRECATED: its preferred lifetime is over.</summary>
    Deprecated = 0x20,

    /// <summary>IFA_F_TENTATIVE: not usable yet.</summary>
    Tentative = 0x40,

    /// <summary>IFA_F_PERMANENT: set by the kernel where the lifetime is for ever.</summary>
    Permanent = 0x80,

    /// <summary>IFA_F_NOPREFIXROUTE: no route to the prefix comes with it.</summary>
    NoPrefixRoute = 0x200,
}

/// <summary>rtm_scope: how far a destination or an address is good.</summary>
public enum RouteScope : byte
{
    /// <summary>RT_SCOPE_UNIVERSE ("global").</summary>
    Universe = 0,

    /// <summary>RT_SCOPE_SITE.</summary>
    Site = 200,

    /// <summary>RT_SCOPE_LINK: directly attached.</summary>
    Link = 253,

    /// <summary>RT_SCOPE_HOST: this machine.</summary>
    Host = 254,

    /// <summary>RT_SCOPE_NOWHERE.</summary>
    Nowhere = 255,
}

/// <summary>An address of a link (<c>ip address</c>).</summary>
public sealed record InterfaceAddress
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>IFA_LOCAL: the address itself.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The length of the prefix that is on the link, or of <see cref="Peer"/>'s.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>IFA_ADDRESS where it differs: the other end of a point-to-point link.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>IFA_BROADCAST, IPv4 only. Null: none; the kernel makes none up.</summary>
    public IPAddress? Broadcast { get; init; }

    /// <summary>How far it is good. The kernel decides for IPv6.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>IFA_FLAGS.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>IFA_LABEL, IPv4 only: the link's name, or that with ":something". Null: the link's name.</summary>
    public string? Label { get; init; }

    /// <summary>How many seconds it is valid; null: for ever.</summary>
    public uint? ValidLifetime { get; init; }

    /// <summary>How many seconds it is preferred; null: for ever.</summary>
    public uint? PreferredLifetime { get; init; }

    /// <summary>IFA_RT_PRIORITY: the metric of the route to the prefix.</summary>
    public uint? RouteMetric { get; init; }

    /// <summary>The address with its prefix: "10.200.1.1/24 on link 3".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength} on link {LinkIndex}");
}
