using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>The link by which a node reaches the other nodes, as its kernel has it.</summary>
public sealed record Uplink
{
    /// <summary>Before anybody looked, and where no link has the node's address and no default route leads out.</summary>
    public static Uplink Unknown { get; } = new() { Name = "", Mtu = 0, Segments = [] };

    /// <summary>The link's name.</summary>
    public required string Name { get; init; }

    /// <summary>The longest packet that it takes, in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>The ranges of the link's own addresses: whoever is in them is reached without a router.</summary>
    public required ImmutableArray<NetPrefix> Segments { get; init; }

    /// <summary>Whether this address is reached without a router.</summary>
    public bool IsOnSegment(NetAddress address)
    {
        foreach (NetPrefix segment in Segments)
        {
            if (segment.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Uplink? other) => other is not null && Name == other.Name && Mtu == other.Mtu && Segments.SequenceEqual(other.Segments);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Mtu, Segments.Length);
}
