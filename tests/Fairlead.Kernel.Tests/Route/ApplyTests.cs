using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class ApplyTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly RouteNetlink _route;
    private readonly int _link;

    public ApplyTests()
    {
        _host = _scratch.Namespace();
        _route = RouteNetlink.Open(_host);
        _route.SetLink(1, new LinkOptions { Up = true }); // without any local address, the kernel takes no gateway for one
        _link = _route.AddLink(new LinkOptions { Name = "fl.1", Up = true }, new VxlanKind { Id = 1, Learning = false, Local = IPAddress.Parse("192.0.2.1") });
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void Five_thousand_nodes_are_programmed_and_taken_away_again()
    {
        RouteChange[] changes = [.. Enumerable.Range(0, 5000).SelectMany(node => Node(node, ChangeVerb.Replace))];
        Assert.Empty(_route.Apply(changes));
        Assert.Equal(5000, Witness.Json(_host, "ip -j route show proto 72").AsArray().Count);
        Assert.Equal(5000, _route.ListForwardingEntries(_link).Count);
        Assert.Equal(5000, _route.ListNeighbours(_link, AddressFamily.InterNetwork).Count);

        // A second run changes nothing, and what is gone already is deleted with success.
        Assert.Empty(_route.Apply(changes));
        Assert.Equal(5000, _route.ListRoutes(AddressFamily.InterNetwork, protocol: RouteProtocol.Fairlead).Count);
        RouteChange[] deletions = [.. Enumerable.Range(0, 5000).SelectMany(node => Node(node, ChangeVerb.Delete))];
        Assert.Empty(_route.Apply(deletions));
        Assert.Empty(_route.Apply(deletions));
        Assert.Empty(_route.ListRoutes(AddressFamily.InterNetwork, protocol: RouteProtocol.Fairlead));
        Assert.Empty(_route.ListForwardingEntries(_link));
    }

    [Fact]
    public void What_is_refused_is_named_and_the_rest_is_done()
    {
        RouteEntry good = new() { Destination = IPNetwork.Parse("10.1.0.0/16"), LinkIndex = _link };
        RouteEntry bad = new() { Destination = IPNetwork.Parse("10.2.0.0/16"), Gateway = IPAddress.Parse("203.0.113.1") };
        RouteChangeFailure failure = Assert.Single(_route.Apply(
        [
            RouteChange.Of(ChangeVerb.Add, new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("10.99.0.1"), PrefixLength = 32 }),
            RouteChange.Of(ChangeVerb.Add, bad),
            RouteChange.Of(ChangeVerb.Add, new RoutingRule { Family = AddressFamily.InterNetwork, Priority = 9, Table = 9 }),
            RouteChange.Of(ChangeVerb.Add, good),
        ]));
        Assert.Equal("add 10.2.0.0/16 via 203.0.113.1: Nexthop has invalid gateway (Network is unreachable)", failure.ToException().Message);
        Assert.Contains(_route.ListRoutes(AddressFamily.InterNetwork), route => route.Destination.Equals(good.Destination));
        Assert.Equal(Errno.Exists, Assert.Single(_route.Apply([RouteChange.Of(ChangeVerb.Add, good)])).Answer.Error);
    }

    [Fact]
    public void Every_change_is_heard_with_its_author()
    {
        using RouteMonitor monitor = RouteMonitor.Open(_host, RouteTopics.All);
        RouteChange[] changes =
        [
            RouteChange.Of(ChangeVerb.Add, new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("10.99.0.1"), PrefixLength = 32 }),
            .. Node(7, ChangeVerb.Replace),
            RouteChange.Of(ChangeVerb.Add, new RoutingRule { Family = AddressFamily.InterNetworkV6, Priority = 9, Table = 9 }),
        ];
        Assert.Empty(_route.Apply(changes));
        _route.SetLink(_link, new LinkOptions { Mtu = 1400 });
        Assert.True(_route.DeleteRoute((RouteEntry)changes[1].Subject));

        List<RouteEvent> events = [];
        while (monitor.Receive(events, TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken) == NetlinkReceiveStatus.Received)
        {
        }

        Assert.Contains(events, heard => heard is AddressEvent { Removed: false, Address.PrefixLength: 32 });
        Assert.Contains(events, heard => heard is RouteEntryEvent { Removed: false, Route.Protocol: RouteProtocol.Fairlead } && heard.Author == _route.PortId);
        Assert.Contains(events, heard => heard is RouteEntryEvent { Removed: true, Route.Protocol: RouteProtocol.Fairlead });
        Assert.Contains(events, heard => heard is NeighbourEvent { Removed: false });
        Assert.Contains(events, heard => heard is ForwardingEvent { Removed: false });
        Assert.Contains(events, heard => heard is RuleEvent { Removed: false, Rule.Priority: 9 });
        Assert.Contains(events, heard => heard is LinkEvent { Removed: false, Link: { Name: "fl.1", Mtu: 1400 } });
    }

    private IEnumerable<RouteChange> Node(int node, ChangeVerb verb)
    {
        IPAddress podNetwork = new([10, (byte)(128 + (node / 256)), (byte)node, 0]);
        IPAddress nodeAddress = new([10, 240, (byte)(node / 256), (byte)node]);
        MacAddress mac = new(0x0a580000_0000ul | (uint)node);
        yield return RouteChange.Of(verb, new RouteEntry { Destination = new IPNetwork(podNetwork, 24), Gateway = podNetwork, LinkIndex = _link, Flags = RouteFlags.OnLink, Protocol = RouteProtocol.Fairlead });
        yield return RouteChange.Of(verb, new Neighbour { LinkIndex = _link, Address = podNetwork, MacAddress = mac });
        yield return RouteChange.Of(verb, new ForwardingEntry { LinkIndex = _link, MacAddress = mac, Destination = nodeAddress });
    }
}
