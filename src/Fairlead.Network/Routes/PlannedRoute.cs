namespace Fairlead.Network;

/// <summary>A route to another node's pods.</summary>
/// <param name="Destination">The node's pod CIDR.</param>
/// <param name="Gateway">The node's address; through the overlay: the address of its VXLAN link, which is the first one of <paramref name="Destination"/>.</param>
/// <param name="NodeName">The node.</param>
public sealed record PlannedRoute(NetPrefix Destination, NetAddress Gateway, string NodeName)
{
    /// <summary>Where the packets are sent inside VXLAN; null: they go to the gateway as they are.</summary>
    public Vtep? Tunnel { get; init; }

    /// <summary>The longest packet that goes this way, where that isn't what the link takes; otherwise 0.</summary>
    public int Mtu { get; init; }

    /// <summary>"10.200.1.0/24 via 10.200.1.0 in VXLAN to 10.240.0.21 (worker-1)".</summary>
    public override string ToString() => $"{Destination} via {Gateway}{(Tunnel is { } vtep ? $" in VXLAN to {vtep.Address}" : "")} ({NodeName})";
}
