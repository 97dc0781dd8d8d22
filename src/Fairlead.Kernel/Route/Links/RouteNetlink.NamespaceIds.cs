using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

public sealed partial class RouteNetlink
{
    /// <summary>
    /// The number by which this socket's namespace knows another one, as in <see cref="Link.ParentNamespaceId"/> ("link-netnsid" in <c>ip link</c>). Null where it has none: no link
    /// has led there yet.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public int? FindNamespaceId(NetworkNamespace other)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(RouteMessageType.GetNamespaceId, NetlinkFlags.None);
        request.Reserve(NamespaceIdAttribute.HeaderSize);
        request.WriteInt32(NamespaceIdAttribute.Descriptor, other.DescriptorNumber);
        List<int> found = new(1);
        NetlinkAnswer answer = _socket.Get(request, Collect, found);
        GC.KeepAlive(other);
        answer.ThrowIfFailed($"find the number of namespace {other}");
        return found is [>= 0 and int id] ? id : null;

        static void Collect(NetlinkMessage message, List<int> ids)
        {
            if (message.Type == RouteMessageType.NewNamespaceId && message.Attributes(NamespaceIdAttribute.HeaderSize).TryFind(NamespaceIdAttribute.Id, out NetlinkAttribute attribute))
            {
                ids.Add(attribute.Int32); // NETNSA_NSID_NOT_ASSIGNED is -1
            }
        }
    }
}

/// <summary>NETNSA_… (linux/net_namespace.h).</summary>
internal static class NamespaceIdAttribute
{
    /// <summary>struct rtgenmsg.</summary>
    internal const int HeaderSize = 1;

    internal const ushort Id = 1;
    internal const ushort Descriptor = 3;
}
