namespace Fairlead.Kernel.Route;

/// <summary>IFLA_… (linux/if_link.h).</summary>
internal static class LinkAttribute
{
    internal const ushort Address = 1;
    internal const ushort Broadcast = 2;
    internal const ushort Name = 3;
    internal const ushort Mtu = 4;
    internal const ushort Link = 5;
    internal const ushort Master = 10;
    internal const ushort ProtocolInfo = 12;
    internal const ushort TransmitQueueLength = 13;
    internal const ushort OperationalState = 16;
    internal const ushort LinkInfo = 18;
    internal const ushort Alias = 20;
    internal const ushort Statistics64 = 23;
    internal const ushort AddressFamilySpecific = 26;
    internal const ushort Group = 27;
    internal const ushort NamespaceDescriptor = 28;
    internal const ushort ExtendedMask = 29;
    internal const ushort Promiscuity = 30;
    internal const ushort Carrier = 33;
    internal const ushort LinkNamespaceId = 37;
    internal const ushort TargetNamespaceId = 46;
    internal const ushort AlternativeName = 53;
    internal const ushort PermanentAddress = 54;

    /// <summary>RTEXT_FILTER_SKIP_STATS: no counters per address family.</summary>
    internal const uint SkipStatistics = 8;

    /// <summary>RTEXT_FILTER_BRVLAN_COMPRESSED.</summary>
    internal const uint BridgeVlanCompressed = 4;
}

/// <summary>IFLA_INFO_….</summary>
internal static class LinkInfoAttribute
{
    internal const ushort Kind = 1;
    internal const ushort Data = 2;
    internal const ushort PortKind = 4;
    internal const ushort PortData = 5;
}

/// <summary>IFLA_BR_….</summary>
internal static class BridgeAttribute
{
    internal const ushort ForwardDelay = 1;
    internal const ushort HelloTime = 2;
    internal const ushort AgeingTime = 4;
    internal const ushort StpState = 5;
    internal const ushort VlanFiltering = 7;
    internal const ushort GroupForwardMask = 9;
    internal const ushort MulticastSnooping = 23;
    internal const ushort NetfilterCallIPv4 = 36;
    internal const ushort NetfilterCallIPv6 = 37;
    internal const ushort NetfilterCallArp = 38;
    internal const ushort VlanDefaultPvid = 39;
}

/// <summary>IFLA_BRPORT_….</summary>
internal static class BridgePortAttribute
{
    internal const ushort State = 1;
    internal const ushort Hairpin = 4;
    internal const ushort Guard = 5;
    internal const ushort Protect = 6;
    internal const ushort Learning = 8;
    internal const ushort UnicastFlood = 9;
    internal const ushort ProxyArp = 10;
    internal const ushort MulticastFlood = 27;
    internal const ushort BroadcastFlood = 30;
    internal const ushort NeighbourSuppression = 32;
    internal const ushort Isolated = 33;
}

/// <summary>IFLA_BRIDGE_… inside IFLA_AF_SPEC of family AF_BRIDGE (linux/if_bridge.h).</summary>
internal static class BridgeVlanAttribute
{
    internal const ushort Flags = 0;
    internal const ushort VlanInfo = 2;
}

/// <summary>IFLA_VXLAN_….</summary>
internal static class VxlanAttribute
{
    internal const ushort Id = 1;
    internal const ushort Group = 2;
    internal const ushort Link = 3;
    internal const ushort Local = 4;
    internal const ushort TimeToLive = 5;
    internal const ushort Learning = 7;
    internal const ushort Ageing = 8;
    internal const ushort PortRange = 10;
    internal const ushort Proxy = 11;
    internal const ushort L2Miss = 13;
    internal const ushort L3Miss = 14;
    internal const ushort Port = 15;
    internal const ushort Group6 = 16;
    internal const ushort Local6 = 17;
    internal const ushort UdpChecksum = 18;
    internal const ushort UdpZeroChecksum6Transmit = 19;
    internal const ushort UdpZeroChecksum6Receive = 20;
    internal const ushort GroupPolicy = 23;
    internal const ushort DontFragment = 29;
}

/// <summary>IFLA_VLAN_….</summary>
internal static class VlanAttribute
{
    internal const ushort Id = 1;
    internal const ushort Protocol = 5;
}

/// <summary>IFLA_MACVLAN_….</summary>
internal static class MacvlanAttribute
{
    internal const ushort Mode = 1;
}

/// <summary>VETH_INFO_….</summary>
internal static class VethAttribute
{
    internal const ushort Peer = 1;
}

/// <summary>IFLA_INET_… inside IFLA_AF_SPEC of family AF_INET (linux/if_link.h), and IPV4_DEVCONF_… in it (linux/ip.h).</summary>
internal static class InetLinkAttribute
{
    internal const ushort Settings = 1;
    internal const ushort ArpNotify = 22;
}

/// <summary>IFLA_INET6_… (linux/if_link.h).</summary>
internal static class Inet6LinkAttribute
{
    internal const ushort AddressGenerationMode = 8;
}
