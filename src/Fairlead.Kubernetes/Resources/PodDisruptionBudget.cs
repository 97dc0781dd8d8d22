using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>How many of some pods may be evicted at once.</summary>
/// <remarks>policy/v1 PodDisruptionBudget.</remarks>
public sealed record PodDisruptionBudget : IKubernetesObject<PodDisruptionBudget>
{
    /// <inheritdoc/>
    public static ResourceKind<PodDisruptionBudget> ResourceKind { get; } = new(new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true));

    public string ApiVersion { get; init => field = value ?? "policy/v1"; } = "policy/v1";

    public string Kind { get; init => field = value ?? "PodDisruptionBudget"; } = "PodDisruptionBudget";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public PodDisruptionBudgetSpec Spec { get; init => field = value ?? PodDisruptionBudgetSpec.Empty; } = PodDisruptionBudgetSpec.Empty;

    public PodDisruptionBudgetStatus Status { get; init => field = value ?? PodDisruptionBudgetStatus.Empty; } = PodDisruptionBudgetStatus.Empty;
}

/// <summary>The pods, and how many must stay or may go.</summary>
/// <remarks>policy/v1 PodDisruptionBudgetSpec.</remarks>
public sealed record PodDisruptionBudgetSpec
{
    internal static PodDisruptionBudgetSpec Empty { get; } = new();

    public IntOrString? MinAvailable { get; init; }

    public LabelSelector? Selector { get; init; }

    public IntOrString? MaxUnavailable { get; init; }

    public string? UnhealthyPodEvictionPolicy { get; init; }
}

/// <summary>How many evictions are allowed at the moment.</summary>
/// <remarks>policy/v1 PodDisruptionBudgetStatus.</remarks>
public sealed record PodDisruptionBudgetStatus
{
    internal static PodDisruptionBudgetStatus Empty { get; } = new();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public IReadOnlyDictionary<string, DateTimeOffset> DisruptedPods { get; init => field = value ?? ReadOnlyDictionary<string, DateTimeOffset>.Empty; } = ReadOnlyDictionary<string, DateTimeOffset>.Empty;

    public int DisruptionsAllowed { get; init; }

    public int CurrentHealthy { get; init; }

    public int DesiredHealthy { get; init; }

    public int ExpectedPods { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
