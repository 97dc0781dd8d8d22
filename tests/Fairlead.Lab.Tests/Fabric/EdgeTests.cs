using System.Net;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Tests.Fabric;

/// <summary>The cluster's edge on the real kernel: who sees whom with which address. Sockets and nft are the witnesses.</summary>
[Trait("Category", "Root")]
public sealed class EdgeTests(EdgeTests.DualStackFabric fabric) : IClassFixture<EdgeTests.DualStackFabric>
{
    public sealed class DualStackFabric : FabricFixture
    {
        public DualStackFabric()
            : base(new LabOptions { Name = "edge-test", Workers = 2, Clients = 2, DualStack = true })
        {
            // What a pod's packet looks like that its node does not masquerade.
            On("worker-0", "ip", "address", "add", "10.200.0.5/32", "dev", "lo");
            On("worker-0", "ip", "address", "add", "fd00:10:200::5/128", "dev", "lo", "nodad");
        }
    }

    [Theory] //   from        with its     to          at                      who is seen there
    [InlineData("client", null, "worker-0", "203.0.113.20", "198.51.100.10")]
    [InlineData("client-1", null, "controller-0", "203.0.113.10", "198.51.100.11")]
    [InlineData("client", null, "internet", "198.51.100.2", "198.51.100.10")]
    [InlineData("client", null, "worker-0", "10.240.0.20", "lost")] // outside, private addresses are nobody's
    [InlineData("worker-0", null, "internet", "198.51.100.2", "203.0.113.20")]
    [InlineData("worker-0", null, "worker-1", "10.240.0.21", "10.240.0.20")]
    [InlineData("worker-0", null, "worker-1", "203.0.113.21", "203.0.113.20")]
    [InlineData("worker-0", null, "worker-0", "203.0.113.20", "203.0.113.20")]
    [InlineData("worker-0", "10.200.0.5", "internet", "198.51.100.2", "lost")]
    [InlineData("worker-0", "10.200.0.5", "worker-1", "203.0.113.21", "lost")]
    [InlineData("client", null, "worker-0", "2001:db8:113::20", "2001:db8:100::10")]
    [InlineData("client", null, "worker-0", "fd00:10:240::20", "lost")]
    [InlineData("worker-0", null, "internet", "2001:db8:100::2", "2001:db8:113::20")]
    [InlineData("worker-0", "fd00:10:200::5", "internet", "2001:db8:100::2", "lost")]
    public void A_connection_is_seen_as_coming_from(string from, string? source, string to, string at, string seen) =>
        Assert.Equal(seen, fabric.Connect(from, to, IPAddress.Parse(at), source is null ? null : IPAddress.Parse(source), expectLost: seen == "lost"));

    [Fact]
    public void What_is_lost_at_the_edge_is_counted_there()
    {
        fabric.Connect("worker-0", "internet", IPAddress.Parse("198.51.100.2"), IPAddress.Parse("10.200.0.5"), expectLost: true);

        string forward = fabric.On("router", "nft", "list", "chain", "inet", "edge", "forward");

        Assert.Matches("ip saddr != @nodes-4 counter packets [1-9][0-9]* .* drop comment \"no node's source\"", forward);
    }

    [Theory]
    [InlineData("198.51.100.99")]
    [InlineData("203.0.113.99")]
    [InlineData("8.8.8.8")]
    public void What_does_not_exist_outside_is_told_or_lost_but_never_leaves(string address) =>
        Assert.NotEqual(0, fabric.TryOn("client", "ping", "-c1", "-W1", address).ExitCode);

    [Fact]
    public void The_edge_is_a_table_that_nft_can_read_back()
    {
        string file = Path.Combine(fabric.Paths.Root, "edge.nft");
        File.WriteAllText(file, fabric.On("router", "nft", "list", "table", "inet", "edge"));

        fabric.On("router", "nft", "--check", "--file", file);
    }
}
