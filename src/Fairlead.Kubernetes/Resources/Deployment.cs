using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Rolls pods from one template to the next, through replica sets.</summary>
/// <remarks>apps/v1 Deployment.</remarks>
public sealed record Deployment : IKubernetesObject<Deployment>
{
    /// <inheritdoc/>
    public static ResourceKind<Deployment> ResourceKind { get; } = new(new("apps", "v1", "deployments", "Deployment", true));

    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    public string Kind { get; init => field = value ?? "Deployment"; } = "Deployment";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public DeploymentSpec Spec { get; init => field = value ?? DeploymentSpec.Empty; } = DeploymentSpec.Empty;

    public DeploymentStatus Status { get; init => field = value ?? DeploymentStatus.Empty; } = DeploymentStatus.Empty;
}

/// <summary>The template, how many, and how to replace the old ones.</summary>
/// <remarks>apps/v1 DeploymentSpec.</remarks>
public sealed record DeploymentSpec
{
    internal static DeploymentSpec Empty { get; } = new();

    public int? Replicas { get; init; }

    public LabelSelector? Selector { get; init; }

    public PodTemplateSpec Template { get; init => field = value ?? PodTemplateSpec.Empty; } = PodTemplateSpec.Empty;

    public DeploymentStrategy? Strategy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MinReadySeconds { get; init; }

    public int? RevisionHistoryLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Paused { get; init; }

    public int? ProgressDeadlineSeconds { get; init; }
}

/// <summary>RollingUpdate or Recreate.</summary>
/// <remarks>apps/v1 DeploymentStrategy.</remarks>
public sealed record DeploymentStrategy
{
    public string? Type { get; init; }

    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

/// <summary>How many pods may be missing and how many too many during a rollout.</summary>
/// <remarks>apps/v1 RollingUpdateDeployment.</remarks>
public sealed record RollingUpdateDeployment
{
    public IntOrString? MaxUnavailable { get; init; }

    public IntOrString? MaxSurge { get; init; }
}

/// <summary>How far the rollout is.</summary>
/// <remarks>apps/v1 DeploymentStatus.</remarks>
public sealed record DeploymentStatus
{
    internal static DeploymentStatus Empty { get; } = new();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Replicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int UpdatedReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ReadyReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int AvailableReplicas { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int UnavailableReplicas { get; init; }

    public int? TerminatingReplicas { get; init; }

    public IReadOnlyList<DeploymentCondition> Conditions { get; init => field = value ?? []; } = [];

    public int? CollisionCount { get; init; }
}

/// <summary>Available, Progressing or ReplicaFailure.</summary>
/// <remarks>apps/v1 DeploymentCondition.</remarks>
public sealed record DeploymentCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastUpdateTime { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
