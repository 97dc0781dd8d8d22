using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds a neighbour; false where the link has one with this address.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddNeighbour(Neighbour neighbour) =>
        Done(Send(RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Exclusive, neighbour), Errno.Exists, "add neighbour", neighbour);

    /// <summary>Adds a neighbour, or puts it in the place of the one with this address.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceNeighbour(Neighbour neighbour) =>
        Send(RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Replace, neighbour).ThrowIfFailed($"replace neighbour {neighbour}");

    /// <summary>Deletes a neighbour; false where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteNeighbour(Neighbour neighbour) =>
        Done(Send(RouteMessageType.DeleteNeighbour, NetlinkFlags.None, neighbour), Errno.NotFound, "delete neighbour", neighbour);

    /// <summary>The neighbours of one link (null: of all) and one family (unspecified: both); the proxies instead, where those are asked for.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<Neighbour> ListNeighbours(int? linkIndex = null, AddressFamily family = AddressFamily.Unspecified, bool proxies = false)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        NeighbourMessages.WriteList(ref request, family, linkIndex, proxies);
        _socket.Dump<Neighbour>(request, NeighbourMessages.Collect, out List<Neighbour> neighbours).ThrowIfFailed("list neighbours");
        return neighbours;
    }

    /// <summary>Adds a forwarding entry; false where there is one for this address (and VLAN).</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddForwardingEntry(ForwardingEntry entry) =>
        Done(Send(RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Exclusive, entry), Errno.Exists, "add forwarding entry", entry);

    /// <summary>Adds one more destination for an address on a VXLAN; false where it is there already. Only for 00:00:00:00:00:00 and multicast.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AppendForwardingEntry(ForwardingEntry entry) =>
        Done(Send(RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Append, entry), Errno.Exists, "append forwarding entry", entry);

    /// <summary>Adds a forwarding entry, or puts it in the place of all for this address.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceForwardingEntry(ForwardingEntry entry) =>
        Send(RouteMessageType.NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Replace, entry).ThrowIfFailed($"replace forwarding entry {entry}");

    /// <summary>Deletes a forwarding entry; of several destinations the one named. False where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteForwardingEntry(ForwardingEntry entry) =>
        Done(Send(RouteMessageType.DeleteNeighbour, NetlinkFlags.None, entry), Errno.NotFound, "delete forwarding entry", entry);

    /// <summary>The forwarding entries of one link (null: of all), a bridge's port or a VXLAN.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<ForwardingEntry> ListForwardingEntries(int? linkIndex = null)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        NeighbourMessages.WriteForwardingList(ref request, linkIndex);
        _socket.Dump<ForwardingEntry>(request, NeighbourMessages.Collect, out List<ForwardingEntry> entries).ThrowIfFailed("list forwarding entries");
        return entries;
    }

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, Neighbour neighbour)
    {
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        NeighbourMessages.Write(ref request, type, flags, neighbour);
        return _socket.Request(request);
    }

    private NetlinkAnswer Send(ushort type, NetlinkFlags flags, ForwardingEntry entry)
    {
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        NeighbourMessages.Write(ref request, type, flags, entry);
        return _socket.Request(request);
    }
}
