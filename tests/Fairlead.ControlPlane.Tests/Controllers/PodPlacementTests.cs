using Fairlead.ControlPlane.Controllers.Scheduling;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class PodPlacementTests
{
    private static readonly Taint Dedicated = new() { Key = "dedicated", Value = "db", Effect = "NoSchedule" };

    [Fact]
    public void Replicas_are_spread_over_the_nodes()
    {
        List<(string Node, Pod Pod)> placed = [];
        for (int i = 0; i < 6; i++)
        {
            Pod pod = Make.Pod($"web-{i}", owner: "web");
            placed.Add((Place(pod, placed, Make.Node("a"), Make.Node("b"), Make.Node("c")).Node!, pod));
        }

        Assert.Equal(["a", "b", "c", "a", "b", "c"], placed.Select(place => place.Node));
    }

    [Fact]
    public void Without_nodes_it_says_so() => Assert.Equal("no nodes available to schedule pods", Place(Make.Pod("p"), []).Message);

    [Fact]
    public void Why_no_node_suits_is_counted_per_reason()
    {
        Pod pod = Make.Pod("p") is var p ? p with { Spec = p.Spec with { Containers = [new Container { Name = "c", Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["cpu"] = new("8") } } }] } } : null!;

        Placement placement = Place(pod, [], Make.Node("a"), Make.Node("b"), Make.Node("c", "", "True", Dedicated));

        Assert.Equal("0/3 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.", placement.Message);
    }

    [Theory] //  toleration key, operator, value, effect     placed
    [InlineData("dedicated", "Equal", "db", "NoSchedule", true)]
    [InlineData("dedicated", "Equal", "web", "NoSchedule", false)]
    [InlineData("dedicated", "Exists", null, null, true)]
    [InlineData(null, "Exists", null, null, true)]
    [InlineData("dedicated", null, "db", "", true)]
    [InlineData("dedicated", "Exists", null, "NoExecute", false)]
    public void A_tainted_node_takes_pods_that_tolerate_it(string? key, string? @operator, string? value, string? effect, bool placed)
    {
        Pod pod = Make.Pod("p") is var p ? p with { Spec = p.Spec with { Tolerations = [new Toleration { Key = key, Operator = @operator, Value = value, Effect = effect }] } } : null!;

        Assert.Equal(placed, Place(pod, [], Make.Node("a", "", "True", Dedicated)).Node is not null);
    }

    [Fact]
    public void A_node_selector_and_required_affinity_choose_the_node()
    {
        Node[] nodes = [Make.Node("a", "disk=hdd"), Make.Node("b", "disk=ssd"), Make.Node("c", "disk=ssd,gpu=yes")];
        Pod selecting = Make.Pod("p") is var p ? p with { Spec = p.Spec with { NodeSelector = Make.Labels("gpu=yes") } } : null!;
        Pod demanding = p with
        {
            Spec = p.Spec with
            {
                Affinity = new Affinity
                {
                    NodeAffinity = new NodeAffinity
                    {
                        RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector
                        {
                            NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = "disk", Operator = "In", Values = ["ssd"] }, new NodeSelectorRequirement { Key = "gpu", Operator = "DoesNotExist" }] }],
                        },
                    },
                },
            },
        };
        Pod named = p with
        {
            Spec = p.Spec with
            {
                Affinity = new Affinity
                {
                    NodeAffinity = new NodeAffinity
                    {
                        RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchFields = [new NodeSelectorRequirement { Key = "metadata.name", Operator = "In", Values = ["a"] }] }] },
                    },
                },
            },
        };

        Assert.Equal("c", Place(selecting, [], nodes).Node);
        Assert.Equal("b", Place(demanding, [], nodes).Node);
        Assert.Equal("a", Place(named, [], nodes).Node);
    }

    [Fact]
    public void Anti_affinity_keeps_pods_apart_and_affinity_brings_them_together()
    {
        PodAffinityTerm web = new() { LabelSelector = LabelSelector.Of(Make.Labels("app=web")), TopologyKey = "kubernetes.io/hostname" };
        Pod apart = Make.Pod("p") is var p ? p with { Spec = p.Spec with { Affinity = new Affinity { PodAntiAffinity = new PodAntiAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [web] } } } } : null!;
        Pod near = Make.Pod("q", "app=cache") is var q ? q with { Spec = q.Spec with { Affinity = new Affinity { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [web] } } } } : null!;
        List<(string, Pod)> placed = [("a", Make.Pod("web-1")), ("a", Make.Pod("web-2"))];
        Node[] nodes = [Make.Node("a"), Make.Node("b")];

        Assert.Equal("b", Place(apart, placed, nodes).Node);
        Assert.Equal("a", Place(near, placed, nodes).Node);
        Assert.Contains("2 node(s) didn't match pod affinity rules", Place(near, [], nodes).Message, StringComparison.Ordinal);

        // It is symmetric: a pod that wants to be alone is left alone.
        Assert.Contains("1 node(s) didn't satisfy existing pods anti-affinity rules", Place(Make.Pod("web-3"), [("a", apart)], Make.Node("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_spread_constraint_that_must_hold_leaves_a_pod_waiting()
    {
        TopologySpreadConstraint constraint = new() { MaxSkew = 1, TopologyKey = "zone", WhenUnsatisfiable = "DoNotSchedule", LabelSelector = LabelSelector.Of(Make.Labels("app=web")) };
        Pod pod = Make.Pod("p") is var p ? p with { Spec = p.Spec with { TopologySpreadConstraints = [constraint] } } : null!;
        List<(string, Pod)> placed = [("a", Make.Pod("web-1"))];

        Assert.Equal("b", Place(pod, placed, Make.Node("a", "zone=x"), Make.Node("b", "zone=y")).Node);
        Assert.Contains(
            "1 node(s) didn't match pod topology spread constraints",
            Place(pod, placed, Make.Node("a", "zone=x"), Make.Node("b", "zone=y", "True", Dedicated)).Message,
            StringComparison.Ordinal);
    }

    private static Placement Place(Pod pod, List<(string Node, Pod Pod)> placed, params Node[] nodes) => PodPlacement.Place(pod, new Cluster(
        [.. nodes.Select(node => NodeState.Of(node, [.. placed.Where(place => place.Node == node.Metadata.Name).Select(place => place.Pod)]))],
        _ => new Dictionary<string, string>()));
}
