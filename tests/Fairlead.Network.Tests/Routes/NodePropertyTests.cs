using System.Collections.Immutable;
using Fairlead.Kernel.Route;
using Fairlead.Network.Layout;
using FsCheck;
using FsCheck.Fluent;

namespace Fairlead.Network.Tests.Routes;

/// <summary>
/// Random nodes that come, change and go, with ranges that overlap and tunnel ends that are taken: plans made step by step against plans made at once, against a plain
/// model, and against a kernel to which nothing but differences is told.
/// </summary>
public sealed class NodePropertyTests
{
    // Few of everything, so that nodes get into each other's way.
    private static readonly Gen<NodeState> Nodes =
        from number in Gen.Choose(0, 6)
        from host in Gen.Choose(1, 8)
        from segment in Gen.Elements("10.240.0", "10.241.0")
        from pods in Gen.Elements("", "10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24", "10.200.2.0/25", "10.200.2.128/25", "10.200.2.0/23", "10.200.0.0/16", "10.202.0.0/24", "10.202.1.0/24")
        from pods6 in Gen.Elements("", "", "fd00:1::/64", "fd00:2::/64", "fd00::/16")
        from address6 in Gen.Elements("", "fd01::1", "fd01::2")
        from mode in Gen.Elements<RoutingMode?>(RoutingMode.Direct, RoutingMode.Vxlan, RoutingMode.Vxlan, RoutingMode.None, null)
        from end in Gen.Choose(0, 9)
        select new NodeState
        {
            Name = $"n{number}",
            Addresses = [NetAddress.Parse($"{segment}.{host}"), .. address6.Length == 0 ? [] : new[] { NetAddress.Parse(address6) }],
            PodCidrs = [.. new[] { pods, pods6 }.Where(p => p.Length > 0).Select(NetPrefix.Parse)],
            Mode = mode,
            Vtep = end == 0 ? null : new(new MacAddress(0x0a_00_00_00_00_00UL + (ulong)end), NetAddress.Parse($"{segment}.{host}")),
            Vtep6 = end < 3 || address6.Length == 0 ? null : new(new MacAddress(0x0b_00_00_00_00_00UL + (ulong)end), NetAddress.Parse(address6)),
        };

    private static readonly Gen<Step> Steps = Gen.OneOf(
        Nodes.Select(n => new Step($"+{n.Name} {string.Join(',', n.PodCidrs)} {n.Vtep} {n.Vtep6}", c => c.With(n), n.Name)),
        Nodes.Select(n => new Step($"-{n.Name}", c => c.WithoutNode(n.Name), n.Name)));

    private static readonly Gen<NodeSettings> Ways =
        from mode in Gen.Elements(RoutingMode.Direct, RoutingMode.Vxlan, RoutingMode.Vxlan, RoutingMode.None)
        from direct in Gen.Elements(true, false)
        from cidrs in Gen.Elements(true, false)
        select new NodeSettings
        {
            NodeName = "n3",
            Mode = mode,
            DirectRouting = direct,
            ClusterCidrs = cidrs ? [NetPrefix.Parse("10.200.0.0/16"), NetPrefix.Parse("fd00::/16")] : [],
            Uplink = new() { Name = "eth0", Mtu = 1500, Segments = [NetPrefix.Parse("10.240.0.0/24")] },
        };

    [Fact]
    public void A_plan_made_step_by_step_is_the_plan_made_at_once_and_differences_lead_there() => Check((settings, history) =>
    {
        ClusterState cluster = ClusterState.Empty;
        NodePlan plan = NetworkPlanner.Plan(cluster, settings);
        KernelModel kernel = new(plan);
        foreach (Step[] batch in history.Chunk(2))
        {
            cluster = batch.Aggregate(cluster, (c, step) => step.Apply(c));
            NodePlan next = NetworkPlanner.Replan(plan, cluster, settings, [], NodeChanges.Of(batch.Select(b => b.Node)));
            kernel.Apply(NodePlan.Diff(plan, next), next);
            kernel.AssertHolds(next);
            Same(NetworkPlanner.Plan(cluster, settings), next);
            Assert.True(NodePlan.Diff(next, NetworkPlanner.Replan(next, cluster, settings, [], NodeChanges.All)).IsEmpty);
            Agree(cluster, settings, next);
            plan = next;
        }
    });

    [Fact]
    public void Another_uplink_is_planned_for_whoever_changed() => Check((settings, history) =>
    {
        ClusterState cluster = history.Aggregate(ClusterState.Empty, (c, step) => step.Apply(c));
        NodePlan plan = NetworkPlanner.Plan(cluster, settings);
        KernelModel kernel = new(plan);
        settings = settings with { Uplink = settings.Uplink with { Segments = [NetPrefix.Parse("10.241.0.0/24")] }, ClusterCidrs = settings.ClusterCidrs.IsEmpty ? [NetPrefix.Parse("10.200.0.0/16")] : [] };
        NodePlan next = NetworkPlanner.Replan(plan, cluster, settings, [], NodeChanges.Of("n1"));
        kernel.Apply(NodePlan.Diff(plan, next), next);
        kernel.AssertHolds(next);
        Same(NetworkPlanner.Plan(cluster, settings), next);
    });

    private static void Same(NodePlan expected, NodePlan actual)
    {
        Assert.Equal(Ordered(expected.Routes.Values), Ordered(actual.Routes.Values));
        Assert.True(expected.BaseElements.SetEquals(actual.BaseElements));
        Assert.Equal(expected.Overlays.AsEnumerable(), actual.Overlays);
        Assert.Equal(expected.Problems.Select(p => p.Message), actual.Problems.Select(p => p.Message));
        Assert.Equal(expected.Mtu, actual.Mtu);

        static IEnumerable<string> Ordered(IEnumerable<PlannedRoute> routes) => routes.Select(r => r.ToString() + r.Tunnel).Order(StringComparer.Ordinal);
    }

    /// <summary>What the planner promises, each node against every other.</summary>
    private static void Agree(ClusterState cluster, NodeSettings settings, NodePlan plan)
    {
        List<string> refused = [];
        foreach (NodeState node in cluster.Nodes.Values)
        {
            foreach (NetPrefix prefix in node.PodCidrs)
            {
                bool loses = cluster.Nodes.Values.Any(o => string.CompareOrdinal(o.Name, node.Name) < 0 && o.PodCidrs.Any(prefix.Overlaps));
                bool routed = plan.Routes.TryGetValue(prefix, out PlannedRoute? route) && route.NodeName == node.Name;
                Assert.Equal(loses, plan.Problems.Any(p => p.Reason == "PodCIDROverlap" && p.Object.Name == node.Name && p.Message.Contains($"pod CIDR {prefix} ", StringComparison.Ordinal)));
                Assert.False(routed && (loses || node.Name == settings.NodeName || settings.Mode == RoutingMode.None));
                Assert.True(routed || loses || node.Name == settings.NodeName || settings.Mode == RoutingMode.None || node.Mode == RoutingMode.None || plan.Problems.Any(p => p.Object.Name == node.Name));
            }
        }

        foreach (IGrouping<(bool, MacAddress), PlannedRoute> end in plan.Routes.Values.Where(r => r.Tunnel is not null).GroupBy(r => (r.Tunnel!.Value.Address.IsIPv6, r.Tunnel.Value.Mac)))
        {
            Assert.Single(end.Select(r => r.NodeName).Distinct());
            Assert.DoesNotContain(plan.Overlays, o => (o.IsIPv6, o.Mac) == end.Key);
        }

        IEnumerable<NetPrefix> pods = settings.ClusterCidrs.IsEmpty ? cluster.Nodes.Values.SelectMany(n => n.PodCidrs) : settings.ClusterCidrs;
        Holds(KernelNames.Pods, pods);
        Holds(KernelNames.NoMasquerade, [.. pods, .. cluster.Nodes.Values.SelectMany(n => n.Addresses).Select(NetPrefix.Single), NetPrefix.Parse("224.0.0.0/4"), NetPrefix.Parse("ff00::/8")]);

        void Holds(string set, IEnumerable<NetPrefix> prefixes)
        {
            MapElement[] expected = [.. PrefixSet.Intervals(prefixes).Select(i => Elements.Range(set, i.First, i.Last))];
            Assert.True(plan.BaseElements.Where(e => e.Set == KernelNames.Of(set, false) || e.Set == KernelNames.Of(set, true)).ToHashSet().SetEquals(expected));
        }
    }

    private static void Check(Action<NodeSettings, IReadOnlyList<Step>> property) => Prop.ForAll(
        (from settings in Ways from steps in Steps.ListOf() select (settings, (IReadOnlyList<Step>)[.. steps])).ToArbitrary(), history => property(history.settings, history.Item2))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithEndSize(24));

    private sealed record Step(string Name, Func<ClusterState, ClusterState> Apply, string Node)
    {
        public override string ToString() => Name;
    }

    /// <summary>A kernel that is told differences only.</summary>
    private sealed class KernelModel
    {
        private readonly Dictionary<NetPrefix, PlannedRoute> routes = [];
        private readonly Dictionary<(bool, MacAddress), Vtep> forwarding = [];
        private readonly HashSet<MapElement> elements;

        public KernelModel(NodePlan plan)
        {
            elements = [.. plan.BaseElements];
            foreach (PlannedRoute route in plan.Routes.Values)
            {
                Add(route);
            }
        }

        public void Apply(NodePlanDiff diff, NodePlan next)
        {
            foreach (PlannedRoute route in diff.RemovedRoutes)
            {
                Assert.Equal(route, routes[route.Destination]);
                routes.Remove(route.Destination);
            }

            foreach (PlannedRoute route in diff.AddedRoutes)
            {
                Add(route);
            }

            foreach (Vtep end in diff.RemovedTunnels)
            {
                Assert.True(forwarding.Remove((end.Address.IsIPv6, end.Mac)), $"removes {end}, which isn't there");
            }

            foreach (MapElement element in diff.RemovedElements())
            {
                Assert.True(elements.Remove(element), $"removes {element}, which isn't there");
            }

            foreach (MapElement element in diff.AddedElements())
            {
                Assert.True(elements.Add(element), $"adds {element}, which is there");
            }
        }

        public void AssertHolds(NodePlan plan)
        {
            Assert.Equal(plan.Routes.Count, routes.Count);
            Assert.All(routes, r => Assert.Equal(plan.Routes[r.Key], r.Value));
            Assert.True(elements.SetEquals(plan.BaseElements));
            ImmutableHashSet<Vtep> wanted = [.. plan.Routes.Values.Select(r => r.Tunnel).OfType<Vtep>()];
            Assert.True(wanted.SetEquals(forwarding.Values));
        }

        private void Add(PlannedRoute route)
        {
            routes.Add(route.Destination, route);
            if (route.Tunnel is { } end)
            {
                forwarding[(end.Address.IsIPv6, end.Mac)] = end;
            }
        }
    }
}
