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

    /// <summary>The ranges to which pods' packets keep their own address whatever nodes there are.</summary>
    public static ImmutableArray<NetPrefix> NeverMasqueraded(ClusterState cluster, NodeSettings settings) =>
        [.. settings.ClusterCidrs, .. Multicast, .. settings.NonMasqueradeCidrs, .. cluster.Masquerade?.Cidrs ?? []];

    /// <summary>Plans those that all nodes but this one don't matter to from those of the plan before, and notes what is other than there.</summary>
    public static (ImmutableHashSet<MapElement> Elements, ImmutableDictionary<string, ImmutableArray<(NetAddress First, NetAddress Last)>> Ranges) Plan(
        NodePlan previous, ClusterState cluster, NodeSettings settings, NodesChange change)
    {
        NodeState? node = cluster.Nodes.GetValueOrDefault(settings.NodeName);
        ImmutableDictionary<string, ImmutableArray<(NetAddress First, NetAddress Last)>>.Builder ranges = previous.BaseRanges.ToBuilder();
        if (previous.BaseElements.IsEmpty)
        {
            change.AddedElements.AddRange(BaseLayout.Elements);
        }

        Set(KernelNames.LocalPods, PrefixSet.Intervals(settings.MasqueradeOutbound ? node?.PodCidrs ?? [] : []));
        Set(KernelNames.ServiceCidrs, PrefixSet.Intervals(settings.ServiceCidrs.Concat(cluster.ServiceCidrs)));
        Set(KernelNames.NodePortAddresses, [.. NodePorts(settings, node)]);
        ImmutableHashSet<MapElement>.Builder elements = previous.BaseElements.ToBuilder();
        elements.ExceptWith(change.RemovedElements);
        elements.UnionWith(change.AddedElements);
        return (elements.ToImmutable(), ranges.ToImmutable());

        void Set(string set, ImmutableArray<(NetAddress First, NetAddress Last)> after)
        {
            ImmutableArray<(NetAddress First, NetAddress Last)> before = ranges.GetValueOrDefault(set, []);
            ranges[set] = after;
            change.RemovedElements.AddRange(before.Except(after).Select(r => Elements.Range(set, r.First, r.Last)));
            change.AddedElements.AddRange(after.Except(before).Select(r => Elements.Range(set, r.First, r.Last)));
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
