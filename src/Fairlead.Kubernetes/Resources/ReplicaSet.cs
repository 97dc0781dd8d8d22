using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Keeps a number of pods of one template alive.</summary>
/// <remarks>apps/v1 ReplicaSet.</remarks>
public sealed record ReplicaSet : IKubernetesObject<ReplicaSet>
{
    /// <inheritdoc/>
    public static ResourceKind<ReplicaSet> ResourceKind { get; } = new(new("apps", "v1", "replicasets", "ReplicaSet", true));

    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    public string Kind { get; init => field = value ?? "ReplicaSet"; } = "ReplicaSet";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ReplicaSetSpec Spec { get; init => field = value ?? ReplicaSetSpec.Empty; } = ReplicaSetSpec.Empty;

    public ReplicaSetStatus Status { get; init => field = value ?? ReplicaSetStatus.Empty; } = ReplicaSetStatus.Empty;
}

/// <summary>How many pods, which ones, and how to make them.</summary>
/// <remarks>apps/v1 ReplicaSetSpec.</remarks>
public sealed record ReplicaSetSpec
{
    internal static ReplicaSetSpec Empty { get; } = new();

    public int? Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MinReadySeconds { get; init; }

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? PodTemplateSpec.Empty; } = PodTemplateSpec.Empty;
}

/// <summary>How many pods there are, ready and available.</summary>
/// <remarks>apps/v1 ReplicaSetStatus.</remarks>
public sealed record ReplicaSetStatus
{
    internal static ReplicaSetStatus Empty { get; } = new();

    public int Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FullyLabeledReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReadyReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int AvailableReplicas { get; init; }

    public int? TerminatingReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public IReadOnlyList<ReplicaSetCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>One condition of a replica set.</summary>
/// <remarks>apps/v1 ReplicaSetCondition.</remarks>
public sealed record ReplicaSetCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
