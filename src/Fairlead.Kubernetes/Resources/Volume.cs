using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A named directory that containers of a pod can mount; exactly one source is set.</summary>
/// <remarks>core/v1 Volume.</remarks>
public sealed record Volume
{
    public string Name { get; init => field = value ?? ""; } = "";

    public HostPathVolumeSource? HostPath { get; init; }

    public EmptyDirVolumeSource? EmptyDir { get; init; }

    public SecretVolumeSource? Secret { get; init; }

    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolumeSource? DownwardApi { get; init; }

    public ConfigMapVolumeSource? ConfigMap { get; init; }

    public ProjectedVolumeSource? Projected { get; init; }
}

/// <summary>A path of the node itself.</summary>
/// <remarks>core/v1 HostPathVolumeSource.</remarks>
public sealed record HostPathVolumeSource
{
    public string Path { get; init => field = value ?? ""; } = "";

    public string? Type { get; init; }
}

/// <summary>An empty directory that lives as long as the pod; medium "Memory" is a tmpfs.</summary>
/// <remarks>core/v1 EmptyDirVolumeSource.</remarks>
public sealed record EmptyDirVolumeSource
{
    public string? Medium { get; init; }

    public Quantity? SizeLimit { get; init; }
}

/// <summary>Files made of a Secret's keys.</summary>
/// <remarks>core/v1 SecretVolumeSource.</remarks>
public sealed record SecretVolumeSource
{
    public string? SecretName { get; init; }

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public int? DefaultMode { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>Which key goes to which relative path, with which mode bits.</summary>
/// <remarks>core/v1 KeyToPath.</remarks>
public sealed record KeyToPath
{
    public string Key { get; init => field = value ?? ""; } = "";

    public string Path { get; init => field = value ?? ""; } = "";

    public int? Mode { get; init; }
}

/// <summary>A claim in the pod's namespace.</summary>
/// <remarks>core/v1 PersistentVolumeClaimVolumeSource.</remarks>
public sealed record PersistentVolumeClaimVolumeSource
{
    public string ClaimName { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }
}

/// <summary>Files made of the pod's own fields.</summary>
/// <remarks>core/v1 DownwardAPIVolumeSource.</remarks>
public sealed record DownwardApiVolumeSource
{
    public IReadOnlyList<DownwardApiVolumeFile> Items { get; init => field = value ?? []; } = [];

    public int? DefaultMode { get; init; }
}

/// <summary>One file made of a field or a resource of the pod.</summary>
/// <remarks>core/v1 DownwardAPIVolumeFile.</remarks>
public sealed record DownwardApiVolumeFile
{
    public string Path { get; init => field = value ?? ""; } = "";

    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public int? Mode { get; init; }
}

/// <summary>A field path such as <c>status.podIP</c> or <c>metadata.labels['app']</c>.</summary>
/// <remarks>core/v1 ObjectFieldSelector.</remarks>
public sealed record ObjectFieldSelector
{
    public string? ApiVersion { get; init; }

    public string FieldPath { get; init => field = value ?? ""; } = "";
}

/// <summary>A container's request or limit, divided by a divisor.</summary>
/// <remarks>core/v1 ResourceFieldSelector.</remarks>
public sealed record ResourceFieldSelector
{
    public string? ContainerName { get; init; }

    public string Resource { get; init => field = value ?? ""; } = "";

    public Quantity? Divisor { get; init; }
}

/// <summary>Files made of a ConfigMap's keys.</summary>
/// <remarks>core/v1 ConfigMapVolumeSource.</remarks>
public sealed record ConfigMapVolumeSource
{
    public string? Name { get; init; }

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public int? DefaultMode { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>Several sources in one directory.</summary>
/// <remarks>core/v1 ProjectedVolumeSource.</remarks>
public sealed record ProjectedVolumeSource
{
    public IReadOnlyList<VolumeProjection> Sources { get; init => field = value ?? []; } = [];

    public int? DefaultMode { get; init; }
}

/// <summary>One source of a projected volume; exactly one is set.</summary>
/// <remarks>core/v1 VolumeProjection.</remarks>
public sealed record VolumeProjection
{
    public SecretProjection? Secret { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiProjection? DownwardApi { get; init; }

    public ConfigMapProjection? ConfigMap { get; init; }

    public ServiceAccountTokenProjection? ServiceAccountToken { get; init; }
}

/// <summary>Keys of a Secret within a projected volume.</summary>
/// <remarks>core/v1 SecretProjection.</remarks>
public sealed record SecretProjection
{
    public string? Name { get; init; }

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public bool? Optional { get; init; }
}

/// <summary>Pod fields within a projected volume.</summary>
/// <remarks>core/v1 DownwardAPIProjection.</remarks>
public sealed record DownwardApiProjection
{
    public IReadOnlyList<DownwardApiVolumeFile> Items { get; init => field = value ?? []; } = [];
}

/// <summary>Keys of a ConfigMap within a projected volume.</summary>
/// <remarks>core/v1 ConfigMapProjection.</remarks>
public sealed record ConfigMapProjection
{
    public string? Name { get; init; }

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public bool? Optional { get; init; }
}

/// <summary>A token for the pod's service account that is renewed before it expires.</summary>
/// <remarks>core/v1 ServiceAccountTokenProjection.</remarks>
public sealed record ServiceAccountTokenProjection
{
    public string? Audience { get; init; }

    public long? ExpirationSeconds { get; init; }

    public string Path { get; init => field = value ?? ""; } = "";
}
