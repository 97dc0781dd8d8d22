using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A machine, or a namespace that plays one.</summary>
/// <remarks>core/v1 Node.</remarks>
public sealed record Node : IKubernetesObject<Node>
{
    /// <inheritdoc/>
    public static ResourceKind<Node> ResourceKind { get; } = new(new("", "v1", "nodes", "Node", false));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Node"; } = "Node";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public NodeSpec Spec { get; init => field = value ?? NodeSpec.Empty; } = NodeSpec.Empty;

    public NodeStatus Status { get; init => field = value ?? NodeStatus.Empty; } = NodeStatus.Empty;
}

/// <summary>A node's pod CIDRs, taints, and whether it takes new pods.</summary>
/// <remarks>core/v1 NodeSpec.</remarks>
public sealed record NodeSpec
{
    internal static NodeSpec Empty { get; } = new();

    [JsonPropertyName("podCIDR")]
    public string? PodCidr { get; init; }

    [JsonPropertyName("podCIDRs")]
    public IReadOnlyList<string> PodCidrs { get; init => field = value ?? []; } = [];

    public string? ProviderID { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unschedulable { get; init; }

    public IReadOnlyList<Taint> Taints { get; init => field = value ?? []; } = [];
}

/// <summary>Keeps pods away (NoSchedule, PreferNoSchedule) or drives them out (NoExecute) unless they tolerate it.</summary>
/// <remarks>core/v1 Taint.</remarks>
public sealed record Taint
{
    public string Key { get; init => field = value ?? ""; } = "";

    public string? Value { get; init; }

    public string Effect { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? TimeAdded { get; init; }
}

/// <summary>What the node's agent last reported.</summary>
/// <remarks>core/v1 NodeStatus.</remarks>
public sealed record NodeStatus
{
    internal static NodeStatus Empty { get; } = new();

    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public IReadOnlyDictionary<string, Quantity> Allocatable { get; init => field = value ?? ReadOnlyDictionary<string, Quantity>.Empty; } = ReadOnlyDictionary<string, Quantity>.Empty;

    public string? Phase { get; init; }

    public IReadOnlyList<NodeCondition> Conditions { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NodeAddress> Addresses { get; init => field = value ?? []; } = [];

    public NodeDaemonEndpoints? DaemonEndpoints { get; init; }

    public NodeSystemInfo? NodeInfo { get; init; }

    public IReadOnlyList<ContainerImage> Images { get; init => field = value ?? []; } = [];
}

/// <summary>One condition of a node; Ready is the one that counts.</summary>
/// <remarks>core/v1 NodeCondition.</remarks>
public sealed record NodeCondition
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Status { get; init => field = value ?? ""; } = "";

    public DateTimeOffset? LastHeartbeatTime { get; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>One address of a node: InternalIP, ExternalIP or Hostname.</summary>
/// <remarks>core/v1 NodeAddress.</remarks>
public sealed record NodeAddress
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string Address { get; init => field = value ?? ""; } = "";
}

/// <summary>The ports of the node's daemons.</summary>
/// <remarks>core/v1 NodeDaemonEndpoints.</remarks>
public sealed record NodeDaemonEndpoints
{
    public DaemonEndpoint? KubeletEndpoint { get; init; }
}

/// <summary>A daemon's port.</summary>
/// <remarks>core/v1 DaemonEndpoint.</remarks>
public sealed record DaemonEndpoint
{
    [JsonPropertyName("Port")]
    public int Port { get; init; }
}

/// <summary>What a node runs; every field is required by some client.</summary>
/// <remarks>core/v1 NodeSystemInfo.</remarks>
public sealed record NodeSystemInfo
{
    public string MachineID { get; init => field = value ?? ""; } = "";

    [JsonPropertyName("systemUUID")]
    public string SystemUuid { get; init => field = value ?? ""; } = "";

    public string BootID { get; init => field = value ?? ""; } = "";

    public string KernelVersion { get; init => field = value ?? ""; } = "";

    public string OSImage { get; init => field = value ?? ""; } = "";

    public string ContainerRuntimeVersion { get; init => field = value ?? ""; } = "";

    public string KubeletVersion { get; init => field = value ?? ""; } = "";

    public string KubeProxyVersion { get; init => field = value ?? ""; } = "";

    public string OperatingSystem { get; init => field = value ?? ""; } = "";

    public string Architecture { get; init => field = value ?? ""; } = "";
}

/// <summary>An image that the node holds.</summary>
/// <remarks>core/v1 ContainerImage.</remarks>
public sealed record ContainerImage
{
    public IReadOnlyList<string> Names { get; init => field = value ?? []; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long SizeBytes { get; init; }
}
