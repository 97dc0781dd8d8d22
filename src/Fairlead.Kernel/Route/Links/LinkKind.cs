using System.Net;

namespace Fairlead.Kernel.Route;

/// <summary>What kind of link one is, with the options of that kind (<c>ip link add type …</c>). In a link read from the kernel, every option is filled in that it told; in one to make, null leaves the kernel's default.</summary>
public abstract record LinkKind
{
    private protected LinkKind()
    {
    }

    /// <summary>The kernel's word: "bridge", "veth", "vxlan".</summary>
    public abstract string Name { get; }
}

/// <summary>A learning Ethernet bridge.</summary>
public sealed record BridgeKind : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "bridge";

    /// <summary>IFLA_BR_VLAN_FILTERING: keep VLANs apart. Needs CONFIG_BRIDGE_VLAN_FILTERING.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>IFLA_BR_VLAN_DEFAULT_PVID: the VLAN that ports are in at first; 0 for none.</summary>
    public ushort? VlanDefaultPvid { get; init; }

    /// <summary>IFLA_BR_STP_STATE: the spanning tree protocol.</summary>
    public bool? SpanningTree { get; init; }

    /// <summary>IFLA_BR_FORWARD_DELAY in hundredths of a second.</summary>
    public uint? ForwardDelay { get; init; }

    /// <summary>IFLA_BR_AGEING_TIME in hundredths of a second: how long an address learned is kept.</summary>
    public uint? AgeingTime { get; init; }

    /// <summary>IFLA_BR_GROUP_FWD_MASK: which link-local groups are forwarded.</summary>
    public ushort? GroupForwardMask { get; init; }

    /// <summary>IFLA_BR_MCAST_SNOOPING: send multicast only where somebody listens.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>IFLA_BR_NF_CALL_IPTABLES: hand bridged IPv4 packets to the IP layer's hooks on this bridge.</summary>
    public bool? NetfilterCallIPv4 { get; init; }

    /// <summary>IFLA_BR_NF_CALL_IP6TABLES.</summary>
    public bool? NetfilterCallIPv6 { get; init; }
}

/// <summary>One end of a pair: what one sends the other receives. <see cref="Link.ParentIndex"/> is the other's index, in its own namespace.</summary>
public sealed record VethKind : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "veth";
}

/// <summary>A VXLAN tunnel (RFC 7348).</summary>
public sealed record VxlanKind : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "vxlan";

    /// <summary>The UDP port that Linux and flannel use, older than the registered 4789.</summary>
    public const ushort DefaultPort = 8472;

    /// <summary>IFLA_VXLAN_ID: the network identifier, 24 bits.</summary>
    public required uint Id { get; init; }

    /// <summary>IFLA_VXLAN_PORT: the UDP port that it sends to and listens on. Null: 8472.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>IFLA_VXLAN_LOCAL or LOCAL6: the address that it sends from.</summary>
    public IPAddress? Local { get; init; }

    /// <summary>IFLA_VXLAN_GROUP or GROUP6: where frames for unknown addresses go: a multicast group, or one other end.</summary>
    public IPAddress? Group { get; init; }

    /// <summary>IFLA_VXLAN_LINK: the index of the link that the packets leave by; 0 or null: whichever the route says.</summary>
    public int? UnderlayIndex { get; init; }

    /// <summary>IFLA_VXLAN_LEARNING: learn other ends from packets. Null: on.</summary>
    public bool? Learning { get; init; }

    /// <summary>IFLA_VXLAN_AGEING in seconds.</summary>
    public uint? Ageing { get; init; }

    /// <summary>IFLA_VXLAN_TTL: 0 inherits that of the inner packet.</summary>
    public byte? TimeToLive { get; init; }

    /// <summary>IFLA_VXLAN_PROXY: answer ARP from the neighbour table.</summary>
    public bool? Proxy { get; init; }

    /// <summary>IFLA_VXLAN_UDP_CSUM: checksums in the outer UDP header over IPv4.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>IFLA_VXLAN_GBP: carry the group policy extension. Only written where true.</summary>
    public bool? GroupPolicy { get; init; }
}

/// <summary>A VLAN on another link (802.1Q). Needs CONFIG_VLAN_8021Q.</summary>
public sealed record VlanKind : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "vlan";

    /// <summary>IFLA_LINK: the link below.</summary>
    public required int ParentIndex { get; init; }

    /// <summary>IFLA_VLAN_ID, 1 to 4094.</summary>
    public required ushort Id { get; init; }
}

/// <summary>MACVLAN_MODE_….</summary>
public enum MacvlanMode : uint
{
    /// <summary>No talk between siblings.</summary>
    Private = 1,

    /// <summary>By way of a switch outside that sends back.</summary>
    Vepa = 2,

    /// <summary>Siblings reach one another directly.</summary>
    Bridge = 4,

    /// <summary>One child takes the whole link.</summary>
    PassThrough = 8,
}

/// <summary>A link with a hardware address of its own on another link. Needs CONFIG_MACVLAN.</summary>
public sealed record MacvlanKind : LinkKind
{
    /// <inheritdoc/>
    public override string Name => "macvlan";

    /// <summary>IFLA_LINK: the link below.</summary>
    public required int ParentIndex { get; init; }

    /// <summary>IFLA_MACVLAN_MODE.</summary>
    public MacvlanMode Mode { get; init; } = MacvlanMode.Bridge;
}

/// <summary>Any other kind, by its name alone: "dummy", "ifb", and what we know nothing more of.</summary>
public sealed record PlainKind : LinkKind
{
    /// <summary>A kind without options that we know.</summary>
    public PlainKind(string name)
    {
        Name = name;
    }

    /// <summary>A link that swallows what it is given. Needs CONFIG_DUMMY.</summary>
    public static PlainKind Dummy { get; } = new("dummy");

    /// <summary>An intermediate functional block: gives what other links redirect to it a queue.</summary>
    public static PlainKind Ifb { get; } = new("ifb");

    /// <inheritdoc/>
    public override string Name { get; }
}
