using System.Collections.Immutable;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>The elements of the small sets that rules for all Services look into.</summary>
internal static class BaseElementPlanner
{
    private static readonly NetPrefix Loopback = NetPrefix.Parse("127.0.0.0/8");
    private static readonly NetPrefix AllIPv4 = NetPrefix.Parse("0.0.0.0/0");
    private static readonly NetPrefix AllIPv6 = NetPrefix.Parse("::/0");
    private static readonly NetPrefix[] Multicast = [NetPrefix.Parse("224.0.0.0/4"), NetPrefix.Parse("ff00::/8")];

    public static ImmutableHashSet<MapElement> Plan(ClusterState cluster, NodeSettings settings)
    {
        NodeState? node = cluster.Nodes.GetValueOrDefault(settings.NodeName);
        IEnumerable<NetPrefix> pods = settings.ClusterCidrs.IsEmpty ? cluster.Nodes.Values.SelectMany(n => n.PodCidrs) : settings.ClusterCidrs;
        IEnumerable<NetPrefix> nodes = cluster.Nodes.Values.SelectMany(n => n.Addresses).Select(NetPrefix.Single);

        ImmutableHashSet<MapElement>.Builder elements = ImmutableHashSet.CreateBuilder<MapElement>();
        elements.UnionWith(BaseLayout.Elements);
        Add(KernelNames.Pods, pods);
        Add(KernelNames.LocalPods, settings.MasqueradeOutbound ? node?.PodCidrs ?? [] : []);
        Add(KernelNames.NoMasquerade, pods.Concat(nodes).Concat(Multicast).Concat(settings.NonMasqueradeCidrs).Concat(cluster.Masquerade?.Cidrs ?? []));
        Add(KernelNames.ServiceCidrs, settings.ServiceCidrs.Concat(cluster.ServiceCidrs));
        foreach ((NetAddress first, NetAddress last) in NodePorts(settings, node))
        {
            elements.Add(Elements.Range(KernelNames.NodePortAddresses, first, last));
        }

        return elements.ToImmutable();

        void Add(string set, IEnumerable<NetPrefix> prefixes)
        {
            foreach ((NetAddress first, NetAddress last) in PrefixSet.Intervals(prefixes))
            {
                elements.Add(Elements.Range(set, first, last));
            }
        }
    }

    private static IEnumerable<(NetAddress First, NetAddress Last)> NodePorts(NodeSettings settings, NodeState? node)
    {
        IEnumerable<NetPrefix> chosen = settings switch
        {
            { NodePortsOnPrimaryAddress: true } =>
                new[] { node?.AddressOf(false), node?.AddressOf(true) }.OfType<NetAddress>().Select(NetPrefix.Single),
            { NodePortAddresses.IsEmpty: false } => settings.NodePortAddresses,
            _ => [AllIPv4, AllIPv6],
        };
        foreach ((NetAddress first, NetAddress last) in PrefixSet.Intervals(chosen))
        {
            bool touchesLoopback = !settings.LocalhostNodePorts && !first.IsIPv6 && first <= Loopback.Last && last >= Loopback.Address;
            if (!touchesLoopback)
            {
                yield return (first, last);
                continue;
            }

            if (first < Loopback.Address)
            {
                yield return (first, NetAddress.Parse("126.255.255.255"));
            }

            if (last > Loopback.Last)
            {
                yield return (NetAddress.Parse("128.0.0.0"), last);
            }
        }
    }
}
