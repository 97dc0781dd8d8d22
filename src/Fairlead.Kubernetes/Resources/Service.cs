using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A stable address and name for a changing set of pods.</summary>
/// <remarks>core/v1 Service.</remarks>
public sealed record Service : IKubernetesObject<Service>
{
    /// <inheritdoc/>
    public static ResourceKind<Service> ResourceKind { get; } = new(new("", "v1", "services", "Service", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Service"; } = "Service";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ServiceSpec Spec { get; init => field = value ?? ServiceSpec.Empty; } = ServiceSpec.Empty;

    public ServiceStatus Status { get; init => field = value ?? ServiceStatus.Empty; } = ServiceStatus.Empty;
}

/// <summary>A service's addresses, ports and which pods stand behind it.</summary>
/// <remarks>core/v1 ServiceSpec.</remarks>
public sealed record ServiceSpec
{
    internal static ServiceSpec Empty { get; } = new();

    public IReadOnlyList<ServicePort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? ReadOnlyDictionary<string, string>.Empty; } = ReadOnlyDictionary<string, string>.Empty;

    public string? ClusterIP { get; init; }

    public IReadOnlyList<string> ClusterIPs { get; init => field = value ?? []; } = [];

    public string? Type { get; init; }

    public IReadOnlyList<string> ExternalIPs { get; init => field = value ?? []; } = [];

    public string? SessionAffinity { get; init; }

    public string? LoadBalancerIP { get; init; }

    public IReadOnlyList<string> LoadBalancerSourceRanges { get; init => field = value ?? []; } = [];

    public string? ExternalName { get; init; }

    public string? ExternalTrafficPolicy { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int HealthCheckNodePort { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PublishNotReadyAddresses { get; init; }

    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    public IReadOnlyList<string> IPFamilies { get; init => field = value ?? []; } = [];

    public string? IPFamilyPolicy { get; init; }

    public bool? AllocateLoadBalancerNodePorts { get; init; }

    public string? LoadBalancerClass { get; init; }

    public string? InternalTrafficPolicy { get; init; }

    public string? TrafficDistribution { get; init; }
}

/// <summary>One port of a service, and the pods' port that it leads to.</summary>
/// <remarks>core/v1 ServicePort.</remarks>
public sealed record ServicePort
{
    public string? Name { get; init; }

    public string? Protocol { get; init; }

    public string? AppProtocol { get; init; }

    public int Port { get; init; }

    public IntOrString? TargetPort { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NodePort { get; init; }
}

/// <summary>How long a client stays with an endpoint.</summary>
/// <remarks>core/v1 SessionAffinityConfig.</remarks>
public sealed record SessionAffinityConfig
{
    public ClientIPConfig? ClientIP { get; init; }
}

/// <summary>The timeout of client address affinity, in seconds.</summary>
/// <remarks>core/v1 ClientIPConfig.</remarks>
public sealed record ClientIPConfig
{
    public int? TimeoutSeconds { get; init; }
}

/// <summary>The addresses that a load balancer gave, and conditions.</summary>
/// <remarks>core/v1 ServiceStatus.</remarks>
public sealed record ServiceStatus
{
    internal static ServiceStatus Empty { get; } = new();

    public LoadBalancerStatus? LoadBalancer { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>The entry points of a load balancer.</summary>
/// <remarks>core/v1 LoadBalancerStatus.</remarks>
public sealed record LoadBalancerStatus
{
    public IReadOnlyList<LoadBalancerIngress> Ingress { get; init => field = value ?? []; } = [];
}

/// <summary>One entry point of a load balancer.</summary>
/// <remarks>core/v1 LoadBalancerIngress.</remarks>
public sealed record LoadBalancerIngress
{
    public string? IP { get; init; }

    public string? Hostname { get; init; }

    public string? IPMode { get; init; }

    public IReadOnlyList<PortStatus> Ports { get; init => field = value ?? []; } = [];
}

/// <summary>What became of one port of a load balancer.</summary>
/// <remarks>core/v1 PortStatus.</remarks>
public sealed record PortStatus
{
    public int Port { get; init; }

    public string Protocol { get; init => field = value ?? ""; } = "";

    public string? Error { get; init; }
}
