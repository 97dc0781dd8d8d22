namespace Fairlead.Kernel.Route;

/// <summary>What a link is made with, or changed to (<c>ip link add …</c>, <c>ip link set …</c>). Null leaves it as it is.</summary>
public sealed record LinkOptions
{
    /// <summary>Up to 15 bytes. On a change: the new name.</summary>
    public string? Name { get; init; }

    /// <summary>In bytes.</summary>
    public uint? Mtu { get; init; }

    /// <summary>The hardware address.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>The bridge to be a port of; 0 takes the link out of its bridge.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>Switched on or off.</summary>
    public bool? Up { get; init; }

    /// <summary>Receive what is for others too.</summary>
    public bool? Promiscuous { get; init; }

    /// <summary>Receive all multicast.</summary>
    public bool? AllMulticast { get; init; }

    /// <summary>Send and receive multicast at all.</summary>
    public bool? Multicast { get; init; }

    /// <summary>Resolve addresses by ARP or neighbour discovery.</summary>
    public bool? Arp { get; init; }

    /// <summary>In packets.</summary>
    public uint? TransmitQueueLength { get; init; }

    /// <summary>The link's group number.</summary>
    public uint? Group { get; init; }

    /// <summary>A free text; the empty one removes it.</summary>
    public string? Alias { get; init; }

    /// <summary>How IPv6 addresses are made.</summary>
    public AddressGeneration? AddressGeneration { get; init; }

    /// <summary>Tell the neighbours the link's IPv4 addresses when it comes up, by a gratuitous ARP (arp_notify in ip-sysctl).</summary>
    public bool? ArpNotify { get; init; }

    /// <summary>Its behaviour as a bridge's port; it must be one, or become one by the same change.</summary>
    public BridgePort? Port { get; init; }

    /// <summary>The namespace to be made in, or to move to.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>What the kernel takes at birth: what has to be told before it goes up makes it go up later.</summary>
    internal LinkOptions AtBirth => BeforeUp is null ? this : this with { Up = null };

    /// <summary>What has to be told before the link goes up, in a message of its own, as within one the kernel sets the link up first; null where there is nothing.</summary>
    internal LinkOptions? BeforeUp =>
        AddressGeneration is null && ArpNotify is null ? null : new LinkOptions { AddressGeneration = AddressGeneration, ArpNotify = ArpNotify };

    /// <summary>What the kernel takes only on a link that exists; null where nothing is left.</summary>
    internal LinkOptions? Later =>
        Alias is null && BeforeUp is null && Port is null
            ? null
            : new LinkOptions { Alias = Alias, AddressGeneration = AddressGeneration, ArpNotify = ArpNotify, Port = Port, Up = BeforeUp is null ? null : Up };
}
