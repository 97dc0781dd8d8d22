using System.Net;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>Reads link messages.</summary>
internal static class LinkReader
{
    internal static void Collect(NetlinkMessage message, List<Link> links)
    {
        if (message.Type == RouteMessageType.NewLink)
        {
            links.Add(Read(message));
        }
    }

    internal static void CollectStatistics(NetlinkMessage message, List<LinkStatistics> statistics)
    {
        if (message.Attributes(LinkHeader.Size).TryFind(LinkAttribute.Statistics64, out NetlinkAttribute counters))
        {
            statistics.Add(ReadStatistics(counters));
        }
    }

    internal static Link Read(NetlinkMessage message)
    {
        LinkHeader header = message.Header<LinkHeader>();
        string name = "";
        OperationalState state = default;
        uint mtu = 0, queue = 0, group = 0;
        MacAddress? address = null;
        int? master = null, parent = null, parentNamespace = null;
        string? alias = null;
        AddressGeneration? generation = null;
        LinkKind? kind = null;
        BridgePort? port = null;
        NetlinkAttribute info = default;
        foreach (NetlinkAttribute attribute in message.Attributes(LinkHeader.Size))
        {
            switch (attribute.Type)
            {
                case LinkAttribute.Name: name = attribute.String; break;
                case LinkAttribute.Mtu: mtu = attribute.UInt32; break;
                case LinkAttribute.Address when attribute.Value.Length == MacAddress.Size: address = new MacAddress(attribute.Value); break;
                case LinkAttribute.Master: master = attribute.Int32; break;
                case LinkAttribute.Link: parent = attribute.Int32; break;
                case LinkAttribute.LinkNamespaceId: parentNamespace = attribute.Int32; break;
                case LinkAttribute.Alias: alias = attribute.String; break;
                case LinkAttribute.TransmitQueueLength: queue = attribute.UInt32; break;
                case LinkAttribute.Group: group = attribute.UInt32; break;
                case LinkAttribute.OperationalState: state = (OperationalState)attribute.Byte; break;
                case LinkAttribute.AddressFamilySpecific: generation = ReadAddressGeneration(attribute); break;
                case LinkAttribute.LinkInfo: info = attribute; break;
            }
        }

        ReadInfo(info.Nested, parent ?? 0, ref kind, ref port);
        return new Link
        {
            Index = header.Index,
            Name = name,
            Flags = (LinkFlags)header.Flags,
            State = state,
            Mtu = mtu,
            MacAddress = address,
            MasterIndex = master,
            ParentIndex = parent,
            ParentNamespaceId = parentNamespace,
            Alias = alias,
            TransmitQueueLength = queue,
            Group = group,
            AddressGeneration = generation,
            Kind = kind,
            Port = port,
        };
    }

    private static void ReadInfo(NetlinkAttributeReader attributes, int parent, ref LinkKind? kind, ref BridgePort? port)
    {
        string kindName = "", portKind = "";
        NetlinkAttribute data = default, portData = default;
        foreach (NetlinkAttribute attribute in attributes)
        {
            switch (attribute.Type)
            {
                case LinkInfoAttribute.Kind: kindName = attribute.String; break;
                case LinkInfoAttribute.Data: data = attribute; break;
                case LinkInfoAttribute.PortKind: portKind = attribute.String; break;
                case LinkInfoAttribute.PortData: portData = attribute; break;
            }
        }

        kind = kindName switch
        {
            "" => null,
            "bridge" => ReadBridge(data.Nested),
            "veth" => new VethKind(),
            "vxlan" => ReadVxlan(data.Nested),
            "vlan" => new VlanKind { ParentIndex = parent, Id = data.Nested.TryFind(VlanAttribute.Id, out NetlinkAttribute id) ? id.UInt16 : (ushort)0 },
            "macvlan" => new MacvlanKind { ParentIndex = parent, Mode = data.Nested.TryFind(MacvlanAttribute.Mode, out NetlinkAttribute mode) ? (MacvlanMode)mode.UInt32 : 0 },
            _ => new PlainKind(kindName),
        };
        port = portKind == "bridge" ? ReadPort(portData.Nested) : null;
    }

    private static BridgeKind ReadBridge(NetlinkAttributeReader attributes)
    {
        BridgeKind bridge = new();
        foreach (NetlinkAttribute attribute in attributes)
        {
            bridge = attribute.Type switch
            {
                BridgeAttribute.ForwardDelay => bridge with { ForwardDelay = attribute.UInt32 },
                BridgeAttribute.AgeingTime => bridge with { AgeingTime = attribute.UInt32 },
                BridgeAttribute.StpState => bridge with { SpanningTree = attribute.UInt32 != 0 },
                BridgeAttribute.VlanFiltering => bridge with { VlanFiltering = attribute.Byte != 0 },
                BridgeAttribute.VlanDefaultPvid => bridge with { VlanDefaultPvid = attribute.UInt16 },
                BridgeAttribute.GroupForwardMask => bridge with { GroupForwardMask = attribute.UInt16 },
                BridgeAttribute.MulticastSnooping => bridge with { MulticastSnooping = attribute.Byte != 0 },
                BridgeAttribute.NetfilterCallIPv4 => bridge with { NetfilterCallIPv4 = attribute.Byte != 0 },
                BridgeAttribute.NetfilterCallIPv6 => bridge with { NetfilterCallIPv6 = attribute.Byte != 0 },
                _ => bridge,
            };
        }

        return bridge;
    }

    private static VxlanKind ReadVxlan(NetlinkAttributeReader attributes)
    {
        uint id = 0;
        ushort? port = null;
        int? underlay = null;
        IPAddress? local = null, group = null;
        bool? learning = null, proxy = null, checksum = null, policy = null;
        uint? ageing = null;
        byte? ttl = null;
        foreach (NetlinkAttribute attribute in attributes)
        {
            switch (attribute.Type)
            {
                case VxlanAttribute.Id: id = attribute.UInt32; break;
                case VxlanAttribute.Port: port = attribute.UInt16BigEndian; break;
                case VxlanAttribute.Link: underlay = attribute.Int32; break;
                case VxlanAttribute.Local or VxlanAttribute.Local6: local = AddressBytes.Read(attribute.Value); break;
                case VxlanAttribute.Group or VxlanAttribute.Group6: group = AddressBytes.Read(attribute.Value); break;
                case VxlanAttribute.Learning: learning = attribute.Byte != 0; break;
                case VxlanAttribute.Ageing: ageing = attribute.UInt32; break;
                case VxlanAttribute.TimeToLive: ttl = attribute.Byte; break;
                case VxlanAttribute.Proxy: proxy = attribute.Byte != 0; break;
                case VxlanAttribute.UdpChecksum: checksum = attribute.Byte != 0; break;
                case VxlanAttribute.GroupPolicy: policy = true; break;
            }
        }

        return new VxlanKind
        {
            Id = id,
            DestinationPort = port,
            UnderlayIndex = underlay,
            Local = local,
            Group = group,
            Learning = learning,
            Ageing = ageing,
            TimeToLive = ttl,
            Proxy = proxy,
            UdpChecksum = checksum,
            GroupPolicy = policy ?? false,
        };
    }

    private static BridgePort ReadPort(NetlinkAttributeReader attributes)
    {
        BridgePort port = new();
        foreach (NetlinkAttribute attribute in attributes)
        {
            port = attribute.Type switch
            {
                BridgePortAttribute.Hairpin => port with { Hairpin = attribute.Byte != 0 },
                BridgePortAttribute.Guard => port with { BpduGuard = attribute.Byte != 0 },
                BridgePortAttribute.Learning => port with { Learning = attribute.Byte != 0 },
                BridgePortAttribute.UnicastFlood => port with { UnicastFlood = attribute.Byte != 0 },
                BridgePortAttribute.MulticastFlood => port with { MulticastFlood = attribute.Byte != 0 },
                BridgePortAttribute.BroadcastFlood => port with { BroadcastFlood = attribute.Byte != 0 },
                BridgePortAttribute.ProxyArp => port with { ProxyArp = attribute.Byte != 0 },
                BridgePortAttribute.NeighbourSuppression => port with { NeighbourSuppression = attribute.Byte != 0 },
                BridgePortAttribute.Isolated => port with { Isolated = attribute.Byte != 0 },
                _ => port,
            };
        }

        return port;
    }

    private static AddressGeneration? ReadAddressGeneration(NetlinkAttribute families) =>
        families.Nested.TryFind(Family.IPv6, out NetlinkAttribute inet6)
        && inet6.Nested.TryFind(Inet6LinkAttribute.AddressGenerationMode, out NetlinkAttribute mode)
            ? (AddressGeneration)mode.Byte
            : null;

    private static LinkStatistics ReadStatistics(NetlinkAttribute attribute)
    {
        // struct rtnl_link_stats64 begins with these eight, and is only ever 4-byte aligned in a message.
        Span<ulong> counters = stackalloc ulong[8];
        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(counters);
        if (attribute.Value.Length < bytes.Length)
        {
            throw new InvalidDataException($"{attribute.Value.Length} bytes where rtnl_link_stats64 needs {bytes.Length}");
        }

        attribute.Value[..bytes.Length].CopyTo(bytes);
        return new LinkStatistics(counters[0], counters[1], counters[2], counters[3], counters[4], counters[5], counters[6], counters[7]);
    }
}
