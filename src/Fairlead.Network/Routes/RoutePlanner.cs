using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Routes to the pods of the other nodes.</summary>
internal static class RoutePlanner
{
    public static ImmutableDictionary<NetPrefix, PlannedRoute> Plan(ClusterState cluster, NodeSettings settings, Action<PlanProblem> report)
    {
        // The ranges of all nodes in order: two that overlap are neighbours there. Who comes first in the order of names keeps its range.
        List<(NetPrefix Prefix, NodeState Node)> ranges = [];
        foreach (NodeState node in cluster.Nodes.Values)
        {
            if (node.PodCidrs.IsEmpty && settings.Mode != RoutingMode.None)
            {
                report(new("Node", new("", node.Name), "PodCIDRMissing", $"Node {node.Name} has no pod CIDR yet: its pods can't be reached."));
            }

            foreach (NetPrefix prefix in node.PodCidrs)
            {
                ranges.Add((prefix, node));
            }
        }

        HashSet<(NetPrefix, string)> refused = [];
        ranges.Sort((a, b) => a.Prefix.Address.CompareTo(b.Prefix.Address) is var order && order != 0 ? order : a.Prefix.Length.CompareTo(b.Prefix.Length));
        for (int outer = 0; outer < ranges.Count; outer++)
        {
            for (int inner = outer + 1; inner < ranges.Count && ranges[outer].Prefix.Overlaps(ranges[inner].Prefix); inner++)
            {
                (NetPrefix Prefix, NodeState Node) loser = ranges[inner], winner = ranges[outer];
                if (string.CompareOrdinal(loser.Node.Name, winner.Node.Name) < 0)
                {
                    (loser, winner) = (winner, loser);
                }

                if (loser.Node.Name != winner.Node.Name && refused.Add((loser.Prefix, loser.Node.Name)))
                {
                    report(new("Node", new("", loser.Node.Name), "PodCIDROverlap",
                        $"Node {loser.Node.Name}: pod CIDR {loser.Prefix} overlaps {winner.Prefix} of node {winner.Node.Name}; no route is made to it."));
                }
            }
        }

        if (settings.Mode != RoutingMode.Direct)
        {
            return ImmutableDictionary<NetPrefix, PlannedRoute>.Empty;
        }

        ImmutableDictionary<NetPrefix, PlannedRoute>.Builder routes = ImmutableDictionary.CreateBuilder<NetPrefix, PlannedRoute>();
        foreach ((NetPrefix prefix, NodeState node) in ranges)
        {
            if (node.Name == settings.NodeName || refused.Contains((prefix, node.Name)))
            {
                continue;
            }

            if (node.AddressOf(prefix.IsIPv6) is { } gateway)
            {
                routes[prefix] = new(prefix, gateway, node.Name);
            }
            else
            {
                report(new("Node", new("", node.Name), "NodeAddressMissing",
                    $"Node {node.Name} has no {(prefix.IsIPv6 ? "IPv6" : "IPv4")} InternalIP: no route is made to {prefix}."));
            }
        }

        return routes.ToImmutable();
    }
}
