using System.Diagnostics;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>Nodes come, change and go; somebody else touches what is ours.</summary>
[Trait("Category", "Root")]
public sealed class NodeLifeTests : IDisposable
{
    private const string Remote = "0a:00:00:00:00:01";
    private readonly RouteCluster cluster = new(1);

    public NodeLifeTests() => cluster.Apply(TestCluster.Node("1") with
    {
        Mode = RoutingMode.Vxlan,
        Vtep = new(MacAddress.Parse(Remote), NetAddress.Parse("10.240.0.21")),
        Vtep6 = new(MacAddress.Parse("0a:00:00:00:06:01"), NetAddress.Parse("fd00:240::21")),
    });

    [Fact]
    public void A_node_that_joins_changes_its_address_its_pods_and_leaves_is_followed()
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Settle();
        Assert.Equal(["10.200.1.0/24"], Routes());
        Assert.Equal([$"{Remote} dst 10.240.0.21"], Forwarding());
        Assert.Equal([$"10.200.1.0 lladdr {Remote}"], Neighbours());

        NodeState node = cluster.Node("worker-1");
        cluster.Apply(node with { Vtep = new(MacAddress.Parse(Remote), NetAddress.Parse("10.240.0.31")) });
        agent.Settle();
        Assert.Equal([$"{Remote} dst 10.240.0.31"], Forwarding());

        cluster.Apply(node with { PodCidrs = [NetPrefix.Parse("10.200.9.0/24")] });
        agent.Settle();
        Assert.Equal(["10.200.9.0/24"], Routes());
        Assert.Equal([$"10.200.9.0 lladdr {Remote}"], Neighbours());
        Assert.Equal([$"{Remote} dst 10.240.0.21"], Forwarding());

        cluster.Apply(node with { Vtep = new(MacAddress.Parse("0a:00:00:00:00:77"), NetAddress.Parse("10.240.0.21")) });
        agent.Settle();
        Assert.Equal(["0a:00:00:00:00:77 dst 10.240.0.21"], Forwarding());
        Assert.Equal(["10.200.1.0 lladdr 0a:00:00:00:00:77"], Neighbours());

        cluster.Remove("worker-1");
        agent.Settle();
        Assert.Empty(Held());
    }

    [Fact]
    public void What_went_while_the_agent_was_away_goes_when_it_returns()
    {
        cluster.Apply(TestCluster.Node("2") with { Mode = RoutingMode.Vxlan, Vtep = new(MacAddress.Parse("0a:00:00:00:00:02"), NetAddress.Parse("10.240.0.22")) });
        cluster.Start("worker-0", RoutingMode.Vxlan).Settle();
        Assert.Equal(2, Routes().Length);
        cluster.Stop("worker-0");
        cluster.Remove("worker-2");
        cluster.Start("worker-0", RoutingMode.Vxlan).Settle();
        Assert.Equal(["10.200.1.0/24", $"{Remote} dst 10.240.0.21", $"10.200.1.0 lladdr {Remote}"], Held());
    }

    [Fact]
    public void This_nodes_own_address_and_pods_may_change_too()
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Settle();
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "address", "add", "10.240.0.30/24", "dev", "eth0");
        cluster.Apply(cluster.Node("worker-0") with { Addresses = [NetAddress.Parse("10.240.0.30")], PodCidrs = [NetPrefix.Parse("10.200.5.0/24")] });
        agent.Wait(() => Link().Contains("local 10.240.0.30", StringComparison.Ordinal));
        agent.Wait(() => cluster.Node("worker-0").Vtep?.Address == NetAddress.Parse("10.240.0.30"));
        Assert.Contains("10.200.5.0/32", cluster.Lab.Run("worker-0", "ip", "address", "show", "fairlead.1"), StringComparison.Ordinal);
        Assert.Equal(["10.200.1.0/24", $"{Remote} dst 10.240.0.21", $"10.200.1.0 lladdr {Remote}"], Held());
    }

    [Theory]
    [InlineData("10.200.1.0/24", "10.240.0.33", "0a:00:00:00:00:03", "PodCIDROverlap")]
    [InlineData("10.200.0.0/16", "10.240.0.33", "0a:00:00:00:00:03", "PodCIDROverlap")]
    [InlineData("", "10.240.0.33", "0a:00:00:00:00:03", "PodCIDRMissing")]
    [InlineData("10.200.3.0/24", "10.240.0.21", Remote, "VtepTaken")]
    [InlineData("10.200.3.0/24", "10.240.0.33", Remote, "VtepTaken")]
    public void A_node_that_cant_be_is_refused_and_named(string pods, string address, string mac, string reason)
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        cluster.Apply(new()
        {
            Name = "worker-3",
            Addresses = [NetAddress.Parse(address)],
            PodCidrs = pods.Length == 0 ? [] : [NetPrefix.Parse(pods)],
            Mode = RoutingMode.Vxlan,
            Vtep = new(MacAddress.Parse(mac), NetAddress.Parse(address)),
        });
        agent.Settle();
        Assert.Contains(agent.Plan.Problems, p => p.Reason == reason && p.Object.Name == "worker-3");
        Assert.Equal(["10.200.1.0/24"], Routes());
    }

    [Theory]
    [InlineData("ip route del 10.200.1.0/24")]
    [InlineData("ip route replace 10.200.1.0/24 via 10.240.0.100 proto 72")]
    [InlineData("ip -6 route del fd00:200:0:1::/64")]
    [InlineData("ip neigh del 10.200.1.0 dev fairlead.1")]
    [InlineData("ip neigh replace 10.200.1.0 lladdr 0a:00:00:00:00:99 dev fairlead.1 nud permanent")]
    [InlineData("bridge fdb del 0a:00:00:00:00:01 dst 10.240.0.21 dev fairlead.1 self")]
    [InlineData("bridge fdb replace 0a:00:00:00:00:01 dst 10.240.0.99 dev fairlead.1 self permanent")]
    [InlineData("bridge fdb append 00:00:00:00:00:00 dst 10.240.0.99 dev fairlead.1 self permanent")]
    [InlineData("ip address del 10.200.0.0/32 dev fairlead.1")]
    [InlineData("ip address add 10.66.0.1/24 dev fairlead.1")]
    [InlineData("ip link set fairlead.1 down")]
    [InlineData("ip link set fairlead.1 mtu 1200")]
    [InlineData("ip link set fairlead.1 address 0a:00:00:00:00:42")]
    [InlineData("ip link del fairlead.1")]
    [InlineData("ip link del fairlead-v6.1")]
    public void What_others_break_is_mended_and_reported(string command)
    {
        TestAgent agent = cluster.Start("worker-0", RoutingMode.Vxlan);
        agent.Settle();
        string before = State();
        string[] words = command.Split(' ', 2);
        long started = Stopwatch.GetTimestamp();
        cluster.Lab.Run("worker-0", words[0], words[1].Split(' '));
        agent.Wait(() => State() == before && agent.Log.Lines.Any(l => l.Contains("Repaired", StringComparison.Ordinal)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
    }

    private string State() => string.Join('\n',
    [
        .. Held(),
        cluster.Lab.Run("worker-0", "ip", "-6", "route", "show", "proto", "72"),
        .. cluster.Lab.Run("worker-0", "ip", "-br", "link", "show", "type", "vxlan").Split('\n').Order(StringComparer.Ordinal),
        .. cluster.Lab.Run("worker-0", "ip", "-br", "address", "show", "type", "vxlan").Split('\n').Order(StringComparer.Ordinal),
        Link().Contains("mtu 1430", StringComparison.Ordinal) ? "" : "another MTU",
        cluster.Lab.Run("worker-0", "ip", "route", "show", "10.200.1.0/24"),
    ]);

    private string Link() => cluster.Lab.Run("worker-0", "ip", "-d", "link", "show", "type", "vxlan");

    private string[] Held() => [.. Routes(), .. Forwarding(), .. Neighbours()];

    private string[] Routes() => Lines(cluster.Lab.Run("worker-0", "ip", "-4", "route", "show", "proto", "72"), 1);

    private string[] Forwarding() => Lines(cluster.Lab.Run("worker-0", "bridge", "fdb", "show"), 5, "fairlead.1");

    private string[] Neighbours() => Lines(cluster.Lab.Run("worker-0", "ip", "-4", "neigh", "show", "nud", "permanent"), 5, "fairlead.1");

    /// <summary>The first words of each line, those of one device without its name.</summary>
    private static string[] Lines(string text, int words, string? device = null) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => device is null || l.Contains($"dev {device} ", StringComparison.Ordinal))
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..words]).Replace($"dev {device} ", "", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public void Dispose() => cluster.Dispose();
}
