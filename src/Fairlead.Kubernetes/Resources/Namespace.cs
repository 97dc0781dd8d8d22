namespace Fairlead.Kubernetes;

/// <summary>A scope for names.</summary>
/// <remarks>core/v1 Namespace.</remarks>
public sealed record Namespace : IKubernetesObject<Namespace>
{
    /// <inheritdoc/>
    public static ResourceKind<Namespace> ResourceKind { get; } = new(new("", "v1", "namespaces", "Namespace", false));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Namespace"; } = "Namespace";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public NamespaceSpec Spec { get; init => field = value ?? NamespaceSpec.Empty; } = NamespaceSpec.Empty;

    public NamespaceStatus Status { get; init => field = value ?? NamespaceStatus.Empty; } = NamespaceStatus.Empty;
}

/// <summary>The finalizers that hold a namespace until its content is gone.</summary>
/// <remarks>core/v1 NamespaceSpec.</remarks>
public sealed record NamespaceSpec
{
    internal static NamespaceSpec Empty { get; } = new();

    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];
}

/// <summary>Active or Terminating, and why it takes long.</summary>
/// <remarks>core/v1 NamespaceStatus.</remarks>
public sealed record NamespaceStatus
{
    internal static NamespaceStatus Empty { get; } = new();

    public string? Phase { get; init; }

    public IReadOnlyList<NamespaceCondition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>One condition of a namespace's deletion.</summary>
/// <remarks>core/v1 NamespaceCondition.</remarks>
public sealed record NamespaceCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}
