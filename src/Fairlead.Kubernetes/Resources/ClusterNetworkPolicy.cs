namespace Fairlead.Kubernetes;

/// <summary>What an administrator says of the traffic of pods in many namespaces, before or after what NetworkPolicies say.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy.</remarks>
public sealed record ClusterNetworkPolicy : IKubernetesObject<ClusterNetworkPolicy>
{
    /// <inheritdoc/>
    public static ResourceKind<ClusterNetworkPolicy> ResourceKind { get; } =
        new(new("policy.networking.k8s.io", "v1alpha2", "clusternetworkpolicies", "ClusterNetworkPolicy", false));

    public string ApiVersion { get; init => field = value ?? "policy.networking.k8s.io/v1alpha2"; } = "policy.networking.k8s.io/v1alpha2";

    public string Kind { get; init => field = value ?? "ClusterNetworkPolicy"; } = "ClusterNetworkPolicy";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ClusterNetworkPolicySpec Spec { get; init => field = value ?? ClusterNetworkPolicySpec.Empty; } = ClusterNetworkPolicySpec.Empty;
}

/// <summary>Tier, priority, the pods, and rules of which the first that matches decides.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicySpec.</remarks>
public sealed record ClusterNetworkPolicySpec
{
    internal static ClusterNetworkPolicySpec Empty { get; } = new();

    public string Tier { get; init => field = value ?? ""; } = "";

    public int Priority { get; init; }

    public ClusterNetworkPolicySubject Subject { get; init => field = value ?? ClusterNetworkPolicySubject.Empty; } = ClusterNetworkPolicySubject.Empty;

    public IReadOnlyList<ClusterNetworkPolicyRule> Ingress { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ClusterNetworkPolicyRule> Egress { get; init => field = value ?? []; } = [];
}

/// <summary>All pods of namespaces, or some; exactly one of both is set.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicySubject.</remarks>
public sealed record ClusterNetworkPolicySubject
{
    internal static ClusterNetworkPolicySubject Empty { get; } = new();

    public LabelSelector? Namespaces { get; init; }

    public NamespacedPod? Pods { get; init; }
}

/// <summary>Pods in namespaces, both by their labels.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 NamespacedPod.</remarks>
public sealed record NamespacedPod
{
    public LabelSelector NamespaceSelector { get; init => field = value ?? LabelSelector.Empty; } = LabelSelector.Empty;

    public LabelSelector PodSelector { get; init => field = value ?? LabelSelector.Empty; } = LabelSelector.Empty;
}

/// <summary>One rule: its action for traffic with these peers, on these protocols and ports. Ingress has <see cref="From"/>, egress has <see cref="To"/>.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicyIngressRule and ClusterNetworkPolicyEgressRule.</remarks>
public sealed record ClusterNetworkPolicyRule
{
    public string? Name { get; init; }

    public string Action { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<ClusterNetworkPolicyPeer> From { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ClusterNetworkPolicyPeer> To { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ClusterNetworkPolicyProtocol>? Protocols { get; init; }
}

/// <summary>The other side; exactly one is set. Nodes, networks and domain names only in egress.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicyIngressPeer and ClusterNetworkPolicyEgressPeer.</remarks>
public sealed record ClusterNetworkPolicyPeer
{
    public LabelSelector? Namespaces { get; init; }

    public NamespacedPod? Pods { get; init; }

    public LabelSelector? Nodes { get; init; }

    public IReadOnlyList<string>? Networks { get; init; }

    public IReadOnlyList<string>? DomainNames { get; init; }
}

/// <summary>A protocol and its ports, or the name of a port of the destination; exactly one is set.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicyProtocol.</remarks>
public sealed record ClusterNetworkPolicyProtocol
{
    [System.Text.Json.Serialization.JsonPropertyName("tcp")]
    public ClusterNetworkPolicyTransport? Tcp { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("udp")]
    public ClusterNetworkPolicyTransport? Udp { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("sctp")]
    public ClusterNetworkPolicyTransport? Sctp { get; init; }

    public string? DestinationNamedPort { get; init; }
}

/// <summary>Ports of a protocol.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicyProtocolTCP, -UDP and -SCTP.</remarks>
public sealed record ClusterNetworkPolicyTransport
{
    public ClusterNetworkPolicyDestinationPort? DestinationPort { get; init; }
}

/// <summary>A port or a range of ports.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 Port.</remarks>
public sealed record ClusterNetworkPolicyDestinationPort
{
    /// <summary>The port; 0 where there is a range instead.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public int Number { get; init; }

    public ClusterNetworkPolicyPortRange? Range { get; init; }
}

/// <summary>Ports from one to another, both included.</summary>
/// <remarks>policy.networking.k8s.io/v1alpha2 PortRange.</remarks>
public sealed record ClusterNetworkPolicyPortRange
{
    public int Start { get; init; }

    public int End { get; init; }
}
