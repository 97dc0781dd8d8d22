using System.Net.Sockets;
using Fairlead.Kernel.Route;
using Fairlead.Network;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// Finds the link that leads to the other nodes: the one that has the node's own address; only where none has it, the one that the default route names. What other
/// links there are (docker0) doesn't matter.
/// </summary>
internal static class UplinkReader
{
    /// <summary>Reads it, and says which links it is: one, or two where the families have each their own.</summary>
    public static Uplink Read(RouteNetlink client, NodeState? node, out int[] indexes)
    {
        IReadOnlyList<InterfaceAddress> addresses = client.ListAddresses();
        List<int> links = [.. (node?.Addresses ?? [])
            .Select(own => addresses.FirstOrDefault(a => NetAddress.From(a.Address) == own)?.LinkIndex).OfType<int>().Distinct()];
        if (links.Count == 0 && DefaultRoute(client) is { } way)
        {
            links.Add(way);
        }

        List<Link> found = [.. links.Select(index => client.FindLink(index)).OfType<Link>()];
        indexes = [.. found.Select(l => l.Index)];
        return found.Count == 0 ? Uplink.Unknown : new()
        {
            Name = found[0].Name,
            Mtu = (int)found.Min(l => l.Mtu),
            Segments = [.. addresses.Where(a => links.Contains(a.LinkIndex) && a.Peer is null && !a.Address.IsIPv6LinkLocal)
                .Select(a => new NetPrefix(NetAddress.From(a.Address), a.PrefixLength)).Distinct()],
        };
    }

    private static int? DefaultRoute(RouteNetlink client)
    {
        IEnumerable<RouteEntry> defaults = client.ListRoutes(AddressFamily.InterNetwork, RouteEntry.MainTable)
            .Concat(client.ListRoutes(AddressFamily.InterNetworkV6, RouteEntry.MainTable))
            .Where(r => r is { Destination.PrefixLength: 0, Type: RouteType.Unicast });
        return defaults.OrderBy(r => r.Family).ThenBy(r => r.Metric ?? 0).Select(r => r.LinkIndex ?? (r.NextHops.Count > 0 ? r.NextHops[0].LinkIndex : null)).FirstOrDefault();
    }
}
