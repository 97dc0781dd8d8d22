using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>The number of replicas of anything that has one.</summary>
/// <remarks>autoscaling/v1 Scale.</remarks>
public sealed record Scale : IKubernetesObject<Scale>
{
    /// <inheritdoc/>
    public static ResourceKind<Scale> ResourceKind { get; } = new(new("autoscaling", "v1", "scales", "Scale", true));

    public string ApiVersion { get; init => field = value ?? "autoscaling/v1"; } = "autoscaling/v1";

    public string Kind { get; init => field = value ?? "Scale"; } = "Scale";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ScaleSpec Spec { get; init => field = value ?? ScaleSpec.Empty; } = ScaleSpec.Empty;

    public ScaleStatus Status { get; init => field = value ?? ScaleStatus.Empty; } = ScaleStatus.Empty;
}

/// <summary>The wanted number of replicas.</summary>
/// <remarks>autoscaling/v1 ScaleSpec.</remarks>
public sealed record ScaleSpec
{
    internal static ScaleSpec Empty { get; } = new();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Replicas { get; init; }
}

/// <summary>The actual number of replicas, and their selector.</summary>
/// <remarks>autoscaling/v1 ScaleStatus.</remarks>
public sealed record ScaleStatus
{
    internal static ScaleStatus Empty { get; } = new();

    public int Replicas { get; init; }

    public string? Selector { get; init; }
}
