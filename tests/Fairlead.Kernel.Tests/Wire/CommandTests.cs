using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;

namespace Fairlead.Kernel.Tests.Wire;

/// <summary>
/// What iproute2 6.1 sends for a command (everything behind struct nlmsghdr, as strace showed it; veth0 is link 3, br0 link 4, fl.9 link 5), beside what we
/// send for the same. The order of attributes and the flag that marks a nested one are nobody's business but the sender's.
/// </summary>
public sealed class CommandTests
{
    private static readonly MacAddress s_mac = MacAddress.Parse("0a:58:0a:c8:01:00");

    private delegate void Write(ref NetlinkMessageWriter writer);

    private static readonly Dictionary<string, Write> s_ours = new()
    {
        ["ip link add br1 mtu 1450 type bridge forward_delay 400 ageing_time 6000 mcast_snooping 0"] = (ref NetlinkMessageWriter writer) =>
            LinkMessages.WriteNew(ref writer, new LinkOptions { Name = "br1", Mtu = 1450 }, new BridgeKind { ForwardDelay = 400, AgeingTime = 6000, MulticastSnooping = false }, null),
        ["ip link add fl.1 address 0a:58:0a:c8:01:00 type vxlan id 1 dev veth0 local 192.0.2.1 dstport 8472 nolearning"] = (ref NetlinkMessageWriter writer) =>
            LinkMessages.WriteNew(ref writer, new LinkOptions { Name = "fl.1", MacAddress = s_mac }, new VxlanKind { Id = 1, UnderlayIndex = 3, Local = IPAddress.Parse("192.0.2.1"), Learning = false }, null),
        ["ip link add link veth0 name veth0.5 type vlan id 5"] = (ref NetlinkMessageWriter writer) =>
            LinkMessages.WriteNew(ref writer, new LinkOptions { Name = "veth0.5" }, new VlanKind { ParentIndex = 3, Id = 5 }, null),
        ["ip link add link veth0 name mac0 type macvlan mode bridge"] = (ref NetlinkMessageWriter writer) =>
            LinkMessages.WriteNew(ref writer, new LinkOptions { Name = "mac0" }, new MacvlanKind { ParentIndex = 3 }, null),
        ["ip link set dev veth0 master br0"] = (ref NetlinkMessageWriter writer) => LinkMessages.WriteChange(ref writer, 3, new LinkOptions { MasterIndex = 4 }),
        ["ip link set dev veth0 alias fairlead"] = (ref NetlinkMessageWriter writer) => LinkMessages.WriteChange(ref writer, 3, new LinkOptions { Alias = "fairlead" }),
        ["ip link set dev veth0 addrgenmode none"] = (ref NetlinkMessageWriter writer) => LinkMessages.WriteChange(ref writer, 3, new LinkOptions { AddressGeneration = AddressGeneration.None }),
        ["bridge vlan add dev veth0 vid 5 pvid untagged"] = (ref NetlinkMessageWriter writer) =>
            LinkMessages.WriteBridgeVlan(ref writer, RouteMessageType.SetLink, 3, 5, untaggedPvid: true, self: false),
        ["ip address add 10.200.1.1/24 broadcast 10.200.1.255 dev veth0"] = (ref NetlinkMessageWriter writer) =>
            AddressMessages.Write(ref writer, RouteMessageType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive, Address("10.200.1.1", 24) with { Broadcast = IPAddress.Parse("10.200.1.255") }),
        ["ip address add 2001:db8::1/64 dev veth0 nodad noprefixroute"] = (ref NetlinkMessageWriter writer) =>
            AddressMessages.Write(
                ref writer, RouteMessageType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive, Address("2001:db8::1", 64) with { Flags = AddressFlags.NoDuplicateDetection | AddressFlags.NoPrefixRoute }),
        ["ip address add 10.0.0.1/32 dev veth0 valid_lft 100 preferred_lft 50"] = (ref NetlinkMessageWriter writer) =>
            AddressMessages.Write(ref writer, RouteMessageType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive, Address("10.0.0.1", 32) with { ValidLifetime = 100, PreferredLifetime = 50 }),
        ["ip address del 10.200.1.1/24 dev veth0"] = (ref NetlinkMessageWriter writer) => AddressMessages.Write(ref writer, RouteMessageType.DeleteAddress, 0, Address("10.200.1.1", 24)),
        ["ip route add 10.200.1.0/24 via 10.240.0.21 dev veth0 proto 72"] = (ref NetlinkMessageWriter writer) =>
            Add(ref writer, To("10.200.1.0/24") with { Gateway = IPAddress.Parse("10.240.0.21"), LinkIndex = 3, Protocol = RouteProtocol.Fairlead }),
        ["ip route replace default via 10.240.0.1 dev veth0 onlink metric 5"] = (ref NetlinkMessageWriter writer) => RouteMessages.Write(
            ref writer,
            RouteMessageType.NewRoute,
            NetlinkFlags.Create | NetlinkFlags.Replace,
            To("0.0.0.0/0") with { Gateway = IPAddress.Parse("10.240.0.1"), LinkIndex = 3, Flags = RouteFlags.OnLink, Metric = 5 }),
        ["ip route add blackhole 10.200.0.0/16"] = (ref NetlinkMessageWriter writer) => Add(ref writer, To("10.200.0.0/16") with { Type = RouteType.Blackhole }),
        ["ip route add 10.9.0.0/16 dev veth0 src 10.240.0.20 mtu 1450 advmss 1410 table 1000"] = (ref NetlinkMessageWriter writer) =>
            Add(ref writer, To("10.9.0.0/16") with { LinkIndex = 3, PreferredSource = IPAddress.Parse("10.240.0.20"), Mtu = 1450, AdvertisedMss = 1410, Table = 1000 }),
        ["ip route add 10.9.0.0/16 nexthop via 10.240.0.21 dev veth0 nexthop via 10.240.0.22 dev veth0 weight 3"] = (ref NetlinkMessageWriter writer) => Add(
            ref writer,
            To("10.9.0.0/16") with
            {
                NextHops = new NextHopList(
                    new NextHop { Gateway = IPAddress.Parse("10.240.0.21"), LinkIndex = 3 }, new NextHop { Gateway = IPAddress.Parse("10.240.0.22"), LinkIndex = 3, Weight = 3 }),
            }),
        ["ip route add 10.9.0.0/16 via inet6 2001:db8::1 dev veth0"] = (ref NetlinkMessageWriter writer) =>
            Add(ref writer, To("10.9.0.0/16") with { Gateway = IPAddress.Parse("2001:db8::1"), LinkIndex = 3 }),
        ["ip -6 route add 2001:db8:1::/64 via 2001:db8::21 dev veth0"] = (ref NetlinkMessageWriter writer) =>
            Add(ref writer, To("2001:db8:1::/64") with { Gateway = IPAddress.Parse("2001:db8::21"), LinkIndex = 3 }),
        ["ip route del 10.200.1.0/24"] = (ref NetlinkMessageWriter writer) =>
            RouteMessages.Write(ref writer, RouteMessageType.DeleteRoute, 0, To("10.200.1.0/24") with { Protocol = RouteProtocol.Unspecified, Type = RouteType.Unspecified }),
        ["ip neighbour replace 10.200.1.0 lladdr 0a:58:0a:c8:01:00 dev veth0 nud permanent"] = (ref NetlinkMessageWriter writer) => NeighbourMessages.Write(
            ref writer, RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Replace, new Neighbour { LinkIndex = 3, Address = IPAddress.Parse("10.200.1.0"), MacAddress = s_mac }),
        ["ip neighbour add proxy 10.200.1.9 dev veth0"] = (ref NetlinkMessageWriter writer) => NeighbourMessages.Write(
            ref writer, RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Exclusive, new Neighbour { LinkIndex = 3, Address = IPAddress.Parse("10.200.1.9"), IsProxy = true }),
        ["bridge fdb append 00:00:00:00:00:00 dev fl.9 dst 10.240.0.21"] = (ref NetlinkMessageWriter writer) =>
            NeighbourMessages.Write(ref writer, RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Append, Tunnel(default)),
        ["bridge fdb replace 0a:58:0a:c8:01:00 dev fl.9 dst 10.240.0.21 port 4789 vni 7"] = (ref NetlinkMessageWriter writer) =>
            NeighbourMessages.Write(ref writer, RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Replace, Tunnel(s_mac) with { Port = 4789, Vni = 7 }),
        ["bridge fdb add 0a:58:0a:c8:01:00 dev veth0 master static"] = (ref NetlinkMessageWriter writer) => NeighbourMessages.Write(
            ref writer,
            RouteMessageType.NewNeighbour,
            NetlinkFlags.Create | NetlinkFlags.Exclusive,
            new ForwardingEntry { LinkIndex = 3, MacAddress = s_mac, OfBridge = true, State = NeighbourState.NoArp | NeighbourState.Reachable }),
        ["ip rule add priority 512 from 10.200.1.5/32 to 10.0.0.0/8 fwmark 0x40/0xff iif veth0 lookup 1001"] = (ref NetlinkMessageWriter writer) => RuleMessages.Write(
            ref writer,
            RouteMessageType.NewRule,
            NetlinkFlags.Create | NetlinkFlags.Exclusive,
            new RoutingRule
            {
                Family = AddressFamily.InterNetwork, Priority = 512, Source = IPNetwork.Parse("10.200.1.5/32"), Destination = IPNetwork.Parse("10.0.0.0/8"), Mark = 0x40, MarkMask = 0xff, InputLink = "veth0", Table = 1001,
            }),
        ["tc filter add dev veth0 ingress pref 1 protocol all matchall action mirred egress redirect dev br0"] = (ref NetlinkMessageWriter writer) => TrafficMessages.Write(
            ref writer,
            RouteMessageType.NewTrafficFilter,
            NetlinkFlags.Create | NetlinkFlags.Exclusive,
            new TrafficFilter { LinkIndex = 3, Parent = TrafficHandle.IngressFilters, Priority = 1, Matches = null, RedirectTo = 4 }),
        ["tc qdisc add dev veth0 clsact"] = (ref NetlinkMessageWriter writer) => TrafficMessages.Write(
            ref writer, RouteMessageType.NewQueueingDiscipline, NetlinkFlags.Create | NetlinkFlags.Exclusive, new QueueingDiscipline { LinkIndex = 3, Parent = TrafficHandle.Ingress, Kind = PlainDiscipline.ClsAct }),
        ["tc qdisc add dev veth0 root handle 1: htb default 30"] = (ref NetlinkMessageWriter writer) => TrafficMessages.Write(
            ref writer,
            RouteMessageType.NewQueueingDiscipline,
            NetlinkFlags.Create | NetlinkFlags.Exclusive,
            new QueueingDiscipline { LinkIndex = 3, Handle = new TrafficHandle(1, 0), Kind = new HierarchicalTokenBucket { DefaultClass = 0x30 } }),
    };

    [Theory] //   type, flags without REQUEST and ACK, size of the family's header, and the bytes
    [InlineData("ip link add br1 mtu 1450 type bridge forward_delay 400 ageing_time 6000 mcast_snooping 0", 16, 0x600, 16,
        "0000000000000000000000000000000008000400AA05000008000300627231002C0012000A00010062726964676500001C000200080001009001000008000400701700000500170000000000")]
    [InlineData("ip link add fl.1 address 0a:58:0a:c8:01:00 type vxlan id 1 dev veth0 local 192.0.2.1 dstport 8472 nolearning", 16, 0x600, 16,
        "000000000000000000000000000000000A0001000A580AC80100000009000300666C2E31000000003C0012000900010076786C616E0000002C0002000800030003000000080001000100000008000400C0000201050007000000000006000F0021180000")]
    [InlineData("ip link add link veth0 name veth0.5 type vlan id 5", 16, 0x600, 16,
        "0000000000000000000000000000000008000500030000000C00030076657468302E35001800120008000100766C616E0C0002000600010005000000")]
    [InlineData("ip link add link veth0 name mac0 type macvlan mode bridge", 16, 0x600, 16,
        "000000000000000000000000000000000800050003000000090003006D616330000000001C0012000B0001006D6163766C616E000C0002000800010004000000")]
    [InlineData("ip link set dev veth0 master br0", 16, 0x0, 16,
        "0000000003000000000000000000000008000A0004000000")]
    [InlineData("ip link set dev veth0 alias fairlead", 16, 0x0, 16,
        "000000000300000000000000000000000C001400666169726C656164")]
    [InlineData("ip link set dev veth0 addrgenmode none", 16, 0x0, 16,
        "0000000003000000000000000000000010001A000C000A000500080001000000")]
    [InlineData("ip address add 10.200.1.1/24 broadcast 10.200.1.255 dev veth0", 20, 0x600, 8,
        "0218000003000000080002000AC80101080004000AC801FF080001000AC80101")]
    [InlineData("ip address add 2001:db8::1/64 dev veth0 nodad noprefixroute", 20, 0x600, 8,
        "0A400000030000001400020020010DB800000000000000000000000108000800020200001400010020010DB8000000000000000000000001")]
    [InlineData("ip address add 10.0.0.1/32 dev veth0 valid_lft 100 preferred_lft 50", 20, 0x600, 8,
        "0220000003000000080002000A000001080001000A0000011400060032000000640000000000000000000000")]
    [InlineData("ip address del 10.200.1.1/24 dev veth0", 21, 0x0, 8,
        "0218000003000000080002000AC80101080001000AC80101")]
    [InlineData("ip route add 10.200.1.0/24 via 10.240.0.21 dev veth0 proto 72", 24, 0x600, 12,
        "02180000FE48000100000000080001000AC80100080005000AF000150800040003000000")]
    [InlineData("ip route replace default via 10.240.0.1 dev veth0 onlink metric 5", 24, 0x500, 12,
        "02000000FE03000104000000080005000AF0000108000600050000000800040003000000")]
    [InlineData("ip route add blackhole 10.200.0.0/16", 24, 0x600, 12,
        "02100000FE03000600000000080001000AC80000")]
    [InlineData("ip route add 10.9.0.0/16 dev veth0 src 10.240.0.20 mtu 1450 advmss 1410 table 1000", 24, 0x600, 12,
        "021000000003FD0100000000080001000A090000080007000AF0001408000F00E803000008000400030000001400080008000200AA0500000800080082050000")]
    [InlineData("ip route add 10.9.0.0/16 nexthop via 10.240.0.21 dev veth0 nexthop via 10.240.0.22 dev veth0 weight 3", 24, 0x600, 12,
        "02100000FE03000100000000080001000A090000240009001000000003000000080005000AF000151000000203000000080005000AF00016")]
    [InlineData("ip route add 10.9.0.0/16 via inet6 2001:db8::1 dev veth0", 24, 0x600, 12,
        "02100000FE03000100000000080001000A090000160012000A0020010DB800000000000000000000000100000800040003000000")]
    [InlineData("ip -6 route add 2001:db8:1::/64 via 2001:db8::21 dev veth0", 24, 0x600, 12,
        "0A400000FE030001000000001400010020010DB80001000000000000000000001400050020010DB80000000000000000000000210800040003000000")]
    [InlineData("ip route del 10.200.1.0/24", 25, 0x0, 12,
        "02180000FE00FF0000000000080001000AC80100")]
    [InlineData("ip neighbour replace 10.200.1.0 lladdr 0a:58:0a:c8:01:00 dev veth0 nud permanent", 28, 0x500, 12,
        "020000000300000080000000080001000AC801000A0002000A580AC801000000")]
    [InlineData("ip neighbour add proxy 10.200.1.9 dev veth0", 28, 0x600, 12,
        "020000000300000080000800080001000AC80109")]
    [InlineData("bridge fdb append 00:00:00:00:00:00 dev fl.9 dst 10.240.0.21", 28, 0xc00, 12,
        "0700000005000000C00002000A0002000000000000000000080001000AF00015")]
    [InlineData("bridge fdb replace 0a:58:0a:c8:01:00 dev fl.9 dst 10.240.0.21 port 4789 vni 7", 28, 0x500, 12,
        "0700000005000000C00002000A0002000A580AC801000000080001000AF000150600060012B500000800070007000000")]
    [InlineData("bridge fdb add 0a:58:0a:c8:01:00 dev veth0 master static", 28, 0x600, 12,
        "0700000003000000420004000A0002000A580AC801000000")]
    [InlineData("bridge vlan add dev veth0 vid 5 pvid untagged", 19, 0x0, 16,
        "070000000300000000000000000000000C001A000800020006000500")]
    [InlineData("ip rule add priority 512 from 10.200.1.5/32 to 10.0.0.0/8 fwmark 0x40/0xff iif veth0 lookup 1001", 32, 0x600, 12,
        "0208200000000001000000000800060000020000080002000AC80105080001000A00000008000A004000000008001000FF0000000A000300766574683000000008000F00E9030000")]
    [InlineData("tc filter add dev veth0 ingress pref 1 protocol all matchall action mirred egress redirect dev br0", 44, 0x600, 20,
        "000000000300000000000000F2FFFFFF000301000D0001006D61746368616C6C000000003C00020038000200340001000B0001006D69727265640000240002802000020000000000000000000400000000000000000000000100000004000000")]
    [InlineData("tc qdisc add dev veth0 clsact", 36, 0x600, 20,
        "00000000030000000000FFFFF1FFFFFF000000000B000100636C736163740000")]
    [InlineData("tc qdisc add dev veth0 root handle 1: htb default 30", 36, 0x600, 20,
        "000000000300000000000100FFFFFFFF0000000008000100687462001C00020018000200030000000A000000300000000000000000000000")]
    public void We_send_what_the_command_sends(string command, ushort type, ushort flags, int headerSize, string bytes)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[512]);
        s_ours[command](ref writer);
        NetlinkMessageReader reader = new(writer.Complete());
        Assert.True(reader.MoveNext());
        Assert.Equal((type, flags), (reader.Current.Type, (ushort)(reader.Current.Flags & ~NetlinkFlags.Echo)));
        Assert.Equal(Canonical(Convert.FromHexString(bytes), headerSize), Canonical(reader.Current.Payload, headerSize));
    }

    /// <summary>The header as it is, attributes by type, and what can be read as attributes inside likewise.</summary>
    private static string Canonical(ReadOnlySpan<byte> payload, int headerSize) =>
        Convert.ToHexString(payload[..headerSize]) + Attributes(payload[headerSize..]);

    private static string Attributes(ReadOnlySpan<byte> bytes)
    {
        List<string> found = [];
        foreach (NetlinkAttribute attribute in new NetlinkAttributeReader(bytes))
        {
            found.Add(string.Create(CultureInfo.InvariantCulture, $"{attribute.Type:d3}:{Value(attribute.Value)}"));
        }

        found.Sort(StringComparer.Ordinal);
        return $"({string.Join(' ', found)})";
    }

    private static string Value(ReadOnlySpan<byte> value)
    {
        // The kernel takes a name with a NUL behind it and without.
        ReadOnlySpan<byte> text = value.TrimEnd((byte)0);
        if (text.Length > 2 && text.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0)
        {
            return Encoding.ASCII.GetString(text);
        }

        try
        {
            return value.Length > 4 ? Attributes(value) : Convert.ToHexString(value);
        }
        catch (InvalidDataException)
        {
            return Convert.ToHexString(value);
        }
    }

    private static void Add(ref NetlinkMessageWriter writer, RouteEntry route) =>
        RouteMessages.Write(ref writer, RouteMessageType.NewRoute, NetlinkFlags.Create | NetlinkFlags.Exclusive, route);

    private static RouteEntry To(string destination) => new() { Destination = IPNetwork.Parse(destination) };

    private static InterfaceAddress Address(string address, int length) => new() { LinkIndex = 3, Address = IPAddress.Parse(address), PrefixLength = length };

    private static ForwardingEntry Tunnel(MacAddress address) =>
        new() { LinkIndex = 5, MacAddress = address, Destination = IPAddress.Parse("10.240.0.21"), State = NeighbourState.Permanent | NeighbourState.NoArp };
}
