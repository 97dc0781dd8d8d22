using System.Diagnostics;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>What surrounds us in the node's kernel: sysctls, and other programs' rules.</summary>
[Trait("Category", "Root")]
public sealed class NodeKernelTests : IDisposable
{
    private readonly RouteCluster cluster = new(2);

    [Theory] //  parameter                                   before  after
    [InlineData("net.ipv4.ip_forward",                      "0",    "1")]
    [InlineData("net.ipv6.conf.all.forwarding",             "0",    "1")]
    [InlineData("net.netfilter.nf_conntrack_tcp_be_liberal", "0",   "1")]
    [InlineData("net.ipv4.conf.all.rp_filter",              "1",    "2")]
    [InlineData("net.ipv4.conf.eth0.rp_filter",             "1",    "2")]
    [InlineData("net.ipv4.conf.all.rp_filter",              "0",    "0")]
    [InlineData("net.ipv6.conf.eth0.accept_ra",             "1",    "2")]
    [InlineData("net.ipv6.conf.eth0.accept_ra",             "0",    "0")]
    public void Sysctls_are_set_and_kept(string name, string before, string after)
    {
        cluster.Lab.Run("worker-0", "sysctl", "-qw", $"{name}={before}");
        TestAgent agent = Start(RoutingMode.Direct);
        agent.Wait(() => Read(name) == after);

        // Somebody sets it back.
        cluster.Lab.Run("worker-0", "sysctl", "-qw", $"{name}={before}");
        long started = Stopwatch.GetTimestamp();
        agent.Wait(() => Read(name) == after);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms");
        if (before != after)
        {
            agent.Wait(() => agent.Log.Lines.Any(l => l.Contains("1 sysctl", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_new_overlay_link_filters_no_reverse_paths_strictly()
    {
        cluster.Lab.Run("worker-0", "sysctl", "-qw", "net.ipv4.conf.default.rp_filter=1");
        TestAgent agent = Start(RoutingMode.Vxlan);
        agent.Wait(() => Read("net/ipv4/conf/fairlead.1/rp_filter") == "2");
    }

    [Theory]
    [InlineData("ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; } }", "ip docker chain FORWARD", "policy drop")]
    [InlineData("ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; iifname docker0 accept; } }", "ip filter chain FORWARD", "policy drop")]
    [InlineData("inet firewalld { chain filter_FORWARD { type filter hook forward priority 10; ct state established,related accept; iifname lo accept; reject with icmpx admin-prohibited; } }", "inet firewalld chain filter_FORWARD", "rejects")]
    [InlineData("inet mine { chain guard { ip saddr 10.200.0.0/16 ip daddr 10.200.0.0/16 drop; } chain f { type filter hook forward priority 0; jump guard; } }", "inet mine chain guard", "drops")]
    [InlineData("ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; ip saddr 10.200.0.0/16 accept; ip daddr 10.200.0.0/16 accept; } }", null, null)]
    [InlineData("ip filter { chain INPUT { type filter hook input priority 0; policy drop; } }", null, null)]
    [InlineData("ip filter { chain FORWARD { type filter hook forward priority 0; policy accept; tcp dport 23 drop; } }", null, null)]
    public void Rules_of_others_that_keep_pods_packets_away_are_named(string table, string? chain, string? why)
    {
        TestAgent agent = Start(RoutingMode.Direct);
        Nft($"table {table}");
        if (chain is null)
        {
            Nft("table ip marker { chain f { type filter hook forward priority 0; policy drop; } }");
            agent.Wait(() => agent.Problems.Any(p => p.Message.Contains("ip marker", StringComparison.Ordinal)));
            Assert.Single(agent.Problems);
            return;
        }

        agent.Wait(() => agent.Problems.Any(p => p.Reason == "ForwardDropped"));
        PlanProblem problem = Assert.Single(agent.Problems);
        Assert.Contains(chain, problem.Message, StringComparison.Ordinal);
        Assert.Contains(why!, problem.Message, StringComparison.Ordinal);

        string[] name = table.Split(' ');
        cluster.Lab.Run("worker-0", "nft", $"delete table {name[0]} {name[1]}");
        agent.Wait(() => agent.Problems.Count == 0 && agent.Log.Lines.Any(l => l.Contains("No longer so", StringComparison.Ordinal)));
    }

    [Theory] // rules of iptables-legacy                                                                                          dropped by
    [InlineData("-P FORWARD DROP",                                                                                               "policy drop")]
    [InlineData("-P FORWARD DROP; -N DOCKER; -A FORWARD -j DOCKER; -A FORWARD -i docker0 ! -o docker0 -j ACCEPT; -A DOCKER -j RETURN", "policy drop")]
    [InlineData("-N guard; -A FORWARD -i cnio0 -g guard; -A guard -d 10.200.1.0/24 -j REJECT",                                   "rule that drops")]
    [InlineData("-A FORWARD ! -i lo -s 10.200.0.0/16 -j DROP",                                                                   "rule that drops")]
    [InlineData("-P FORWARD DROP; -A FORWARD -m conntrack --ctstate NEW -j ACCEPT",                                              "1 rules that can't be judged")]
    [InlineData("-P FORWARD DROP; -A FORWARD -s 10.200.0.0/16 -j ACCEPT",                                                        null)]
    [InlineData("-P FORWARD DROP; -N all; -A FORWARD -j all; -A all -p udp -j RETURN; -A all -p tcp -j ACCEPT",                  null)]
    [InlineData("-P INPUT DROP; -A FORWARD -i docker+ -j DROP; -A FORWARD ! -s 10.200.0.0/16 -j DROP; -A FORWARD -p udp -j DROP", null)]
    public void Rules_of_iptables_legacy_are_judged_too(string rules, string? why)
    {
        Assert.SkipUnless(File.Exists("/proc/net/ip_tables_names"), "this kernel has no iptables-legacy");
        foreach (string rule in rules.Split("; "))
        {
            cluster.Lab.Run("worker-0", "iptables-legacy", rule.Split(' '));
        }

        TestAgent agent = Start(RoutingMode.Direct);
        if (why is null)
        {
            // What comes after it in the same look says that it was judged.
            Nft("table ip marker { chain f { type filter hook forward priority 0; policy drop; } }");
            agent.Wait(() => agent.Problems.Any(p => p.Message.Contains("ip marker", StringComparison.Ordinal)));
            Assert.DoesNotContain(agent.Problems, p => p.Message.Contains("legacy", StringComparison.Ordinal));
            return;
        }

        agent.Wait(() => agent.Problems.Any(p => p.Reason == "ForwardDropped"));
        PlanProblem problem = Assert.Single(agent.Problems);
        Assert.Contains("Chain FORWARD of iptables-legacy", problem.Message, StringComparison.Ordinal);
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_of_iptables_legacys_that_isnt_there_isnt_made()
    {
        Assert.SkipUnless(File.Exists("/proc/net/ip_tables_names"), "this kernel has no iptables-legacy");
        TestAgent agent = Start(RoutingMode.Direct);
        Nft("table ip marker { chain f { type filter hook forward priority 0; policy drop; } }");
        agent.Wait(() => agent.Problems.Count == 1);
        Assert.Empty(cluster.Lab.Run("worker-0", "cat", "/proc/net/ip_tables_names"));
    }

    private void Nft(string text) => cluster.Lab.Run("worker-0", "nft", text.Replace("; ", ";\n", StringComparison.Ordinal).Replace("} ", "}\n", StringComparison.Ordinal) + "\n");

    private TestAgent Start(RoutingMode mode)
    {
        TestAgent agent = cluster.Start("worker-0", mode, options: new(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)) { Sysctls = new(false, new TestLog()) });
        agent.Settle();
        return agent;
    }

    private string Read(string name) => cluster.Lab.Run("worker-0", "sysctl", "-n", name).Trim();

    public void Dispose() => cluster.Dispose();
}
