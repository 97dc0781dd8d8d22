using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class AddressTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly RouteNetlink _route;
    private readonly int _link;

    public AddressTests()
    {
        _host = _scratch.Namespace();
        _route = RouteNetlink.Open(_host);
        _link = _route.AddLink(new LinkOptions { Name = "br0", Up = true, AddressGeneration = AddressGeneration.None }, new BridgeKind());
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void An_IPv4_address_is_there_with_label_broadcast_and_scope()
    {
        InterfaceAddress address = new()
        {
            LinkIndex = _link, Address = IPAddress.Parse("10.200.1.1"), PrefixLength = 24, Broadcast = IPAddress.Parse("10.200.1.255"), Label = "br0:x", Scope = RouteScope.Link, RouteMetric = 77,
        };
        Assert.True(_route.AddAddress(address));
        Assert.False(_route.AddAddress(address));

        JsonNode shown = Show()[0]!;
        Assert.Equal("10.200.1.1", (string)shown["local"]!);
        Assert.Equal(24, (int)shown["prefixlen"]!);
        Assert.Equal("10.200.1.255", (string)shown["broadcast"]!);
        Assert.Equal("br0:x", (string)shown["label"]!);
        Assert.Equal("link", (string)shown["scope"]!);
        Assert.Equal(77, (int)shown["metric"]!);
        Assert.Equal(address with { Flags = AddressFlags.Permanent }, Assert.Single(_route.ListAddresses(_link)));

        Assert.True(_route.DeleteAddress(address));
        Assert.False(_route.DeleteAddress(address));
        Assert.Empty(_route.ListAddresses(_link));
    }

    [Fact]
    public void An_IPv6_address_is_usable_at_once_without_duplicate_detection()
    {
        InterfaceAddress address = new() { LinkIndex = _link, Address = IPAddress.Parse("2001:db8::1"), PrefixLength = 64, Flags = AddressFlags.NoDuplicateDetection | AddressFlags.NoPrefixRoute };
        Assert.True(_route.AddAddress(address));
        JsonNode shown = Show()[0]!;
        Assert.Null(shown["tentative"]);
        Assert.True((bool)shown["nodad"]!);
        Assert.True((bool)shown["noprefixroute"]!);
        Assert.Empty(Witness.Json(_host, "ip -j -6 route show 2001:db8::/64").AsArray());
        Assert.Equal(address with { Flags = address.Flags | AddressFlags.Permanent }, Assert.Single(_route.ListAddresses(_link, AddressFamily.InterNetworkV6)));
    }

    [Fact]
    public void Lifetimes_are_in_seconds_and_can_be_replaced()
    {
        InterfaceAddress address = new() { LinkIndex = _link, Address = IPAddress.Parse("10.0.0.1"), PrefixLength = 32, ValidLifetime = 1000, PreferredLifetime = 500 };
        _route.ReplaceAddress(address);
        JsonNode shown = Show()[0]!;
        Assert.InRange((int)shown["valid_life_time"]!, 990, 1000);
        Assert.InRange((int)shown["preferred_life_time"]!, 490, 500);
        _route.ReplaceAddress(address with { ValidLifetime = null, PreferredLifetime = null, Flags = AddressFlags.Permanent });
        Assert.Equal(4294967295, (long)Show()[0]!["valid_life_time"]!);
    }

    [Fact]
    public void A_peer_address_is_the_other_end()
    {
        _route.AddAddress(new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("10.0.0.1"), Peer = IPAddress.Parse("10.0.0.2"), PrefixLength = 32 });
        JsonNode shown = Show()[0]!;
        Assert.Equal("10.0.0.1", (string)shown["local"]!);
        Assert.Equal("10.0.0.2", (string)shown["address"]!);
        Assert.Equal(IPAddress.Parse("10.0.0.2"), Assert.Single(_route.ListAddresses(_link)).Peer);
    }

    [Fact]
    public void A_list_is_of_one_link_and_family_where_that_is_asked_for()
    {
        _route.SetLink(1, new LinkOptions { Up = true });
        _route.AddAddress(new InterfaceAddress { LinkIndex = _link, Address = IPAddress.Parse("10.0.0.1"), PrefixLength = 24 });
        Assert.Equal(["127.0.0.1", "10.0.0.1", "::1"], _route.ListAddresses().Select(address => address.Address.ToString()));
        Assert.Equal(["127.0.0.1"], _route.ListAddresses(1, AddressFamily.InterNetwork).Select(address => address.Address.ToString()));
        Assert.Equal(["::1"], _route.ListAddresses(1, AddressFamily.InterNetworkV6).Select(address => address.Address.ToString()));
        Assert.Equal(Errno.NoDevice, Assert.Throws<NetlinkException>(() => _route.ListAddresses(999)).Error);
    }

    [Fact]
    public void A_refusal_names_the_address() =>
        Assert.StartsWith("add address 10.0.0.1/24 on link 999: ", Assert.Throws<NetlinkException>(() =>
            _route.AddAddress(new InterfaceAddress { LinkIndex = 999, Address = IPAddress.Parse("10.0.0.1"), PrefixLength = 24 })).Message, StringComparison.Ordinal);

    private JsonArray Show() => Witness.Json(_host, "ip -j -d address show dev br0")[0]!["addr_info"]!.AsArray();
}
