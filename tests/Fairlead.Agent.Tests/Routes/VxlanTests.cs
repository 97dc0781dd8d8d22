using System.Text.Json.Nodes;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>Mode vxlan with real packets; what the kernel holds is read by <c>ip</c> and <c>bridge</c>.</summary>
[Trait("Category", "Root")]
public sealed class VxlanTests : IDisposable
{
    private readonly RouteCluster cluster = new(3);

    public VxlanTests()
    {
        foreach ((string pod, string address, string address6) in (IEnumerable<(string, string, string)>)
            [("a", "10.200.0.5", "fd00:200::5"), ("c", "10.200.1.7", "fd00:200:0:1::7"), ("e", "10.200.2.9", "fd00:200:0:2::9")])
        {
            cluster.Lab.Serve(pod, address, 8080);
            cluster.Lab.Serve(pod, address6, 8080);
        }
    }

    [Fact]
    public void Pods_of_different_nodes_reach_each_other_through_tunnels()
    {
        foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
        {
            cluster.Start(node, RoutingMode.Vxlan);
        }

        cluster.Settle();
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
        Assert.Equal("c fd00:200::5", cluster.Lab.Reach("a", "[fd00:200:0:1::7]:8080"));
        Assert.Equal("a 10.200.2.9", cluster.Lab.Reach("e", "10.200.0.5:8080", "udp"));
        Assert.Equal("c 10.200.0.0", cluster.Lab.Reach("worker-0", "10.200.1.7:8080"));
        Assert.Equal("c fd00:200::", cluster.Lab.Reach("worker-0", "[fd00:200:0:1::7]:8080"));

        JsonNode link = Json("worker-0", "ip", "-j", "-d", "link", "show", "fairlead.1")[0]!;
        JsonNode vxlan = link["linkinfo"]!["info_data"]!;
        Assert.Equal((1, 8472, "10.240.0.20", false), ((int)vxlan["id"]!, (int)vxlan["port"]!, (string)vxlan["local"]!, (bool)vxlan["learning"]!));
        Assert.Equal((1430, "fairlead"), ((int)link["mtu"]!, (string)link["ifalias"]!));
        Assert.Equal("fd00:240::20", (string)Json("worker-0", "ip", "-j", "-d", "link", "show", "fairlead-v6.1")[0]!["linkinfo"]!["info_data"]!["local6"]!);

        NodeState other = cluster.Node("worker-1");
        Assert.Contains($"{other.Vtep!.Value.Mac} dst 10.240.0.21 self permanent", cluster.Lab.Run("worker-0", "bridge", "fdb", "show", "dev", "fairlead.1"), StringComparison.Ordinal);
        Assert.Contains($"10.200.1.0 lladdr {other.Vtep.Value.Mac} PERMANENT", cluster.Lab.Run("worker-0", "ip", "neigh", "show", "dev", "fairlead.1"), StringComparison.Ordinal);
        Assert.Contains("10.200.1.0/24 via 10.200.1.0 dev fairlead.1 proto 72 onlink", cluster.Lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
        Assert.Contains($"{other.Vtep6!.Value.Mac} dst fd00:240::21 self permanent", cluster.Lab.Run("worker-0", "bridge", "fdb", "show", "dev", "fairlead-v6.1"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_has_published_nothing_has_no_route_yet_and_that_is_reported()
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Settle();
        Assert.DoesNotContain("10.200.1.0/24", cluster.Lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
        Assert.Contains(agent.Plan.Problems, p => p is { Reason: "VtepMissing", Object.Name: "worker-1" });

        cluster.Start("worker-1", RoutingMode.Vxlan);
        agent.Wait(() => cluster.Lab.Reach("a", "10.200.1.7:8080", milliseconds: 300) == "c 10.200.0.5");
        Assert.DoesNotContain(agent.Plan.Problems, p => p.Object.Name == "worker-1");
    }

    [Fact]
    public void The_tunnels_end_stays_the_same_over_restarts_and_reboots()
    {
        cluster.Start("worker-1", RoutingMode.Vxlan);
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        cluster.Settle();
        string before = cluster.Lab.Run("worker-0", "ip", "-br", "link", "show", "fairlead.1");
        agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Settle();
        Assert.Equal(before, cluster.Lab.Run("worker-0", "ip", "-br", "link", "show", "fairlead.1"));
        Assert.Contains(agent.Log.Lines, l => l.Contains(": 0 elements and 0 routes changed", StringComparison.Ordinal));

        cluster.Stop("worker-0");
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "link", "del", "fairlead.1");
        cluster.Start("worker-0", RoutingMode.Vxlan).Settle();
        Assert.Equal(before, cluster.Lab.Run("worker-0", "ip", "-br", "link", "show", "fairlead.1"));
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
    }

    [Fact]
    public void A_cluster_moves_from_flannel_one_node_at_a_time()
    {
        // Three nodes of flannel's, as ip makes them.
        NodeState[] flannel = [.. Enumerable.Range(0, 3).Select(i => cluster.Flannel(i, $"0a:00:00:00:00:0{i}"))];
        for (int i = 0; i < 3; i++)
        {
            cluster.Apply(flannel[i]);
            foreach (NodeState other in flannel.Where(n => n.Name != $"worker-{i}"))
            {
                cluster.FlannelWay(i, other);
            }
        }

        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
        using Loss loss = new(cluster.Lab, "a", "10.200.1.7");
        foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
        {
            TestAgent agent = cluster.Start(node, RoutingMode.Vxlan, s => s with { ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16")] });
            cluster.Settle();
            Assert.Contains(agent.Log.Lines, l => l.Contains("Took over VXLAN link flannel.1", StringComparison.Ordinal));
            Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
            Assert.Equal("a 10.200.2.9", cluster.Lab.Reach("e", "10.200.0.5:8080"));
            Assert.Equal("e 10.200.1.7", cluster.Lab.Reach("c", "10.200.2.9:8080"));
        }

        Assert.InRange(loss.Longest, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(MacAddress.Parse("0a:00:00:00:00:01"), cluster.Node("worker-1").Vtep!.Value.Mac);
    }

    [Fact]
    public void A_node_of_ours_joins_nodes_of_flannels()
    {
        NodeState flannel = cluster.Flannel(1, "0a:00:00:00:00:01");
        cluster.Apply(flannel);
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Wait(() => cluster.Node("worker-0").Vtep is not null);
        cluster.FlannelWay(1, cluster.Node("worker-0"));
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
        Assert.Equal("a 10.200.1.7", cluster.Lab.Reach("c", "10.200.0.5:8080"));
    }

    [Fact]
    public void Pods_of_both_families_go_through_the_tunnels_of_nodes_that_have_IPv6_only()
    {
        foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
        {
            cluster.Apply(cluster.Node(node) with { Addresses = [.. cluster.Node(node).Addresses.Where(a => a.IsIPv6)] });
            cluster.Start(node, RoutingMode.Vxlan);
        }

        cluster.Settle();
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
        Assert.Equal("c fd00:200::5", cluster.Lab.Reach("a", "[fd00:200:0:1::7]:8080"));
        Assert.Equal("c 10.200.0.0", cluster.Lab.Reach("worker-0", "10.200.1.7:8080"));
        Assert.Equal("c fd00:200::", cluster.Lab.Reach("worker-0", "[fd00:200:0:1::7]:8080"));
        Assert.Equal("10.200.1.0/24 via 10.200.1.0 dev fairlead-v6.1 proto 72 onlink", cluster.Lab.Run("worker-0", "ip", "route", "show", "10.200.1.0/24").Trim());
        Assert.DoesNotContain("fairlead.1", cluster.Lab.Run("worker-0", "ip", "link"), StringComparison.Ordinal);
    }

    [Theory] //  from        cluster IP            the endpoint sees
    [InlineData("worker-0", "10.32.0.41:80",     "c 10.200.0.0", "c 10.240.0.20")]
    [InlineData("worker-0", "[fd00:32::41]:80",  "c fd00:200::", "c fd00:240::20")]
    [InlineData("a",        "10.32.0.41:80",     "c 10.200.0.5", "c 10.200.0.5")]
    [InlineData("a",        "[fd00:32::41]:80",  "c fd00:200::5", "c fd00:200::5")]
    public void A_Service_whose_endpoint_is_behind_a_tunnel_is_reached_from_a_node_and_its_pods(string from, string to, params string[] answers)
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        cluster.Start("worker-1", RoutingMode.Vxlan);
        ServiceState service = TestCluster.Service("web", "10.32.0.41,fd00:32::41");
        agent.Feed.Apply(service.Key, service);
        agent.Feed.Apply(null, TestCluster.Slice("web", "10.200.1.7@worker-1", 8080));
        agent.Feed.Apply(null, TestCluster.Slice("web", "fd00:200:0:1::7@worker-1", 8080));
        cluster.Settle();
        agent.Wait(() => answers.Contains(cluster.Lab.Reach(from, to)));
    }

    private JsonNode Json(string node, params string[] command) => JsonNode.Parse(cluster.Lab.Run(node, command[0], command[1..]))!;

    public void Dispose() => cluster.Dispose();
}
