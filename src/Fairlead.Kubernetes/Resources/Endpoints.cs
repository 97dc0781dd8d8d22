namespace Fairlead.Kubernetes;

/// <summary>The addresses behind a service, in the form before endpoint slices.</summary>
/// <remarks>core/v1 Endpoints.</remarks>
public sealed record Endpoints : IKubernetesObject<Endpoints>
{
    /// <inheritdoc/>
    public static ResourceKind<Endpoints> ResourceKind { get; } = new(new("", "v1", "endpoints", "Endpoints", true));

    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    public string Kind { get; init => field = value ?? "Endpoints"; } = "Endpoints";

    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    public IReadOnlyList<EndpointsSubset> Subsets { get; init => field = value ?? []; } = [];
}

/// <summary>Addresses that share the same ports.</summary>
/// <remarks>core/v1 EndpointSubset.</remarks>
public sealed record EndpointsSubset
{
    public IReadOnlyList<EndpointsAddress> Addresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointsAddress> NotReadyAddresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointsPort> Ports { get; init => field = value ?? []; } = [];
}

/// <summary>One address, and what it belongs to.</summary>
/// <remarks>core/v1 EndpointAddress.</remarks>
public sealed record EndpointsAddress
{
    public string IP { get; init => field = value ?? ""; } = "";

    public string? Hostname { get; init; }

    public string? NodeName { get; init; }

    public ObjectReference? TargetRef { get; init; }
}

/// <summary>One port of a subset.</summary>
/// <remarks>core/v1 EndpointPort.</remarks>
public sealed record EndpointsPort
{
    public string? Name { get; init; }

    public int Port { get; init; }

    public string? Protocol { get; init; }

    public string? AppProtocol { get; init; }
}
