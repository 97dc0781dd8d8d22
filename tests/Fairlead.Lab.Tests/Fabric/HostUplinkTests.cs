using Fairlead.Lab.Fabric;
using Fairlead.Lab.Tests.EndToEnd;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Lab.Tests.Fabric;

/// <summary>What goes with a node's wire and comes back with it; ip is the witness.</summary>
[Trait("Category", "Root")]
public sealed class HostUplinkTests() : FabricFixture(new LabOptions { Name = "uplink-test", Workers = 2, DualStack = true, Clients = 0 })
{
    [Fact]
    public async Task Addresses_and_default_routes_come_back_with_the_link()
    {
        LabHost worker = Topology.Host("worker-0");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task keeping = In("worker-0", () => HostUplink.KeepAsync(worker, NullLogger.Instance, stop.Token));
        string before = State();
        Assert.Contains("default via 10.240.0.1 dev eth0", before, StringComparison.Ordinal);
        Assert.Contains("default via fd00:10:240::1 dev eth0", before, StringComparison.Ordinal);

        foreach (string time in (string[])["once", "twice"])
        {
            Ip("link", "set", "eth0", "down");
            Assert.DoesNotContain("default via", State(), StringComparison.Ordinal);
            Ip("link", "set", "eth0", "up");
            LabFixture.Eventually(() => State() == before, () => $"{time} all is as before: {State()}");
        }

        Assert.Contains("1 received", Ip("netns", "exec", worker.Namespace, "ping", "-c1", "-W60", "10.240.0.21"), StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);

        // A link that is up may be without carrier for a moment.
        string State() => string.Join('\n', Ip("-o", "address", "show", "dev", "eth0", "scope", "global"), Ip("route", "show", "default"), Ip("-6", "route", "show", "default"), Ip("-6", "route", "show", "fd00:10:240::/64")).Replace(" linkdown", "", StringComparison.Ordinal);

        string Ip(params string[] words) => Commands.Require("ip", words[0] == "netns" ? words : ["-n", worker.Namespace, .. words]);
    }
}
