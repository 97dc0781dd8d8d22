using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The order in which policies are asked.</summary>
public enum PolicyTier
{
    /// <summary>ClusterNetworkPolicies of the tier Admin: asked first, final unless they pass.</summary>
    Admin,

    /// <summary>NetworkPolicies: final for the pods that they select.</summary>
    Network,

    /// <summary>ClusterNetworkPolicies of the tier Baseline, for pods that no NetworkPolicy selects.</summary>
    Baseline,
}

/// <summary>What a rule does with what it matches.</summary>
public enum RuleAction
{
    /// <summary>Lets it through.</summary>
    Accept,

    /// <summary>Drops it.</summary>
    Deny,

    /// <summary>Leaves it to the next tier.</summary>
    Pass,
}

/// <summary>Which pods, in which namespaces.</summary>
/// <param name="Namespace">The one namespace; null where <paramref name="Namespaces"/> says which.</param>
/// <param name="Namespaces">Which namespaces, where <paramref name="Namespace"/> is null.</param>
/// <param name="Pods">Which pods there.</param>
public sealed record PodSelection(string? Namespace, LabelQuery Namespaces, LabelQuery Pods)
{
    /// <summary>Every pod of the cluster.</summary>
    public bool IsEverything => Namespace is null && Namespaces.IsEverything && Pods.IsEverything;

    /// <summary>Whether a pod with these labels in this namespace is meant.</summary>
    public bool Matches(string ns, IReadOnlyDictionary<string, string> namespaceLabels, IReadOnlyDictionary<string, string> labels) =>
        (Namespace is null ? Namespaces.Matches(namespaceLabels) : Namespace == ns) && Pods.Matches(labels);

    /// <inheritdoc/>
    public override string ToString() => (Namespace, Namespaces.IsEverything, Pods.IsEverything) switch
    {
        ({ } ns, _, true) => $"pods of namespace {ns}",
        ({ } ns, _, _) => $"pods {Pods} of namespace {ns}",
        (null, true, true) => "all pods",
        (null, true, _) => $"pods {Pods}",
        (null, _, true) => $"pods of namespaces {Namespaces}",
        _ => $"pods {Pods} of namespaces {Namespaces}",
    };
}

/// <summary>Who is on the other side.</summary>
public abstract record PolicyPeer
{
    private PolicyPeer()
    {
    }

    /// <summary>Pods.</summary>
    /// <param name="Selection">Which.</param>
    public sealed record Pods(PodSelection Selection) : PolicyPeer
    {
        /// <inheritdoc/>
        public override string ToString() => Selection.ToString();
    }

    /// <summary>Addresses.</summary>
    /// <param name="Range">Which.</param>
    /// <param name="Except">Parts of them that aren't meant.</param>
    public sealed record Block(NetPrefix Range, ImmutableArray<NetPrefix> Except) : PolicyPeer
    {
        /// <summary>Whether an address is meant.</summary>
        public bool Contains(NetAddress address) => Range.Contains(address) && !Except.Any(e => e.Contains(address));

        /// <inheritdoc/>
        public override string ToString() => Except.IsEmpty ? $"{Range}" : $"{Range} without {string.Join(", ", Except)}";
    }

    /// <summary>The addresses of nodes.</summary>
    /// <param name="Query">Which.</param>
    public sealed record Nodes(LabelQuery Query) : PolicyPeer
    {
        /// <inheritdoc/>
        public override string ToString() => $"nodes {Query}";
    }
}

/// <summary>Ports of a protocol, by number or by the name that the destination gives one.</summary>
/// <param name="Protocol">The protocol; null with a name: whichever the pod's port has.</param>
/// <param name="First">The first.</param>
/// <param name="Last">The last, inclusive.</param>
/// <param name="Name">The name instead; null where there are numbers.</param>
public sealed record PolicyPort(TransportProtocol? Protocol, ushort First, ushort Last, string? Name = null)
{
    /// <summary>Whether a named port of the destination is meant.</summary>
    public bool Names(NamedPort port) => Name == port.Name && (Protocol is null || Protocol == port.Protocol);

    /// <inheritdoc/>
    public override string ToString() => (Protocol is { } protocol ? protocol.ToString().ToUpperInvariant() + " " : "") + this switch
    {
        { Name: { } name } => name,
        { First: 0, Last: ushort.MaxValue } => "any port",
        _ when First == Last => $"{First}",
        _ => $"{First}-{Last}",
    };
}

/// <summary>One rule of a policy.</summary>
public sealed class PolicyRule
{
    /// <summary>Its name, or its place among its siblings from 1.</summary>
    public required string Name { get; init; }

    /// <summary>What becomes of what it matches.</summary>
    public RuleAction Action { get; init; } = RuleAction.Accept;

    /// <summary>The other side; default: whoever it is. Empty: nobody, because no peer could be understood.</summary>
    public ImmutableArray<PolicyPeer> Peers { get; init; }

    /// <summary>The ports; default: all traffic, of whatever protocol. Empty: none.</summary>
    public ImmutableArray<PolicyPort> Ports { get; init; }
}

/// <summary>A NetworkPolicy or ClusterNetworkPolicy.</summary>
public sealed class PolicyState
{
    /// <summary>Namespace and name; a ClusterNetworkPolicy has no namespace.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>When it is asked.</summary>
    public PolicyTier Tier { get; init; } = PolicyTier.Network;

    /// <summary>Within the tiers Admin and Baseline: lower is asked earlier.</summary>
    public int Priority { get; init; }

    /// <summary>The pods that it is about.</summary>
    public required PodSelection Subject { get; init; }

    /// <summary>Whether it says anything about what its pods accept.</summary>
    public bool HasIngress { get; init; }

    /// <summary>Whether it says anything about what its pods send.</summary>
    public bool HasEgress { get; init; }

    /// <summary>What its pods accept.</summary>
    public ImmutableArray<PolicyRule> Ingress { get; init; } = [];

    /// <summary>What its pods send.</summary>
    public ImmutableArray<PolicyRule> Egress { get; init; } = [];

    /// <summary>It only records what it would deny (annotation <see cref="Annotations.PolicyAudit"/>). What it allows counts nevertheless.</summary>
    public bool IsAudit { get; init; }

    /// <summary>The object's resourceVersion.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Its rules of one direction; none where it doesn't speak of it.</summary>
    public ImmutableArray<PolicyRule> Rules(bool ingress) => ingress ? HasIngress ? Ingress : [] : HasEgress ? Egress : [];

    /// <summary>Whether it speaks of a direction.</summary>
    public bool Speaks(bool ingress) => ingress ? HasIngress : HasEgress;

    /// <inheritdoc/>
    public override string ToString() => Key.ToString();
}
