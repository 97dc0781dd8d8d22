namespace Fairlead.Kubernetes;

/// <summary>What traffic the selected pods accept and may send.</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicy.</remarks>
public sealed record NetworkPolicy : IKubernetesObject<NetworkPolicy>
{
    /// <inheritdoc/>
    public static ResourceKind<NetworkPolicy> ResourceKind { get; } = new(new("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true));

    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    public string Kind { get; init => field = value ?? "NetworkPolicy"; } = "NetworkPolicy";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public NetworkPolicySpec Spec { get; init => field = value ?? NetworkPolicySpec.Empty; } = NetworkPolicySpec.Empty;
}

/// <summary>The pods, and the rules that open what selecting them closed.</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicySpec.</remarks>
public sealed record NetworkPolicySpec
{
    internal static NetworkPolicySpec Empty { get; } = new();

    public LabelSelector PodSelector { get; init => field = value ?? LabelSelector.Empty; } = LabelSelector.Empty;

    public IReadOnlyList<NetworkPolicyIngressRule> Ingress { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyEgressRule> Egress { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> PolicyTypes { get; init => field = value ?? []; } = [];
}

/// <summary>Traffic from any of these peers to any of these ports; an empty list is "all".</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicyIngressRule.</remarks>
public sealed record NetworkPolicyIngressRule
{
    public IReadOnlyList<NetworkPolicyPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyPeer> From { get; init => field = value ?? []; } = [];
}

/// <summary>A port, a named port, or a range of ports.</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicyPort.</remarks>
public sealed record NetworkPolicyPort
{
    public string? Protocol { get; init; }

    public IntOrString? Port { get; init; }

    public int? EndPort { get; init; }
}

/// <summary>Pods, namespaces, pods in namespaces, or a block of addresses.</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicyPeer.</remarks>
public sealed record NetworkPolicyPeer
{
    public LabelSelector? PodSelector { get; init; }

    public LabelSelector? NamespaceSelector { get; init; }

    public IPBlock? IPBlock { get; init; }
}

/// <summary>A CIDR without some parts of it.</summary>
/// <remarks>networking.k8s.io/v1 IPBlock.</remarks>
public sealed record IPBlock
{
    public string Cidr { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Except { get; init => field = value ?? []; } = [];
}

/// <summary>Traffic to any of these peers and ports; an empty list is "all".</summary>
/// <remarks>networking.k8s.io/v1 NetworkPolicyEgressRule.</remarks>
public sealed record NetworkPolicyEgressRule
{
    public IReadOnlyList<NetworkPolicyPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NetworkPolicyPeer> To { get; init => field = value ?? []; } = [];
}
