using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>A port that a pod gives a name to.</summary>
/// <param name="Name">The name.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The number.</param>
public readonly record struct NamedPort(string Name, TransportProtocol Protocol, ushort Port);

/// <summary>A pod as policies see it: one with an address of its own that still runs or is about to.</summary>
public sealed record PodState
{
    /// <summary>Namespace and name.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The node that it is placed on; empty before that.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>Its addresses; empty until it has some.</summary>
    public ImmutableArray<NetAddress> Addresses { get; init; } = [];

    /// <summary>Its UID, for events about it.</summary>
    public string Uid { get; init; } = "";

    /// <summary>The ports that it names.</summary>
    public ImmutableArray<NamedPort> Ports { get; init; } = [];

    /// <summary>Where two pods tell of the same address, the one with the higher rank has it: who lives before who ends, then who came later.</summary>
    public long Rank { get; init; }

    /// <summary>Same for policies.</summary>
    public bool IsSame(PodState other) => Key == other.Key && NodeName == other.NodeName && Rank == other.Rank
        && Addresses.SequenceEqual(other.Addresses) && Ports.SequenceEqual(other.Ports)
        && Labels.Count == other.Labels.Count && Labels.All(l => other.Labels.TryGetValue(l.Key, out string? value) && value == l.Value);
}
