using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds a route; false where there is one with this destination, table and metric.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddRoute(RouteEntry route) =>
        Done(SendRoute(RouteMessageType.NewRoute, NetlinkFlags.Create | NetlinkFlags.Exclusive, route), Errno.Exists, "add route", route);

    /// <summary>Adds a route, or puts it in the place of the one with this destination, table and metric, at once.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceRoute(RouteEntry route) =>
        SendRoute(RouteMessageType.NewRoute, NetlinkFlags.Create | NetlinkFlags.Replace, route).ThrowIfFailed($"replace route {route}");

    /// <summary>Deletes a route that agrees with this one in all that it says; false where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteRoute(RouteEntry route) =>
        Done(SendRoute(RouteMessageType.DeleteRoute, NetlinkFlags.None, route), Errno.NoSuchProcess, "delete route", route);

    /// <summary>The routes of one family (unspecified: both), table, protocol and link (null: all). The kernel filters.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<RouteEntry> ListRoutes(
        AddressFamily family = AddressFamily.Unspecified, uint? table = null, RouteProtocol protocol = RouteProtocol.Unspecified, int? linkIndex = null)
    {
        if (family == AddressFamily.Unspecified)
        {
            return [.. ListRoutes(AddressFamily.InterNetwork, table, protocol, linkIndex), .. ListRoutes(AddressFamily.InterNetworkV6, table, protocol, linkIndex)];
        }

        NetlinkMessageWriter request = new(stackalloc byte[64]);
        RouteMessages.WriteList(ref request, family, table, protocol, linkIndex);
        NetlinkAnswer answer = _socket.Dump<RouteEntry>(request, RouteMessages.CollectUncached, out List<RouteEntry> routes);

        // A table that nobody has written to yet, or a family that is switched off, has no routes.
        if (answer.Error is Errno.NotFound or Errno.NotSupported or Errno.FamilyNotSupported)
        {
            return [];
        }

        answer.ThrowIfFailed("list routes");
        return routes;
    }

    /// <summary>
    /// Asks the kernel which way a packet would go (<c>ip route get</c>); null where no route leads there. With <paramref name="inputLink"/>: a packet that comes in by that link.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">From where; null: the kernel chooses, as for a local socket.</param>
    /// <param name="inputLink">The link that it comes in by; null: it is this machine's own.</param>
    /// <param name="mark">The packet's mark.</param>
    /// <param name="match">Gives the route of the table that decided (<c>fibmatch</c>), instead of the way that it leads.</param>
    /// <exception cref="NetlinkException">The kernel refused; a blackhole, unreachable or prohibit route answers with its own errno.</exception>
    public RouteEntry? LookUpRoute(IPAddress destination, IPAddress? source = null, int? inputLink = null, uint? mark = null, bool match = false)
    {
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        RouteMessages.WriteLookup(ref request, destination, source, inputLink, mark, match);
        List<RouteEntry> found = new(1);
        NetlinkAnswer answer = _socket.Get(request, RouteMessages.Collect, found);
        if (answer.Error == Errno.NetworkUnreachable)
        {
            return null;
        }

        answer.ThrowIfFailed($"look up the route to {destination}");
        return found.Count > 0 ? found[0] : null;
    }

    private NetlinkAnswer SendRoute(ushort type, NetlinkFlags flags, RouteEntry route)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        RouteMessages.Write(ref request, type, flags, route);
        NetlinkAnswer answer = _socket.Request(request);
        request.Dispose();
        return answer;
    }
}
