using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.Route;

[Trait("Category", "Root")]
public sealed class LinkTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly NetworkNamespace _host;
    private readonly NetworkNamespace _pod;
    private readonly RouteNetlink _route;

    public LinkTests()
    {
        (_host, _pod) = _scratch.Pair();
        _route = RouteNetlink.Open(_host);
    }

    public void Dispose()
    {
        _route.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void A_veth_pair_is_born_complete_with_its_peer_in_the_pod()
    {
        int bridge = _route.AddLink(new LinkOptions { Name = "cnio0", Up = true, Mtu = 1450 }, new BridgeKind());
        VethPair pair = _route.AddVeth(
            new LinkOptions { Name = "veth0", Mtu = 1450, MasterIndex = bridge, Up = true, MacAddress = MacAddress.Parse("0a:58:00:00:00:01"), Alias = "fairlead pod default/web" },
            new LinkOptions { Name = "eth0", Mtu = 1450, Namespace = _pod, Up = true, MacAddress = MacAddress.Parse("0a:58:0a:c8:00:05") });

        JsonNode near = Show(_host, "veth0");
        Assert.Equal(pair.Near, (int)near["ifindex"]!);
        Assert.Equal(pair.Far, (int)near["link_index"]!);
        Assert.Equal("cnio0", (string)near["master"]!);
        Assert.Equal("0a:58:00:00:00:01", (string)near["address"]!);
        Assert.Equal("fairlead pod default/web", (string)near["ifalias"]!);
        Assert.Equal("UP", (string)near["operstate"]!);
        JsonNode far = Show(_pod, "eth0");
        Assert.Equal(pair.Far, (int)far["ifindex"]!);
        Assert.Equal(1450, (int)far["mtu"]!);
        Assert.Equal("0a:58:0a:c8:00:05", (string)far["address"]!);
        Assert.Equal("UP", (string)far["operstate"]!);

        Link read = _route.FindLink("veth0")!;
        Assert.Equal((pair.Near, bridge, (int?)pair.Far, 1450u), (read.Index, read.MasterIndex, read.ParentIndex, read.Mtu));
        Assert.Equal(new VethKind(), read.Kind);
        Assert.Equal(new BridgePort
        {
            Hairpin = false, Isolated = false, Learning = true, UnicastFlood = true, MulticastFlood = true, BroadcastFlood = true, ProxyArp = false, NeighbourSuppression = false, BpduGuard = false,
        }, read.Port);
    }

    [Fact]
    public void The_other_end_of_a_veth_can_be_followed_into_its_namespace()
    {
        Assert.Null(_route.FindNamespaceId(_pod));
        _route.AddVeth(new LinkOptions { Name = "veth0" }, new LinkOptions { Name = "eth0", Namespace = _pod });
        Link near = _route.FindLink("veth0")!;
        Assert.Equal(near.ParentNamespaceId, _route.FindNamespaceId(_pod));
        using RouteNetlink pod = RouteNetlink.Open(_pod);
        Assert.Equal("eth0", pod.FindLink(near.ParentIndex!.Value)!.Name);
    }

    [Fact]
    public void A_bridge_has_the_options_that_it_was_given()
    {
        _route.AddLink(
            new LinkOptions { Name = "br0", MacAddress = MacAddress.Parse("0a:58:0a:c8:00:01"), Promiscuous = true, AddressGeneration = AddressGeneration.None, TransmitQueueLength = 500, Group = 7 },
            new BridgeKind { SpanningTree = false, ForwardDelay = 400, AgeingTime = 6000, MulticastSnooping = false, GroupForwardMask = 8, NetfilterCallIPv4 = true });

        JsonNode shown = Show(_host, "br0");
        JsonNode data = shown["linkinfo"]!["info_data"]!;
        Assert.Equal(400, (int)data["forward_delay"]!);
        Assert.Equal(6000, (int)data["ageing_time"]!);
        Assert.Equal(0, (int)data["mcast_snooping"]!);
        Assert.Equal("0x8", (string)data["group_fwd_mask"]!);
        Assert.Equal(1, (int)data["nf_call_iptables"]!);
        Assert.Equal(1, (int)shown["promiscuity"]!);
        Assert.Equal("none", (string)shown["inet6_addr_gen_mode"]!);
        Assert.Equal(500, (int)shown["txqlen"]!);
        Assert.Equal("7", (string)shown["group"]!);
        BridgeKind kind = Assert.IsType<BridgeKind>(_route.FindLink("br0")!.Kind);
        Assert.Equal((400u, 6000u, false, (ushort)8, true), (kind.ForwardDelay, kind.AgeingTime, kind.MulticastSnooping, kind.GroupForwardMask, kind.NetfilterCallIPv4));
    }

    [Theory]
    [InlineData("192.0.2.1", null)]
    [InlineData("2001:db8::1", null)]
    [InlineData("192.0.2.1", "192.0.2.9")]
    public void A_vxlan_is_made_the_way_flannel_makes_it(string local, string? group)
    {
        VethPair underlay = _route.AddVeth(new LinkOptions { Name = "under", Up = true }, new LinkOptions { Name = "peer", Up = true });
        VxlanKind made = new()
        {
            Id = 1,
            DestinationPort = 8472,
            Local = System.Net.IPAddress.Parse(local),
            Group = group is null ? null : System.Net.IPAddress.Parse(group),
            UnderlayIndex = underlay.Near,
            Learning = false,
        };
        _route.AddLink(new LinkOptions { Name = "fl.1", Mtu = 1400, MacAddress = MacAddress.Parse("0a:58:0a:c8:00:01"), Up = true }, made);

        JsonNode data = Show(_host, "fl.1")["linkinfo"]!["info_data"]!;
        Assert.Equal(1, (int)data["id"]!);
        Assert.Equal(8472, (int)data["port"]!);
        Assert.Equal("under", (string)data["link"]!);
        Assert.False((bool)data["learning"]!);
        Assert.Equal(local, (string?)(data["local"] ?? data["local6"]));
        VxlanKind read = Assert.IsType<VxlanKind>(_route.FindLink("fl.1")!.Kind);
        Assert.Equal(made, read with { TimeToLive = null, Ageing = null, Proxy = null, UdpChecksum = null, GroupPolicy = null });
    }

    [Fact]
    public void A_link_changes_moves_and_is_renamed()
    {
        VethPair pair = _route.AddVeth(new LinkOptions { Name = "a" }, new LinkOptions { Name = "b" });
        _route.SetLink(pair.Near, new LinkOptions { Name = "renamed", Mtu = 1300, MacAddress = MacAddress.Parse("02:00:00:00:00:09"), Alias = "fairlead", AllMulticast = true, Arp = false, Up = true });
        JsonNode shown = Show(_host, "renamed");
        Assert.Equal((1300, "02:00:00:00:00:09", "fairlead"), ((int)shown["mtu"]!, (string)shown["address"]!, (string)shown["ifalias"]!));
        Assert.Contains("NOARP", shown["flags"]!.AsArray().Select(flag => (string)flag!));
        Assert.Contains("ALLMULTI", shown["flags"]!.AsArray().Select(flag => (string)flag!));
        _route.SetLink(pair.Near, new LinkOptions { Alias = "", Up = false, Arp = true });
        Assert.Null(Show(_host, "renamed")["ifalias"]);
        Assert.False(_route.FindLink(pair.Near)!.IsUp);

        _route.SetLink(pair.Far, new LinkOptions { Namespace = _pod, Name = "eth0" });
        Assert.Equal("eth0", (string)Show(_pod, "eth0")["ifname"]!);
        Assert.Null(_route.FindLink("b"));
    }

    [Fact]
    public void A_bridge_port_takes_its_options_with_its_master()
    {
        int bridge = _route.AddLink(new LinkOptions { Name = "br0", Up = true }, new BridgeKind());
        VethPair pair = _route.AddVeth(new LinkOptions { Name = "a", MasterIndex = bridge, Port = new BridgePort { Hairpin = true, Isolated = true, Learning = false } }, new LinkOptions { Name = "b" });
        JsonNode data = Show(_host, "a")["linkinfo"]!["info_slave_data"]!;
        Assert.True((bool)data["hairpin"]!);
        Assert.True((bool)data["isolated"]!);
        Assert.False((bool)data["learning"]!);
        Assert.Equal(["a"], _route.ListLinks(masterIndex: bridge).Select(link => link.Name));
        Assert.Equal(["a", "b"], _route.ListLinks(kind: "veth").Select(link => link.Name).Order());
        _route.SetLink(pair.Near, new LinkOptions { MasterIndex = 0 });
        Assert.Null(_route.FindLink("a")!.MasterIndex);
    }

    [Fact]
    public void A_link_is_found_by_an_alternative_name()
    {
        int index = _route.AddLink(new LinkOptions { Name = "br0" }, new BridgeKind());
        Witness.Run(_host, "ip link property add dev br0 altname a-name-that-is-longer-than-fifteen");
        Witness.Run(_host, "ip link property add dev br0 altname short");
        Assert.Equal(index, _route.FindLink("a-name-that-is-longer-than-fifteen")!.Index);
        Assert.Equal(index, _route.FindLink("short")!.Index);
        Assert.True(_route.DeleteLink("a-name-that-is-longer-than-fifteen"));
        Assert.False(_route.DeleteLink("br0"));
        Assert.False(_route.DeleteLink(index));
    }

    [Fact]
    public void No_address_is_made_up_where_none_is_to_be_generated()
    {
        VethPair pair = _route.AddVeth(
            new LinkOptions { Name = "a", Up = true, AddressGeneration = AddressGeneration.None },
            new LinkOptions { Name = "eth0", Namespace = _pod, Up = true, AddressGeneration = AddressGeneration.None, Alias = "fairlead" });
        using RouteNetlink pod = RouteNetlink.Open(_pod);
        Assert.Empty(_route.ListAddresses(pair.Near));
        Assert.Empty(pod.ListAddresses(pair.Far));
        Link far = pod.FindLink(pair.Far)!;
        Assert.Equal((AddressGeneration.None, "fairlead", true), (far.AddressGeneration, far.Alias, far.IsUp));
    }

    [Fact]
    public void Neighbours_are_told_of_addresses_that_a_link_has_when_it_comes_up()
    {
        using NetworkNamespace neighbour = _scratch.Namespace();
        using RouteNetlink pod = RouteNetlink.Open(_pod);
        VethPair pair = _route.AddVeth(new LinkOptions { Name = "eth0", Namespace = neighbour, Up = true }, new LinkOptions { Name = "eth0", Namespace = _pod });
        Witness.Run(neighbour, "sysctl -qw net.ipv4.conf.eth0.arp_accept=1");
        Witness.Run(neighbour, "ip address add 10.1.0.1/24 dev eth0");
        pod.AddAddress(new InterfaceAddress { LinkIndex = pair.Far, Address = IPAddress.Parse("10.1.0.2"), PrefixLength = 24 });
        pod.SetLink(pair.Far, new LinkOptions { ArpNotify = true, Up = true });
        Assert.Equal("1", Witness.Run(_pod, "sysctl -n net.ipv4.conf.eth0.arp_notify").Trim());
        Assert.Contains("10.1.0.2", Witness.Run(neighbour, "ip neighbour show dev eth0"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_of_links_is_deleted_at_once_and_the_others_stay()
    {
        for (int i = 0; i < 20; i++)
        {
            _route.AddVeth(new LinkOptions { Name = $"veth{i}", Group = i == 0 ? 8u : 7u }, new LinkOptions { Name = "eth0", Namespace = i == 0 ? null : _scratch.Namespace() });
        }

        Assert.True(_route.DeleteLinkGroup(7));
        Assert.False(_route.DeleteLinkGroup(7));
        Assert.Equal(["eth0", "lo", "veth0"], _route.ListLinks().Select(link => link.Name).Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => _route.DeleteLinkGroup(0));
    }

    [Fact]
    public void A_link_can_be_born_in_another_namespace()
    {
        int index = _route.AddLink(new LinkOptions { Name = "br0", Namespace = _pod, Alias = "fairlead there" }, new BridgeKind());
        JsonNode shown = Show(_pod, "br0");
        Assert.Equal((index, "fairlead there"), ((int)shown["ifindex"]!, (string)shown["ifalias"]!));
        Assert.Null(_route.FindLink("br0"));
    }

    [Fact]
    public void What_the_kernel_refuses_is_said_in_its_words_and_leaves_nothing()
    {
        Assert.Equal("add link x type nonsense mtu 1400: Unknown device type (Operation not supported)", Refusal(() => _route.AddLink(new LinkOptions { Name = "x", Mtu = 1400 }, new PlainKind("nonsense"))));
        Assert.Equal(Errno.Exists, Assert.Throws<NetlinkException>(() => _route.AddLink(new LinkOptions { Name = "lo" }, new BridgeKind())).Error);
        Assert.Equal(Errno.NoDevice, Assert.Throws<NetlinkException>(() => _route.SetLink(999, new LinkOptions { Up = true })).Error);

        // A port's options on what is no port: the link that was made for them goes again.
        Assert.Throws<NetlinkException>(() => _route.AddLink(new LinkOptions { Name = "br0", Port = new BridgePort { Hairpin = true } }, new BridgeKind()));
        Assert.Null(_route.FindLink("br0"));
        Assert.Throws<NetlinkException>(() => _route.AddVeth(new LinkOptions { Name = "a" }, new LinkOptions { Name = "b", Namespace = _pod, Port = new BridgePort { Hairpin = true } }));
        Assert.Null(_route.FindLink("a"));
    }

    [Fact]
    public void Counters_are_those_that_ip_shows()
    {
        _route.SetLink(1, new LinkOptions { Up = true });
        Witness.Run(_host, "ping -c 1 127.0.0.1");
        Assert.Null(_route.FindLinkStatistics(999));
        LinkStatistics counted = _route.FindLinkStatistics(1)!;
        JsonNode witnessed = Witness.Json(_host, "ip -j -s link show dev lo")[0]!["stats64"]!;
        Assert.Equal((ulong)witnessed["rx"]!["packets"]!, counted.ReceivedPackets);
        Assert.Equal((ulong)witnessed["tx"]!["bytes"]!, counted.SentBytes);
        Assert.NotEqual(0ul, counted.SentBytes);
    }

    private static string Refusal(Action action) => Assert.Throws<NetlinkException>(action).Message;

    private static JsonNode Show(NetworkNamespace place, string name) => Witness.Json(place, $"ip -j -d link show dev {name}")[0]!;
}
