using Fairlead.Agent.Tests.Flows;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>A cluster's mode is changed node by node, and its traffic goes on.</summary>
[Trait("Category", "Root")]
public sealed class ModeChangeTests : IDisposable
{
    private readonly RouteCluster cluster = new(3);

    public ModeChangeTests()
    {
        foreach ((string pod, string address) in (IEnumerable<(string, string)>)[("a", "10.200.0.5"), ("c", "10.200.1.7"), ("e", "10.200.2.9")])
        {
            cluster.Lab.Serve(pod, address, 8080);
        }
    }

    [Theory]
    [InlineData(RoutingMode.Direct, RoutingMode.Vxlan)]
    [InlineData(RoutingMode.Vxlan, RoutingMode.Direct)]
    [InlineData(RoutingMode.None, RoutingMode.Direct)]
    [InlineData(RoutingMode.Direct, RoutingMode.None)]
    [InlineData(RoutingMode.None, RoutingMode.Vxlan)]
    [InlineData(RoutingMode.Vxlan, RoutingMode.None)]
    public void Node_by_node_without_a_second_of_silence(RoutingMode from, RoutingMode to)
    {
        if (from == RoutingMode.None || to == RoutingMode.None)
        {
            cluster.Lab.RoutePodsOutside();
        }

        foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
        {
            cluster.Start(node, from);
        }

        cluster.Settle();
        using Loss there = new(cluster.Lab, "a", "10.200.1.7"), back = new(cluster.Lab, "e", "10.200.0.5"), still = new(cluster.Lab, "b", "10.200.0.5");
        foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
        {
            cluster.Start(node, to);
            cluster.Settle();
            Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
            Assert.Equal("a 10.200.2.9", cluster.Lab.Reach("e", "10.200.0.5:8080"));
        }

        // The way within one node is the measure of the machine's own pauses.
        TimeSpan most = TimeSpan.FromSeconds(1) + still.Longest;
        Assert.InRange(there.Longest, TimeSpan.Zero, most);
        Assert.InRange(back.Longest, TimeSpan.Zero, most);
        string expected = to switch
        {
            RoutingMode.Vxlan => "10.200.1.0/24 via 10.200.1.0 dev fairlead.1 proto 72 onlink \n",
            RoutingMode.Direct => "10.200.1.0/24 via 10.240.0.21 dev eth0 proto 72 \n",
            _ => "",
        };
        cluster["worker-0"].Wait(() => cluster.Lab.Run("worker-0", "ip", "route", "show", "10.200.1.0/24") == expected);
        Assert.All((string[])["worker-0", "worker-1", "worker-2"], node => Assert.Empty(cluster[node].Plan.Problems));

        // Once nobody sends through a tunnel any more, nothing is left of them.
        if (to != RoutingMode.Vxlan)
        {
            foreach (string node in (string[])["worker-0", "worker-1", "worker-2"])
            {
                cluster[node].Wait(() => !cluster.Lab.Run(node, "ip", "link").Contains("fairlead", StringComparison.Ordinal));
                cluster[node].Wait(() => cluster.Node(node).Vtep is null);
            }
        }
    }

    [Fact]
    public void A_node_that_leaves_the_tunnels_still_listens_while_another_uses_them()
    {
        cluster.Start("worker-0", RoutingMode.Vxlan);
        cluster.Start("worker-1", RoutingMode.Vxlan);
        cluster.Settle();
        TestAgent direct = cluster.Start("worker-0", RoutingMode.Direct);
        direct.Settle();
        Assert.Contains("fairlead.1", cluster.Lab.Run("worker-0", "ip", "link"), StringComparison.Ordinal);
        Assert.Contains("10.200.1.0/24 via 10.240.0.21", cluster.Lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
        Assert.Contains("10.200.0.0/24 via 10.200.0.0 dev fairlead.1", cluster.Lab.Run("worker-1", "ip", "route"), StringComparison.Ordinal);
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
    }

    [Fact]
    public void Neighbours_on_one_segment_need_no_tunnel_where_direct_routing_is_asked_for()
    {
        cluster.Start("worker-0", RoutingMode.Vxlan, s => s with { DirectRouting = true });
        cluster.Start("worker-1", RoutingMode.Vxlan, s => s with { DirectRouting = true });
        cluster.Start("worker-2", RoutingMode.Vxlan);

        // worker-2 says that it is elsewhere: only a tunnel leads there.
        cluster.Apply(cluster.Node("worker-2") with { Addresses = [NetAddress.Parse("10.241.0.22")] });
        FlowLab.Ip("-n", cluster.Lab.Name("worker-2"), "address", "add", "10.241.0.22/24", "dev", "eth0");
        cluster.Settle();
        cluster["worker-0"].Wait(() => cluster.Lab.Run("worker-0", "ip", "route").Contains("10.200.2.0/24 via 10.200.2.0 dev fairlead.1", StringComparison.Ordinal));
        Assert.Contains("10.200.1.0/24 via 10.240.0.21 dev eth0", cluster.Lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
        Assert.Equal("c 10.200.0.5", cluster.Lab.Reach("a", "10.200.1.7:8080"));
    }

    [Fact]
    public void In_mode_none_nothing_is_routed()
    {
        cluster.Start("worker-0", RoutingMode.Direct).Settle();
        Assert.Contains("10.200.1.0/24", cluster.Lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
        cluster.Start("worker-0", RoutingMode.None).Settle();
        Assert.Empty(cluster.Lab.Run("worker-0", "ip", "route", "show", "proto", "72"));
        Assert.Empty(cluster["worker-0"].Plan.Problems);
    }

    public void Dispose() => cluster.Dispose();
}
