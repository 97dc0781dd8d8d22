using System.Text.Json.Nodes;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>How long packets may be, on every link of a pod's way.</summary>
[Trait("Category", "Root")]
public sealed class MtuTests : IDisposable
{
    private readonly RouteCluster cluster = new(2);
    private readonly string file = Path.Combine(Path.GetTempPath(), $"fairlead-network-{Environment.ProcessId}-{Guid.NewGuid():N}.json");

    [Theory] //  mode                  told  uplink  pods
    [InlineData(RoutingMode.Direct,   0,    1500,   1500)]
    [InlineData(RoutingMode.Direct,   0,    1400,   1400)]
    [InlineData(RoutingMode.Direct,   0,    9000,   9000)]
    [InlineData(RoutingMode.Direct,   1300, 1500,   1300)]
    [InlineData(RoutingMode.Vxlan,    0,    1500,   1430)] // two families of node addresses: the longer headers count
    [InlineData(RoutingMode.Vxlan,    1280, 1500,   1280)]
    [InlineData(RoutingMode.None,     0,    1460,   1460)]
    public void Running_pods_bridge_and_veths_get_what_the_way_takes(RoutingMode mode, int told, int uplink, int pods)
    {
        SetUplink(uplink);
        Start(mode, told).Settle();
        Assert.Equal((pods, pods, pods), Mtus());
        Assert.Equal($$"""{"mtu":{{pods}}}""", File.ReadAllText(file).Trim());
    }

    [Fact]
    public void A_change_of_the_uplink_is_followed_down_and_up()
    {
        TestAgent agent = Start(RoutingMode.Vxlan, 0);
        agent.Settle();
        Assert.Equal((1430, 1430, 1430), Mtus());
        SetUplink(1400);
        agent.Wait(() => Mtus() == (1330, 1330, 1330) && LinkMtu("worker-0", "fairlead.1") == 1330);
        SetUplink(1500);
        agent.Wait(() => Mtus() == (1430, 1430, 1430) && LinkMtu("worker-0", "fairlead.1") == 1430);
    }

    [Fact]
    public void Routes_have_it_where_the_uplink_takes_longer_packets_and_keep_it()
    {
        TestAgent agent = Start(RoutingMode.Direct, 1300);
        agent.Settle();
        Assert.Equal("10.200.1.0/24 via 10.240.0.21 dev eth0 proto 72 mtu 1300", Route());
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "route", "replace", "10.200.1.0/24", "via", "10.240.0.21", "proto", "72", "mtu", "1200");
        agent.Wait(() => Route() == "10.200.1.0/24 via 10.240.0.21 dev eth0 proto 72 mtu 1300");
        SetUplink(1300);
        agent.Wait(() => Route() == "10.200.1.0/24 via 10.240.0.21 dev eth0 proto 72");

        string Route() => cluster.Lab.Run("worker-0", "ip", "route", "show", "10.200.1.0/24").Trim();
    }

    [Fact]
    public void An_agent_that_returns_follows_what_its_predecessor_set()
    {
        SetUplink(1400);
        Start(RoutingMode.Direct, 0).Settle();
        cluster.Stop("worker-0");
        SetUplink(1500);
        Start(RoutingMode.Direct, 0).Settle();
        Assert.Equal((1500, 1500, 1500), Mtus());
    }

    [Fact]
    public void A_pod_that_was_made_with_shorter_packets_keeps_them()
    {
        FlowLab.Ip("-n", cluster.Lab.Name("a"), "link", "set", "eth0", "mtu", "1200");
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "link", "set", "va", "mtu", "1200");
        Start(RoutingMode.Vxlan, 0).Settle();
        Assert.Equal((1200, 1200), (LinkMtu("a", "eth0"), LinkMtu("worker-0", "va")));
        Assert.Equal(1430, LinkMtu("b", "eth0"));
    }

    [Fact]
    public void A_pod_that_comes_later_is_brought_down_too()
    {
        TestAgent agent = Start(RoutingMode.Vxlan, 0);
        agent.Settle();
        string node = cluster.Lab.Name("worker-0"), pod = cluster.Lab.Name("a");
        FlowLab.Ip("-n", node, "link", "add", "vlate", "type", "veth", "peer", "eth9", "netns", pod);
        FlowLab.Ip("-n", node, "link", "set", "vlate", "master", "cnio0", "up");
        agent.Wait(() => (LinkMtu("worker-0", "vlate"), LinkMtu("a", "eth9")) == (1430, 1430));
    }

    [Fact]
    public void Other_links_mislead_nobody()
    {
        string node = cluster.Lab.Name("worker-0");
        FlowLab.Ip("-n", node, "link", "add", "docker0", "mtu", "1000", "type", "bridge");
        FlowLab.Ip("-n", node, "address", "add", "172.17.0.1/16", "dev", "docker0");
        FlowLab.Ip("-n", node, "link", "set", "docker0", "up");
        Start(RoutingMode.Direct, 0).Settle();
        Assert.Equal((1500, 1500, 1500), Mtus());
        Assert.Equal(1000, LinkMtu("worker-0", "docker0"));
    }

    [Fact]
    public void Where_no_link_has_the_nodes_address_the_default_route_says_which_is_the_uplink()
    {
        SetUplink(1400);
        cluster.Apply(cluster.Node("worker-0") with { Addresses = [NetAddress.Parse("198.51.100.7")] });
        Start(RoutingMode.Direct, 0).Settle();
        Assert.Equal((1400, 1400, 1400), Mtus());
    }

    private TestAgent Start(RoutingMode mode, int told) =>
        cluster.Start("worker-0", mode, s => s with { Mtu = told }, new(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30), file));

    private void SetUplink(int mtu)
    {
        FlowLab.Ip("-n", cluster.Lab.Name("switch"), "link", "set", "p20", "mtu", $"{mtu}");
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "link", "set", "eth0", "mtu", $"{mtu}");
    }

    /// <summary>Of the bridge, of a pod's end of its veth, and of the node's.</summary>
    private (int Bridge, int Pod, int Port) Mtus() => (LinkMtu("worker-0", "cnio0"), LinkMtu("a", "eth0"), LinkMtu("worker-0", "va"));

    private int LinkMtu(string where, string link) => (int)JsonNode.Parse(cluster.Lab.Run(where, "ip", "-j", "link", "show", link))![0]!["mtu"]!;

    public void Dispose()
    {
        cluster.Dispose();
        File.Delete(file);
    }
}
