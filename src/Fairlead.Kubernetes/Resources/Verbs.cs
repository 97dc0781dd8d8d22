namespace Fairlead.Kubernetes;

/// <summary>The scheduler's decision, posted to a pod's binding subresource.</summary>
/// <remarks>core/v1 Binding.</remarks>
public sealed record Binding : IKubernetesObject<Binding>
{
    /// <inheritdoc/>
    public static ResourceKind<Binding> ResourceKind { get; } = new(new("", "v1", "bindings", "Binding", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Binding"; } = "Binding";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ObjectReference? Target { get; init; }
}

/// <summary>A request to delete a pod that respects disruption budgets; posted to the eviction subresource.</summary>
/// <remarks>policy/v1 Eviction.</remarks>
public sealed record Eviction : IKubernetesObject<Eviction>
{
    /// <inheritdoc/>
    public static ResourceKind<Eviction> ResourceKind { get; } = new(new("policy", "v1", "evictions", "Eviction", true));

    public string ApiVersion { get; init => field = value ?? "policy/v1"; } = "policy/v1";

    public string Kind { get; init => field = value ?? "Eviction"; } = "Eviction";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public DeleteOptions? DeleteOptions { get; init; }
}

/// <summary>How to delete: grace period in seconds, propagation, preconditions.</summary>
/// <remarks>meta.k8s.io/v1 DeleteOptions.</remarks>
public sealed record DeleteOptions
{
    public long? GracePeriodSeconds { get; init; }

    public Preconditions? Preconditions { get; init; }

    public bool? OrphanDependents { get; init; }

    public string? PropagationPolicy { get; init; }

    public IReadOnlyList<string> DryRun { get; init => field = value ?? []; } = [];

    public bool? IgnoreStoreReadErrorWithClusterBreakingPotential { get; init; }
}

/// <summary>What must hold of an object for a write to go ahead.</summary>
/// <remarks>meta.k8s.io/v1 Preconditions.</remarks>
public sealed record Preconditions
{
    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }
}
