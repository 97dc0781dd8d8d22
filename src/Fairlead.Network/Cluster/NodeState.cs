using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>What the network needs to know of a node.</summary>
public sealed record NodeState
{
    /// <summary>The node's name.</summary>
    public required string Name { get; init; }

    /// <summary>The node's own addresses (status.addresses of type InternalIP), in the API's order: the first of a family is its next hop.</summary>
    public required ImmutableArray<NetAddress> Addresses { get; init; }

    /// <summary>The ranges its pods take their addresses from (spec.podCIDRs), at most one of each family.</summary>
    public required ImmutableArray<NetPrefix> PodCidrs { get; init; }

    /// <summary>The label topology.kubernetes.io/zone, empty if there is none.</summary>
    public string Zone { get; init; } = "";

    /// <summary>The mode that the node's agent is in; null where no agent of ours says.</summary>
    public RoutingMode? Mode { get; init; }

    /// <summary>Where tunnels over IPv4 to this node end; null: it takes none.</summary>
    public Vtep? Vtep { get; init; }

    /// <summary>Where tunnels over IPv6 to this node end; null: it takes none.</summary>
    public Vtep? Vtep6 { get; init; }

    /// <summary>Its labels, for ClusterNetworkPolicies that name nodes.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The first address of a family, or null.</summary>
    public NetAddress? AddressOf(bool ipv6)
    {
        foreach (NetAddress address in Addresses)
        {
            if (address.IsIPv6 == ipv6)
            {
                return address;
            }
        }

        return null;
    }
}
