using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Keeps a number of pods alive; the ancestor of ReplicaSet.</summary>
/// <remarks>core/v1 ReplicationController.</remarks>
public sealed record ReplicationController : IKubernetesObject<ReplicationController>
{
    /// <inheritdoc/>
    public static ResourceKind<ReplicationController> ResourceKind { get; } = new(new("", "v1", "replicationcontrollers", "ReplicationController", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "ReplicationController"; } = "ReplicationController";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ReplicationControllerSpec Spec { get; init => field = value ?? ReplicationControllerSpec.Empty; } = ReplicationControllerSpec.Empty;

    public ReplicationControllerStatus Status { get; init => field = value ?? ReplicationControllerStatus.Empty; } = ReplicationControllerStatus.Empty;
}

/// <summary>How many pods, which ones, and how to make them.</summary>
/// <remarks>core/v1 ReplicationControllerSpec.</remarks>
public sealed record ReplicationControllerSpec
{
    internal static ReplicationControllerSpec Empty { get; } = new();

    public int? Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MinReadySeconds { get; init; }

    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public PodTemplateSpec? Template { get; init; }
}

/// <summary>How many pods there are.</summary>
/// <remarks>core/v1 ReplicationControllerStatus.</remarks>
public sealed record ReplicationControllerStatus
{
    internal static ReplicationControllerStatus Empty { get; } = new();

    public int Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FullyLabeledReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReadyReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int AvailableReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public IReadOnlyList<ReplicationControllerCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>One condition of a replication controller.</summary>
/// <remarks>core/v1 ReplicationControllerCondition.</remarks>
public sealed record ReplicationControllerCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
