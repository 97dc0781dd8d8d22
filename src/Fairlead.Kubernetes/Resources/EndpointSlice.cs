namespace Fairlead.Kubernetes;

/// <summary>Up to 100 (at most 1000) endpoints of a service, of one address family.</summary>
/// <remarks>discovery.k8s.io/v1 EndpointSlice.</remarks>
public sealed record EndpointSlice : IKubernetesObject<EndpointSlice>
{
    /// <inheritdoc/>
    public static ResourceKind<EndpointSlice> ResourceKind { get; } = new(new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true));

    public string ApiVersion { get; init => field = value ?? "discovery.k8s.io/v1"; } = "discovery.k8s.io/v1";

    public string Kind { get; init => field = value ?? "EndpointSlice"; } = "EndpointSlice";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public string AddressType { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<Endpoint> Endpoints { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointSlicePort> Ports { get; init => field = value ?? []; } = [];
}

/// <summary>A port that all endpoints of a slice serve on.</summary>
/// <remarks>discovery.k8s.io/v1 EndpointPort.</remarks>
public sealed record EndpointSlicePort
{
    public string? Name { get; init; }

    public string? Protocol { get; init; }

    public int? Port { get; init; }

    public string? AppProtocol { get; init; }
}
