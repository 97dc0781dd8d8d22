using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The transport protocols that a Service may name; the values are the IP protocol numbers.</summary>
public enum TransportProtocol : byte
{
    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,

    /// <summary>SCTP.</summary>
    Sctp = 132,
}

/// <summary>One port of a Service.</summary>
/// <param name="Name">The port's name, by which endpoint slices refer to it; empty for a Service with one unnamed port.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port on the Service's addresses.</param>
/// <param name="NodePort">The port on every node, 0 if there is none.</param>
public sealed record ServicePortState(string Name, TransportProtocol Protocol, ushort Port, ushort NodePort);

/// <summary>A Service as the data plane sees it: no headless one, no ExternalName, nothing that another proxy serves.</summary>
public sealed record ServiceState
{
    /// <summary>Namespace and name.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>Its ports.</summary>
    public required ImmutableArray<ServicePortState> Ports { get; init; }

    /// <summary>spec.clusterIPs.</summary>
    public required ImmutableArray<NetAddress> ClusterIPs { get; init; }

    /// <summary>spec.externalIPs.</summary>
    public ImmutableArray<NetAddress> ExternalIPs { get; init; } = [];

    /// <summary>Addresses of status.loadBalancer.ingress whose ipMode is not Proxy.</summary>
    public ImmutableArray<NetAddress> LoadBalancerIPs { get; init; } = [];

    /// <summary>Who may use the load balancer's addresses (spec.loadBalancerSourceRanges); empty: everybody.</summary>
    public ImmutableArray<NetPrefix> SourceRanges { get; init; } = [];

    /// <summary>True if the source ranges also guard the node ports (annotation <see cref="Annotations.GuardNodePorts"/>).</summary>
    public bool SourceRangesGuardNodePorts { get; init; }

    /// <summary>Session affinity by client address, in seconds; 0: none.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>spec.externalTrafficPolicy is Local.</summary>
    public bool ExternalTrafficLocal { get; init; }

    /// <summary>spec.internalTrafficPolicy is Local.</summary>
    public bool InternalTrafficLocal { get; init; }

    /// <summary>spec.healthCheckNodePort, 0 if there is none.</summary>
    public ushort HealthCheckNodePort { get; init; }
}

/// <summary>Annotations and labels that the data plane reads.</summary>
public static class Annotations
{
    /// <summary>Who keeps an endpoint slice.</summary>
    public const string ManagedBy = "endpointslice.kubernetes.io/managed-by";

    /// <summary>Us: slices by which nodes stand in for each other.</summary>
    public const string AgentManager = "fairlead-agent";

    /// <summary>On a Service, "true": loadBalancerSourceRanges also guard its node ports.</summary>
    public const string GuardNodePorts = "fairlead.dev/source-ranges-guard-node-ports";

    /// <summary>On an EndpointSlice: when the change that caused it happened (RFC 3339).</summary>
    public const string TriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

    /// <summary>On a Service: another proxy than the cluster's serves it.</summary>
    public const string ServiceProxyName = "service.kubernetes.io/service-proxy-name";

    /// <summary>On a Service or an EndpointSlice: it is headless, whatever its cluster IP.</summary>
    public const string Headless = "service.kubernetes.io/headless";

    /// <summary>On an EndpointSlice: the Service that it belongs to.</summary>
    public const string ServiceName = "kubernetes.io/service-name";

    /// <summary>On a NetworkPolicy, "true": it only records what it would deny.</summary>
    public const string PolicyAudit = "fairlead.dev/audit";

    /// <summary>On a Node: its zone.</summary>
    public const string Zone = "topology.kubernetes.io/zone";
}
