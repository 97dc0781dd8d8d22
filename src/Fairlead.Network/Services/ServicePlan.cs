using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>One frontend of a Service on one node: what its connections go through and where they may end.</summary>
public sealed class FrontendPlan
{
    /// <summary>Where it is addressed.</summary>
    public required FrontendKey Key { get; init; }

    /// <summary>What becomes of connections.</summary>
    public required Treatment Treatment { get; init; }

    /// <summary>The endpoints in slots 0 … N-1.</summary>
    public ImmutableArray<EndpointAddress> Endpoints { get; init; } = [];

    /// <summary>The endpoints in the local slots.</summary>
    public ImmutableArray<EndpointAddress> LocalEndpoints { get; init; } = [];

    /// <summary>Of a UDP frontend: endpoints that answer, be it on their way out; flows to them are left alone. Sorted.</summary>
    public ImmutableArray<EndpointAddress> Serving { get; init; } = [];

    /// <summary>Who may use it, if it is guarded.</summary>
    public ImmutableArray<NetPrefix> SourceRanges { get; init; } = [];
}

/// <summary>All that one Service puts into one node's kernel. Pieces of different Services never share an element.</summary>
public sealed class ServicePlan
{
    /// <summary>The Service.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>Its frontends.</summary>
    public required ImmutableArray<FrontendPlan> Frontends { get; init; }

    /// <summary>Frontends that it wanted and that an earlier Service holds.</summary>
    public ImmutableArray<FrontendKey> Refused { get; init; } = [];

    /// <summary>This node's endpoints, for connections that come back to where they started (hairpin); sorted.</summary>
    public ImmutableArray<NetAddress> Hairpins { get; init; } = [];

    /// <summary>The slots of its ports, to keep when the Service is planned again.</summary>
    public ImmutableArray<PortSlots> Slots { get; init; } = [];

    /// <summary>The port on which this node answers whether it has endpoints (health check node port); 0: none.</summary>
    public ushort HealthCheckNodePort { get; init; }

    /// <summary>How many endpoints this node has, for the health check.</summary>
    public int LocalEndpointCount { get; init; }
}

/// <summary>The slots of a Service's port in one family.</summary>
/// <param name="Port">The Service's port.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="IsIPv6">The family.</param>
/// <param name="Cluster">Endpoints in the slots from 0.</param>
/// <param name="Local">Endpoints in the local slots; empty unless a traffic policy asks for them.</param>
public readonly record struct PortSlots(
    ushort Port, TransportProtocol Protocol, bool IsIPv6, ImmutableArray<EndpointAddress> Cluster, ImmutableArray<EndpointAddress> Local);
