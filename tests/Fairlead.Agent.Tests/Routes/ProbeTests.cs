using Fairlead.Agent.Probing;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>Ways that don't carry what they should are found, with the hop and the number.</summary>
[Trait("Category", "Root")]
public sealed class ProbeTests : IDisposable
{
    private readonly RouteCluster cluster = new(2);
    private readonly TestLog log = new();
    private readonly AgentMetrics metrics = new();
    private readonly NodeProblems problems;

    public ProbeTests() => problems = new(log);

    [Theory]
    [InlineData(RoutingMode.Direct)]
    [InlineData(RoutingMode.Vxlan)]
    public void A_way_that_is_as_wide_as_pods_packets_are_long_is_clear(RoutingMode mode)
    {
        Start(mode);
        using PathProber prober = Probe(TimeSpan.FromMinutes(1));
        Wait(() => prober.Describe().Count(d => d.EndsWith("is clear", StringComparison.Ordinal)) == 2); // of each family
        Assert.Empty(problems.Current);
    }

    [Fact]
    public void A_switch_that_swallows_long_packets_is_found_and_so_is_its_mending()
    {
        Start(RoutingMode.Direct, s => s with { Mtu = 1500 });
        SetSwitch(1400);
        using PathProber prober = Probe(TimeSpan.FromSeconds(1));
        Wait(() => problems.Current.Any(p => p.Reason == "PathNarrow"));
        PlanProblem problem = problems.Current.First(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal));
        Assert.Equal("worker-1", problem.Object.Name);
        Assert.Contains("doesn't carry packets of 1500 bytes, 1400 do: nobody on the way says where they are lost", problem.Message, StringComparison.Ordinal);
        SetSwitch(1500);
        Wait(() => !problems.Current.Any());
    }

    [Fact]
    public void A_router_that_says_no_is_named()
    {
        Start(RoutingMode.Direct, s => s with { Mtu = 1500 });
        ThroughOutside();
        FlowLab.Ip("-n", cluster.Lab.Name("outside"), "route", "add", "10.240.0.21/32", "dev", "eth0", "mtu", "lock", "1300");
        using PathProber prober = Probe(TimeSpan.FromSeconds(1));
        Wait(() => problems.Current.Any(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)));
        Assert.Contains("doesn't carry packets of 1500 bytes, 1300 do: 10.240.0.100 says that it doesn't take them",
            problems.Current.First(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_router_that_long_packets_come_to_is_named_where_nobody_says_no()
    {
        Start(RoutingMode.Direct, s => s with { Mtu = 1500 });
        ThroughOutside();
        cluster.Lab.Run("outside", "nft", "table ip hole {\n chain f {\n type filter hook forward priority 0\n ip length > 1450 drop\n }\n}\n");
        using PathProber prober = Probe(TimeSpan.FromSeconds(1));
        Wait(() => problems.Current.Any(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)));
        Assert.Contains("doesn't carry packets of 1500 bytes, 1450 do: they are lost behind 10.240.0.100",
            problems.Current.First(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_of_this_node_that_is_too_small_for_what_was_told_is_named()
    {
        Start(RoutingMode.Direct, s => s with { Mtu = 1500 });
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "link", "set", "eth0", "mtu", "1400");
        using PathProber prober = Probe(TimeSpan.FromSeconds(1));
        Wait(() => problems.Current.Any(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)));
        Assert.Contains("1400 do: this node's own link doesn't take them", problems.Current.First(p => p.Message.Contains("10.200.1.0/24", StringComparison.Ordinal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checksums_that_the_wire_spoils_are_found_and_made_in_software()
    {
        Start(RoutingMode.Vxlan);
        using CarelessWire wire = new(cluster.Lab);
        string overlay = cluster.Lab.Run("worker-0", "ip", "-br", "link", "show", "fairlead.1");
        Assert.Contains("fairlead.1", overlay, StringComparison.Ordinal);
        Assert.Equal("on", Offload());
        using PathProber prober = Probe(TimeSpan.FromSeconds(1), checksums: true);
        Wait(() => problems.Current.Any(p => p.Reason == "ChecksumOffloadBroken"));
        Assert.Equal("off", Offload());
    }

    [Fact]
    public void Right_checksums_are_left_to_the_hardware()
    {
        Start(RoutingMode.Vxlan);
        using PathProber prober = Probe(TimeSpan.FromMinutes(1), checksums: true);
        Wait(() => prober.Describe().Count(d => d.EndsWith("is clear", StringComparison.Ordinal)) == 2);
        Assert.Equal("on", Offload());
        Assert.Empty(problems.Current);
    }

    private string Offload() => cluster.Lab.Run("worker-0", "ethtool", "-k", "fairlead.1").Split('\n')
        .First(l => l.Contains("tx-checksum-ip-generic", StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0];

    private void Start(RoutingMode mode, Func<NodeSettings, NodeSettings>? change = null)
    {
        cluster.Start("worker-0", mode, change);
        cluster.Start("worker-1", mode, change);
        cluster.Settle();
        cluster["worker-0"].Wait(() => cluster["worker-0"].Plan.Routes.Count == 2);
        cluster.Settle();
    }

    private PathProber Probe(TimeSpan interval, bool checksums = false)
    {
        TestAgent agent = cluster["worker-0"];
        PathProber prober = cluster.Lab["worker-0"].Run(() => PathProber.Start(
            "worker-0", interval, checksums ? new ChecksumCheck("worker-0", agent.FindOverlay, problems, log) : null, problems, metrics, log));
        prober.Follow(agent.Plan);
        return prober;
    }

    private void SetSwitch(int mtu) => FlowLab.Ip("-n", cluster.Lab.Name("switch"), "link", "set", "p21", "mtu", $"{mtu}");

    /// <summary>From worker-0 to worker-1 by a router, and straight back.</summary>
    private void ThroughOutside()
    {
        cluster.Lab.Run("outside", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.eth0.send_redirects=0", "net.ipv4.icmp_ratelimit=0");
        FlowLab.Ip("-n", cluster.Lab.Name("worker-0"), "route", "add", "10.240.0.21/32", "via", "10.240.0.100");
    }

    private void Wait(Func<bool> condition)
    {
        long until = Environment.TickCount64 + 60_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, $"waited a minute in vain: {log}");
            Thread.Sleep(20);
        }
    }

    public void Dispose()
    {
        cluster.Dispose();
        metrics.Dispose();
    }
}
