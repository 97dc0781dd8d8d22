using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>Which VXLAN links this node needs.</summary>
internal static class OverlayPlanner
{
    /// <summary>None, one, or one for each family, IPv4 first.</summary>
    /// <param name="cluster">The cluster's objects.</param>
    /// <param name="settings">What the operator says.</param>
    /// <param name="flannelNodes">How many other nodes are flannel's and have a tunnel end.</param>
    /// <param name="vxlanNodes">How many other nodes are ours and send through tunnels.</param>
    public static ImmutableArray<PlannedOverlay> Plan(ClusterState cluster, NodeSettings settings, int flannelNodes, int vxlanNodes)
    {
        NodeState? self = cluster.Nodes.GetValueOrDefault(settings.NodeName);

        // In the mode, of course. But a node that leaves the mode goes on listening for as long as another one may send to it through the tunnel, and one
        // among flannel's nodes can be reached by them in no other way.
        bool published = self is not ({ Vtep: null, Vtep6: null } or null);
        if (self is null || !(settings.Mode == RoutingMode.Vxlan || flannelNodes > 0 || (published && vxlanNodes > 0)))
        {
            return [];
        }

        NetAddress? pods4 = FirstOf(self, ipv6: false), pods6 = FirstOf(self, ipv6: true);
        NetAddress? local4 = self.AddressOf(ipv6: false), local6 = self.AddressOf(ipv6: true);
        ImmutableArray<PlannedOverlay>.Builder overlays = ImmutableArray.CreateBuilder<PlannedOverlay>(2);
        if (local4 is { } over4)
        {
            overlays.Add(new(over4, MacOf(self, self.Vtep)) { Address4 = pods4, Address6 = local6 is null ? pods6 : null });
        }

        if (local6 is { } over6)
        {
            overlays.Add(new(over6, MacOf(self, self.Vtep6, "/ipv6")) { Address4 = local4 is null ? pods4 : null, Address6 = pods6 });
        }

        return overlays.DrainToImmutable();
    }

    /// <summary>
    /// The address that the node has published, whoever did: what others have in their tables stays right when an agent, a link or a machine starts
    /// again. Before that, one that follows from the node's name.
    /// </summary>
    private static MacAddress MacOf(NodeState node, Vtep? published, string suffix = "")
    {
        if (published is { } vtep)
        {
            return vtep.Mac;
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"fairlead vxlan {node.Name}{suffix}"));
        hash[0] = (byte)((hash[0] | 0x02) & 0xfe); // locally administered, of one station
        return new(hash);
    }

    private static NetAddress? FirstOf(NodeState node, bool ipv6)
    {
        foreach (NetPrefix prefix in node.PodCidrs)
        {
            if (prefix.IsIPv6 == ipv6)
            {
                return prefix.Address;
            }
        }

        return null;
    }
}
