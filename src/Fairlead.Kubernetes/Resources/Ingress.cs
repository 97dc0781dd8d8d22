using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>HTTP routes to services.</summary>
/// <remarks>networking.k8s.io/v1 Ingress.</remarks>
public sealed record Ingress : IKubernetesObject<Ingress>
{
    /// <inheritdoc/>
    public static ResourceKind<Ingress> ResourceKind { get; } = new(new("networking.k8s.io", "v1", "ingresses", "Ingress", true));

    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    public string Kind { get; init => field = value ?? "Ingress"; } = "Ingress";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public IngressSpec Spec { get; init => field = value ?? IngressSpec.Empty; } = IngressSpec.Empty;

    public IngressStatus Status { get; init => field = value ?? IngressStatus.Empty; } = IngressStatus.Empty;
}

/// <summary>The class, the default backend, certificates and rules.</summary>
/// <remarks>networking.k8s.io/v1 IngressSpec.</remarks>
public sealed record IngressSpec
{
    internal static IngressSpec Empty { get; } = new();

    public string? IngressClassName { get; init; }

    public IngressBackend? DefaultBackend { get; init; }

    public IReadOnlyList<IngressTls> Tls { get; init => field = value ?? []; } = [];

    public IReadOnlyList<IngressRule> Rules { get; init => field = value ?? []; } = [];
}

/// <summary>Where requests go.</summary>
/// <remarks>networking.k8s.io/v1 IngressBackend.</remarks>
public sealed record IngressBackend
{
    public IngressServiceBackend? Service { get; init; }

    public TypedLocalObjectReference? Resource { get; init; }
}

/// <summary>A service and one of its ports.</summary>
/// <remarks>networking.k8s.io/v1 IngressServiceBackend.</remarks>
public sealed record IngressServiceBackend
{
    public string Name { get; init => field = value ?? ""; } = "";

    public ServiceBackendPort? Port { get; init; }
}

/// <summary>A service's port by name or number.</summary>
/// <remarks>networking.k8s.io/v1 ServiceBackendPort.</remarks>
public sealed record ServiceBackendPort
{
    public string? Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Number { get; init; }
}

/// <summary>An object in the same namespace.</summary>
/// <remarks>core/v1 TypedLocalObjectReference.</remarks>
public sealed record TypedLocalObjectReference
{
    public string? ApiGroup { get; init; }

    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>Which Secret holds the certificate for which hosts.</summary>
/// <remarks>networking.k8s.io/v1 IngressTLS.</remarks>
public sealed record IngressTls
{
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    public string? SecretName { get; init; }
}

/// <summary>The routes of one host.</summary>
/// <remarks>networking.k8s.io/v1 IngressRule.</remarks>
public sealed record IngressRule
{
    public string? Host { get; init; }

    public HttpIngressRuleValue? Http { get; init; }
}

/// <summary>Paths and their backends.</summary>
/// <remarks>networking.k8s.io/v1 HTTPIngressRuleValue.</remarks>
public sealed record HttpIngressRuleValue
{
    public IReadOnlyList<HttpIngressPath> Paths { get; init => field = value ?? []; } = [];
}

/// <summary>A path, how it is compared, and its backend.</summary>
/// <remarks>networking.k8s.io/v1 HTTPIngressPath.</remarks>
public sealed record HttpIngressPath
{
    public string? Path { get; init; }

    public string? PathType { get; init; }

    public IngressBackend? Backend { get; init; }
}

/// <summary>Where the ingress can be reached.</summary>
/// <remarks>networking.k8s.io/v1 IngressStatus.</remarks>
public sealed record IngressStatus
{
    internal static IngressStatus Empty { get; } = new();

    public IngressLoadBalancerStatus? LoadBalancer { get; init; }
}

/// <summary>The entry points of an ingress.</summary>
/// <remarks>networking.k8s.io/v1 IngressLoadBalancerStatus.</remarks>
public sealed record IngressLoadBalancerStatus
{
    public IReadOnlyList<IngressLoadBalancerIngress> Ingress { get; init => field = value ?? []; } = [];
}

/// <summary>One entry point of an ingress.</summary>
/// <remarks>networking.k8s.io/v1 IngressLoadBalancerIngress.</remarks>
public sealed record IngressLoadBalancerIngress
{
    public string? IP { get; init; }

    public string? Hostname { get; init; }

    public IReadOnlyList<IngressPortStatus> Ports { get; init => field = value ?? []; } = [];
}

/// <summary>What became of one port of an entry point.</summary>
/// <remarks>networking.k8s.io/v1 IngressPortStatus.</remarks>
public sealed record IngressPortStatus
{
    public int Port { get; init; }

    public string Protocol { get; init => field = value ?? ""; } = "";

    public string? Error { get; init; }
}

/// <summary>Which controller serves ingresses of this class.</summary>
/// <remarks>networking.k8s.io/v1 IngressClass.</remarks>
public sealed record IngressClass : IKubernetesObject<IngressClass>
{
    /// <inheritdoc/>
    public static ResourceKind<IngressClass> ResourceKind { get; } = new(new("networking.k8s.io", "v1", "ingressclasses", "IngressClass", false));

    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    public string Kind { get; init => field = value ?? "IngressClass"; } = "IngressClass";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public IngressClassSpec Spec { get; init => field = value ?? IngressClassSpec.Empty; } = IngressClassSpec.Empty;
}

/// <summary>The controller's name and its parameters.</summary>
/// <remarks>networking.k8s.io/v1 IngressClassSpec.</remarks>
public sealed record IngressClassSpec
{
    internal static IngressClassSpec Empty { get; } = new();

    public string? Controller { get; init; }

    public IngressClassParametersReference? Parameters { get; init; }
}

/// <summary>Where a class's parameters are.</summary>
/// <remarks>networking.k8s.io/v1 IngressClassParametersReference.</remarks>
public sealed record IngressClassParametersReference
{
    public string? ApiGroup { get; init; }

    public string Kind { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public string? Scope { get; init; }

    public string? Namespace { get; init; }
}
