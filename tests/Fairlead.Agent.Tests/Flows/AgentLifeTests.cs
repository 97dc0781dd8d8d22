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

    private void Add(ServiceState service, string endpoints)
    {
        feed.Apply(service.Key, service);
        feed.Apply(null, Slice(service.Key.Name, endpoints, 8080));
    }

    private TestAgent Start()
    {
        TestAgent agent = new TestAgent(lab["worker-0"], Settings, feed).Start();
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
