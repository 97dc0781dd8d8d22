using System.Collections.Immutable;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>
/// Plans the ways to nodes again, one node at a time, with those that a change concerns too: nodes whose pod CIDRs overlap, and nodes with the same tunnel end. All else
/// is shared with the plan before.
/// </summary>
internal sealed class NodePieces
{
    /// <summary>Who holds ranges that don't depend on nodes; no node can have this name.</summary>
    private const string Static = "/";

    private readonly ClusterState cluster;
    private readonly NodeSettings settings;
    private readonly NodeDirectory before;
    private readonly ImmutableDictionary<NetPrefix, PlannedRoute>.Builder routes;
    private readonly PrefixIndex.Builder ranges;
    private readonly ImmutableSortedSet<TunnelEnd>.Builder ends;
    private readonly ImmutableSortedDictionary<string, ImmutableArray<PlanProblem>>.Builder problems;
    private readonly Coverage.Builder pods;
    private readonly Coverage.Builder noMasquerade;
    private readonly HashSet<string> concerned = new(StringComparer.Ordinal);
    private readonly bool isFirst;
    private readonly bool countedPods;
    private readonly bool countsPods;
    private int flannelNodes;
    private int vxlanNodes;

    public NodePieces(NodePlan previous, ClusterState cluster, NodeSettings settings)
    {
        isFirst = previous.Nodes.Settings is null;
        (this.cluster, this.settings, before) = (cluster, settings, isFirst ? DirectoryOf(cluster, settings) : previous.Nodes);
        (countedPods, countsPods) = (before.Settings is { ClusterCidrs.IsEmpty: true }, settings.ClusterCidrs.IsEmpty);
        (flannelNodes, vxlanNodes) = (before.FlannelNodes, before.VxlanNodes);
        routes = previous.Routes.ToBuilder();
        ranges = before.PodRanges.ToBuilder();
        ends = before.TunnelEnds.ToBuilder();
        problems = before.Problems.ToBuilder();
        pods = before.Pods.ToBuilder();
        noMasquerade = before.NoMasquerade.ToBuilder();
        Change = new(previous.Revision);
        Overlays = previous.Overlays;
    }

    /// <summary>What differs from the plan before.</summary>
    public NodesChange Change { get; }

    /// <summary>The VXLAN links of this node.</summary>
    public ImmutableArray<PlannedOverlay> Overlays { get; private set; }

    /// <summary>The routes to all nodes.</summary>
    public ImmutableDictionary<NetPrefix, PlannedRoute> Routes => routes.ToImmutable();

    /// <summary>Plans again what changed, and gives the directory for the next time.</summary>
    public NodeDirectory Replan(NodeChanges changes)
    {
        ImmutableArray<NetPrefix> staticPods = settings.ClusterCidrs, staticNoMasquerade = BaseElementPlanner.NeverMasqueraded(cluster, settings);
        bool all = isFirst || changes.IsAll || before.Settings != settings;
        foreach (string name in isFirst ? [] : all ? before.Nodes.Keys.Union(cluster.Nodes.Keys) : changes.Names)
        {
            Exchange(name, before.Nodes.GetValueOrDefault(name), cluster.Nodes.GetValueOrDefault(name));
        }

        Exchange(before.StaticPods, staticPods, pods);
        Exchange(before.StaticNoMasquerade, staticNoMasquerade, noMasquerade);
        ImmutableArray<PlannedOverlay> overlays = OverlayPlanner.Plan(cluster, settings, flannelNodes, vxlanNodes);
        if (all || !overlays.SequenceEqual(Overlays))
        {
            Overlays = overlays;
            concerned.UnionWith(before.Nodes.Keys);
            concerned.UnionWith(cluster.Nodes.Keys);
        }

        PlanRoutes();
        AddElements();
        return new()
        {
            Settings = settings,
            Nodes = cluster.Nodes,
            PodRanges = ranges.ToImmutable(),
            TunnelEnds = ends.ToImmutable(),
            FlannelNodes = flannelNodes,
            VxlanNodes = vxlanNodes,
            Problems = problems.ToImmutable(),
            StaticPods = staticPods,
            StaticNoMasquerade = staticNoMasquerade,
            Pods = pods.ToImmutable(),
            NoMasquerade = noMasquerade.ToImmutable(),
        };
    }

    /// <summary>What is kept of nodes, made at once: putting in 5,000 one by one takes many times as long.</summary>
    private static NodeDirectory DirectoryOf(ClusterState cluster, NodeSettings settings)
    {
        List<HeldPrefix> ranges = [], pods = [], noMasquerade = [];
        List<TunnelEnd> ends = [];
        foreach (NodeState node in cluster.Nodes.Values)
        {
            ranges.AddRange(node.PodCidrs.Select(p => new HeldPrefix(p, node.Name)));
            ends.AddRange(Ends(node, settings));
            pods.AddRange(Counted(node, settings.ClusterCidrs.IsEmpty).Select(p => new HeldPrefix(p, node.Name)));
            noMasquerade.AddRange(Unmasqueraded(node, settings.ClusterCidrs.IsEmpty).Select(p => new HeldPrefix(p, node.Name)));
        }

        ImmutableArray<NetPrefix> staticPods = settings.ClusterCidrs, staticNoMasquerade = BaseElementPlanner.NeverMasqueraded(cluster, settings);
        return new()
        {
            Settings = settings,
            Nodes = cluster.Nodes,
            PodRanges = PrefixIndex.Create(ranges),
            TunnelEnds = [.. ends],
            FlannelNodes = cluster.Nodes.Values.Count(n => IsFlannels(n, settings)),
            VxlanNodes = cluster.Nodes.Values.Count(n => SendsThroughTunnels(n, settings)),
            StaticPods = staticPods,
            StaticNoMasquerade = staticNoMasquerade,
            Pods = Coverage.Create([.. pods, .. staticPods.Select(p => new HeldPrefix(p, Static))]),
            NoMasquerade = Coverage.Create([.. noMasquerade, .. staticNoMasquerade.Select(p => new HeldPrefix(p, Static))]),
        };
    }

    /// <summary>Puts a node in the place of what it was in all that is kept of nodes, and notes whom else that concerns.</summary>
    private void Exchange(string name, NodeState? was, NodeState? now)
    {
        concerned.Add(name);
        if (ReferenceEquals(was, now) && countedPods == countsPods)
        {
            return;
        }

        Count(was, -1);
        Count(now, 1);
        Exchange(was?.PodCidrs ?? [], now?.PodCidrs ?? [], name);
        Exchange(Ends(was, settings), Ends(now, settings));
        Exchange(Counted(was, countedPods), Counted(now, countsPods), pods, name);
        Exchange(Unmasqueraded(was, countedPods), Unmasqueraded(now, countsPods), noMasquerade, name);
    }

    private void Exchange(ImmutableArray<NetPrefix> was, ImmutableArray<NetPrefix> now, string name)
    {
        foreach (NetPrefix prefix in was.Except(now))
        {
            ranges.Remove(prefix, name);
            Concern(prefix);
        }

        foreach (NetPrefix prefix in now.Except(was))
        {
            Concern(prefix);
            ranges.Add(prefix, name);
        }

        void Concern(NetPrefix prefix) => concerned.UnionWith(ranges.Overlapping(prefix).Select(r => r.Holder));
    }

    private void Exchange(IEnumerable<TunnelEnd> was, IEnumerable<TunnelEnd> now)
    {
        foreach (TunnelEnd end in was.Except(now))
        {
            ends.Remove(end);
            concerned.UnionWith(Sharing(end).Select(e => e.Node));
        }

        foreach (TunnelEnd end in now.Except(was))
        {
            concerned.UnionWith(Sharing(end).Select(e => e.Node));
            ends.Add(end);
        }
    }

    private static void Exchange(IEnumerable<NetPrefix> was, IEnumerable<NetPrefix> now, Coverage.Builder coverage, string holder = Static)
    {
        foreach (NetPrefix prefix in was.Except(now))
        {
            coverage.Remove(prefix, holder);
        }

        foreach (NetPrefix prefix in now.Except(was))
        {
            coverage.Add(prefix, holder);
        }
    }

    /// <summary>Where nobody says which ranges are pods', they are those of the nodes.</summary>
    private static ImmutableArray<NetPrefix> Counted(NodeState? node, bool counts) => counts && node is not null ? node.PodCidrs : [];

    private static IEnumerable<NetPrefix> Unmasqueraded(NodeState? node, bool counts) => (node?.Addresses ?? []).Select(NetPrefix.Single).Concat(Counted(node, counts));

    private static IEnumerable<TunnelEnd> Ends(NodeState? node, NodeSettings settings)
    {
        if (node?.Vtep is { } over4 && node.Name != settings.NodeName)
        {
            yield return new(false, over4.Mac, node.Name);
        }

        if (node?.Vtep6 is { } over6 && node.Name != settings.NodeName)
        {
            yield return new(true, over6.Mac, node.Name);
        }
    }

    private static bool IsFlannels(NodeState node, NodeSettings settings) =>
        node.Name != settings.NodeName && node.Mode is null && (node.Vtep is not null || node.Vtep6 is not null);

    private static bool SendsThroughTunnels(NodeState node, NodeSettings settings) => node.Name != settings.NodeName && node.Mode == RoutingMode.Vxlan;

    private IEnumerable<TunnelEnd> Sharing(TunnelEnd end)
    {
        int index = ends.IndexOf(end with { Node = "" });
        for (int i = index < 0 ? ~index : index; i < ends.Count && ends[i] is var other && other.Mac == end.Mac && other.OverIPv6 == end.OverIPv6; i++)
        {
            yield return other;
        }
    }

    private void Count(NodeState? node, int by)
    {
        if (node is not null)
        {
            flannelNodes += IsFlannels(node, settings) ? by : 0;
            vxlanNodes += SendsThroughTunnels(node, settings) ? by : 0;
        }
    }

    private void PlanRoutes()
    {
        Dictionary<NetPrefix, PlannedRoute> were = [];
        foreach (NodeState node in concerned.Select(before.Nodes.GetValueOrDefault).OfType<NodeState>())
        {
            foreach (NetPrefix prefix in node.PodCidrs)
            {
                if (routes.TryGetValue(prefix, out PlannedRoute? route) && route.NodeName == node.Name)
                {
                    were[prefix] = route;
                }
            }
        }

        Dictionary<NetPrefix, PlannedRoute> now = [];
        RoutePlanner planner = new(settings, Overlays);
        foreach (string name in concerned)
        {
            ImmutableArray<PlanProblem> found = [];
            if (cluster.Nodes.TryGetValue(name, out NodeState? node))
            {
                (ImmutableArray<PlannedRoute> planned, found) = planner.Plan(node, WinnerOver, HolderOf);
                foreach (PlannedRoute route in planned)
                {
                    now[route.Destination] = route;
                }
            }

            if (found.IsEmpty)
            {
                problems.Remove(name);
            }
            else if (!problems.TryGetValue(name, out ImmutableArray<PlanProblem> known) || !known.SequenceEqual(found))
            {
                problems[name] = found;
            }
        }

        foreach (PlannedRoute route in were.Values.Where(r => now.GetValueOrDefault(r.Destination) != r))
        {
            Change.RemovedRoutes.Add(route);
            if (!now.ContainsKey(route.Destination))
            {
                routes.Remove(route.Destination);
            }
        }

        foreach (PlannedRoute route in now.Values.Where(r => were.GetValueOrDefault(r.Destination) != r))
        {
            Change.AddedRoutes.Add(route);
            routes[route.Destination] = route;
        }

        // Nodes that aren't concerned share no tunnel end with those that are.
        Change.RemovedTunnels.AddRange(NodesChange.Unused(were.Values, now.Values));
    }

    /// <summary>Who has a range that overlaps this one of a node, and more right to it; null: nobody.</summary>
    private HeldPrefix? WinnerOver(NetPrefix prefix, string node)
    {
        HeldPrefix? winner = null;
        foreach (HeldPrefix other in ranges.Overlapping(prefix))
        {
            if (string.CompareOrdinal(other.Holder, winner?.Holder ?? node) < 0)
            {
                winner = other;
            }
        }

        return winner;
    }

    /// <summary>The node that frames to a tunnel end are sent to.</summary>
    private string HolderOf(Vtep vtep, string node)
    {
        foreach (PlannedOverlay overlay in Overlays)
        {
            if (overlay.IsIPv6 == vtep.Address.IsIPv6 && overlay.Mac == vtep.Mac)
            {
                return settings.NodeName;
            }
        }

        return Sharing(new(vtep.Address.IsIPv6, vtep.Mac, node)).FirstOrDefault().Node ?? node;
    }

    private void AddElements()
    {
        foreach ((string set, Coverage.Builder coverage) in new[] { (KernelNames.Pods, pods), (KernelNames.NoMasquerade, noMasquerade) })
        {
            Change.RemovedElements.AddRange(coverage.Removed.Select(i => Elements.Range(set, i.First, i.Last)));
            Change.AddedElements.AddRange((isFirst ? coverage.Intervals : coverage.Added).Select(i => Elements.Range(set, i.First, i.Last)));
        }
    }
}
