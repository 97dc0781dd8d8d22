using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class NeighbourTests : IDisposable
{
    private static readonly MacAddress s_mac = MacAddress.Parse("0a:58:0a:c8:01:00");
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly RouteNetlink _route;
    private readonly int _link;

    public NeighbourTests()
    {
        _host = _scratch.Namespace();
        _route = RouteNetlink.Open(_host);
        _link = _route.AddLink(new LinkOptions { Name = "fl.1", Up = true, AddressGeneration = AddressGeneration.None }, new VxlanKind { Id = 1, Learning = false, Local = IPAddress.Parse("192.0.2.1") });
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    [Theory] //   address           proxy  router  as ip shows its state
    [InlineData("10.200.1.0", false, false, "PERMANENT")]
    [InlineData("2001:db8:1::", false, true, "PERMANENT")]
    [InlineData("10.200.1.9", true, false, null)]
    [InlineData("2001:db8:1::9", true, false, null)]
    public void A_neighbour_is_one_that_ip_shows_and_that_is_read_back(string address, bool proxy, bool router, string? state)
    {
        Neighbour neighbour = new()
        {
            LinkIndex = _link, Address = IPAddress.Parse(address), MacAddress = proxy ? null : s_mac, IsProxy = proxy, IsRouter = router, Protocol = RouteProtocol.Fairlead,
            State = proxy ? NeighbourState.None : NeighbourState.Permanent,
        };
        Assert.True(_route.AddNeighbour(neighbour));
        if (!proxy)
        {
            Assert.False(_route.AddNeighbour(neighbour));
        }

        string family = address.Contains(':', StringComparison.Ordinal) ? "-6" : "-4";
        JsonNode shown = Assert.Single(Witness.Json(_host, $"ip -j {family} neighbour show {(proxy ? "proxy " : "nud permanent ")}dev fl.1").AsArray())!;
        Assert.Equal(address, (string)shown["dst"]!);
        Assert.Equal(proxy ? null : s_mac.ToString(), (string?)shown["lladdr"]);
        Assert.Equal(state, (string?)shown["state"]?[0]);
        Assert.Equal(router, shown.AsObject().ContainsKey("router"));

        IReadOnlyList<Neighbour> read = _route.ListNeighbours(_link, neighbour.Address.AddressFamily, proxy);
        Assert.Equal(neighbour, Assert.Single(read) with { State = neighbour.State });
        Assert.True(_route.DeleteNeighbour(neighbour));
        Assert.False(_route.DeleteNeighbour(neighbour));
    }

    [Fact]
    public void Replacing_a_neighbour_changes_its_hardware_address()
    {
        Neighbour neighbour = new() { LinkIndex = _link, Address = IPAddress.Parse("10.200.1.0"), MacAddress = s_mac };
        _route.ReplaceNeighbour(neighbour);
        _route.ReplaceNeighbour(neighbour with { MacAddress = MacAddress.Parse("0a:58:0a:c8:01:01") });
        Assert.Equal("0a:58:0a:c8:01:01", (string)Witness.Json(_host, "ip -j -4 neighbour show dev fl.1 nud permanent")[0]!["lladdr"]!);
    }

    [Fact]
    public void Forwarding_entries_are_those_that_bridge_shows()
    {
        ForwardingEntry unicast = new() { LinkIndex = _link, MacAddress = s_mac, Destination = IPAddress.Parse("10.240.0.21") };
        ForwardingEntry everybody = new() { LinkIndex = _link, MacAddress = default, Destination = IPAddress.Parse("10.240.0.21") };
        Assert.True(_route.AddForwardingEntry(unicast));
        Assert.False(_route.AddForwardingEntry(unicast));
        Assert.True(_route.AppendForwardingEntry(everybody));
        Assert.True(_route.AppendForwardingEntry(everybody with { Destination = IPAddress.Parse("10.240.0.22") }));
        _route.ReplaceForwardingEntry(unicast with { Destination = IPAddress.Parse("10.240.0.23"), Port = 4789, Vni = 7 });

        Assert.Equal(
            ["00:00:00:00:00:00 10.240.0.21", "00:00:00:00:00:00 10.240.0.22", "0a:58:0a:c8:01:00 10.240.0.23"],
            Witness.Json(_host, "bridge -j fdb show dev fl.1").AsArray().Select(entry => $"{entry!["mac"]} {entry["dst"]}").Order());
        Assert.Equal(
            unicast with { Destination = IPAddress.Parse("10.240.0.23"), Port = 4789, Vni = 7 },
            Assert.Single(_route.ListForwardingEntries(_link), entry => entry.MacAddress == s_mac));

        Assert.True(_route.DeleteForwardingEntry(everybody));
        Assert.Equal(2, _route.ListForwardingEntries(_link).Count);
        Assert.True(_route.DeleteForwardingEntry(unicast with { Destination = null }));
        Assert.False(_route.DeleteForwardingEntry(unicast with { Destination = null }));
    }

    [Fact]
    public void A_bridges_static_entry_belongs_to_its_port()
    {
        int bridge = _route.AddLink(new LinkOptions { Name = "br0", Up = true }, new BridgeKind());
        VethPair pair = _route.AddVeth(new LinkOptions { Name = "a", MasterIndex = bridge, Up = true }, new LinkOptions { Name = "b", Up = true });
        ForwardingEntry entry = new() { LinkIndex = pair.Near, MacAddress = s_mac, OfBridge = true, State = NeighbourState.NoArp };
        Assert.True(_route.AddForwardingEntry(entry));
        JsonNode shown = Assert.Single(Witness.Json(_host, "bridge -j fdb show br br0 dev a").AsArray(), shown => (string)shown!["mac"]! == s_mac.ToString())!;
        Assert.Equal("static", (string)shown["state"]!);
        Assert.Contains(entry, _route.ListForwardingEntries(pair.Near));
        Assert.True(_route.DeleteForwardingEntry(entry));
    }

    [Fact]
    public void Rules_are_those_that_ip_shows()
    {
        RoutingRule rule = new()
        {
            Family = AddressFamily.InterNetwork, Priority = 512, Source = IPNetwork.Parse("10.200.1.5/32"), Destination = IPNetwork.Parse("10.0.0.0/8"), InputLink = "fl.1",
            Mark = 0x40, MarkMask = 0xff, Table = 1001, Protocol = RouteProtocol.Fairlead, SuppressPrefixLength = 0, Invert = true,
        };
        Assert.True(_route.AddRule(rule));
        Assert.False(_route.AddRule(rule));
        Assert.Equal(
            "512: not from 10.200.1.5 to 10.0.0.0/8 fwmark 0x40/0xff iif fl.1 lookup 1001 suppress_prefixlength 0 proto 72",
            string.Join(' ', Witness.Run(_host, "ip -d rule show priority 512").Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)));
        Assert.Contains(rule, _route.ListRules(AddressFamily.InterNetwork));
        Assert.True(_route.DeleteRule(rule));
        Assert.False(_route.DeleteRule(rule));

        RoutingRule six = new() { Family = AddressFamily.InterNetworkV6, Priority = 7, Destination = IPNetwork.Parse("2001:db8::/32"), Action = RuleAction.Blackhole };
        Assert.True(_route.AddRule(six));
        Assert.Contains("blackhole", Witness.Run(_host, "ip -6 rule show priority 7"), StringComparison.Ordinal);
        Assert.Contains(six, _route.ListRules(AddressFamily.InterNetworkV6));
    }
}
