using System.Collections.ObjectModel;

namespace Fairlead.Kubernetes;

/// <summary>A request for storage.</summary>
/// <remarks>core/v1 PersistentVolumeClaim.</remarks>
public sealed record PersistentVolumeClaim : IKubernetesObject<PersistentVolumeClaim>
{
    /// <inheritdoc/>
    public static ResourceKind<PersistentVolumeClaim> ResourceKind { get; } = new(new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "PersistentVolumeClaim"; } = "PersistentVolumeClaim";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public PersistentVolumeClaimSpec Spec { get; init => field = value ?? PersistentVolumeClaimSpec.Empty; } = PersistentVolumeClaimSpec.Empty;

    public PersistentVolumeClaimStatus Status { get; init => field = value ?? PersistentVolumeClaimStatus.Empty; } = PersistentVolumeClaimStatus.Empty;
}

/// <summary>How much storage of which class a claim asks for.</summary>
/// <remarks>core/v1 PersistentVolumeClaimSpec.</remarks>
public sealed record PersistentVolumeClaimSpec
{
    internal static PersistentVolumeClaimSpec Empty { get; } = new();

    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    public LabelSelector? Selector { get; init; }

    public VolumeResourceRequirements? Resources { get; init; }

    public string? VolumeName { get; init; }

    public string? StorageClassName { get; init; }

    public string? VolumeMode { get; init; }

    public string? VolumeAttributesClassName { get; init; }
}

/// <summary>Storage requested and allowed.</summary>
/// <remarks>core/v1 VolumeResourceRequirements.</remarks>
public sealed record VolumeResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity> Limits { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyDictionary<string, Quantity> Requests { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>What storage the claim was given.</summary>
/// <remarks>core/v1 PersistentVolumeClaimStatus.</remarks>
public sealed record PersistentVolumeClaimStatus
{
    internal static PersistentVolumeClaimStatus Empty { get; } = new();

    public string? Phase { get; init; }

    public IReadOnlyList<string> AccessModes { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyList<PersistentVolumeClaimCondition> Conditions { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, Quantity> AllocatedResources { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyDictionary<string, string> AllocatedResourceStatuses { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public string? CurrentVolumeAttributesClassName { get; init; }

    public ModifyVolumeStatus? ModifyVolumeStatus { get; init; }
}

/// <summary>One condition of a claim.</summary>
/// <remarks>core/v1 PersistentVolumeClaimCondition.</remarks>
public sealed record PersistentVolumeClaimCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastProbeTime { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>The progress of a change of a volume's attributes class.</summary>
/// <remarks>core/v1 ModifyVolumeStatus.</remarks>
public sealed record ModifyVolumeStatus
{
    public string? TargetVolumeAttributesClassName { get; init; }

    public string Status { get; init => field = value ?? ""; } = "";
}
