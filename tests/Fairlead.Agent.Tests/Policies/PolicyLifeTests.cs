using System.Collections.Immutable;
using System.Net.Sockets;
using Fairlead.Agent.Policies;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>Policies over time: pods that aren't known yet, agents that restart, connections that are there already, and what is said of denials.</summary>
[Trait("Category", "Root")]
public sealed class PolicyLifeTests : IDisposable
{
    private readonly PolicyBench bench = new();

    [Fact]
    public void A_pod_that_nobody_knows_is_closed_until_it_is_known_and_open_after()
    {
        bench.Apply(new("deny in y", [PolicyCases.Policy("y", "deny", new(), ingress: true, null, [])], []));
        ObjectKey key = new("x", "c");
        foreach (Watching.ClusterFeed feed in bench.Lab.Feeds)
        {
            feed.Apply(key, (PodState?)null);
        }

        bench.Lab.Settle();
        Probe from = new("x/c", "x/a", "TCP", 80, false), to = new("x/a", "x/c", "TCP", 80, false), other = new("x/a", "x/b", "TCP", 80, false);
        Assert.Equal([other], bench.Prober.Reach([from, to, other], new HashSet<Probe> { other }));

        // What CNI says of it comes before its object does, and isn't enough alone; the object without an address completes it.
        bench.Lab.Feeds[0].Claim(key, "sandbox-1", [NetAddress.Parse("10.200.0.12")]);
        bench.Lab.Settle();
        Assert.Equal([other], bench.Prober.Reach([from, to, other], new HashSet<Probe> { other }));
        bench.Lab.Feeds[0].Apply(key, new PodState { Key = key, Labels = ImmutableDictionary<string, string>.Empty.Add("pod", "c"), NodeName = "node-0" });
        bench.Lab.Settle();
        Assert.Equal([from, to, other], bench.Prober.Reach([from, to, other], new HashSet<Probe> { from, to, other }).Order(Comparer<Probe>.Create((a, b) => string.CompareOrdinal(b.From + b.To, a.From + a.To))));
    }

    [Fact]
    public void Rules_stay_when_the_agent_ends_and_the_next_one_changes_nothing()
    {
        bench.Apply(new("met", [.. PolicyCases.Combined(PolicyLab.Plan).First(c => c.Name.Contains("block-without named", StringComparison.Ordinal)).Policies, PolicyCases.Policy("y", "deny", new(), ingress: true, null, [])], []));
        string before = Listing();
        bench.Lab.Agents[0].Dispose();
        Assert.Empty(bench.Differences());
        using TestAgent next = new TestAgent(bench.Lab["node-0"], PolicyLab.Settings(0), bench.Lab.Feeds[0]).Start();
        bench.Lab.Feeds[0].ApplyNamespace("other", ImmutableDictionary<string, string>.Empty);
        next.Settle();
        Assert.Contains(next.Log.Lines, l => l.Contains("0 elements and 0 routes changed", StringComparison.Ordinal));
        Assert.Equal(before, Listing());
        Assert.Empty(bench.Differences());
    }

    [Fact]
    public void What_others_changed_is_repaired()
    {
        bench.Apply(new("deny", [PolicyCases.Policy("x", "deny", new(), ingress: true, [new() { PodSelector = PolicyCases.Labels("pod", "b") }], [new() { Port = 80 }, new() { Port = 81, EndPort = 90 }])], []));
        string before = Listing();
        TestAgent agent = bench.Lab.Agents[0];
        string chain = agent.Plan.Policies.Chains.Keys.First(c => c.StartsWith("in-", StringComparison.Ordinal));
        foreach (string command in (string[])[$"flush chain inet fairlead {chain}", "flush map inet fairlead policy-ingress-of4", $"flush set inet fairlead {chain}-0-ports"])
        {
            FlowLab.Ip(["netns", "exec", bench.Lab.Name("node-0"), "nft", .. command.Split(' ')]);
            agent.Wait(() => Listing() == before);
            Assert.Empty(bench.Differences());
        }
    }

    [Fact]
    public void A_node_whose_bridges_pass_by_the_rules_says_so()
    {
        bench.Apply(new("deny", [PolicyCases.Policy("x", "deny", new(), ingress: true, null, [])], []));
        FlowLab.Ip("netns", "exec", bench.Lab.Name("node-0"), "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0");
        FlowLab.Ip("netns", "exec", bench.Lab.Name("node-0"), "nft", "flush", "map", "inet", "fairlead", "policy-egress-of4"); // has the kernel compared before its time
        bench.Lab.Agents[0].Wait(() => bench.Lab.Agents[0].Log.Lines.Any(l => l.Contains("[BridgeFilteringOff]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true, CutConnections.Denied, true)]
    [InlineData(false, CutConnections.Denied, false)]
    [InlineData(false, CutConnections.All, true)]
    public void An_established_connection_that_is_forbidden_now_is_cut_as_told(bool byDenyRule, CutConnections which, bool isCut)
    {
        using AgentMetrics metrics = new();
        using ConnectionCutter cutter = bench.Lab["node-0"].Run(() => new ConnectionCutter(which, metrics, bench.Lab.Agents[0].Log));
        using CancellationTokenSource stop = new();
        Thread thread = new(() => cutter.Run(stop.Token));
        thread.Start();
        try
        {
            bench.Lab.Settle(); // without rules of ours the kernel tracks no connection
            bench.Lab.Agents[0].CommittedTo += cutter.Notice;
            using Socket listener = bench.Lab["x/b"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.200.0.11"), 8080));
            listener.Listen();
            using Socket client = bench.Lab["x/a"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            client.Connect(System.Net.IPAddress.Parse("10.200.0.11"), 8080);
            using Socket server = listener.Accept();
            Exchange(client, server);

            bench.Apply(byDenyRule
                ? PolicyCases.Met().First(c => c.Name == "baseline denies ingress") with { Name = "deny" }
                : new("isolate", [PolicyCases.Policy("x", "deny", new(), ingress: true, null, [])], []));
            if (isCut)
            {
                bench.Lab.Agents[0].Wait(() => bench.Lab.Agents[0].Log.Lines.Any(l => l.Contains("Cut 1 connections", StringComparison.Ordinal)));
                server.ReceiveTimeout = 500;
                client.Send([1]);
                Assert.Throws<SocketException>(() => server.Receive(new byte[1]));
            }
            else
            {
                Exchange(client, server);
            }
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }
    }

    [Fact]
    public void A_denial_is_told_with_names_and_the_one_condition_that_failed_and_a_flood_is_counted()
    {
        using AgentMetrics metrics = new();
        SetTime time = new();
        using DenialLog log = new(() => bench.Lab.Feeds[0].State, metrics, bench.Lab.Agents[0].Log, time);
        List<DenialReceipt> receipts = [];
        log.Received += receipt =>
        {
            lock (receipts)
            {
                receipts.Add(receipt);
            }
        };
        Assert.True(bench.Lab["node-0"].Run(log.TryOpen));
        using CancellationTokenSource stop = new();
        Thread thread = new(() => log.Run(stop.Token));
        thread.Start();
        try
        {
            bench.Apply(new("one condition", [PolicyCases.Policy("x", "allow", PolicyCases.Labels("pod", "a"), ingress: true, [new() { PodSelector = PolicyCases.Labels("pod", "c") }], [new() { Port = 80 }])], []));
            Probe denied = new("x/b", "x/a", "UDP", 80, false), wrongLabel = new("x/b", "x/a", "TCP", 80, false);
            bench.Prober.Reach([wrongLabel], new HashSet<Probe>());
            Receipt("TCP 80: isolated by x/allow, nothing allows it; x/allow rule 1 would allow it: label pod of source x/b is b, not c");
            for (int i = 0; i < 5; i++)
            {
                bench.Prober.Reach([denied], new HashSet<Probe>(), seconds: 0);
            }

            Receipt("UDP 80: isolated by x/allow, nothing allows it; x/allow rule 1 comes closest: label pod of source x/b is b, not c; UDP port 80 is not TCP 80");
            bench.Lab.Agents[0].Wait(() => log.Waiting == 4);
            time.Now += TimeSpan.FromSeconds(11);
            bench.Lab.Agents[0].Wait(() => Count(r => r.MoreConnections == 4 && r.MorePackets == 4) == 1);
        }
        finally
        {
            stop.Cancel();
            thread.Join();
        }

        int Count(Func<DenialReceipt, bool> which)
        {
            lock (receipts)
            {
                return receipts.Count(which);
            }
        }

        void Receipt(string end)
        {
            bench.Lab.Agents[0].Wait(() => Count(_ => true) > 0);
            bench.Lab.Agents[0].Wait(() => Count(r => r.What == $"DENIED ingress x/b (node-0) → x/a (node-0) {end}") > 0);
        }
    }

    private string Listing() => FlowLabText(bench.Lab.Name("node-0"));

    private static string FlowLabText(string ns)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ip", ["netns", "exec", ns, "nft", "list", "table", "inet", "fairlead"]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return string.Join('\n', text.Split('\n').Order(StringComparer.Ordinal));
    }

    private static void Exchange(Socket client, Socket server)
    {
        server.ReceiveTimeout = 20_000;
        client.Send([1]);
        Assert.Equal(1, server.Receive(new byte[1]));
    }

    public void Dispose() => bench.Dispose();

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
