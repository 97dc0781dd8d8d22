using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>One container of a pod.</summary>
/// <remarks>core/v1 Container.</remarks>
public sealed record Container
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Image { get; init; }

    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvironmentFromSource> EnvFrom { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvironmentVariable> Env { get; init => field = value ?? []; } = [];

    public ResourceRequirements? Resources { get; init; }

    public string? RestartPolicy { get; init; }

    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    public IReadOnlyList<VolumeDevice> VolumeDevices { get; init => field = value ?? []; } = [];

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Probe? StartupProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public string? TerminationMessagePath { get; init; }

    public string? TerminationMessagePolicy { get; init; }

    public string? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stdin { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StdinOnce { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tty { get; init; }
}

/// <summary>A port that a container serves on; services find it by name.</summary>
/// <remarks>core/v1 ContainerPort.</remarks>
public sealed record ContainerPort
{
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int HostPort { get; init; }

    [JsonPropertyName("containerPort")]
    public int ContainerPortValue { get; init; }

    public string? Protocol { get; init; }

    public string? HostIP { get; init; }
}

/// <summary>All keys of a ConfigMap or Secret as environment variables, with a prefix.</summary>
/// <remarks>core/v1 EnvFromSource.</remarks>
public sealed record EnvironmentFromSource
{
    public string? Prefix { get; init; }

    public ConfigMapEnvSource? ConfigMapRef { get; init; }

    public SecretEnvSource? SecretRef { get; init; }
}

/// <summary>The ConfigMap whose keys become variables.</summary>
/// <remarks>core/v1 ConfigMapEnvSource.</remarks>
public sealed record ConfigMapEnvSource
{
    public string? Name { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>The Secret whose keys become variables.</summary>
/// <remarks>core/v1 SecretEnvSource.</remarks>
public sealed record SecretEnvSource
{
    public string? Name { get; init; }

    public bool? Optional { get; init; }
}

/// <summary>One environment variable: a value (which may refer to <c>$(OTHER)</c>) or where it comes from.</summary>
/// <remarks>core/v1 EnvVar.</remarks>
public sealed record EnvironmentVariable
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Value { get; init; }

    public EnvironmentVariableSource? ValueFrom { get; init; }
}

/// <summary>Where a variable's value comes from; exactly one is set.</summary>
/// <remarks>core/v1 EnvVarSource.</remarks>
public sealed record EnvironmentVariableSource
{
    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    public ConfigMapKeySelector? ConfigMapKeyRef { get; init; }

    public SecretKeySelector? SecretKeyRef { get; init; }

    public FileKeySelector? FileKeyRef { get; init; }
}

/// <summary>One key of a ConfigMap.</summary>
/// <remarks>core/v1 ConfigMapKeySelector.</remarks>
public sealed record ConfigMapKeySelector
{
    public string? Name { get; init; }

    public string Key { get; init => field = value ?? ""; } = "";

    public bool? Optional { get; init; }
}

/// <summary>One key of a Secret.</summary>
/// <remarks>core/v1 SecretKeySelector.</remarks>
public sealed record SecretKeySelector
{
    public string? Name { get; init; }

    public string Key { get; init => field = value ?? ""; } = "";

    public bool? Optional { get; init; }
}

/// <summary>One key of an environment file in a volume.</summary>
/// <remarks>core/v1 FileKeySelector.</remarks>
public sealed record FileKeySelector
{
    public string VolumeName { get; init => field = value ?? ""; } = "";

    public string Path { get; init => field = value ?? ""; } = "";

    public string Key { get; init => field = value ?? ""; } = "";

    public bool? Optional { get; init; }
}

/// <summary>Requests (what the scheduler reserves) and limits (what the kernel enforces).</summary>
/// <remarks>core/v1 ResourceRequirements.</remarks>
public sealed record ResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity> Limits { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyDictionary<string, Quantity> Requests { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>Where a volume appears inside a container.</summary>
/// <remarks>core/v1 VolumeMount.</remarks>
public sealed record VolumeMount
{
    public string Name { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    public string? RecursiveReadOnly { get; init; }

    public string MountPath { get; init => field = value ?? ""; } = "";

    public string? SubPath { get; init; }

    public string? MountPropagation { get; init; }

    public string? SubPathExpr { get; init; }
}

/// <summary>Where a block volume appears inside a container.</summary>
/// <remarks>core/v1 VolumeDevice.</remarks>
public sealed record VolumeDevice
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string DevicePath { get; init => field = value ?? ""; } = "";
}

/// <summary>A container added to a running pod, for debugging.</summary>
/// <remarks>core/v1 EphemeralContainer.</remarks>
public sealed record EphemeralContainer
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Image { get; init; }

    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvironmentFromSource> EnvFrom { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvironmentVariable> Env { get; init => field = value ?? []; } = [];

    public ResourceRequirements? Resources { get; init; }

    public string? RestartPolicy { get; init; }

    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    public IReadOnlyList<VolumeDevice> VolumeDevices { get; init => field = value ?? []; } = [];

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Probe? StartupProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public string? TerminationMessagePath { get; init; }

    public string? TerminationMessagePolicy { get; init; }

    public string? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stdin { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StdinOnce { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tty { get; init; }

    public string? TargetContainerName { get; init; }
}
