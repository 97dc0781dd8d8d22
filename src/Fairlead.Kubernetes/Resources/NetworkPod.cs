namespace Fairlead.Kubernetes;

/// <summary>
/// What the network needs to know of a <see cref="Pod"/>: a tenth of it, so that every node can hold all pods of the cluster. Only read, never written.
/// </summary>
/// <remarks>core/v1 Pod.</remarks>
public sealed record NetworkPod : IKubernetesObject<NetworkPod>
{
    /// <inheritdoc/>
    public static ResourceKind<NetworkPod> ResourceKind { get; } = new(Pod.ResourceKind.Definition);

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public NetworkPodSpec Spec { get; init => field = value ?? NetworkPodSpec.Empty; } = NetworkPodSpec.Empty;

    public NetworkPodStatus Status { get; init => field = value ?? NetworkPodStatus.Empty; } = NetworkPodStatus.Empty;
}

/// <summary>Where a pod runs, and which ports it names.</summary>
/// <remarks>core/v1 PodSpec.</remarks>
public sealed record NetworkPodSpec
{
    internal static NetworkPodSpec Empty { get; } = new();

    public string? NodeName { get; init; }

    public bool HostNetwork { get; init; }

    public IReadOnlyList<NetworkContainer> Containers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkContainer> InitContainers { get; init => field = value ?? []; } = [];
}

/// <summary>A container's ports.</summary>
/// <remarks>core/v1 Container.</remarks>
public sealed record NetworkContainer
{
    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public string? RestartPolicy { get; init; }
}

/// <summary>A pod's phase and addresses.</summary>
/// <remarks>core/v1 PodStatus.</remarks>
public sealed record NetworkPodStatus
{
    internal static NetworkPodStatus Empty { get; } = new();

    public string? Phase { get; init; }

    public string? PodIP { get; init; }

    public IReadOnlyList<PodIP> PodIPs { get; init => field = value ?? []; } = [];
}
