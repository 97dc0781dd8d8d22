using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Rules between pods: near to these, apart from those, in domains that a node label makes.</summary>
internal sealed class PodAffinityFit
{
    private readonly Pod _pod;
    private readonly Cluster _cluster;

    /// <summary>For each term: the domains in which a matching pod runs.</summary>
    private readonly List<(PodAffinityTerm Term, HashSet<string> Domains, bool AnyMatch)> _near = [];
    private readonly List<(PodAffinityTerm Term, HashSet<string> Domains)> _apart = [];

    /// <summary>Domains that a pod which is already there does not want to share with ours: label and value.</summary>
    private readonly HashSet<(string Label, string Value)> _unwelcome = [];

    public PodAffinityFit(Pod pod, Cluster cluster)
    {
        _pod = pod;
        _cluster = cluster;
        foreach (PodAffinityTerm term in pod.Spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            HashSet<string> domains = Domains(pod, term, out bool any);
            _near.Add((term, domains, any));
        }

        foreach (PodAffinityTerm term in pod.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            _apart.Add((term, Domains(pod, term, out _)));
        }

        foreach (NodeState node in cluster.Nodes)
        {
            foreach (Pod other in node.Pods)
            {
                foreach (PodAffinityTerm term in other.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [])
                {
                    if (node.Node.Metadata.Labels.TryGetValue(term.TopologyKey, out string? value) && Selects(other, term, pod))
                    {
                        _unwelcome.Add((term.TopologyKey, value));
                    }
                }
            }
        }
    }

    /// <returns>Why not, or null where the node suits.</returns>
    public string? Reason(Node node)
    {
        foreach ((PodAffinityTerm term, HashSet<string> domains, bool any) in _near)
        {
            bool first = !any && Selects(_pod, term, _pod);
            if (!node.Metadata.Labels.TryGetValue(term.TopologyKey, out string? value) || (!first && !domains.Contains(value)))
            {
                return "node(s) didn't match pod affinity rules";
            }
        }

        foreach ((PodAffinityTerm term, HashSet<string> domains) in _apart)
        {
            if (node.Metadata.Labels.TryGetValue(term.TopologyKey, out string? value) && domains.Contains(value))
            {
                return "node(s) didn't match pod anti-affinity rules";
            }
        }

        foreach ((string label, string value) in _unwelcome)
        {
            if (node.Metadata.Labels.TryGetValue(label, out string? actual) && actual == value)
            {
                return "node(s) didn't satisfy existing pods anti-affinity rules";
            }
        }

        return null;
    }

    /// <summary>The weights of the preferences that a node fulfils, minus those that it offends.</summary>
    public long Preference(Node node)
    {
        long score = 0;
        foreach (WeightedPodAffinityTerm preferred in _pod.Spec.Affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            score += (long)preferred.Weight * Count(preferred.PodAffinityTerm, node);
        }

        foreach (WeightedPodAffinityTerm preferred in _pod.Spec.Affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
        {
            score -= (long)preferred.Weight * Count(preferred.PodAffinityTerm, node);
        }

        return score;
    }

    private int Count(PodAffinityTerm? term, Node node) =>
        term is not null && node.Metadata.Labels.TryGetValue(term.TopologyKey, out string? value)
            ? _cluster.Nodes.Where(other => other.Node.Metadata.Labels.GetValueOrDefault(term.TopologyKey) == value).Sum(other => other.Pods.Count(pod => Selects(_pod, term, pod)))
            : 0;

    private HashSet<string> Domains(Pod pod, PodAffinityTerm term, out bool any)
    {
        any = false;
        HashSet<string> domains = [];
        foreach (NodeState node in _cluster.Nodes)
        {
            if (node.Pods.Any(other => Selects(pod, term, other)))
            {
                any = true;
                if (node.Node.Metadata.Labels.TryGetValue(term.TopologyKey, out string? value))
                {
                    domains.Add(value);
                }
            }
        }

        return domains;
    }

    /// <summary>Whether <paramref name="term"/> of <paramref name="owner"/> means <paramref name="other"/>. A term without a selector means no pod.</summary>
    private bool Selects(Pod owner, PodAffinityTerm term, Pod other)
    {
        if (term.LabelSelector is null || !term.LabelSelector.Matches(other.Metadata.Labels))
        {
            return false;
        }

        foreach (string key in term.MatchLabelKeys)
        {
            if (owner.Metadata.Labels.TryGetValue(key, out string? value) && other.Metadata.Labels.GetValueOrDefault(key) != value)
            {
                return false;
            }
        }

        foreach (string key in term.MismatchLabelKeys)
        {
            if (owner.Metadata.Labels.TryGetValue(key, out string? value) && other.Metadata.Labels.GetValueOrDefault(key) == value)
            {
                return false;
            }
        }

        if (term.Namespaces.Count == 0 && term.NamespaceSelector is null)
        {
            return other.Metadata.Namespace == owner.Metadata.Namespace;
        }

        return term.Namespaces.Contains(other.Metadata.Namespace) || term.NamespaceSelector?.Matches(_cluster.NamespaceLabels(other.Metadata.Namespace)) == true;
    }
}
