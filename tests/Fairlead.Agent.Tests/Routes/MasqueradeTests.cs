using System.Text.RegularExpressions;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>Whose address packets carry, as conntrack(8) has it.</summary>
[Trait("Category", "Root")]
public sealed partial class MasqueradeTests : IDisposable
{
    private readonly RouteCluster cluster = new(2);

    public MasqueradeTests()
    {
        cluster.Lab.Serve("c", "10.200.1.7", 8080);
        cluster.Lab.Serve("outside", "10.99.0.5", 8080);
        cluster.Lab.Serve("outside", "10.240.0.100", 8080);
        cluster.Lab.Serve("worker-1", "10.240.0.21", 8080);
    }

    /// <summary>
    /// A pod speaks to a pod of another node. Where the node knows all pods' range, nobody's address changes. Where it knows only its own pods', as the bridge plugin
    /// with ipMasq does, the packets leave with the node's address, and the other pod sees that.
    /// </summary>
    [Theory] //  mode                  knows             on          original                    reply
    [InlineData(RoutingMode.Direct, "10.200.0.0/16", "worker-0", "10.200.0.5>10.200.1.7", "10.200.1.7>10.200.0.5")]
    [InlineData(RoutingMode.Direct, "10.200.0.0/16", "worker-1", "10.200.0.5>10.200.1.7", "10.200.1.7>10.200.0.5")]
    [InlineData(RoutingMode.Direct, "10.200.0.0/24", "worker-0", "10.200.0.5>10.200.1.7", "10.200.1.7>10.240.0.20")]
    [InlineData(RoutingMode.Direct, "10.200.0.0/24", "worker-1", "10.240.0.20>10.200.1.7", "10.200.1.7>10.240.0.20")]
    [InlineData(RoutingMode.Vxlan, "10.200.0.0/16", "worker-0", "10.200.0.5>10.200.1.7", "10.200.1.7>10.200.0.5")]
    [InlineData(RoutingMode.Vxlan, "10.200.0.0/16", "worker-1", "10.200.0.5>10.200.1.7", "10.200.1.7>10.200.0.5")]
    [InlineData(RoutingMode.Vxlan, "10.200.0.0/24", "worker-0", "10.200.0.5>10.200.1.7", "10.200.1.7>10.200.0.0")]
    [InlineData(RoutingMode.Vxlan, "10.200.0.0/24", "worker-1", "10.200.0.0>10.200.1.7", "10.200.1.7>10.200.0.0")]
    public void Conntrack_holds_the_tuples(RoutingMode mode, string knows, string on, string original, string reply)
    {
        Start(mode, s => s with { ClusterCidrs = [NetPrefix.Parse(knows)] });
        Assert.Equal($"c {original.Split('>')[0]}", on == "worker-0" && knows.EndsWith("/24", StringComparison.Ordinal)
            ? cluster.Lab.Reach("a", "10.200.1.7:8080").Replace(reply.Split('>')[1], original.Split('>')[0], StringComparison.Ordinal)
            : cluster.Lab.Reach("a", "10.200.1.7:8080"));
        Assert.Equal([(original, reply)], Tuples(on));
    }

    [Theory] //  from        to                   seen as
    [InlineData("a",        "10.99.0.5:8080",   "outside 10.240.0.20")]
    [InlineData("a",        "10.240.0.21:8080", "worker-1 10.200.0.5")]
    [InlineData("worker-0", "10.200.1.7:8080",  "c 10.240.0.20")]
    public void Pods_keep_their_address_inside_and_get_the_nodes_outside(string from, string to, string outcome)
    {
        Start(RoutingMode.Direct);
        Assert.Equal(outcome, cluster.Lab.Reach(from, to));
    }

    [Fact]
    public void Exceptions_of_the_flag_and_of_the_cluster_count_and_are_followed()
    {
        // The way back for pods' own addresses.
        Flows.FlowLab.Ip("-n", cluster.Lab.Name("outside"), "route", "add", "10.200.0.0/24", "via", "10.240.0.20");
        Start(RoutingMode.Direct, s => s with { NonMasqueradeCidrs = [NetPrefix.Parse("10.240.0.100/32")] });
        Assert.Equal("outside 10.200.0.5", cluster.Lab.Reach("a", "10.240.0.100:8080"));
        Assert.Equal("outside 10.240.0.20", cluster.Lab.Reach("a", "10.99.0.5:8080"));

        cluster["worker-0"].Feed.Apply(MasqueradeExceptions.Read(Map("nonMasqueradeCIDRs:\n- 10.99.0.0/16\nresyncInterval: 60s\n")));
        cluster.Settle();
        Assert.Equal("outside 10.200.0.5", cluster.Lab.Reach("a", "10.99.0.5:8080"));
        string set = cluster.Lab.Run("worker-0", "nft", "list", "set", "inet", "fairlead", "no-masquerade4");
        Assert.Contains("169.254.0.0/16", set, StringComparison.Ordinal);
        Assert.Contains("224.0.0.0/4", set, StringComparison.Ordinal);

        cluster["worker-0"].Feed.Apply((MasqueradeExceptions?)null);
        cluster.Settle();
        Assert.Equal("outside 10.240.0.20", cluster.Lab.Reach("a", "10.99.0.5:8080"));
    }

    [Theory]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0/8, fd00::/8]", "10.0.0.0/8 fd00::/8 169.254.0.0/16 fe80::/10")]
    [InlineData("""{"nonMasqueradeCIDRs":["10.0.0.0/8"],"masqLinkLocal":true,"masqLinkLocalIPv6":true}""", "10.0.0.0/8")]
    [InlineData("masqLinkLocal: true", "fe80::/10")]
    [InlineData("", "169.254.0.0/16 fe80::/10")]
    [InlineData("nonMasqueradeCIDRs: [10.0.0.0]", "config: nonMasqueradeCIDRs: \"10.0.0.0\" is not a CIDR such as 10.0.0.0/8")]
    [InlineData("nonMasqueradeCIDRs: 10.0.0.0/8", "config: nonMasqueradeCIDRs is not a list")]
    [InlineData("masqLinkLocal: perhaps", "config: masqLinkLocal: perhaps is neither true nor false")]
    [InlineData("resyncInterval: often", "config: resyncInterval: \"often\" is not a duration such as 60s")]
    [InlineData("- a", "config: it is neither a YAML mapping nor a JSON object")]
    public void The_ConfigMap_is_read_as_ip_masq_agent_reads_it(string config, string outcome)
    {
        string read;
        try
        {
            read = string.Join(' ', MasqueradeExceptions.Read(Map(config)).Cidrs);
        }
        catch (InvalidDataException e)
        {
            read = e.Message;
        }

        Assert.Equal(outcome, read);
    }

    private static ConfigMap Map(string config) => new() { Metadata = new() { Namespace = "kube-system", Name = "ip-masq-agent" }, Data = new Dictionary<string, string> { ["config"] = config } };

    private void Start(RoutingMode mode, Func<NodeSettings, NodeSettings>? change = null)
    {
        cluster.Start("worker-0", mode, change);
        cluster.Start("worker-1", mode, change);
        cluster.Settle();
    }

    /// <summary>Both directions of every flow to port 8080 that a node's conntrack holds.</summary>
    private (string Original, string Reply)[] Tuples(string node) =>
        [.. cluster.Lab.Run(node, "conntrack", "-L", "-p", "tcp", "--orig-port-dst", "8080").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Tuple().Matches(line)).Where(m => m.Count == 2)
            .Select(m => ($"{m[0].Groups[1]}>{m[0].Groups[2]}", $"{m[1].Groups[1]}>{m[1].Groups[2]}"))];

    [GeneratedRegex(@"src=(\S+) dst=(\S+)")]
    private static partial Regex Tuple();

    public void Dispose() => cluster.Dispose();
}
