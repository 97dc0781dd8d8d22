using Fairlead.Kubernetes;
using Fairlead.Network.Layout;
using FsCheck;
using FsCheck.Fluent;

namespace Fairlead.Network.Tests;

/// <summary>Random clusters and random changes: the planner against the plain model, and a plan made step by step against one made at once.</summary>
public sealed class PlannerPropertyTests
{
    private static readonly NodeSettings Settings = new() { NodeName = "n0", ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16")] };

    private static readonly Gen<EndpointState> Endpoints =
        from host in Gen.Choose(1, 12)
        from node in Gen.Elements("n0", "n1", null)
        from readiness in Gen.Elements(EndpointReadiness.Ready | EndpointReadiness.Serving, EndpointReadiness.Serving | EndpointReadiness.Terminating, EndpointReadiness.None)
        from zone in Gen.Elements<string?>("z0", "z1", null)
        from forNode in Gen.Elements<string?>("n0", "n1", null, null)
        select new EndpointState
        {
            Address = NetAddress.Parse($"10.200.0.{host}"),
            NodeName = node,
            Readiness = readiness,
            ForZones = zone is null ? null : [zone],
            ForNodes = forNode is null ? null : [forNode],
        };

    private static readonly Gen<EndpointSliceState> Slices =
        from service in Gen.Choose(0, 5)
        from number in Gen.Choose(0, 1)
        from port in Gen.Elements<ushort>(8080, 9090)
        from protocol in Gen.Elements(TransportProtocol.Tcp, TransportProtocol.Udp)
        from endpoints in Endpoints.ListOf()
        select new EndpointSliceState
        {
            Key = new("d", $"s{service}-{number}"),
            Service = new("d", $"s{service}"),
            IsIPv6 = false,
            Ports = [new("p", protocol, port)],
            Endpoints = [.. endpoints],
        };

    // Few addresses and ports, so that Services get into each other's way.
    private static readonly Gen<ServiceState> Services =
        from number in Gen.Choose(0, 5)
        from address in Gen.Choose(1, 4)
        from external in Gen.Choose(1, 4)
        from hasExternal in Gen.Elements(true, false)
        from nodePort in Gen.Elements<ushort>(0, 30001, 30002)
        from protocol in Gen.Elements(TransportProtocol.Tcp, TransportProtocol.Udp)
        from internalLocal in Gen.Elements(true, false, false)
        from externalLocal in Gen.Elements(true, false)
        from affinity in Gen.Elements(0, 0, 600)
        from guarded in Gen.Elements(true, false, false)
        select new ServiceState
        {
            Key = new("d", $"s{number}"),
            ClusterIPs = [NetAddress.Parse($"10.32.0.{address}")],
            LoadBalancerIPs = hasExternal ? [NetAddress.Parse($"203.0.113.{external}")] : [],
            SourceRanges = guarded ? [NetPrefix.Parse("10.99.0.0/16")] : [],
            Ports = [new("p", protocol, 80, nodePort)],
            InternalTrafficLocal = internalLocal,
            ExternalTrafficLocal = externalLocal,
            AffinitySeconds = affinity,
        };

    private static readonly Gen<Change> Changes = Gen.OneOf(
        Services.Select(s => new Change($"+{s.Key}", c => c.With(s), s.Key)),
        Services.Select(s => new Change($"-{s.Key}", c => c.WithoutService(s.Key), s.Key)),
        Slices.Select(s => new Change($"+{s.Key}", c => c.With(s), s.Service)),
        Slices.Select(s => new Change($"-{s.Key}", c => c.WithoutSlice(s.Service, s.Key), s.Service)));

    [Fact]
    public void The_maps_say_what_kubernetes_promises() => Check(history =>
    {
        ClusterState cluster = history.Aggregate(Start, (c, change) => change.Apply(c));
        NodePlan plan = NetworkPlanner.Plan(cluster, Settings);
        Agree(cluster, plan);
    });

    [Fact]
    public void A_plan_made_step_by_step_is_the_plan_made_at_once_and_differences_lead_there() => Check(history =>
    {
        ClusterState cluster = Start;
        NodePlan plan = NetworkPlanner.Plan(cluster, Settings);
        HashSet<MapElement> kernel = [.. plan.AllElements()];
        HashSet<string> chains = [.. plan.OwnChains().Select(t => t.ChainName)];
        foreach (Change[] batch in history.Chunk(3))
        {
            cluster = batch.Aggregate(cluster, (c, change) => change.Apply(c));
            NodePlan next = NetworkPlanner.Replan(plan, cluster, Settings, [.. batch.Select(b => b.Service).Distinct()], NodeChanges.None);
            NodePlanDiff difference = NodePlan.Diff(plan, next);
            foreach (MapElement element in difference.RemovedElements())
            {
                Assert.True(kernel.Remove(element), $"removes {element}, which isn't there");
            }

            foreach (MapElement element in difference.AddedElements())
            {
                Assert.DoesNotContain(kernel, held => held.Set == element.Set && held.Key == element.Key && held.KeyEnd == element.KeyEnd);
                kernel.Add(element);
            }

            chains.ExceptWith(difference.RemovedChains);
            Assert.All(difference.AddedChains, chain => Assert.True(chains.Add(chain)));
            Assert.True(kernel.SetEquals(next.AllElements()));
            Assert.True(chains.SetEquals(next.OwnChains().Select(t => t.ChainName)));
            Assert.Equal(next.ElementCount, next.AllElements().Count() - next.OwnChains().Count());
            Agree(cluster, next);

            // At once, with the slots remembered as a kernel would: nothing to change.
            NodePlan again = NetworkPlanner.Plan(cluster, Settings, Memory(next), next.Capacity);
            Assert.True(NodePlan.Diff(next, again).IsEmpty);
            plan = next;
        }
    });

    private static ClusterState Start => ClusterState.Empty.With(new NodeState
    {
        Name = "n0",
        Addresses = [NetAddress.Parse("10.240.0.20")],
        PodCidrs = [NetPrefix.Parse("10.200.0.0/24")],
        Zone = "z0",
    });

    private static void Check(Action<IReadOnlyList<Change>> property) =>
        FsCheck.Fluent.Prop.ForAll(Changes.ListOf().Select(l => (IReadOnlyList<Change>)[.. l]).ToArbitrary(), property)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(40));

    private static void Agree(ClusterState cluster, NodePlan plan)
    {
        MapReader maps = new(plan.AllElements());
        Dictionary<uint, Treatment> treatments = [];
        foreach (Treatment treatment in plan.Treatments.Keys)
        {
            treatments[treatment.Code] = treatment;
        }

        foreach (TransportProtocol protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            IEnumerable<FrontendKey> frontends =
            [
                .. Enumerable.Range(1, 4).Select(i => new FrontendKey(NetAddress.Parse($"10.32.0.{i}"), protocol, 80, false)),
                .. Enumerable.Range(1, 4).Select(i => new FrontendKey(NetAddress.Parse($"203.0.113.{i}"), protocol, 80, false)),
                FrontendKey.NodePort(false, protocol, 30001),
                FrontendKey.NodePort(false, protocol, 30002),
            ];
            foreach (FrontendKey frontend in frontends)
            {
                foreach (bool fromPod in (bool[])[true, false])
                {
                    IReadOnlySet<string>? promised = PlainModel.Outcomes(cluster, "n0", frontend, fromPod);
                    IReadOnlySet<string>? planned = maps.Outcomes(frontend, fromPod, (code, _) => treatments[code]);
                    Assert.True(
                        promised is null ? planned is null : planned is not null && promised.SetEquals(planned),
                        $"{frontend} from {(fromPod ? "a pod" : "outside")}: promised {Text(promised)}, planned {Text(planned)}");
                }
            }
        }
    }

    private static SlotMemory Memory(NodePlan plan)
    {
        SlotMemory memory = new();
        foreach (MapElement element in plan.AllElements().Where(e => e.Set.Contains("endpoint", StringComparison.Ordinal)))
        {
            Assert.True(Elements.TryReadEndpoint(element, out FrontendKey key, out uint slot, out EndpointAddress endpoint));
            memory.Add(key, slot, endpoint);
        }

        return memory;
    }

    private static string Text(IReadOnlySet<string>? outcomes) => outcomes is null ? "nothing" : string.Join(' ', outcomes.Order());

    private sealed record Change(string Name, Func<ClusterState, ClusterState> Apply, ObjectKey Service)
    {
        public override string ToString() => Name;
    }
}
