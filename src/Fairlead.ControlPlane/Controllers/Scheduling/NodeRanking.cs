using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Which of several nodes suits a pod best.</summary>
/// <remarks>
/// The order of kube-scheduler's stronger weights: preferred taints, preferred affinities, spread constraints; then fewest pods of the same owner or
/// service on the node, in its zone, then most room, fewest pods, and the name.
/// </remarks>
internal static class NodeRanking
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    public static NodeState Best(Pod pod, IReadOnlyList<NodeState> fitting, Cluster cluster, PodAffinityFit affinity, TopologySpread spread)
    {
        Dictionary<string, int> inZone = [];
        foreach (NodeState node in cluster.Nodes)
        {
            if (node.Node.Metadata.Labels.TryGetValue(ZoneLabel, out string? zone))
            {
                inZone[zone] = inZone.GetValueOrDefault(zone) + Siblings(pod, node);
            }
        }

        return fitting
            .OrderBy(node => node.Node.Spec.Taints.Count(taint => taint.Effect == "PreferNoSchedule" && !Taints.IsTolerated(pod, taint)))
            .ThenByDescending(node => PreferredNode(pod, node.Node) + affinity.Preference(node.Node))
            .ThenBy(node => spread.Crowd(node.Node))
            .ThenBy(node => Siblings(pod, node))
            .ThenBy(node => node.Node.Metadata.Labels.TryGetValue(ZoneLabel, out string? zone) ? inZone[zone] : 0)
            .ThenBy(node => Load(pod, node))
            .ThenBy(node => node.Pods.Count)
            .ThenBy(node => node.Name, StringComparer.Ordinal)
            .First();
    }

    private static long PreferredNode(Pod pod, Node node) => (pod.Spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        .Sum(preferred => preferred.Preference is { } term && NodeFit.Matches(term, node) ? (long)preferred.Weight : 0);

    /// <summary>Pods that are of the same making: what would be lost together with this one.</summary>
    private static int Siblings(Pod pod, NodeState node)
    {
        string? owner = pod.Metadata.Controller?.Uid;
        return owner is null
            ? node.Pods.Count(other => pod.Metadata.Labels.Count > 0 && other.Metadata.Namespace == pod.Metadata.Namespace && other.Metadata.Labels.Count == pod.Metadata.Labels.Count
                && pod.Metadata.Labels.All(label => other.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value))
            : node.Pods.Count(other => other.Metadata.Controller?.Uid == owner && !other.Metadata.IsDeleting);
    }

    /// <summary>The larger share of CPU or memory that would be reserved, in steps of a tenth so that noise does not outweigh the pod count.</summary>
    private static int Load(Pod pod, NodeState node)
    {
        IReadOnlyDictionary<string, decimal> requests = PodRequests.Of(pod);
        decimal load = 0;
        foreach (string resource in (ReadOnlySpan<string>)["cpu", "memory"])
        {
            if (node.Allocatable(resource) is { } room and > 0)
            {
                load = Math.Max(load, (node.Requested.GetValueOrDefault(resource) + requests.GetValueOrDefault(resource)) / room);
            }
        }

        return (int)(load * 10);
    }
}
