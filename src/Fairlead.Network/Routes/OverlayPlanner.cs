using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>Which VXLAN links this node needs.</summary>
internal static class OverlayPlanner
{
    /// <summary>None, one, or one for each family, IPv4 first.</summary>
    public static ImmutableArray<PlannedOverlay> Plan(ClusterState cluster, NodeSettings settings)
    {
        NodeState? self = cluster.Nodes.GetValueOrDefault(settings.NodeName);
        if (self is null || !IsNeeded(cluster, settings, self))
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
    /// In the mode, of course. But a node that leaves the mode goes on listening for as long as another one may send to it through the tunnel, and one
    /// among flannel's nodes can be reached by them in no other way.
    /// </summary>
    private static bool IsNeeded(ClusterState cluster, NodeSettings settings, NodeState self)
    {
        bool published = self.Vtep is not null || self.Vtep6 is not null;
        return settings.Mode == RoutingMode.Vxlan || cluster.Nodes.Values.Any(node =>
            node.Name != self.Name && (node.Mode is null ? node.Vtep is not null || node.Vtep6 is not null : published && node.Mode == RoutingMode.Vxlan));
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
