namespace Fairlead.Kubernetes;

/// <summary>An address of the service range that is taken.</summary>
/// <remarks>networking.k8s.io/v1 IPAddress.</remarks>
public sealed record IPAddress : IKubernetesObject<IPAddress>
{
    /// <inheritdoc/>
    public static ResourceKind<IPAddress> ResourceKind { get; } = new(new("networking.k8s.io", "v1", "ipaddresses", "IPAddress", false));

    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    public string Kind { get; init => field = value ?? "IPAddress"; } = "IPAddress";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public IPAddressSpec Spec { get; init => field = value ?? IPAddressSpec.Empty; } = IPAddressSpec.Empty;
}

/// <summary>Who took the address.</summary>
/// <remarks>networking.k8s.io/v1 IPAddressSpec.</remarks>
public sealed record IPAddressSpec
{
    internal static IPAddressSpec Empty { get; } = new();

    public ParentReference? ParentRef { get; init; }
}

/// <summary>The object that an address belongs to.</summary>
/// <remarks>networking.k8s.io/v1 ParentReference.</remarks>
public sealed record ParentReference
{
    public string? Group { get; init; }

    public string? Resource { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }
}

/// <summary>A range that cluster IPs are taken from.</summary>
/// <remarks>networking.k8s.io/v1 ServiceCIDR.</remarks>
public sealed record ServiceCidr : IKubernetesObject<ServiceCidr>
{
    /// <inheritdoc/>
    public static ResourceKind<ServiceCidr> ResourceKind { get; } = new(new("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false));

    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    public string Kind { get; init => field = value ?? "ServiceCIDR"; } = "ServiceCIDR";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public ServiceCidrSpec Spec { get; init => field = value ?? ServiceCidrSpec.Empty; } = ServiceCidrSpec.Empty;

    public ServiceCidrStatus Status { get; init => field = value ?? ServiceCidrStatus.Empty; } = ServiceCidrStatus.Empty;
}

/// <summary>The range, or one per address family.</summary>
/// <remarks>networking.k8s.io/v1 ServiceCIDRSpec.</remarks>
public sealed record ServiceCidrSpec
{
    internal static ServiceCidrSpec Empty { get; } = new();

    public IReadOnlyList<string> Cidrs { get; init => field = value ?? []; } = [];
}

/// <summary>Whether addresses can be taken.</summary>
/// <remarks>networking.k8s.io/v1 ServiceCIDRStatus.</remarks>
public sealed record ServiceCidrStatus
{
    internal static ServiceCidrStatus Empty { get; } = new();

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
