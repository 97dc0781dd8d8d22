using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A group of containers that share a network namespace, placed on one node.</summary>
/// <remarks>core/v1 Pod.</remarks>
public sealed record Pod : IKubernetesObject<Pod>
{
    /// <inheritdoc/>
    public static ResourceKind<Pod> ResourceKind { get; } = new(new("", "v1", "pods", "Pod", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public PodSpec Spec { get; init => field = value ?? PodSpec.Empty; } = PodSpec.Empty;

    public PodStatus Status { get; init => field = value ?? PodStatus.Empty; } = PodStatus.Empty;
}

/// <summary>What a pod should be: containers, volumes, placement, and its network identity.</summary>
/// <remarks>core/v1 PodSpec.</remarks>
public sealed record PodSpec
{
    internal static PodSpec Empty { get; } = new();

    public IReadOnlyList<Volume> Volumes { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Container> InitContainers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Container> Containers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EphemeralContainer> EphemeralContainers { get; init => field = value ?? []; } = [];

    public string? RestartPolicy { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }

    public long? ActiveDeadlineSeconds { get; init; }

    public string? DnsPolicy { get; init; }

    public IReadOnlyDictionary<string, string> NodeSelector { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public string? ServiceAccountName { get; init; }

    [JsonPropertyName("serviceAccount")]
    public string? DeprecatedServiceAccount { get; init; }

    public bool? AutomountServiceAccountToken { get; init; }

    public string? NodeName { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostNetwork { get; init; }

    [JsonPropertyName("hostPID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostPid { get; init; }

    [JsonPropertyName("hostIPC")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostIpc { get; init; }

    public bool? ShareProcessNamespace { get; init; }

    public PodSecurityContext? SecurityContext { get; init; }

    public IReadOnlyList<LocalObjectReference> ImagePullSecrets { get; init => field = value ?? []; } = [];

    public string? Hostname { get; init; }

    public string? Subdomain { get; init; }

    public Affinity? Affinity { get; init; }

    public string? SchedulerName { get; init; }

    public IReadOnlyList<Toleration> Tolerations { get; init => field = value ?? []; } = [];

    public IReadOnlyList<HostAlias> HostAliases { get; init => field = value ?? []; } = [];

    public string? PriorityClassName { get; init; }

    public int? Priority { get; init; }

    public PodDnsConfig? DnsConfig { get; init; }

    public IReadOnlyList<PodReadinessGate> ReadinessGates { get; init => field = value ?? []; } = [];

    public string? RuntimeClassName { get; init; }

    public bool? EnableServiceLinks { get; init; }

    public string? PreemptionPolicy { get; init; }

    public IReadOnlyDictionary<string, Quantity> Overhead { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyList<TopologySpreadConstraint> TopologySpreadConstraints { get; init => field = value ?? []; } = [];

    [JsonPropertyName("setHostnameAsFQDN")]
    public bool? SetHostnameAsFqdn { get; init; }

    public PodOS? OS { get; init; }

    public bool? HostUsers { get; init; }

    public IReadOnlyList<PodSchedulingGate> SchedulingGates { get; init => field = value ?? []; } = [];

    public ResourceRequirements? Resources { get; init; }

    public string? HostnameOverride { get; init; }
}

/// <summary>The name of an object in the same namespace.</summary>
/// <remarks>core/v1 LocalObjectReference.</remarks>
public sealed record LocalObjectReference
{
    public string? Name { get; init; }
}

/// <summary>A line for the pod's <c>/etc/hosts</c>.</summary>
/// <remarks>core/v1 HostAlias.</remarks>
public sealed record HostAlias
{
    public string IP { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Hostnames { get; init => field = value ?? []; } = [];
}

/// <summary>Resolver settings that are merged with those of the DNS policy.</summary>
/// <remarks>core/v1 PodDNSConfig.</remarks>
public sealed record PodDnsConfig
{
    public IReadOnlyList<string> Nameservers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Searches { get; init => field = value ?? []; } = [];

    public IReadOnlyList<PodDnsConfigOption> Options { get; init => field = value ?? []; } = [];
}

/// <summary>One resolver option, such as <c>ndots:5</c>.</summary>
/// <remarks>core/v1 PodDNSConfigOption.</remarks>
public sealed record PodDnsConfigOption
{
    public string? Name { get; init; }

    public string? Value { get; init; }
}

/// <summary>A condition that must be True before the pod counts as ready.</summary>
/// <remarks>core/v1 PodReadinessGate.</remarks>
public sealed record PodReadinessGate
{
    public string ConditionType { get; init => field = value ?? ""; } = "";
}

/// <summary>How evenly matching pods are to be spread over the domains of a node label.</summary>
/// <remarks>core/v1 TopologySpreadConstraint.</remarks>
public sealed record TopologySpreadConstraint
{
    public int MaxSkew { get; init; }

    public string TopologyKey { get; init => field = value ?? ""; } = "";

    public string WhenUnsatisfiable { get; init => field = value ?? ""; } = "";

    public LabelSelector? LabelSelector { get; init; }

    public int? MinDomains { get; init; }

    public string? NodeAffinityPolicy { get; init; }

    public string? NodeTaintsPolicy { get; init; }

    public IReadOnlyList<string> MatchLabelKeys { get; init => field = value ?? []; } = [];
}

/// <summary>The operating system that the containers need.</summary>
/// <remarks>core/v1 PodOS.</remarks>
public sealed record PodOS
{
    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>A gate that keeps the scheduler's hands off the pod while it is present.</summary>
/// <remarks>core/v1 PodSchedulingGate.</remarks>
public sealed record PodSchedulingGate
{
    public string Name { get; init => field = value ?? ""; } = "";
}
