using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fairlead.Agent.Watching;
using Fairlead.Network;
using static Fairlead.Agent.Tests.Flows.TestCluster;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>The agent comes, goes, is disturbed, and traffic doesn't notice.</summary>
[Trait("Category", "Root")]
public sealed class AgentLifeTests : IDisposable
{
    private readonly FlowLab lab = new();
    private readonly ClusterFeed feed = WithNodes();

    public AgentLifeTests()
    {
        foreach ((string pod, string address) in (IEnumerable<(string, string)>)[("a", "10.200.0.5"), ("b", "10.200.0.6"), ("c", "10.200.1.7"), ("d", "10.200.1.8")])
        {
            lab.Serve(pod, address, 8080);
        }

        Add(Service("web", "10.32.0.10", "80+30010/tcp"), "10.200.1.7@worker-1 10.200.1.8@worker-1");
        Add(Service("other", "10.32.0.11"), "10.200.0.6@worker-0");

        // Ranges of one address are written differently by the kernel.
        Add(Service("guarded", "10.32.0.13", change: s => s with
        {
            LoadBalancerIPs = [NetAddress.Parse("203.0.113.13")],
            SourceRanges = [NetPrefix.Parse("10.99.0.5/32"), NetPrefix.Parse("10.98.0.0/16")],
        }), "10.200.0.6@worker-0");
        feed.Apply("lone", Node("3") with { Name = "lone", Addresses = [NetAddress.Parse("10.240.0.77"), NetAddress.Parse("fd00:240::77")], PodCidrs = [] });
    }

    [Fact]
    public void An_agent_that_starts_again_drops_no_connection_and_changes_nothing()
    {
        using TestAgent first = Start();
        using Socket connection = lab.Connect("a", "10.32.0.10:80");
        string answer = Say(connection);
        first.Dispose();
        Assert.Equal(answer, Say(connection));
        Assert.Equal("b 10.200.0.5", lab.Reach("a", "10.32.0.11:80")); // the network works without its agent

        string before = Ruleset();
        string routes = lab.Run("worker-0", "ip", "route", "show", "proto", "72");
        uint generation = Generation();
        using TestAgent second = Start();
        Assert.Equal(answer, Say(connection));
        Assert.Equal(before, Ruleset());
        Assert.Equal(routes, lab.Run("worker-0", "ip", "route", "show", "proto", "72"));
        Assert.Equal(generation, Generation());
        Assert.Contains(second.Log.Lines, l => l.Contains(": 0 elements and 0 routes changed", StringComparison.Ordinal));
    }

    [Fact]
    public void An_agent_whose_work_does_not_end_is_known_to_be_stuck()
    {
        using ManualResetEventSlim gate = new(initialState: false);
        using TestAgent agent = new(
            lab["worker-0"], Settings, feed, new(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)) { LongestWork = TimeSpan.FromMilliseconds(50) });
        agent.Committed += gate.Wait;
        agent.Start().Wait(() => agent.IsStuck, seconds: 60);
        gate.Set();
        agent.Wait(() => !agent.IsStuck, seconds: 60);
    }

    [Fact]
    public void What_changed_while_the_agent_was_away_is_changed_when_it_returns_and_connections_live_on()
    {
        using TestAgent first = Start();
        using Socket connection = lab.Connect("a", "10.32.0.10:80");
        string answer = Say(connection);
        first.Dispose();

        feed.Apply(new("default", "other"), (ServiceState?)null);
        Add(Service("new", "10.32.0.12"), "10.200.0.6@worker-0");
        feed.Apply("worker-2", Node("2") with { Addresses = [NetAddress.Parse("10.240.0.21")] });
        using TestAgent second = Start();
        Assert.Equal(answer, Say(connection));
        Assert.Equal("rejected", lab.Reach("a", "10.32.0.11:80"));
        Assert.Equal("b 10.200.0.5", lab.Reach("a", "10.32.0.12:80"));
        Assert.Contains("10.200.2.0/24 via 10.240.0.21", lab.Run("worker-0", "ip", "route"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_was_left_half_made_becomes_whole()
    {
        // What a killed agent can leave is an older plan, never half a batch; here even more is wrong.
        lab.Run("worker-0", "nft", "add table inet fairlead; add chain inet fairlead services; add set inet fairlead pods4 { type ipv4_addr; }");
        lab.Run("worker-0", "ip", "route", "add", "10.200.77.0/24", "via", "10.240.0.21", "proto", "72");
        lab.Run("worker-0", "ip", "route", "add", "10.200.1.0/24", "via", "10.240.0.100", "proto", "72");
        using TestAgent agent = Start();
        Assert.StartsWith("c 10.200.0.5", ReachUntil("c"), StringComparison.Ordinal);
        string routes = lab.Run("worker-0", "ip", "route");
        Assert.DoesNotContain("10.200.77.0/24", routes, StringComparison.Ordinal);
        Assert.Contains("10.200.1.0/24 via 10.240.0.21", routes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nft flush map inet fairlead endpoint4")]
    [InlineData("nft delete table inet fairlead")]
    [InlineData("nft flush chain inet fairlead services")]
    [InlineData("nft flush chain inet fairlead lb-2")]
    [InlineData("nft add element inet fairlead hairpin4 { 1.2.3.4 . 1.2.3.4 }")]
    [InlineData("nft add rule inet fairlead nat-postrouting counter")]
    [InlineData("nft add chain inet fairlead mine")]
    [InlineData("ip route del 10.200.1.0/24")]
    [InlineData("ip route replace 10.200.1.0/24 via 10.240.0.100 proto 72")]
    [InlineData("ip link set eth0 down")]
    public void What_others_break_is_mended_and_reported(string command)
    {
        using TestAgent agent = Start();
        string before = Ruleset();
        string[] words = command.Split(' ', 2);
        lab.Run("worker-0", words[0], words[1].Split(' '));
        if (command.Contains("eth0 down", StringComparison.Ordinal))
        {
            lab.Run("worker-0", "ip", "link", "set", "eth0", "up");
        }

        agent.Wait(() => Ruleset() == before && lab.Run("worker-0", "ip", "route").Contains("10.200.1.0/24 via 10.240.0.21", StringComparison.Ordinal));
        Assert.Contains(agent.Log.Lines, l => l.Contains("Repaired", StringComparison.Ordinal));
    }

    [Fact]
    public void One_endpoint_that_changes_is_one_element_that_changes()
    {
        using TestAgent agent = Start();
        string[] before = Ruleset().Split('\n');
        feed.Apply(Slice("web", "10.200.1.7@worker-1 10.200.1.8@worker-1", 8080), Slice("web", "10.200.1.7@worker-1 10.200.1.9@worker-1", 8080));
        agent.Settle();
        string[] after = Ruleset().Split('\n');
        Assert.Equal(before.Length, after.Length);
        Assert.InRange(before.Zip(after).Count(l => l.First != l.Second), 1, 4); // the element in two maps: cluster IP and node port
    }

    [Fact]
    public void The_table_is_printed_by_nft()
    {
        using TestAgent agent = Start();
        string text = lab.Run("worker-0", "nft", "list", "table", "inet", "fairlead");
        Assert.Contains("10.32.0.10 . tcp . 80 . 1 : 10.200.1.8 . 8080", text, StringComparison.Ordinal);
        Assert.Contains("meta priority set ip daddr . meta l4proto . th dport map @service4 meta priority vmap @treatment4", text, StringComparison.Ordinal);
        Assert.Contains("dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoint4", text, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(lab.Run("worker-0", "nft", "-j", "list", "table", "inet", "fairlead"));
        Assert.True(json.RootElement.GetProperty("nftables").GetArrayLength() > 40);
    }

    [Theory]
    [InlineData("10.32.0.20:80", "a")]
    [InlineData("10.240.0.20:30020", "a")]
    [InlineData("10.240.0.20:30020", "outside")]
    public void A_client_stays_with_its_endpoint_until_that_goes(string to, string from)
    {
        Add(Service("sticky", "10.32.0.20", "80+30020/tcp", s => s with { AffinitySeconds = 600 }),
            "10.200.0.6@worker-0 10.200.1.7@worker-1 10.200.1.8@worker-1");
        using TestAgent agent = Start();
        string first = lab.Reach(from, to);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(first, lab.Reach(from, to));
        }

        // Another endpoint goes: its slot is filled by the last one, and the client doesn't notice.
        string[] all = ["10.200.0.6@worker-0", "10.200.1.7@worker-1", "10.200.1.8@worker-1"];
        int mine = first[0] - 'b';
        string[] without = [.. all.Where((_, i) => i != (mine + 1) % 3)];
        feed.Apply(Slice("sticky", string.Join(' ', all), 8080), Slice("sticky", string.Join(' ', without), 8080));
        agent.Settle();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(first, lab.Reach(from, to));
        }

        // Its own goes: it gets another, and stays with that.
        string[] rest = [.. without.Where(e => e != all[mine])];
        feed.Apply(Slice("sticky", string.Join(' ', without), 8080), Slice("sticky", string.Join(' ', rest), 8080));
        agent.Settle();
        string second = lab.Reach(from, to);
        Assert.NotEqual(first[0], second[0]);
        feed.Apply(Slice("sticky", string.Join(' ', rest), 8080), Slice("sticky", string.Join(' ', all), 8080));
        agent.Settle();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(second, lab.Reach(from, to));
        }

        Assert.Contains("affinity4", lab.Run("worker-0", "nft", "list", "table", "inet", "fairlead"), StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_are_spread_over_all_endpoints()
    {
        using TestAgent agent = Start();
        Dictionary<char, int> answers = Enumerable.Range(0, 60).Select(_ => lab.Reach("a", "10.32.0.10:80")[0]).GroupBy(n => n).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(['c', 'd'], answers.Keys.Order());
        Assert.All(answers.Values, n => Assert.InRange(n, 10, 50));
    }

    [Theory]
    [InlineData("10.32.0.30:53", "a")]
    [InlineData("10.240.0.20:30053", "outside")]
    public void A_udp_flow_leaves_an_endpoint_that_is_gone(string to, string from)
    {
        feed.Apply(new("default", "dns"), Service("dns", "10.32.0.30", "53+30053/udp"));
        feed.Apply(null, Slice("dns", "10.200.1.7@worker-1", 8080, "udp"));
        using TestAgent agent = Start();
        using Socket client = lab.Connect(from, to, "udp");
        Assert.StartsWith("c", Say(client), StringComparison.Ordinal);
        feed.Apply(Slice("dns", "10.200.1.7@worker-1", 8080, "udp"), Slice("dns", "10.200.1.8@worker-1", 8080, "udp"));
        agent.Settle();
        Assert.StartsWith("d", Say(client), StringComparison.Ordinal);

        // Terminating, but it still answers, and another is ready: the flow stays, new ones go elsewhere.
        feed.Apply(Slice("dns", "10.200.1.8@worker-1", 8080, "udp"), Slice("dns", "10.200.1.8@worker-1!terminating 10.200.1.7@worker-1", 8080, "udp"));
        agent.Settle();
        Assert.StartsWith("d", Say(client), StringComparison.Ordinal);

        // To nobody, and back.
        feed.Apply(Slice("dns", "10.200.1.8@worker-1", 8080, "udp"), Slice("dns", "", 8080, "udp"));
        agent.Settle();
        Assert.Throws<SocketException>(() => Say(client));
        feed.Apply(Slice("dns", "", 8080, "udp"), Slice("dns", "10.200.1.7@worker-1", 8080, "udp"));
        agent.Settle();
        Assert.StartsWith("c", Say(client), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_balancers_hear_whether_this_node_has_endpoints()
    {
        ServiceState service = Service("lb", "10.32.0.40", "80+30040/tcp", s => s with
        {
            LoadBalancerIPs = [NetAddress.Parse("203.0.113.40")],
            ExternalTrafficLocal = true,
            HealthCheckNodePort = 31999,
        });
        Add(service, "10.200.0.6@worker-0 10.200.1.7@worker-1");
        using TestAgent agent = Start();
        string answer = Ask("outside", "10.240.0.20:31999");
        Assert.StartsWith("HTTP/1.1 200 OK", answer, StringComparison.Ordinal);
        Assert.EndsWith("""{"service":{"namespace":"default","name":"lb"},"localEndpoints":1,"serviceProxyHealthy":true}""", answer.TrimEnd(), StringComparison.Ordinal);
        feed.Apply(Slice("lb", "10.200.0.6@worker-0 10.200.1.7@worker-1", 8080), Slice("lb", "10.200.1.7@worker-1", 8080));
        agent.Settle();
        Assert.StartsWith("HTTP/1.1 503", Ask("outside", "[fd00:240::20]:31999"), StringComparison.Ordinal);
        feed.Apply(service.Key, (ServiceState?)null);
        agent.Settle();
        Assert.Equal("rejected", lab.Reach("outside", "10.240.0.20:31999"));
    }

    [Fact]
    public void Node_ports_answer_on_loopback_where_asked()
    {
        lab.Run("worker-0", "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1");
        using TestAgent agent = Start(Settings with { LocalhostNodePorts = true });
        Assert.Matches("^[cd] 10.240.0.20$", lab.Reach("worker-0", "127.0.0.1:30010"));
    }

    [Fact]
    public void Node_ports_answer_on_the_primary_address_only_where_asked()
    {
        using TestAgent agent = Start(Settings with { NodePortsOnPrimaryAddress = true });
        Assert.Matches("^[cd] 10.240.0.20$", lab.Reach("outside", "10.240.0.20:30010"));
        Assert.Equal("rejected", lab.Reach("a", "10.200.0.1:30010"));
    }

    [Fact]
    public void A_burst_shares_commits()
    {
        using TestAgent agent = Start(Settings, new(TimeSpan.Zero, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30)));
        uint before = Generation();
        long started = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < 200; i++)
        {
            Add(Service($"burst-{i}", $"10.32.0.{i + 50}"), "10.200.0.6@worker-0");
        }

        agent.Settle();
        double intervals = TimeProvider.System.GetElapsedTime(started) / TimeSpan.FromMilliseconds(100);
        Assert.InRange(Generation() - before, 1u, (uint)intervals + 2);
        Assert.Equal("b 10.200.0.5", lab.Reach("a", "10.32.0.249:80"));
    }

    private string Ask(string from, string to)
    {
        using Socket socket = lab.Connect(from, to);
        socket.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8);
        StringBuilder answer = new();
        byte[] buffer = new byte[1000];
        while (socket.Receive(buffer) is > 0 and var read)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }

    private void Add(ServiceState service, string endpoints)
    {
        feed.Apply(service.Key, service);
        feed.Apply(null, Slice(service.Key.Name, endpoints, 8080));
    }

    private TestAgent Start(NodeSettings? settings = null, Reconciling.ReconcilerOptions? options = null)
    {
        TestAgent agent = new TestAgent(lab["worker-0"], settings ?? Settings, feed, options).Start();
        try
        {
            agent.Settle();
            return agent;
        }
        catch
        {
            agent.Dispose();
            throw;
        }
    }

    private string ReachUntil(string who)
    {
        for (int i = 0; i < 50; i++)
        {
            if (lab.Reach("a", "10.32.0.10:80") is var answer && answer.StartsWith(who, StringComparison.Ordinal))
            {
                return answer;
            }
        }

        return "never";
    }

    private static string Say(Socket connection)
    {
        connection.Send("hello"u8);
        byte[] buffer = new byte[200];
        return Encoding.ASCII.GetString(buffer, 0, connection.Receive(buffer));
    }

    private string Ruleset() => string.Join('\n', lab.Run("worker-0", "nft", "-j", "list", "ruleset")
        .Split('\n').Select(l => System.Text.RegularExpressions.Regex.Replace(l, "\"handle\": [0-9]+", "")).Select(SortElements));

    /// <summary>The kernel lists hash tables in its own order.</summary>
    private static string SortElements(string json) => string.Join("\n", json.Replace("}, {", "},\n{", StringComparison.Ordinal)
        .Replace("], [", "],\n[", StringComparison.Ordinal).Split('\n').Order(StringComparer.Ordinal));

    private uint Generation() => lab["worker-0"].Run(() =>
    {
        using Fairlead.Kernel.NfTables.NfTablesClient client = Fairlead.Kernel.NfTables.NfTablesClient.Open();
        return client.GetGeneration().Id;
    });

    public void Dispose() => lab.Dispose();
}
