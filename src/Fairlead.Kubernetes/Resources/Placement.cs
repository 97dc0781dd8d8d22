namespace Fairlead.Kubernetes;

/// <summary>Rules that draw a pod towards, or away from, nodes and other pods.</summary>
/// <remarks>core/v1 Affinity.</remarks>
public sealed record Affinity
{
    public NodeAffinity? NodeAffinity { get; init; }

    public PodAffinity? PodAffinity { get; init; }

    public PodAntiAffinity? PodAntiAffinity { get; init; }
}

/// <summary>Which nodes must, or should, run the pod.</summary>
/// <remarks>core/v1 NodeAffinity.</remarks>
public sealed record NodeAffinity
{
    public NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }

    public IReadOnlyList<PreferredSchedulingTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];
}

/// <summary>Terms of which at least one must match.</summary>
/// <remarks>core/v1 NodeSelector.</remarks>
public sealed record NodeSelector
{
    public IReadOnlyList<NodeSelectorTerm> NodeSelectorTerms { get; init => field = value ?? []; } = [];
}

/// <summary>Requirements on a node's labels and fields, all of which must hold.</summary>
/// <remarks>core/v1 NodeSelectorTerm.</remarks>
public sealed record NodeSelectorTerm
{
    public IReadOnlyList<NodeSelectorRequirement> MatchExpressions { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NodeSelectorRequirement> MatchFields { get; init => field = value ?? []; } = [];
}

/// <summary>One requirement: In, NotIn, Exists, DoesNotExist, Gt or Lt.</summary>
/// <remarks>core/v1 NodeSelectorRequirement.</remarks>
public sealed record NodeSelectorRequirement
{
    public string Key { get; init => field = value ?? ""; } = "";

    public string Operator { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Values { get; init => field = value ?? []; } = [];
}

/// <summary>A node selector term with a weight from 1 to 100.</summary>
/// <remarks>core/v1 PreferredSchedulingTerm.</remarks>
public sealed record PreferredSchedulingTerm
{
    public int Weight { get; init; }

    public NodeSelectorTerm? Preference { get; init; }
}

/// <summary>Pods to be near to.</summary>
/// <remarks>core/v1 PodAffinity.</remarks>
public sealed record PodAffinity
{
    public IReadOnlyList<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];

    public IReadOnlyList<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];
}

/// <summary>A set of pods, and the node label that says what "near" means.</summary>
/// <remarks>core/v1 PodAffinityTerm.</remarks>
public sealed record PodAffinityTerm
{
    public LabelSelector? LabelSelector { get; init; }

    public IReadOnlyList<string> Namespaces { get; init => field = value ?? []; } = [];

    public string TopologyKey { get; init => field = value ?? ""; } = "";

    public LabelSelector? NamespaceSelector { get; init; }

    public IReadOnlyList<string> MatchLabelKeys { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> MismatchLabelKeys { get; init => field = value ?? []; } = [];
}

/// <summary>A pod affinity term with a weight from 1 to 100.</summary>
/// <remarks>core/v1 WeightedPodAffinityTerm.</remarks>
public sealed record WeightedPodAffinityTerm
{
    public int Weight { get; init; }

    public PodAffinityTerm? PodAffinityTerm { get; init; }
}

/// <summary>Pods to be apart from.</summary>
/// <remarks>core/v1 PodAntiAffinity.</remarks>
public sealed record PodAntiAffinity
{
    public IReadOnlyList<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];

    public IReadOnlyList<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init => field = value ?? []; } = [];
}

/// <summary>A taint that the pod puts up with, for a time in seconds where one is given.</summary>
/// <remarks>core/v1 Toleration.</remarks>
public sealed record Toleration
{
    public string? Key { get; init; }

    public string? Operator { get; init; }

    public string? Value { get; init; }

    public string? Effect { get; init; }

    public long? TolerationSeconds { get; init; }
}
