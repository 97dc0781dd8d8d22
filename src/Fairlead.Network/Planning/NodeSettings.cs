using System.Collections.Immutable;
using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>How packets travel between nodes.</summary>
public enum RoutingMode
{
    /// <summary>Routes to each node's pod CIDR through its address: nodes share a segment.</summary>
    Direct,

    /// <summary>Encapsulated in VXLAN.</summary>
    Vxlan,

    /// <summary>A router outside knows the way.</summary>
    None,
}

/// <summary>What an operator says of the node and the cluster, beside what the API says.</summary>
public sealed record NodeSettings
{
    /// <summary>The node's name in the API.</summary>
    public required string NodeName { get; init; }

    /// <summary>How packets travel between nodes.</summary>
    public RoutingMode Mode { get; init; } = RoutingMode.Direct;

    /// <summary>Flannel's VXLAN network identifier, and ours.</summary>
    public const uint DefaultVxlanId = 1;

    /// <summary>In mode vxlan: nodes on a segment of this node are sent to without encapsulation.</summary>
    public bool DirectRouting { get; init; }

    /// <summary>The VXLAN network identifier.</summary>
    public uint VxlanId { get; init; } = DefaultVxlanId;

    /// <summary>The UDP port of the tunnels.</summary>
    public ushort VxlanPort { get; init; } = VxlanKind.DefaultPort;

    /// <summary>The link that leads to the other nodes, as the kernel has it.</summary>
    public Uplink Uplink { get; init; } = Uplink.Unknown;

    /// <summary>The longest packets that pods send, in bytes; 0: what the uplink takes, less what the mode adds.</summary>
    public int Mtu { get; init; }

    /// <summary>The ranges of all pods, at most one of each family. Empty: the union of the nodes' pod CIDRs.</summary>
    public ImmutableArray<NetPrefix> ClusterCidrs { get; init; } = [];

    /// <summary>Ranges of cluster IPs, beside those of ServiceCIDR objects.</summary>
    public ImmutableArray<NetPrefix> ServiceCidrs { get; init; } = [];

    /// <summary>Whether packets of this node's pods that leave the cluster get the node's address.</summary>
    public bool MasqueradeOutbound { get; init; } = true;

    /// <summary>Destinations outside that pods reach with their own address.</summary>
    public ImmutableArray<NetPrefix> NonMasqueradeCidrs { get; init; } = [];

    /// <summary>On which of the node's addresses node ports answer. Empty: on all but the loopback ones.</summary>
    public ImmutableArray<NetPrefix> NodePortAddresses { get; init; } = [];

    /// <summary>Node ports answer only on the node's InternalIP of each family.</summary>
    public bool NodePortsOnPrimaryAddress { get; init; }

    /// <summary>Node ports answer on 127.0.0.0/8 too.</summary>
    public bool LocalhostNodePorts { get; init; }

    /// <summary>Policies are enforced.</summary>
    public bool EnforcePolicies { get; init; } = true;

    /// <summary>Where there are policies, addresses of this node's pod CIDRs that no known pod has neither send nor receive.</summary>
    public bool GuardUnknownPods { get; init; } = true;
}
