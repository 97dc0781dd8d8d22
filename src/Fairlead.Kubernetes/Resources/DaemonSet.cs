using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>One pod on each matching node.</summary>
/// <remarks>apps/v1 DaemonSet.</remarks>
public sealed record DaemonSet : IKubernetesObject<DaemonSet>
{
    /// <inheritdoc/>
    public static ResourceKind<DaemonSet> ResourceKind { get; } = new(new("apps", "v1", "daemonsets", "DaemonSet", true));

    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    public string Kind { get; init => field = value ?? "DaemonSet"; } = "DaemonSet";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public DaemonSetSpec Spec { get; init => field = value ?? DaemonSetSpec.Empty; } = DaemonSetSpec.Empty;

    public DaemonSetStatus Status { get; init => field = value ?? DaemonSetStatus.Empty; } = DaemonSetStatus.Empty;
}

/// <summary>Which pods, how to make them, and how to replace them.</summary>
/// <remarks>apps/v1 DaemonSetSpec.</remarks>
public sealed record DaemonSetSpec
{
    internal static DaemonSetSpec Empty { get; } = new();

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? PodTemplateSpec.Empty; } = PodTemplateSpec.Empty;

    public DaemonSetUpdateStrategy? UpdateStrategy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MinReadySeconds { get; init; }

    public int? RevisionHistoryLimit { get; init; }
}

/// <summary>RollingUpdate or OnDelete.</summary>
/// <remarks>apps/v1 DaemonSetUpdateStrategy.</remarks>
public sealed record DaemonSetUpdateStrategy
{
    public string? Type { get; init; }

    public RollingUpdateDaemonSet? RollingUpdate { get; init; }
}

/// <summary>How many nodes may be without, or with two, pods during an update.</summary>
/// <remarks>apps/v1 RollingUpdateDaemonSet.</remarks>
public sealed record RollingUpdateDaemonSet
{
    public IntOrString? MaxUnavailable { get; init; }

    public IntOrString? MaxSurge { get; init; }
}

/// <summary>How many nodes should and do run the pod.</summary>
/// <remarks>apps/v1 DaemonSetStatus.</remarks>
public sealed record DaemonSetStatus
{
    internal static DaemonSetStatus Empty { get; } = new();

    public int CurrentNumberScheduled { get; init; }

    public int NumberMisscheduled { get; init; }

    public int DesiredNumberScheduled { get; init; }

    public int NumberReady { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int UpdatedNumberScheduled { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NumberAvailable { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NumberUnavailable { get; init; }

    public int? CollisionCount { get; init; }

    public IReadOnlyList<DaemonSetCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>One condition of a daemon set.</summary>
/// <remarks>apps/v1 DaemonSetCondition.</remarks>
public sealed record DaemonSetCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
