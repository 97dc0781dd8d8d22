using System.Net;
using System.Text.Json.Nodes;

namespace Fairlead.Cni;

/// <summary>What ADD made: interfaces, addresses, routes and DNS; in the terms of the newest version, whatever version it is written in.</summary>
/// <remarks>Source: CNI specification 1.1.0, "ADD Success".</remarks>
public sealed class CniResult
{
    /// <summary>The interfaces, the container's own and those on the host that belong to them.</summary>
    public IList<CniInterface> Interfaces { get; init; } = [];

    /// <summary>The container's addresses.</summary>
    public IList<CniAddress> Addresses { get; init; } = [];

    /// <summary>The container's routes.</summary>
    public IList<CniRoute> Routes { get; init; } = [];

    /// <summary>Name servers, as far as the plugin knows any.</summary>
    public CniDns Dns { get; set; } = new();

    /// <summary>Keys at the top that this library does not know; they travel on unchanged.</summary>
    public JsonObject Unknown { get; init; } = [];

    /// <summary>The addresses that belong to interfaces inside a container (those without an interface count as the container's).</summary>
    public IEnumerable<CniAddress> ContainerAddresses
    {
        get
        {
            foreach (CniAddress address in Addresses)
            {
                if (address.Interface is not { } index || (index >= 0 && index < Interfaces.Count && Interfaces[index].Sandbox is { Length: > 0 }))
                {
                    yield return address;
                }
            }
        }
    }
}

/// <summary>One interface of a result.</summary>
public sealed record CniInterface
{
    /// <summary>Its name in its own namespace.</summary>
    public required string Name { get; init; }

    /// <summary>Its hardware address, "0a:58:0a:c8:00:05".</summary>
    public string? Mac { get; init; }

    /// <summary>Its MTU in bytes (1.1.0 and later).</summary>
    public int? Mtu { get; init; }

    /// <summary>The path of the network namespace it is in; nothing or empty on the host.</summary>
    public string? Sandbox { get; init; }

    /// <summary>The path of a socket file, for userspace networks (1.1.0 and later).</summary>
    public string? SocketPath { get; init; }

    /// <summary>The PCI address of the device (1.1.0 and later).</summary>
    public string? PciId { get; init; }
}

/// <summary>One address of a result.</summary>
public sealed record CniAddress
{
    /// <summary>The address with its network's prefix length.</summary>
    public required AddressPrefix Address { get; init; }

    /// <summary>The subnet's gateway, if there is one.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The index into <see cref="CniResult.Interfaces"/> of the interface that has it.</summary>
    public int? Interface { get; init; }
}

/// <summary>One route of a result or of a configuration.</summary>
public sealed record CniRoute
{
    /// <summary>Where to.</summary>
    public required AddressPrefix Destination { get; init; }

    /// <summary>Through which next hop; without one, the address's gateway serves.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The path's MTU in bytes (1.1.0).</summary>
    public int? Mtu { get; init; }

    /// <summary>The TCP segment size to announce, in bytes (1.1.0).</summary>
    public int? AdvertisedMss { get; init; }

    /// <summary>The metric; lower wins (1.1.0).</summary>
    public int? Priority { get; init; }

    /// <summary>The routing table (1.1.0).</summary>
    public int? Table { get; init; }

    /// <summary>The route's scope: 0 global, 253 link, 254 host (1.1.0).</summary>
    public int? Scope { get; init; }
}

/// <summary>What a resolver should use.</summary>
public sealed record CniDns
{
    /// <summary>Addresses of name servers, in order of preference.</summary>
    public IReadOnlyList<string> Nameservers { get; init; } = [];

    /// <summary>The local domain for short names.</summary>
    public string? Domain { get; init; }

    /// <summary>Search domains, in order of preference.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>Options for the resolver, such as "ndots:5".</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Whether it says nothing at all.</summary>
    public bool IsEmpty => Nameservers.Count == 0 && string.IsNullOrEmpty(Domain) && Search.Count == 0 && Options.Count == 0;
}
