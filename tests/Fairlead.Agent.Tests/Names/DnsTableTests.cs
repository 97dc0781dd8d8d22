using System.Net;
using Fairlead.Agent.Names;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Kernel;
using Fairlead.Network;
using Fairlead.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Agent.Tests.Names;

/// <summary>How a pod's queries find their node's server, and what happens when it is gone.</summary>
[Trait("Category", "Root")]
public sealed class DnsTableTests : IDisposable
{
    private static readonly NetAddress ClusterDns = NetAddress.Parse("10.32.0.10");
    private readonly string _name = $"dns-table-{Guid.NewGuid():N}"[..20];
    private readonly NetworkNamespace _node;
    private readonly NetworkNamespace _pod;

    public DnsTableTests()
    {
        RequireRoot.OrFail();
        _node = NetworkNamespace.CreateNamed($"{_name}-node");
        _pod = NetworkNamespace.CreateNamed(PodName);
        Witness.Run(_node, "ip link set lo up");
        Witness.Run(_node, $"ip link add vpod type veth peer name eth0 netns {PodName}");
        Witness.Run(_node, "ip addr add 10.200.0.1/24 dev vpod");
        Witness.Run(_node, "ip link set vpod up");
        Witness.Run(_pod, "ip addr add 10.200.0.5/24 dev eth0");
        Witness.Run(_pod, "ip link set eth0 up");
        Witness.Run(_pod, "ip route add default via 10.200.0.1");

        // What a DNS Service's rules do, seen from far away: another server answers.
        Witness.Run(_node, "nft add table ip service");
        Witness.Run(_node, "nft add chain ip service nat { type nat hook prerouting priority dstnat ; }");
        Witness.Run(_node, "nft add rule ip service nat ip daddr 10.32.0.10 meta l4proto { tcp, udp } th dport 53 dnat to 10.200.0.1:10053");
    }

    [Fact]
    public async Task The_nodes_server_answers_while_it_is_there_and_the_Service_otherwise()
    {
        await using DnsServer other = Serve("192.0.2.2", new(IPAddress.Parse("10.200.0.1"), 10053));
        _node.Run(() => DnsTable.Apply([ClusterDns], 53));
        Assert.Equal("192.0.2.2", Ask());

        DnsServer own = Serve("192.0.2.1", new(ClusterDns.ToIPAddress(), 53));
        await using (own)
        {
            Witness.Run(_node, "conntrack -F");
            Assert.Equal("192.0.2.1", Ask());
            Assert.Equal("192.0.2.1", Ask("+tcp"));
            Assert.DoesNotContain("dport=53", Witness.Run(_node, "conntrack -L"), StringComparison.Ordinal);

            // A second one beside it, as in an upgrade; the first one leaves.
            DnsServer next = Serve("192.0.2.3", new(ClusterDns.ToIPAddress(), 53));
            await own.StopAsync();
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal("192.0.2.3", Ask());
            }

            await next.DisposeAsync();
        }

        Assert.Equal("192.0.2.2", Ask());
        Assert.Equal("192.0.2.2", Ask("+tcp"));
        Assert.Contains("dport=53", Witness.Run(_node, "conntrack -L"), StringComparison.Ordinal);
    }

    [Fact]
    public void Nft_reads_the_table_and_a_second_run_changes_nothing()
    {
        string Table()
        {
            _node.Run(() => DnsTable.Apply([ClusterDns, NetAddress.Parse("fd00:32::10")], 53));
            return Witness.Run(_node, "nft list table inet fairlead-dns") + Witness.Run(_node, "ip -o addr show lo").Replace("valid_lft", "\nvalid_lft", StringComparison.Ordinal).Split('\n')[0];
        }

        string once = Table();
        Assert.Equal(once, Table());
        foreach (string rule in (string[])[
            "ip daddr 10.32.0.10 udp dport 53 socket wildcard 0 notrack", "ip daddr 10.32.0.10 tcp dport 53 socket wildcard 0 notrack",
            "ip daddr 10.32.0.10 tcp dport 53 socket wildcard 1 return", "ip daddr 10.32.0.10 tcp dport 53 socket transparent 0 notrack",
            "ip saddr 10.32.0.10 udp sport 53 notrack", "ip6 daddr fd00:32::10 udp dport 53 socket wildcard 0 notrack", "ip6 saddr fd00:32::10 tcp sport 53 notrack"])
        {
            Assert.Contains($"\t{rule}\n", once, StringComparison.Ordinal);
        }

        Assert.Contains("10.32.0.10/32", Witness.Run(_node, "ip addr show lo"), StringComparison.Ordinal);
        _node.Run(() => DnsTable.Remove([ClusterDns, NetAddress.Parse("fd00:32::10")]));
        Assert.DoesNotContain("fairlead-dns", Witness.Run(_node, "nft list ruleset"), StringComparison.Ordinal);
        Assert.DoesNotContain("10.32.0.10", Witness.Run(_node, "ip addr show lo"), StringComparison.Ordinal);
    }

    private string PodName => $"{_name}-pod";

    public void Dispose()
    {
        _node.Dispose();
        _pod.Dispose();
        NetworkNamespace.DeleteNamed($"{_name}-node");
        NetworkNamespace.DeleteNamed(PodName);
    }

    private string Ask(string more = "") => Witness.Run(_pod, $"dig +short +time=20 +tries=1 {more} @10.32.0.10 who.example A").Trim();

    private DnsServer Serve(string answer, IPEndPoint at) =>
        _node.Run(() => DnsServer.Start(new() { Listen = [at], Threads = 2 }, new Constant(NetAddress.Parse(answer)), NullLogger.Instance));

    /// <summary>Answers every question with one address.</summary>
    private sealed class Constant(NetAddress address) : IQueryHandler
    {
        public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
        {
            MessageWriter writer = new(response);
            writer.TryWriteQuestion(question.Section[..^4], question.Type, question.Class);
            writer.TryWriteAddress(question.Name, 5, address);
            writer.WriteHeader(new(0, HeaderFlags.Response, 1, 1));
            answer = new(writer.Length, AnswerOrigin.Server);
            return true;
        }

        public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => throw new InvalidOperationException();
    }
}
