namespace Fairlead.Kernel.Route;

/// <summary>How a link behaves as a port of its bridge (IFLA_BRPORT_…; <c>ip link set type bridge_slave …</c>). Null leaves it as it is.</summary>
public sealed record BridgePort
{
    /// <summary>BR_HAIRPIN: frames may leave by the port that they came in by.</summary>
    public bool? Hairpin { get; init; }

    /// <summary>BR_ISOLATED: isolated ports reach only ports that are not.</summary>
    public bool? Isolated { get; init; }

    /// <summary>BR_LEARNING: learn addresses from frames that come in here.</summary>
    public bool? Learning { get; init; }

    /// <summary>BR_FLOOD: frames for unknown addresses leave here too.</summary>
    public bool? UnicastFlood { get; init; }

    /// <summary>BR_MCAST_FLOOD.</summary>
    public bool? MulticastFlood { get; init; }

    /// <summary>BR_BCAST_FLOOD.</summary>
    public bool? BroadcastFlood { get; init; }

    /// <summary>BR_PROXYARP: answer ARP for addresses on other ports.</summary>
    public bool? ProxyArp { get; init; }

    /// <summary>BR_NEIGH_SUPPRESS: answer from the neighbour table instead of flooding.</summary>
    public bool? NeighbourSuppression { get; init; }

    /// <summary>BR_BPDU_GUARD: switch the port off when it hears a bridge.</summary>
    public bool? BpduGuard { get; init; }
}
