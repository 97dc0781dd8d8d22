using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A claim that has to be renewed; nodes show with it that they live.</summary>
/// <remarks>coordination.k8s.io/v1 Lease.</remarks>
public sealed record Lease : IKubernetesObject<Lease>
{
    /// <inheritdoc/>
    public static ResourceKind<Lease> ResourceKind { get; } = new(new("coordination.k8s.io", "v1", "leases", "Lease", true));

    public string ApiVersion { get; init => field = value ?? "coordination.k8s.io/v1"; } = "coordination.k8s.io/v1";

    public string Kind { get; init => field = value ?? "Lease"; } = "Lease";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public LeaseSpec Spec { get; init => field = value ?? LeaseSpec.Empty; } = LeaseSpec.Empty;
}

/// <summary>Who holds the lease, for how long (seconds), and when it was renewed.</summary>
/// <remarks>coordination.k8s.io/v1 LeaseSpec.</remarks>
public sealed record LeaseSpec
{
    internal static LeaseSpec Empty { get; } = new();

    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    public int? LeaseTransitions { get; init; }

    public string? Strategy { get; init; }

    public string? PreferredHolder { get; init; }
}
