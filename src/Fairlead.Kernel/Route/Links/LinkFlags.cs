namespace Fairlead.Kernel.Route;

/// <summary>IFF_… (linux/if.h).</summary>
[Flags]
public enum LinkFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>IFF_UP: switched on by an administrator.</summary>
    Up = 0x1,

    /// <summary>IFF_BROADCAST.</summary>
    Broadcast = 0x2,

    /// <summary>IFF_LOOPBACK.</summary>
    Loopback = 0x8,

    /// <summary>IFF_POINTOPOINT.</summary>
    PointToPoint = 0x10,

    /// <summary>IFF_RUNNING: up, and its carrier is there.</summary>
    Running = 0x40,

    /// <summary>IFF_NOARP.</summary>
    NoArp = 0x80,

    /// <summary>IFF_PROMISC, as asked for by an administrator (a bridge's ports are promiscuous without it).</summary>
    Promiscuous = 0x100,

    /// <summary>IFF_ALLMULTI.</summary>
    AllMulticast = 0x200,

    /// <summary>IFF_MULTICAST.</summary>
    Multicast = 0x1000,

    /// <summary>IFF_LOWER_UP: the carrier is there.</summary>
    LowerUp = 0x10000,
}

/// <summary>IF_OPER_… (RFC 2863).</summary>
public enum OperationalState : byte
{
    /// <summary>IF_OPER_UNKNOWN: the driver doesn't say (loopback).</summary>
    Unknown,

    /// <summary>IF_OPER_NOTPRESENT.</summary>
    NotPresent,

    /// <summary>IF_OPER_DOWN.</summary>
    Down,

    /// <summary>IF_OPER_LOWERLAYERDOWN: what lies below is down; for a veth, its peer.</summary>
    LowerLayerDown,

    /// <summary>IF_OPER_TESTING.</summary>
    Testing,

    /// <summary>IF_OPER_DORMANT.</summary>
    Dormant,

    /// <summary>IF_OPER_UP.</summary>
    Up,
}

/// <summary>IN6_ADDR_GEN_MODE_…: how the kernel makes a link's IPv6 addresses.</summary>
public enum AddressGeneration : byte
{
    /// <summary>From the hardware address.</summary>
    Eui64 = 0,

    /// <summary>None: no link-local address either.</summary>
    None = 1,

    /// <summary>From a secret (RFC 7217).</summary>
    StablePrivacy = 2,

    /// <summary>From a random number.</summary>
    Random = 3,
}
