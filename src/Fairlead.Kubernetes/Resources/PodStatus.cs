using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>What the node last reported about a pod.</summary>
/// <remarks>core/v1 PodStatus.</remarks>
public sealed record PodStatus
{
    internal static PodStatus Empty { get; } = new();

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public string? Phase { get; init; }

    public IReadOnlyList<PodCondition> Conditions { get; init => field = value ?? []; } = [];

    public string? Message { get; init; }

    public string? Reason { get; init; }

    public string? NominatedNodeName { get; init; }

    public string? HostIP { get; init; }

    public IReadOnlyList<HostIP> HostIPs { get; init => field = value ?? []; } = [];

    public string? PodIP { get; init; }

    public IReadOnlyList<PodIP> PodIPs { get; init => field = value ?? []; } = [];

    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];

    public string? QosClass { get; init; }

    public IReadOnlyList<ContainerStatus> EphemeralContainerStatuses { get; init => field = value ?? []; } = [];

    public string? Resize { get; init; }
}

/// <summary>One condition of a pod, such as Ready or PodScheduled.</summary>
/// <remarks>core/v1 PodCondition.</remarks>
public sealed record PodCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long ObservedGeneration { get; init; }

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastProbeTime { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>One address of the pod's node.</summary>
/// <remarks>core/v1 HostIP.</remarks>
public sealed record HostIP
{
    public string IP { get; init => field = value ?? ""; } = "";
}

/// <summary>One address of the pod.</summary>
/// <remarks>core/v1 PodIP.</remarks>
public sealed record PodIP
{
    public string IP { get; init => field = value ?? ""; } = "";
}

/// <summary>The state of one container, and how often it was restarted.</summary>
/// <remarks>core/v1 ContainerStatus.</remarks>
public sealed record ContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    public ContainerState? State { get; init; }

    [JsonPropertyName("lastState")]
    public ContainerState? LastTerminationState { get; init; }

    public bool Ready { get; init; }

    public int RestartCount { get; init; }

    public string Image { get; init => field = value ?? ""; } = "";

    public string ImageID { get; init => field = value ?? ""; } = "";

    public string? ContainerID { get; init; }

    public bool? Started { get; init; }

    public IReadOnlyDictionary<string, Quantity> AllocatedResources { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public ResourceRequirements? Resources { get; init; }

    public ContainerUser? User { get; init; }

    public string? StopSignal { get; init; }
}

/// <summary>Waiting, running or terminated; at most one is set.</summary>
/// <remarks>core/v1 ContainerState.</remarks>
public sealed record ContainerState
{
    public ContainerStateWaiting? Waiting { get; init; }

    public ContainerStateRunning? Running { get; init; }

    public ContainerStateTerminated? Terminated { get; init; }
}

/// <summary>Why a container does not run yet.</summary>
/// <remarks>core/v1 ContainerStateWaiting.</remarks>
public sealed record ContainerStateWaiting
{
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>Since when a container runs.</summary>
/// <remarks>core/v1 ContainerStateRunning.</remarks>
public sealed record ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>How a container ended: exit code, signal, reason and times.</summary>
/// <remarks>core/v1 ContainerStateTerminated.</remarks>
public sealed record ContainerStateTerminated
{
    public int ExitCode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Signal { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public string? ContainerID { get; init; }
}

/// <summary>The user that a container's first process has.</summary>
/// <remarks>core/v1 ContainerUser.</remarks>
public sealed record ContainerUser
{
    public LinuxContainerUser? Linux { get; init; }
}

/// <summary>User, group and supplementary groups.</summary>
/// <remarks>core/v1 LinuxContainerUser.</remarks>
public sealed record LinuxContainerUser
{
    public long Uid { get; init; }

    public long Gid { get; init; }

    public IReadOnlyList<long> SupplementalGroups { get; init => field = value ?? []; } = [];
}
