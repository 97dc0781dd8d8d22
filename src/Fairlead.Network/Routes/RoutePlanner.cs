using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Routes to the pods of one other node.</summary>
/// <param name="settings">What the operator says of this node.</param>
/// <param name="overlays">This node's VXLAN links.</param>
internal sealed class RoutePlanner(NodeSettings settings, ImmutableArray<PlannedOverlay> overlays)
{
    private readonly bool has4 = overlays.Any(o => !o.IsIPv6);
    private readonly bool has6 = overlays.Any(o => o.IsIPv6);

    // Links of tunnels have it themselves. Those to other nodes may take longer packets than pods there do.
    private readonly int mtu = MtuPlanner.Plan(settings, overlays) is var most && most < settings.Uplink.Mtu ? most : 0;

    /// <summary>Plans them.</summary>
    /// <param name="node">The other node; this one has none, but may have a range that is another's.</param>
    /// <param name="winnerOver">Who has a range that overlaps this one of the node, and more right to it.</param>
    /// <param name="holderOf">Who is sent to at this tunnel end of the node.</param>
    public (ImmutableArray<PlannedRoute> Routes, ImmutableArray<PlanProblem> Problems) Plan(
        NodeState node, Func<NetPrefix, string, HeldPrefix?> winnerOver, Func<Vtep, string, string> holderOf)
    {
        ImmutableArray<PlannedRoute>.Builder routes = ImmutableArray.CreateBuilder<PlannedRoute>();
        ImmutableArray<PlanProblem>.Builder problems = ImmutableArray.CreateBuilder<PlanProblem>();
        if (node.PodCidrs.IsEmpty && settings.Mode != RoutingMode.None)
        {
            Report("PodCIDRMissing", $"Node {node.Name} has no pod CIDR yet: its pods can't be reached.");
        }

        foreach (NetPrefix prefix in node.PodCidrs.Distinct())
        {
            if (winnerOver(prefix, node.Name) is { } winner)
            {
                Report("PodCIDROverlap", $"Node {node.Name}: pod CIDR {prefix} overlaps {winner.Prefix} of node {winner.Holder}; no route is made to it.");
                continue;
            }

            if (node.Name == settings.NodeName || settings.Mode == RoutingMode.None)
            {
                continue;
            }

            PlannedRoute? route = settings.Mode == RoutingMode.Vxlan ? InMode(prefix, node, out PlanProblem? problem) : Direct(prefix, node, out problem);
            if (problem is not null)
            {
                problems.Add(problem);
            }

            if (route is { Tunnel: { } vtep } && holderOf(vtep, node.Name) is var holder && holder != node.Name)
            {
                Report("VtepTaken", $"Node {node.Name} publishes the tunnel end {vtep.Mac} at {vtep.Address}, and {vtep.Mac} is that of node {holder}; no route is made to {prefix}.");
            }
            else if (route is not null)
            {
                routes.Add(route);
            }
        }

        return (routes.DrainToImmutable(), problems.DrainToImmutable());

        void Report(string reason, string message) => problems.Add(new("Node", new("", node.Name), reason, message));
    }

    private PlannedRoute? Direct(NetPrefix prefix, NodeState node, out PlanProblem? problem)
    {
        problem = null;
        if (node.AddressOf(prefix.IsIPv6) is { } gateway)
        {
            return new(prefix, gateway, node.Name) { Mtu = mtu };
        }

        problem = new("Node", new("", node.Name), "NodeAddressMissing",
            $"Node {node.Name} has no {(prefix.IsIPv6 ? "IPv6" : "IPv4")} InternalIP: no route is made to {prefix}.");
        return null;
    }

    /// <summary>Through the tunnel, unless both agree that it isn't needed.</summary>
    private PlannedRoute? InMode(NetPrefix prefix, NodeState node, out PlanProblem? problem)
    {
        problem = null;
        bool isNear = node.AddressOf(prefix.IsIPv6) is { } address && settings.Uplink.IsOnSegment(address);
        if (isNear && settings.DirectRouting)
        {
            return Direct(prefix, node, out problem);
        }

        if (TunnelTo(node, prefix.IsIPv6) is { } vtep)
        {
            return new(prefix, prefix.Address, node.Name) { Tunnel = vtep };
        }

        // A node that isn't changed to this mode yet takes packets as they are.
        if (isNear && node.Mode == RoutingMode.Direct)
        {
            return Direct(prefix, node, out problem);
        }

        // Nor does one that leaves it to a router, which then knows the way to its pods.
        if (node.Mode == RoutingMode.None)
        {
            return null;
        }

        problem = new("Node", new("", node.Name), "VtepMissing",
            $"Node {node.Name} has published no end of a VXLAN tunnel that this node can reach (annotations flannel.alpha.coreos.com/…): no route is made to {prefix} yet.");
        return null;
    }

    /// <summary>The tunnel of the packets' own family where there is one, otherwise of the other.</summary>
    private Vtep? TunnelTo(NodeState node, bool ipv6)
    {
        Vtep? over4 = has4 ? node.Vtep : null, over6 = has6 ? node.Vtep6 : null;
        return ipv6 ? over6 ?? over4 : over4 ?? over6;
    }
}
