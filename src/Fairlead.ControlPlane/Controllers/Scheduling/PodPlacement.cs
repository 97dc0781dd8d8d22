using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Places one pod: a pure function of the pod and the cluster.</summary>
internal static class PodPlacement
{
    public static Placement Place(Pod pod, Cluster cluster)
    {
        if (cluster.Nodes.Count == 0)
        {
            return new Placement(null, "no nodes available to schedule pods");
        }

        PodAffinityFit affinity = new(pod, cluster);
        TopologySpread spread = new(pod, cluster);
        List<NodeState> fitting = [];
        Dictionary<string, int> reasons = [];
        foreach (NodeState node in cluster.Nodes)
        {
            IReadOnlyList<string> against = NodeFit.Reasons(pod, node);
            if (against.Count == 0 && (spread.Reason(node.Node) ?? affinity.Reason(node.Node)) is { } other)
            {
                against = [other];
            }

            if (against.Count == 0)
            {
                fitting.Add(node);
            }

            foreach (string reason in against)
            {
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            }
        }

        return fitting.Count > 0
            ? new Placement(NodeRanking.Best(pod, fitting, cluster, affinity, spread).Name, null)
            : new Placement(null, Explain(cluster.Nodes.Count, reasons));
    }

    private static string Explain(int nodes, Dictionary<string, int> reasons)
    {
        IEnumerable<string> sorted = reasons.Select(reason => $"{reason.Value} {reason.Key}").Order(StringComparer.Ordinal);
        return $"0/{nodes} nodes are available: {string.Join(", ", sorted)}. preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling.";
    }
}
