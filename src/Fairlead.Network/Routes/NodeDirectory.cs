using System.Collections.Immutable;
using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>All nodes as a plan was made from them, with what finds those that one node's change concerns. Empty: no plan was made.</summary>
internal sealed record NodeDirectory
{
    public static NodeDirectory Empty { get; } = new();

    /// <summary>What was planned with; where it is another one, all nodes are planned again.</summary>
    public NodeSettings? Settings { get; init; }

    public ImmutableDictionary<string, NodeState> Nodes { get; init; } = ImmutableDictionary<string, NodeState>.Empty;

    /// <summary>The pod CIDRs of all nodes, those that aren't routed too.</summary>
    public PrefixIndex PodRanges { get; init; } = PrefixIndex.Empty;

    /// <summary>The tunnel ends of the other nodes.</summary>
    public ImmutableSortedSet<TunnelEnd> TunnelEnds { get; init; } = [];

    /// <summary>How many others are flannel's and can be reached by tunnel only.</summary>
    public int FlannelNodes { get; init; }

    /// <summary>How many others are ours and send through tunnels.</summary>
    public int VxlanNodes { get; init; }

    /// <summary>What keeps nodes from being routed to, by node.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<PlanProblem>> Problems { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<PlanProblem>>(StringComparer.Ordinal);

    /// <summary>The ranges that are pods' or aren't masqueraded whatever nodes there are.</summary>
    public ImmutableArray<NetPrefix> StaticPods { get; init; } = [];

    /// <inheritdoc cref="StaticPods"/>
    public ImmutableArray<NetPrefix> StaticNoMasquerade { get; init; } = [];

    /// <summary>All pods' addresses.</summary>
    public Coverage Pods { get; init; } = Coverage.Empty;

    /// <summary>To where pods' packets keep their own address.</summary>
    public Coverage NoMasquerade { get; init; } = Coverage.Empty;
}

/// <summary>
/// Who takes frames to a hardware address. The kernel knows one place to send them to for each address (a forwarding entry), so that of two nodes with the same one,
/// as clones of one machine may have, only the first in order of names is sent to.
/// </summary>
internal readonly record struct TunnelEnd(bool OverIPv6, MacAddress Mac, string Node) : IComparable<TunnelEnd>
{
    public int CompareTo(TunnelEnd other)
    {
        int order = Mac.Value.CompareTo(other.Mac.Value);
        order = order != 0 ? order : OverIPv6.CompareTo(other.OverIPv6);
        return order != 0 ? order : string.CompareOrdinal(Node, other.Node);
    }
}
