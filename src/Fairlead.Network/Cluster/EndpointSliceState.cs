using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>What an endpoint's conditions allow.</summary>
[Flags]
public enum EndpointReadiness : byte
{
    /// <summary>Takes no traffic.</summary>
    None = 0,

    /// <summary>Takes traffic. Unset in the API means ready.</summary>
    Ready = 1,

    /// <summary>Would take traffic if it were not terminating.</summary>
    Serving = 2,

    /// <summary>On its way out.</summary>
    Terminating = 4,
}

/// <summary>One endpoint of a slice.</summary>
public readonly record struct EndpointState
{
    /// <summary>Its address; only the first of the API's list counts.</summary>
    public required NetAddress Address { get; init; }

    /// <summary>Whether it takes traffic.</summary>
    public required EndpointReadiness Readiness { get; init; }

    /// <summary>The node it runs on, null if unknown.</summary>
    public string? NodeName { get; init; }

    /// <summary>Zones that should use it (hints.forZones), null if there is no hint.</summary>
    public string[]? ForZones { get; init; }

    /// <summary>Nodes that should use it (hints.forNodes), null if there is no hint.</summary>
    public string[]? ForNodes { get; init; }
}

/// <summary>A port of a slice.</summary>
/// <param name="Name">The Service's port name that it serves.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port on the endpoints.</param>
public readonly record struct EndpointPortState(string Name, TransportProtocol Protocol, ushort Port);

/// <summary>An EndpointSlice of addresses (not of names).</summary>
public sealed record EndpointSliceState
{
    /// <summary>Namespace and name of the slice.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>The Service it belongs to.</summary>
    public required ObjectKey Service { get; init; }

    /// <summary>The family of its addresses.</summary>
    public required bool IsIPv6 { get; init; }

    /// <summary>Its ports.</summary>
    public required ImmutableArray<EndpointPortState> Ports { get; init; }

    /// <summary>Its endpoints.</summary>
    public required ImmutableArray<EndpointState> Endpoints { get; init; }

    /// <summary>
    /// Whether nodes publish themselves by it, each for the others: a node's own pods are served past the Service, and come by it only when that server is away.
    /// </summary>
    public bool StandsIn { get; init; }

    /// <summary>When the change happened that this slice tells of, if it says so.</summary>
    public DateTimeOffset? TriggerTime { get; init; }
}
