using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Links;

/// <summary>The container's interface: addresses and routes put on it, and checked.</summary>
internal static class ContainerLink
{
    /// <summary>
    /// Gives the interface the result's addresses, switches it on, and adds the routes. IPv6 addresses skip duplicate address detection unless
    /// asked for: IPAM gave each to one container only, and otherwise nothing could be sent from them for a second or two.
    /// </summary>
    public static void Configure(NetworkNamespace container, string name, int index, CniResult result, bool duplicateAddressDetection)
    {
        using RouteNetlink route = Open(container, name, result, duplicateAddressDetection);
        foreach (CniAddress address in result.Addresses)
        {
            route.AddAddress(LinkAddress.Of(index, address.Address, duplicateAddressDetection));
        }

        // Neighbours that knew the addresses' last owner learn the new hardware address at once.
        route.SetLink(index, new LinkOptions { ArpNotify = true, Up = true });
        foreach (CniRoute wanted in result.Routes)
        {
            route.AddRoute(ToEntry(wanted, index, wanted.Gateway ?? GatewayOf(result, wanted.Destination.IsIPv6)));
        }
    }

    /// <summary>Compares the interface with what ADD gave.</summary>
    /// <exception cref="CniException">It is missing, or lacks an address or a route (code 100).</exception>
    public static Link Check(NetworkNamespace container, CniRequest request, CniResult previous)
    {
        using RouteNetlink route = RouteNetlink.Open(container);
        string name = request.InterfaceName;
        Link link = route.FindLink(name) ?? throw Failed($"the container has no {name}");
        CniInterface? expected = previous.Interfaces.FirstOrDefault(other => other.Name == name && other.Sandbox is { Length: > 0 });
        if (expected is null)
        {
            throw Failed($"the result of ADD does not name {name}");
        }

        if (expected.Mac is { Length: > 0 } mac && link.MacAddress is { } actual && !string.Equals(mac, actual.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            throw Failed($"{name} has the hardware address {actual}, not {mac}");
        }

        if (!link.IsUp)
        {
            throw Failed($"{name} is down");
        }

        int at = previous.Interfaces.IndexOf(expected);
        IReadOnlyList<InterfaceAddress> addresses = route.ListAddresses(link.Index);
        foreach (CniAddress address in previous.Addresses.Where(address => address.Interface is null || address.Interface == at))
        {
            if (!addresses.Any(other => other.Address.Equals(address.Address.Address) && other.PrefixLength == address.Address.PrefixLength))
            {
                throw Failed($"{name} does not have the address {address.Address}");
            }
        }

        // A plugin behind us may have moved routes to another table (sbr).
        IReadOnlyList<RouteEntry> routes = route.ListRoutes(linkIndex: link.Index);
        foreach (CniRoute wanted in previous.Routes)
        {
            RouteEntry entry = ToEntry(wanted, link.Index, wanted.Gateway ?? GatewayOf(previous, wanted.Destination.IsIPv6));
            if (!routes.Any(other => other.Destination.Equals(entry.Destination) && (wanted.Table is null || other.Table == entry.Table) && (entry.Gateway is null || entry.Gateway.Equals(other.Gateway))))
            {
                throw Failed($"the container has no route to {wanted.Destination}");
            }
        }

        return link;
    }

    internal static CniException Failed(string problem) => new(CniErrorCode.CheckFailed, problem);

    /// <summary>A route that names no next hop goes through the gateway of the container's first address of its family.</summary>
    public static IPAddress? GatewayOf(CniResult result, bool ipv6) =>
        result.Addresses.FirstOrDefault(address => address.Address.IsIPv6 == ipv6 && address.Gateway is not null)?.Gateway;

    public static RouteEntry ToEntry(CniRoute route, int index, IPAddress? gateway) => new()
    {
        Destination = new IPNetwork(route.Destination.Address, route.Destination.PrefixLength),
        Gateway = gateway,
        LinkIndex = index,
        Mtu = (uint?)route.Mtu,
        AdvertisedMss = (uint?)route.AdvertisedMss,
        Metric = (uint?)route.Priority,
        Table = (uint?)route.Table ?? RouteEntry.MainTable,
        Scope = (RouteScope?)route.Scope,
    };

    /// <summary>A socket in the container's namespace. Where there are IPv6 addresses to come, the link is made ready for them.</summary>
    internal static RouteNetlink Open(NetworkNamespace container, string name, CniResult result, bool duplicateAddressDetection) => container.Visit(() =>
    {
        if (result.Addresses.Any(address => address.Address.IsIPv6))
        {
            EnableIPv6(name);
            if (!duplicateAddressDetection)
            {
                Neighbours.SkipDuplicateAddressDetection(name);
            }

            Neighbours.AnnounceIPv6(name);
        }

        return RouteNetlink.Open();
    });

    /// <summary>Container runtimes switch IPv6 off where they know of no address.</summary>
    private static void EnableIPv6(string name)
    {
        string path = $"/proc/sys/net/ipv6/conf/{name}/disable_ipv6";
        if (File.Exists(path) && File.ReadAllText(path).Trim() != "0")
        {
            File.WriteAllText(path, "0");
        }
    }

    internal static void TrySetSysctl(string key, string value)
    {
        try
        {
            File.WriteAllText($"/proc/sys/net/{key}", value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A nicety that a kernel or a sandbox may not have.
        }
    }
}
