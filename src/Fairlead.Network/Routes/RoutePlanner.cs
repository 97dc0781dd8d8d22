using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Routes to the pods of the other nodes.</summary>
internal static class RoutePlanner
{
    /// <summary>Plans them from those of the plan before, and notes what is other than there.</summary>
    public static ImmutableDictionary<NetPrefix, PlannedRoute> Plan(
        ImmutableDictionary<NetPrefix, PlannedRoute> previous, ClusterState cluster, NodeSettings settings, ImmutableArray<PlannedOverlay> overlays,
        NodesChange change, Action<PlanProblem> report)
    {
        List<PlannedRoute> planned = Ways(cluster, settings, overlays, report);
        ImmutableDictionary<NetPrefix, PlannedRoute>.Builder routes = previous.ToBuilder();
        foreach (PlannedRoute route in planned)
        {
            if (routes.TryGetValue(route.Destination, out PlannedRoute? before))
            {
                if (before == route)
                {
                    continue;
                }

                change.RemovedRoutes.Add(before);
            }

            change.AddedRoutes.Add(route);
            routes[route.Destination] = route;
        }

        if (routes.Count != planned.Count)
        {
            HashSet<NetPrefix> wanted = [.. planned.Select(r => r.Destination)];
            foreach (PlannedRoute gone in previous.Values.Where(r => !wanted.Contains(r.Destination)))
            {
                change.RemovedRoutes.Add(gone);
                routes.Remove(gone.Destination);
            }
        }

        return routes.ToImmutable();
    }

    private static List<PlannedRoute> Ways(ClusterState cluster, NodeSettings settings, ImmutableArray<PlannedOverlay> overlays, Action<PlanProblem> report)
    {
        List<(NetPrefix Prefix, NodeState Node)> ranges = PodRanges.Of(cluster, report);
        if (settings.Mode == RoutingMode.None)
        {
            return [];
        }

        foreach (NodeState node in cluster.Nodes.Values.Where(n => n.PodCidrs.IsEmpty))
        {
            report(new("Node", new("", node.Name), "PodCIDRMissing", $"Node {node.Name} has no pod CIDR yet: its pods can't be reached."));
        }

        Dictionary<Vtep, string> ends = overlays.ToDictionary(o => o.Vtep, _ => settings.NodeName);
        bool has4 = overlays.Any(o => !o.IsIPv6), has6 = overlays.Any(o => o.IsIPv6);
        List<PlannedRoute> routes = new(ranges.Count);
        foreach ((NetPrefix prefix, NodeState node) in ranges)
        {
            if (node.Name == settings.NodeName)
            {
                continue;
            }

            PlanProblem? problem = null;
            PlannedRoute? route = settings.Mode == RoutingMode.Vxlan
                ? InMode(prefix, node, settings, TunnelTo(node, prefix.IsIPv6, has4, has6), out problem)
                : Direct(prefix, node, out problem);
            if (problem is not null)
            {
                report(problem);
            }

            if (route is { Tunnel: { } vtep } && !ends.TryAdd(vtep, node.Name) && ends[vtep] != node.Name)
            {
                report(new("Node", new("", node.Name), "VtepTaken",
                    $"Node {node.Name} publishes the tunnel end {vtep.Mac} at {vtep.Address}, which is that of node {ends[vtep]}; no route is made to {prefix}."));
                continue;
            }

            if (route is not null)
            {
                routes.Add(route);
            }
        }

        return routes;
    }

    private static PlannedRoute? Direct(NetPrefix prefix, NodeState node, out PlanProblem? problem)
    {
        problem = null;
        if (node.AddressOf(prefix.IsIPv6) is { } gateway)
        {
            return new(prefix, gateway, node.Name);
        }

        problem = new("Node", new("", node.Name), "NodeAddressMissing",
            $"Node {node.Name} has no {(prefix.IsIPv6 ? "IPv6" : "IPv4")} InternalIP: no route is made to {prefix}.");
        return null;
    }

    /// <summary>Through the tunnel, unless both agree that it isn't needed.</summary>
    private static PlannedRoute? InMode(NetPrefix prefix, NodeState node, NodeSettings settings, Vtep? tunnel, out PlanProblem? problem)
    {
        problem = null;
        bool isNear = node.AddressOf(prefix.IsIPv6) is { } address && settings.Uplink.IsOnSegment(address);
        if (isNear && settings.DirectRouting)
        {
            return Direct(prefix, node, out problem);
        }

        if (tunnel is { } vtep)
        {
            return new(prefix, prefix.Address, node.Name) { Tunnel = vtep };
        }

        // A node that isn't changed to this mode yet takes packets as they are.
        if (isNear && node.Mode == RoutingMode.Direct)
        {
            return Direct(prefix, node, out problem);
        }

        problem = new("Node", new("", node.Name), "VtepMissing",
            $"Node {node.Name} has published no end of a VXLAN tunnel that this node can reach (annotations flannel.alpha.coreos.com/…): no route is made to {prefix} yet.");
        return null;
    }

    /// <summary>The tunnel of the packets' own family where there is one, otherwise of the other.</summary>
    private static Vtep? TunnelTo(NodeState node, bool ipv6, bool has4, bool has6)
    {
        Vtep? over4 = has4 ? node.Vtep : null, over6 = has6 ? node.Vtep6 : null;
        return ipv6 ? over6 ?? over4 : over4 ?? over6;
    }
}
