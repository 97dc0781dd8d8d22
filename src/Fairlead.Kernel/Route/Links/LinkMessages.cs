using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Writes link messages.</summary>
internal static class LinkMessages
{
    internal const int BufferSize = 512;
    private const string BridgePortKind = "bridge";

    /// <summary><c>ip link add NAME … type KIND …</c>.</summary>
    internal static void WriteNew(ref NetlinkMessageWriter writer, LinkOptions options, LinkKind kind, LinkOptions? peer)
    {
        // The echo comes from the link's own namespace, where the number of our socket may be somebody else's.
        NetlinkFlags echo = options.Namespace is null ? NetlinkFlags.Echo : NetlinkFlags.None;
        writer.BeginMessage(RouteMessageType.NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive | echo);
        writer.WriteStruct(Header(0, options));
        WriteOptions(ref writer, options);
        if (ParentOf(kind) is { } parent)
        {
            writer.WriteInt32(LinkAttribute.Link, parent);
        }

        NetlinkNest info = writer.BeginNested(LinkAttribute.LinkInfo);
        writer.WriteString(LinkInfoAttribute.Kind, kind.Name);
        NetlinkNest data = writer.BeginNested(LinkInfoAttribute.Data);
        WriteKind(ref writer, kind, peer);
        writer.EndNested(data);
        writer.EndNested(info);
    }

    /// <summary><c>ip link set dev INDEX …</c>.</summary>
    internal static void WriteChange(ref NetlinkMessageWriter writer, int index, LinkOptions options)
    {
        writer.BeginMessage(RouteMessageType.NewLink, NetlinkFlags.None);
        writer.WriteStruct(Header(index, options));
        WriteOptions(ref writer, options);
        if (options.Alias is { } alias)
        {
            // Removing is an empty value; a lone NUL would be an alias of one byte.
            if (alias.Length == 0)
            {
                writer.WriteFlag(LinkAttribute.Alias);
            }
            else
            {
                writer.WriteString(LinkAttribute.Alias, alias);
            }
        }

        if (options.BeforeUp is not null)
        {
            WriteFamilies(ref writer, options);
        }

        if (options.Port is { } port)
        {
            NetlinkNest info = writer.BeginNested(LinkAttribute.LinkInfo);
            writer.WriteString(LinkInfoAttribute.PortKind, BridgePortKind);
            NetlinkNest data = writer.BeginNested(LinkInfoAttribute.PortData);
            WritePort(ref writer, port);
            writer.EndNested(data);
            writer.EndNested(info);
        }
    }

    /// <summary><c>ip link show dev NAME</c>. The kernel leaves out what takes it long to count; the plain counters come always.</summary>
    internal static void WriteGet(ref NetlinkMessageWriter writer, int index, string? name)
    {
        writer.BeginMessage(RouteMessageType.GetLink, NetlinkFlags.None);
        writer.WriteStruct(new LinkHeader { Index = index });
        if (name is not null)
        {
            WriteName(ref writer, name);
        }

        writer.WriteUInt32(LinkAttribute.ExtendedMask, LinkAttribute.SkipStatistics);
    }

    /// <summary>A name of up to 15 bytes is looked for among names and alternative names; a longer one can only be alternative.</summary>
    internal static void WriteName(ref NetlinkMessageWriter writer, string name) =>
        writer.WriteString(name.Length < 16 ? LinkAttribute.Name : LinkAttribute.AlternativeName, name);

    internal static void WriteBridgeVlan(ref NetlinkMessageWriter writer, ushort type, int index, ushort vlan, bool untaggedPvid, bool self)
    {
        const ushort FlagSelf = 2;
        const ushort InfoPvid = 2;
        const ushort InfoUntagged = 4;

        writer.BeginMessage(type, NetlinkFlags.None);
        writer.WriteStruct(new LinkHeader { Family = Family.Bridge, Index = index });
        NetlinkNest specific = writer.BeginNested(LinkAttribute.AddressFamilySpecific);
        if (self)
        {
            writer.WriteUInt16(BridgeVlanAttribute.Flags, FlagSelf);
        }

        // struct bridge_vlan_info { __u16 flags; __u16 vid; }
        uint flags = untaggedPvid ? (uint)(InfoPvid | InfoUntagged) : 0;
        writer.WriteUInt32(BridgeVlanAttribute.VlanInfo, BitConverter.IsLittleEndian ? flags | ((uint)vlan << 16) : (flags << 16) | vlan);
        writer.EndNested(specific);
    }

    private static LinkHeader Header(int index, LinkOptions options)
    {
        LinkHeader header = new() { Index = index };
        Set(ref header, LinkFlags.Up, options.Up);
        Set(ref header, LinkFlags.Promiscuous, options.Promiscuous);
        Set(ref header, LinkFlags.AllMulticast, options.AllMulticast);
        Set(ref header, LinkFlags.Multicast, options.Multicast);
        Set(ref header, LinkFlags.NoArp, !options.Arp);
        return header;
    }

    private static void Set(ref LinkHeader header, LinkFlags flag, bool? value)
    {
        if (value is { } on)
        {
            header.ChangeMask |= (uint)flag;
            header.Flags |= on ? (uint)flag : 0;
        }
    }

    /// <summary>IFLA_AF_SPEC: what the address families keep of the link.</summary>
    private static void WriteFamilies(ref NetlinkMessageWriter writer, LinkOptions options)
    {
        NetlinkNest families = writer.BeginNested(LinkAttribute.AddressFamilySpecific);
        if (options.ArpNotify is { } notify)
        {
            NetlinkNest inet = writer.BeginNested(Family.IPv4);
            NetlinkNest settings = writer.BeginNested(InetLinkAttribute.Settings);
            writer.WriteUInt32(InetLinkAttribute.ArpNotify, notify ? 1u : 0u);
            writer.EndNested(settings);
            writer.EndNested(inet);
        }

        if (options.AddressGeneration is { } generation)
        {
            NetlinkNest inet6 = writer.BeginNested(Family.IPv6);
            writer.WriteByte(Inet6LinkAttribute.AddressGenerationMode, (byte)generation);
            writer.EndNested(inet6);
        }

        writer.EndNested(families);
    }

    private static void WriteOptions(ref NetlinkMessageWriter writer, LinkOptions options)
    {
        if (options.Name is { } name)
        {
            writer.WriteString(LinkAttribute.Name, name);
        }

        if (options.Mtu is { } mtu)
        {
            writer.WriteUInt32(LinkAttribute.Mtu, mtu);
        }

        if (options.MacAddress is { } address)
        {
            address.WriteTo(writer.ReserveAttribute(LinkAttribute.Address, MacAddress.Size));
        }

        if (options.MasterIndex is { } master)
        {
            writer.WriteInt32(LinkAttribute.Master, master);
        }

        if (options.TransmitQueueLength is { } length)
        {
            writer.WriteUInt32(LinkAttribute.TransmitQueueLength, length);
        }

        if (options.Group is { } group)
        {
            writer.WriteUInt32(LinkAttribute.Group, group);
        }

        if (options.Namespace is { } place)
        {
            writer.WriteInt32(LinkAttribute.NamespaceDescriptor, place.DescriptorNumber);
        }
    }

    private static int? ParentOf(LinkKind kind) => kind switch
    {
        VlanKind vlan => vlan.ParentIndex,
        MacvlanKind macvlan => macvlan.ParentIndex,
        _ => null,
    };

    private static void WriteKind(ref NetlinkMessageWriter writer, LinkKind kind, LinkOptions? peer)
    {
        switch (kind)
        {
            case BridgeKind bridge:
                WriteBridge(ref writer, bridge);
                break;
            case VethKind when peer is not null:
                NetlinkNest nest = writer.BeginNested(VethAttribute.Peer);
                writer.WriteStruct(Header(0, peer));
                WriteOptions(ref writer, peer);
                writer.EndNested(nest);
                break;
            case VxlanKind vxlan:
                WriteVxlan(ref writer, vxlan);
                break;
            case VlanKind vlan:
                writer.WriteUInt16(VlanAttribute.Id, vlan.Id);
                break;
            case MacvlanKind macvlan:
                writer.WriteUInt32(MacvlanAttribute.Mode, (uint)macvlan.Mode);
                break;
        }
    }

    private static void WriteBridge(ref NetlinkMessageWriter writer, BridgeKind bridge)
    {
        WriteUInt32(ref writer, BridgeAttribute.ForwardDelay, bridge.ForwardDelay);
        WriteUInt32(ref writer, BridgeAttribute.AgeingTime, bridge.AgeingTime);
        WriteUInt32(ref writer, BridgeAttribute.StpState, bridge.SpanningTree is { } stp ? (stp ? 1u : 0u) : null);
        WriteBoolean(ref writer, BridgeAttribute.VlanFiltering, bridge.VlanFiltering);
        if (bridge.VlanDefaultPvid is { } pvid)
        {
            writer.WriteUInt16(BridgeAttribute.VlanDefaultPvid, pvid);
        }

        if (bridge.GroupForwardMask is { } mask)
        {
            writer.WriteUInt16(BridgeAttribute.GroupForwardMask, mask);
        }

        WriteBoolean(ref writer, BridgeAttribute.MulticastSnooping, bridge.MulticastSnooping);
        WriteBoolean(ref writer, BridgeAttribute.NetfilterCallIPv4, bridge.NetfilterCallIPv4);
        WriteBoolean(ref writer, BridgeAttribute.NetfilterCallIPv6, bridge.NetfilterCallIPv6);
    }

    private static void WriteVxlan(ref NetlinkMessageWriter writer, VxlanKind vxlan)
    {
        writer.WriteUInt32(VxlanAttribute.Id, vxlan.Id);
        WriteUInt32(ref writer, VxlanAttribute.Link, vxlan.UnderlayIndex is > 0 ? (uint)vxlan.UnderlayIndex : null);
        if (vxlan.Local is { } local)
        {
            writer.WriteAddress(AddressBytes.LengthOf(local) == 4 ? VxlanAttribute.Local : VxlanAttribute.Local6, local);
        }

        if (vxlan.Group is { } group)
        {
            writer.WriteAddress(AddressBytes.LengthOf(group) == 4 ? VxlanAttribute.Group : VxlanAttribute.Group6, group);
        }

        if (vxlan.TimeToLive is { } ttl)
        {
            writer.WriteByte(VxlanAttribute.TimeToLive, ttl);
        }

        WriteBoolean(ref writer, VxlanAttribute.Learning, vxlan.Learning);
        WriteUInt32(ref writer, VxlanAttribute.Ageing, vxlan.Ageing);
        WriteBoolean(ref writer, VxlanAttribute.Proxy, vxlan.Proxy);
        writer.WriteUInt16BigEndian(VxlanAttribute.Port, vxlan.DestinationPort ?? VxlanKind.DefaultPort);
        WriteBoolean(ref writer, VxlanAttribute.UdpChecksum, vxlan.UdpChecksum);
        if (vxlan.GroupPolicy == true)
        {
            writer.WriteFlag(VxlanAttribute.GroupPolicy);
        }
    }

    private static void WritePort(ref NetlinkMessageWriter writer, BridgePort port)
    {
        WriteBoolean(ref writer, BridgePortAttribute.Hairpin, port.Hairpin);
        WriteBoolean(ref writer, BridgePortAttribute.Guard, port.BpduGuard);
        WriteBoolean(ref writer, BridgePortAttribute.Learning, port.Learning);
        WriteBoolean(ref writer, BridgePortAttribute.UnicastFlood, port.UnicastFlood);
        WriteBoolean(ref writer, BridgePortAttribute.ProxyArp, port.ProxyArp);
        WriteBoolean(ref writer, BridgePortAttribute.MulticastFlood, port.MulticastFlood);
        WriteBoolean(ref writer, BridgePortAttribute.BroadcastFlood, port.BroadcastFlood);
        WriteBoolean(ref writer, BridgePortAttribute.NeighbourSuppression, port.NeighbourSuppression);
        WriteBoolean(ref writer, BridgePortAttribute.Isolated, port.Isolated);
    }

    private static void WriteBoolean(ref NetlinkMessageWriter writer, ushort type, bool? value)
    {
        if (value is { } on)
        {
            writer.WriteByte(type, on ? (byte)1 : (byte)0);
        }
    }

    private static void WriteUInt32(ref NetlinkMessageWriter writer, ushort type, uint? value)
    {
        if (value is { } number)
        {
            writer.WriteUInt32(type, number);
        }
    }
}
