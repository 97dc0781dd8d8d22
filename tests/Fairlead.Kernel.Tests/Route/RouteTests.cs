using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class RouteTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly RouteNetlink _route;
    private readonly int _link;

    public RouteTests()
    {
        _host = _scratch.Namespace();
        _route = RouteNetlink.Open(_host);
        _link = _route.AddLink(new LinkOptions { Name = "br0", Up = true }, new BridgeKind());
        _route.AddAddress(new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("10.240.0.20"), PrefixLength = 24 });
        _route.AddAddress(new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("2001:db8::20"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection });
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Each route as we make it, and as <c>ip route show</c> words it.</summary>
    public static TheoryData<RouteEntry, string> Routes() => new()
    {
        { To("10.200.1.0/24") with { Gateway = IPAddress.Parse("10.240.0.21") }, "10.200.1.0/24 via 10.240.0.21 dev br0" },
        { To("10.200.1.0/24") with { Gateway = IPAddress.Parse("10.240.0.21"), Protocol = RouteProtocol.Fairlead, Metric = 20 }, "10.200.1.0/24 via 10.240.0.21 dev br0 proto 72 metric 20" },
        { To("0.0.0.0/0") with { Gateway = IPAddress.Parse("10.240.0.1") }, "default via 10.240.0.1 dev br0" },
        { To("10.9.0.0/16") with { LinkIndex = 2 }, "10.9.0.0/16 dev br0 scope link" },
        { To("10.9.0.0/16") with { LinkIndex = 2, PreferredSource = IPAddress.Parse("10.240.0.20"), Mtu = 1450, AdvertisedMss = 1410 }, "10.9.0.0/16 dev br0 scope link src 10.240.0.20 mtu 1450 advmss 1410" },
        { To("10.9.0.0/16") with { LinkIndex = 2, Gateway = IPAddress.Parse("10.99.0.1"), Flags = RouteFlags.OnLink }, "10.9.0.0/16 via 10.99.0.1 dev br0 onlink" },
        { To("10.9.0.0/16") with { Gateway = IPAddress.Parse("2001:db8::1"), LinkIndex = 2 }, "10.9.0.0/16 via inet6 2001:db8::1 dev br0" },
        { To("10.9.0.0/16") with { NextHops = new NextHopList(new NextHop { Gateway = IPAddress.Parse("10.240.0.21"), LinkIndex = 2 }, new NextHop { Gateway = IPAddress.Parse("10.240.0.22"), LinkIndex = 2, Weight = 3 }) }, "10.9.0.0/16 nexthop via 10.240.0.21 dev br0 weight 1 nexthop via 10.240.0.22 dev br0 weight 3" },
        { To("10.200.0.0/16") with { Type = RouteType.Blackhole }, "blackhole 10.200.0.0/16" },
        { To("10.200.0.0/16") with { Type = RouteType.Unreachable }, "unreachable 10.200.0.0/16" },
        { To("10.200.0.0/16") with { Type = RouteType.Prohibit }, "prohibit 10.200.0.0/16" },
        { To("2001:db8:1::/64") with { Gateway = IPAddress.Parse("2001:db8::21") }, "2001:db8:1::/64 via 2001:db8::21 dev br0 metric 1024 pref medium" },
        { To("::/0") with { Gateway = IPAddress.Parse("2001:db8::21"), LinkIndex = 2 }, "default via 2001:db8::21 dev br0 metric 1024 pref medium" },
        { To("2001:db8:1::/64") with { Type = RouteType.Blackhole }, "blackhole 2001:db8:1::/64 dev lo metric 1024 pref medium" },
        { To("2001:db8:1::/64") with { NextHops = new NextHopList(new NextHop { Gateway = IPAddress.Parse("2001:db8::21"), LinkIndex = 2 }, new NextHop { Gateway = IPAddress.Parse("2001:db8::22"), LinkIndex = 2 }) }, "2001:db8:1::/64 metric 1024 pref medium nexthop via 2001:db8::21 dev br0 weight 1 nexthop via 2001:db8::22 dev br0 weight 1" },
        { To("10.9.0.0/16") with { LinkIndex = 2, Table = 1000 }, "10.9.0.0/16 dev br0 scope link" },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public void A_route_is_shown_by_ip_in_its_words_and_read_back_as_it_was_meant(RouteEntry route, string words)
    {
        Assert.True(_route.AddRoute(route));
        Assert.False(_route.AddRoute(route));
        string shown = Witness.Run(_host, $"ip {(route.Family == AddressFamily.InterNetworkV6 ? "-6 " : "")}route show {route.Destination} table {route.Table}");
        Assert.Equal(words, string.Join(' ', shown.Split([' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)));

        RouteEntry read = Assert.Single(_route.ListRoutes(route.Family, route.Table), candidate => candidate.Destination.Equals(route.Destination));
        int? link = route.NextHops.Count > 0 || route.Type != RouteType.Unicast ? null : 2;
        Assert.Equal((route with { LinkIndex = link }).Canonical(), read.Canonical());

        Assert.True(_route.DeleteRoute(route));
        Assert.False(_route.DeleteRoute(route));
        Assert.DoesNotContain(_route.ListRoutes(route.Family, route.Table), candidate => candidate.Destination.Equals(route.Destination));
    }

    [Fact]
    public void A_list_of_one_way_is_a_plain_route()
    {
        RouteEntry route = To("10.9.0.0/16") with { NextHops = new NextHopList(new NextHop { Gateway = IPAddress.Parse("10.240.0.21"), LinkIndex = _link }) };
        _route.AddRoute(route);
        Assert.Equal(route.Canonical(), Assert.Single(_route.ListRoutes(AddressFamily.InterNetwork), read => read.Destination.Equals(route.Destination)).Canonical());
    }

    [Fact]
    public void Replacing_changes_the_route_that_is_there()
    {
        RouteEntry route = To("10.200.1.0/24") with { Gateway = IPAddress.Parse("10.240.0.21") };
        _route.ReplaceRoute(route);
        _route.ReplaceRoute(route with { Gateway = IPAddress.Parse("10.240.0.22"), Mtu = 1400 });
        JsonNode shown = Assert.Single(Witness.Json(_host, "ip -j route show 10.200.1.0/24").AsArray())!;
        Assert.Equal("10.240.0.22", (string)shown["gateway"]!);
    }

    [Fact]
    public void The_kernel_filters_by_protocol_and_table()
    {
        _route.AddRoute(To("10.200.1.0/24") with { LinkIndex = _link, Protocol = RouteProtocol.Fairlead });
        _route.AddRoute(To("10.200.2.0/24") with { LinkIndex = _link });
        Assert.Equal(["10.200.1.0/24"], _route.ListRoutes(AddressFamily.InterNetwork, protocol: RouteProtocol.Fairlead).Select(route => route.Destination.ToString()));
        Assert.Empty(_route.ListRoutes(AddressFamily.InterNetwork, table: 4242));
        Assert.Contains(_route.ListRoutes(AddressFamily.InterNetwork, RouteEntry.LocalTable), route => route.Type == RouteType.Local && route.Destination.ToString() == "10.240.0.20/32");
    }

    [Theory]
    [InlineData("10.240.0.9", null, 2)]
    [InlineData("10.200.1.5", "10.240.0.21", 2)]
    [InlineData("127.0.0.1", null, 1)]
    [InlineData("2001:db8::9", null, 2)]
    public void The_kernel_says_which_way_a_packet_goes(string destination, string? gateway, int link)
    {
        _route.SetLink(1, new LinkOptions { Up = true });
        _route.AddRoute(To("10.200.1.0/24") with { Gateway = IPAddress.Parse("10.240.0.21") });
        RouteEntry way = _route.LookUpRoute(IPAddress.Parse(destination))!;
        Assert.Equal((gateway, link), (way.Gateway?.ToString(), way.LinkIndex));
    }

    [Fact]
    public void Where_no_route_leads_the_answer_is_none_and_a_blackhole_answers_with_its_own_errno()
    {
        Assert.Null(_route.LookUpRoute(IPAddress.Parse("203.0.113.1")));
        _route.AddRoute(To("10.200.0.0/16") with { Type = RouteType.Blackhole });
        Assert.Equal(Errno.InvalidArgument, Assert.Throws<NetlinkException>(() => _route.LookUpRoute(IPAddress.Parse("10.200.3.3"))).Error);
        _route.AddRoute(To("10.200.5.0/24") with { LinkIndex = _link });
        Assert.Equal("10.200.5.0/24", _route.LookUpRoute(IPAddress.Parse("10.200.5.5"), match: true)!.Destination.ToString());
    }

    [Fact]
    public void A_refusal_names_the_route_and_says_the_kernels_sentence() =>
        Assert.Equal(
            "add route 10.9.0.0/16 via 192.0.2.1: Nexthop has invalid gateway (Network is unreachable)",
            Assert.Throws<NetlinkException>(() => _route.AddRoute(To("10.9.0.0/16") with { Gateway = IPAddress.Parse("192.0.2.1") })).Message);

    private static RouteEntry To(string destination) => new() { Destination = IPNetwork.Parse(destination) };
}
