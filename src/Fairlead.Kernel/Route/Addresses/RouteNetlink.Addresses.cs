using System.Net.Sockets;
using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>Adds an address; false where the link has it already.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool AddAddress(InterfaceAddress address) =>
        Done(SendAddress(RouteMessageType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive, address), Errno.Exists, "add address", address);

    /// <summary>Adds an address, or gives the one that is there these lifetimes, flags and metric.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void ReplaceAddress(InterfaceAddress address) =>
        SendAddress(RouteMessageType.NewAddress, NetlinkFlags.Create | NetlinkFlags.Replace, address).ThrowIfFailed($"replace address {address}");

    /// <summary>Takes an address away; false where the link doesn't have it.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteAddress(InterfaceAddress address) =>
        Done(SendAddress(RouteMessageType.DeleteAddress, NetlinkFlags.None, address), Errno.AddressNotAvailable, "delete address", address);

    /// <summary>The addresses of one link (null: of all) and one family (unspecified: both).</summary>
    /// <exception cref="NetlinkException">The kernel refused; <see cref="Errno.NoDevice"/> where there is no such link.</exception>
    public IReadOnlyList<InterfaceAddress> ListAddresses(int? linkIndex = null, AddressFamily family = AddressFamily.Unspecified)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        AddressMessages.WriteList(ref request, linkIndex ?? 0, family);
        _socket.Dump<InterfaceAddress>(request, AddressMessages.Collect, out List<InterfaceAddress> addresses).ThrowIfFailed("list addresses");
        return addresses;
    }

    private NetlinkAnswer SendAddress(ushort type, NetlinkFlags flags, InterfaceAddress address)
    {
        NetlinkMessageWriter request = new(stackalloc byte[256]);
        AddressMessages.Write(ref request, type, flags, address);
        return _socket.Request(request);
    }
}
