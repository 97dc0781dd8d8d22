namespace Fairlead.Network;

/// <summary>The pod CIDRs of all nodes, without those that overlap another's.</summary>
internal static class PodRanges
{
    /// <summary>The ranges that count, in order of addresses. Of two that overlap, the node whose name sorts first keeps its own; the other one is reported.</summary>
    public static List<(NetPrefix Prefix, NodeState Node)> Of(ClusterState cluster, Action<PlanProblem> report)
    {
        List<(NetPrefix Prefix, NodeState Node)> ranges = new(cluster.Nodes.Count);
        foreach (NodeState node in cluster.Nodes.Values)
        {
            foreach (NetPrefix prefix in node.PodCidrs)
            {
                ranges.Add((prefix, node));
            }
        }

        // Two that overlap are neighbours in the order of addresses.
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

        if (refused.Count > 0)
        {
            ranges.RemoveAll(range => refused.Contains((range.Prefix, range.Node.Name)));
        }

        return ranges;
    }
}
