using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Whether one node can take a pod, other pods apart. The answers are kube-scheduler's own words.</summary>
internal static class NodeFit
{
    /// <returns>Why not, or an empty list where it can.</returns>
    public static IReadOnlyList<string> Reasons(Pod pod, NodeState node)
    {
        if (node.Node.Spec.Unschedulable && Taints.Forbidding(pod, node.Node) is { Key: Taints.Unschedulable })
        {
            return ["node(s) were unschedulable"];
        }

        if (Taints.Forbidding(pod, node.Node) is { } taint)
        {
            return [$"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}"];
        }

        if (!MatchesNode(pod, node.Node))
        {
            return ["node(s) didn't match Pod's node affinity/selector"];
        }

        if (node.Pods.Any(other => HostPorts.Clash(pod, other)))
        {
            return ["node(s) didn't have free ports for the requested pod ports"];
        }

        return Insufficient(pod, node);
    }

    /// <summary>The node selector and the required node affinity.</summary>
    public static bool MatchesNode(Pod pod, Node node)
    {
        foreach ((string key, string value) in pod.Spec.NodeSelector)
        {
            if (!node.Metadata.Labels.TryGetValue(key, out string? actual) || actual != value)
            {
                return false;
            }
        }

        NodeSelector? required = pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return required is null || required.NodeSelectorTerms.Any(term => Matches(term, node));
    }

    /// <summary>A term with nothing in it matches no node.</summary>
    public static bool Matches(NodeSelectorTerm term, Node node)
    {
        if (term.MatchExpressions.Count == 0 && term.MatchFields.Count == 0)
        {
            return false;
        }

        foreach (NodeSelectorRequirement requirement in term.MatchExpressions)
        {
            node.Metadata.Labels.TryGetValue(requirement.Key, out string? value);
            if (!LabelSelectorRequirement.Matches(requirement.Operator, requirement.Values, value))
            {
                return false;
            }
        }

        foreach (NodeSelectorRequirement requirement in term.MatchFields)
        {
            if (!LabelSelectorRequirement.Matches(requirement.Operator, requirement.Values, requirement.Key == "metadata.name" ? node.Metadata.Name : null))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Resources that the node has too little of; what a node does not declare is not counted.</summary>
    private static List<string> Insufficient(Pod pod, NodeState node)
    {
        List<string> reasons = [];
        if (node.Allocatable("pods") is { } most && node.Pods.Count + 1 > most)
        {
            reasons.Add("Too many pods");
        }

        foreach ((string resource, decimal amount) in PodRequests.Of(pod))
        {
            if (amount > 0 && (node.Allocatable(resource) ?? (resource is "cpu" or "memory" or "ephemeral-storage" ? decimal.MaxValue : 0)) - node.Requested.GetValueOrDefault(resource) < amount)
            {
                reasons.Add($"Insufficient {resource}");
            }
        }

        return reasons;
    }
}
