using System.Net;
using System.Net.Sockets;

namespace Fairlead.Lab.Fabric;

/// <summary>What a host of the lab is for.</summary>
public enum LabRole
{
    /// <summary>Joins the nodes' segments to each other and to the world outside the cluster.</summary>
    Router,

    /// <summary>The first runs the API and its controllers.</summary>
    Controller,

    /// <summary>Runs pods.</summary>
    Worker,

    /// <summary>Somebody outside, who knows the nodes by their public addresses only.</summary>
    Client,

    /// <summary>A host outside that answers pings and HTTP: what pods find of the internet.</summary>
    Internet,
}

/// <summary>One host of the lab: a network namespace with addresses on a segment.</summary>
public sealed record LabHost
{
    /// <summary>The host's name, which is also its node's name: <c>worker-0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required LabRole Role { get; init; }

    /// <summary>Its network namespace, as <c>ip netns</c> names it: <c>fl-demo-worker-0</c>.</summary>
    public required string Namespace { get; init; }

    /// <summary>Where it hangs. The router hangs on all segments; this is the first.</summary>
    public required LabSegment Segment { get; init; }

    /// <summary>Its addresses on the segment, at most one of each family, IPv4 first.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>The addresses by which the outside knows a node, beside <see cref="Addresses"/> one to one; none for hosts that aren't nodes.</summary>
    public IReadOnlyList<IPAddress> PublicAddresses { get; init; } = [];

    /// <summary>The pods' ranges on this host, one of each family; none unless it is a worker.</summary>
    public IReadOnlyList<IPNetwork> PodCidrs { get; init; } = [];

    /// <summary>Its IPv4 address.</summary>
    public IPAddress Address => Addresses[0];

    /// <summary>The pods' IPv4 range on this host.</summary>
    public IPNetwork? PodCidr => PodCidrs.Count > 0 ? PodCidrs[0] : null;

    /// <summary>Whether it is part of the cluster.</summary>
    public bool IsNode => Role is LabRole.Controller or LabRole.Worker;

    /// <summary>Whether it is outside the cluster, beyond the router.</summary>
    public bool IsOutside => Role is LabRole.Client or LabRole.Internet;
}

/// <summary>A wire on which hosts hang: a bridge in the router's namespace.</summary>
public sealed record LabSegment
{
    /// <summary>The bridge's name: <c>nodes</c>, <c>nodes-1</c>, <c>outside</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The segment's networks, at most one of each family, IPv4 first.</summary>
    public required IReadOnlyList<IPNetwork> Networks { get; init; }

    /// <summary>The router's addresses on it: the first of each network.</summary>
    public IEnumerable<IPAddress> RouterAddresses => Networks.Select(network => LabPreset.Address(network, 1));

    /// <summary>The segment's prefix length for an address on it.</summary>
    public int PrefixLength(IPAddress address) => Networks.First(network => network.BaseAddress.AddressFamily == address.AddressFamily).PrefixLength;

    /// <summary>Whether a network is of IPv6.</summary>
    internal static bool IsIPv6(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
}
