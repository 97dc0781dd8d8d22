namespace Fairlead.Kernel.Route;

/// <summary>A link (network interface) as the kernel describes it.</summary>
public sealed record Link
{
    /// <summary>Its index, unique within its namespace.</summary>
    public required int Index { get; init; }

    /// <summary>IFLA_IFNAME.</summary>
    public required string Name { get; init; }

    /// <summary>What it is and whether it is up.</summary>
    public LinkFlags Flags { get; init; }

    /// <summary>IFLA_OPERSTATE.</summary>
    public OperationalState State { get; init; }

    /// <summary>IFLA_MTU in bytes.</summary>
    public uint Mtu { get; init; }

    /// <summary>IFLA_ADDRESS; null where the link has none of six bytes.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>IFLA_MASTER: the bridge that it is a port of; null where there is none.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>IFLA_LINK: the link below, or a veth's other end. An index of the namespace that <see cref="ParentNamespaceId"/> names.</summary>
    public int? ParentIndex { get; init; }

    /// <summary>IFLA_LINK_NETNSID: where <see cref="ParentIndex"/> lives; null: in this namespace.</summary>
    public int? ParentNamespaceId { get; init; }

    /// <summary>IFLA_IFALIAS: a free text. Ours begin with "fairlead".</summary>
    public string? Alias { get; init; }

    /// <summary>IFLA_TXQLEN in packets.</summary>
    public uint TransmitQueueLength { get; init; }

    /// <summary>IFLA_GROUP.</summary>
    public uint Group { get; init; }

    /// <summary>IFLA_INET6_ADDR_GEN_MODE; null where IPv6 is off.</summary>
    public AddressGeneration? AddressGeneration { get; init; }

    /// <summary>IFLA_LINKINFO: the kind and its options; null for links of hardware and loopback.</summary>
    public LinkKind? Kind { get; init; }

    /// <summary>IFLA_INFO_SLAVE_DATA: its behaviour as a bridge's port; null where it is none.</summary>
    public BridgePort? Port { get; init; }

    /// <summary>IFF_UP.</summary>
    public bool IsUp => (Flags & LinkFlags.Up) != 0;
}

/// <summary>Counters since the link was made (struct rtnl_link_stats64).</summary>
/// <param name="ReceivedPackets">rx_packets.</param>
/// <param name="SentPackets">tx_packets.</param>
/// <param name="ReceivedBytes">rx_bytes.</param>
/// <param name="SentBytes">tx_bytes.</param>
/// <param name="ReceiveErrors">rx_errors.</param>
/// <param name="SendErrors">tx_errors.</param>
/// <param name="ReceiveDropped">rx_dropped.</param>
/// <param name="SendDropped">tx_dropped.</param>
public sealed record LinkStatistics(
    ulong ReceivedPackets, ulong SentPackets, ulong ReceivedBytes, ulong SentBytes, ulong ReceiveErrors, ulong SendErrors, ulong ReceiveDropped, ulong SendDropped);
