using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>How evenly the pods that a constraint selects are spread over the domains of a node label.</summary>
internal sealed class TopologySpread
{
    private readonly List<Constraint> _constraints = [];

    public TopologySpread(Pod pod, Cluster cluster)
    {
        foreach (TopologySpreadConstraint constraint in pod.Spec.TopologySpreadConstraints)
        {
            _constraints.Add(new Constraint(pod, constraint, cluster));
        }
    }

    /// <returns>Why not, or null where the node keeps within all skews that must be kept.</returns>
    public string? Reason(Node node)
    {
        foreach (Constraint constraint in _constraints)
        {
            if (constraint.Source.WhenUnsatisfiable != "DoNotSchedule")
            {
                continue;
            }

            if (!node.Metadata.Labels.TryGetValue(constraint.Source.TopologyKey, out string? domain))
            {
                return "node(s) didn't match pod topology spread constraints (missing required label)";
            }

            if (constraint.Skew(domain) > constraint.Source.MaxSkew)
            {
                return "node(s) didn't match pod topology spread constraints";
            }
        }

        return null;
    }

    /// <summary>The number of pods that the node's domains already hold, over all constraints that only ask.</summary>
    public long Crowd(Node node) => _constraints
        .Where(constraint => constraint.Source.WhenUnsatisfiable != "DoNotSchedule")
        .Sum(constraint => node.Metadata.Labels.TryGetValue(constraint.Source.TopologyKey, out string? domain) ? constraint.Counts.GetValueOrDefault(domain) : int.MaxValue);

    private sealed class Constraint
    {
        private readonly bool _countsItself;

        public Constraint(Pod pod, TopologySpreadConstraint source, Cluster cluster)
        {
            Source = source;
            LabelSelector selector = source.LabelSelector ?? new LabelSelector();
            bool selectsNothing = source.LabelSelector is null;
            foreach (NodeState node in cluster.Nodes)
            {
                if (!node.Node.Metadata.Labels.TryGetValue(source.TopologyKey, out string? domain) || !IsCounted(pod, source, node.Node))
                {
                    continue;
                }

                int matching = selectsNothing ? 0 : node.Pods.Count(other => other.Metadata.Namespace == pod.Metadata.Namespace && !other.Metadata.IsDeleting && Selects(pod, source, selector, other));
                Counts[domain] = Counts.GetValueOrDefault(domain) + matching;
            }

            _countsItself = !selectsNothing && Selects(pod, source, selector, pod);
        }

        public TopologySpreadConstraint Source { get; }

        public Dictionary<string, int> Counts { get; } = [];

        public int Skew(string domain)
        {
            // Where fewer domains exist than are wanted, an absent one holds nothing.
            int least = Counts.Count == 0 || Counts.Count < (Source.MinDomains ?? 1) ? 0 : Counts.Values.Min();
            return Counts.GetValueOrDefault(domain) + (_countsItself ? 1 : 0) - least;
        }

        private static bool IsCounted(Pod pod, TopologySpreadConstraint source, Node node) =>
            (source.NodeAffinityPolicy == "Ignore" || NodeFit.MatchesNode(pod, node))
            && (source.NodeTaintsPolicy != "Honor" || Taints.Forbidding(pod, node) is null);

        private static bool Selects(Pod pod, TopologySpreadConstraint source, LabelSelector selector, Pod other) =>
            selector.Matches(other.Metadata.Labels)
            && source.MatchLabelKeys.All(key => !pod.Metadata.Labels.TryGetValue(key, out string? value) || other.Metadata.Labels.GetValueOrDefault(key) == value);
    }
}
