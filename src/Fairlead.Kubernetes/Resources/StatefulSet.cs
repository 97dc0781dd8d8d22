using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Pods with names and storage that stay, started and replaced in order.</summary>
/// <remarks>apps/v1 StatefulSet.</remarks>
public sealed record StatefulSet : IKubernetesObject<StatefulSet>
{
    /// <inheritdoc/>
    public static ResourceKind<StatefulSet> ResourceKind { get; } = new(new("apps", "v1", "statefulsets", "StatefulSet", true));

    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    public string Kind { get; init => field = value ?? "StatefulSet"; } = "StatefulSet";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public StatefulSetSpec Spec { get; init => field = value ?? StatefulSetSpec.Empty; } = StatefulSetSpec.Empty;

    public StatefulSetStatus Status { get; init => field = value ?? StatefulSetStatus.Empty; } = StatefulSetStatus.Empty;
}

/// <summary>The template, how many, their service, and in which order they change.</summary>
/// <remarks>apps/v1 StatefulSetSpec.</remarks>
public sealed record StatefulSetSpec
{
    internal static StatefulSetSpec Empty { get; } = new();

    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? PodTemplateSpec.Empty; } = PodTemplateSpec.Empty;

    public IReadOnlyList<PersistentVolumeClaim> VolumeClaimTemplates { get; init => field = value ?? []; } = [];

    public string ServiceName { get; init => field = value ?? ""; } = "";

    public string? PodManagementPolicy { get; init; }

    public StatefulSetUpdateStrategy? UpdateStrategy { get; init; }

    public int? RevisionHistoryLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MinReadySeconds { get; init; }

    public StatefulSetPersistentVolumeClaimRetentionPolicy? PersistentVolumeClaimRetentionPolicy { get; init; }

    public StatefulSetOrdinals? Ordinals { get; init; }
}

/// <summary>RollingUpdate or OnDelete.</summary>
/// <remarks>apps/v1 StatefulSetUpdateStrategy.</remarks>
public sealed record StatefulSetUpdateStrategy
{
    public string? Type { get; init; }

    public RollingUpdateStatefulSetStrategy? RollingUpdate { get; init; }
}

/// <summary>The ordinal from which pods are updated.</summary>
/// <remarks>apps/v1 RollingUpdateStatefulSetStrategy.</remarks>
public sealed record RollingUpdateStatefulSetStrategy
{
    public int? Partition { get; init; }

    public IntOrString? MaxUnavailable { get; init; }
}

/// <summary>What becomes of claims when the set shrinks or goes.</summary>
/// <remarks>apps/v1 StatefulSetPersistentVolumeClaimRetentionPolicy.</remarks>
public sealed record StatefulSetPersistentVolumeClaimRetentionPolicy
{
    public string? WhenDeleted { get; init; }

    public string? WhenScaled { get; init; }
}

/// <summary>The number of the first pod.</summary>
/// <remarks>apps/v1 StatefulSetOrdinals.</remarks>
public sealed record StatefulSetOrdinals
{
    public int Start { get; init; }
}

/// <summary>How many pods there are of which revision.</summary>
/// <remarks>apps/v1 StatefulSetStatus.</remarks>
public sealed record StatefulSetStatus
{
    internal static StatefulSetStatus Empty { get; } = new();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public int Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReadyReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int CurrentReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int UpdatedReplicas { get; init; }

    public string? CurrentRevision { get; init; }

    public string? UpdateRevision { get; init; }

    public int? CollisionCount { get; init; }

    public IReadOnlyList<StatefulSetCondition> Conditions { get; init => field = value ?? []; } = [];

    public int AvailableReplicas { get; init; }
}

/// <summary>One condition of a stateful set.</summary>
/// <remarks>apps/v1 StatefulSetCondition.</remarks>
public sealed record StatefulSetCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
