using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>The indexes of a veth pair's ends, each in its own namespace.</summary>
/// <param name="Near">The end in this socket's namespace, or where its options put it.</param>
/// <param name="Far">The peer.</param>
public readonly record struct VethPair(int Near, int Far);

public sealed partial class RouteNetlink
{
    /// <summary>
    /// Makes a link and gives its index. All options that the kernel takes at birth go in the one request that makes it (name, MTU, addresses, master, up); alias, address
    /// generation, arp_notify and port behaviour need a second one, and if that is refused the link is deleted again.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused: <see cref="Errno.Exists"/> where the name is taken, <see cref="Errno.NotSupported"/> where the kernel has no such kind.</exception>
    public int AddLink(LinkOptions options, LinkKind kind)
    {
        Link link = MakeLink(options, kind, null);
        Finish(options.Namespace, link.Index, options.Later);
        return link.Index;
    }

    /// <summary>
    /// Makes a veth pair, each end in its namespace (null: this socket's), in one request with names, MTUs, hardware addresses and masters. The kernel takes a peer's
    /// up, alias, address generation, arp_notify and port behaviour only afterwards: they are set through a socket opened in its namespace for that. Who has one open there
    /// already is faster with a <see cref="SetLink"/> through it.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused; nothing is left of the pair.</exception>
    public VethPair AddVeth(LinkOptions near, LinkOptions far)
    {
        LinkOptions? farLater = far.Up == true ? (far.Later ?? new LinkOptions()) with { Up = true } : far.Later;
        Link link = MakeLink(near, new VethKind(), far with { Up = null });
        VethPair pair = new(link.Index, link.ParentIndex ?? 0);
        Finish(near.Namespace, pair.Near, near.Later);
        Finish(far.Namespace ?? near.Namespace, pair.Far, farLater);
        return pair;
    }

    /// <summary>Changes a link. The kernel works a change off in parts: on a refusal some of it may be done.</summary>
    /// <exception cref="NetlinkException">The kernel refused; <see cref="Errno.NoDevice"/> where there is no such link.</exception>
    public void SetLink(int index, LinkOptions changes)
    {
        NetlinkMessageWriter request = new(stackalloc byte[LinkMessages.BufferSize]);
        if (changes.Up == true && changes.BeforeUp is { } first)
        {
            LinkMessages.WriteChange(ref request, index, first);
            changes = changes with { AddressGeneration = null, ArpNotify = null };
        }

        LinkMessages.WriteChange(ref request, index, changes);
        List<NetlinkBatchError> errors = _socket.Batch(request);
        request.Dispose();
        GC.KeepAlive(changes.Namespace);
        if (errors.Count > 0)
        {
            throw errors[0].Answer.ToException($"set link {index}{Words(changes)}");
        }
    }

    /// <summary>Looks for a link by name or alternative name; null where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public Link? FindLink(string name) => FindLink<Link>(0, name, LinkReader.Collect);

    /// <summary>Looks for a link by index; null where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public Link? FindLink(int index) => FindLink<Link>(index, null, LinkReader.Collect);

    /// <summary>Looks for a link in another namespace, which this one knows by a number (<see cref="Link.ParentNamespaceId"/>); null where there is none.</summary>
    /// <exception cref="NetlinkException">The kernel refused: <see cref="Errno.InvalidArgument"/> where no namespace has the number.</exception>
    public Link? FindLink(int index, int namespaceId) => FindLink<Link>(index, null, LinkReader.Collect, namespaceId);

    /// <summary>Reads a link's counters; null where there is no such link.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public LinkStatistics? FindLinkStatistics(int index) => FindLink<LinkStatistics>(index, null, LinkReader.CollectStatistics);

    /// <summary>All links, by index; with <paramref name="masterIndex"/> those of one bridge, with <paramref name="kind"/> ("veth") those of one kind.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public IReadOnlyList<Link> ListLinks(int? masterIndex = null, string? kind = null)
    {
        NetlinkMessageWriter request = new(stackalloc byte[128]);
        LinkMessages.WriteGet(ref request, 0, null);
        if (masterIndex is { } master)
        {
            request.WriteInt32(LinkAttribute.Master, master);
        }

        if (kind is not null)
        {
            NetlinkNest info = request.BeginNested(LinkAttribute.LinkInfo);
            request.WriteString(LinkInfoAttribute.Kind, kind);
            request.EndNested(info);
        }

        _socket.Dump<Link>(request, LinkReader.Collect, out List<Link> links).ThrowIfFailed("list links");
        return links;
    }

    /// <summary>Deletes a link; false where there was none. Returns when the kernel is done with it, some 10 ms for a veth: its peer goes too.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteLink(int index)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(RouteMessageType.DeleteLink, NetlinkFlags.None);
        request.WriteStruct(new LinkHeader { Index = index });
        return Done(_socket.Request(request), Errno.NoDevice, "delete link", index);
    }

    /// <summary>Deletes a link by name; false where there was none.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public bool DeleteLink(string name)
    {
        NetlinkMessageWriter request = new(stackalloc byte[192]);
        request.BeginMessage(RouteMessageType.DeleteLink, NetlinkFlags.None);
        request.WriteStruct(default(LinkHeader));
        LinkMessages.WriteName(ref request, name);
        return Done(_socket.Request(request), Errno.NoDevice, "delete link", name);
    }

    /// <summary>
    /// Deletes all links of a group (<see cref="LinkOptions.Group"/>) at once, in the time that one takes: most of a deletion is the wait for packets that are under way.
    /// False where the group has none.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Group 0 is that of every link for which nobody chose one.</exception>
    public bool DeleteLinkGroup(uint group)
    {
        ArgumentOutOfRangeException.ThrowIfZero(group);
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        request.BeginMessage(RouteMessageType.DeleteLink, NetlinkFlags.None);
        request.WriteStruct(default(LinkHeader));
        request.WriteUInt32(LinkAttribute.Group, group);
        return Done(_socket.Request(request), Errno.NoDevice, "delete link group", group);
    }

    /// <summary>Puts a bridge's port (or, with <paramref name="self"/>, the bridge itself) into a VLAN; <paramref name="untaggedPvid"/>: the one for frames without a tag, both ways.</summary>
    /// <exception cref="NetlinkException">The kernel refused: without CONFIG_BRIDGE_VLAN_FILTERING always.</exception>
    public void AddBridgeVlan(int index, ushort vlan, bool untaggedPvid = false, bool self = false)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        LinkMessages.WriteBridgeVlan(ref request, RouteMessageType.SetLink, index, vlan, untaggedPvid, self);
        _socket.Request(request).ThrowIfFailed($"add VLAN {vlan} to bridge port {index}");
    }

    /// <summary>Takes a bridge's port out of a VLAN.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public void DeleteBridgeVlan(int index, ushort vlan, bool self = false)
    {
        NetlinkMessageWriter request = new(stackalloc byte[64]);
        LinkMessages.WriteBridgeVlan(ref request, RouteMessageType.DeleteLink, index, vlan, untaggedPvid: false, self);
        _socket.Request(request).ThrowIfFailed($"delete VLAN {vlan} from bridge port {index}");
    }

    private Link MakeLink(LinkOptions options, LinkKind kind, LinkOptions? peer)
    {
        if (options.Name is not { Length: > 0 } name)
        {
            throw new ArgumentException("a new link needs a name", nameof(options));
        }

        NetlinkMessageWriter request = new(stackalloc byte[LinkMessages.BufferSize]);
        LinkMessages.WriteNew(ref request, options.AtBirth, kind, peer);
        List<Link> made = [];
        NetlinkAnswer answer = _socket.Request(request, LinkReader.Collect, made);
        request.Dispose();
        GC.KeepAlive(options.Namespace);
        GC.KeepAlive(peer?.Namespace);
        answer.ThrowIfFailed($"add link {name} type {kind.Name}{Words(options with { Name = null })}{(peer is null ? "" : $" peer{Words(peer)}")}");

        // Kernels before 6.2 don't echo, nor does another namespace; then the name says which one it is.
        return made.Find(candidate => candidate.Name == name)
            ?? In(options.Namespace, route => route.FindLink(name))
            ?? throw new NetlinkException($"add link {name}", Errno.NoDevice, "it was gone before it could be looked at");
    }

    /// <summary>The second request of a link's birth; where it is refused, the link goes again.</summary>
    private void Finish(NetworkNamespace? place, int index, LinkOptions? later)
    {
        if (later is null)
        {
            return;
        }

        In(place, route =>
        {
            try
            {
                route.SetLink(index, later);
            }
            catch (NetlinkException)
            {
                route.DeleteLink(index);
                throw;
            }

            return true;
        });
    }

    /// <summary>Works through this socket, or through one opened in another namespace for this.</summary>
    private T In<T>(NetworkNamespace? place, Func<RouteNetlink, T> work)
    {
        if (place is null)
        {
            return work(this);
        }

        using RouteNetlink there = Open(place);
        return work(there);
    }

    private T? FindLink<T>(int index, string? name, NetlinkCollector<T> collector, int? namespaceId = null)
        where T : class
    {
        NetlinkMessageWriter request = new(stackalloc byte[192]);
        LinkMessages.WriteGet(ref request, index, name);
        if (namespaceId is { } id)
        {
            request.WriteInt32(LinkAttribute.TargetNamespaceId, id);
        }

        List<T> found = new(1);
        NetlinkAnswer answer = _socket.Get(request, collector, found);
        if (answer.Error == Errno.NoDevice)
        {
            return null;
        }

        answer.ThrowIfFailed($"find link {name ?? index.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        return found.Count > 0 ? found[0] : null;
    }

    /// <summary>The options as <c>ip link</c> would be told them.</summary>
    private static string Words(LinkOptions options)
    {
        List<string> words = [];
        Add("name", options.Name);
        Add("mtu", options.Mtu);
        Add("address", options.MacAddress);
        Add("master", options.MasterIndex);
        Add("txqueuelen", options.TransmitQueueLength);
        Add("group", options.Group);
        Add("alias", options.Alias);
        Add("addrgenmode", options.AddressGeneration);
        Add("arp_notify", options.ArpNotify);
        Add("netns", options.Namespace);
        Add(options.Up == true ? "up" : "down", options.Up is null ? null : "");
        Add("promisc", options.Promiscuous);
        Add("port", options.Port is null ? null : "options");
        return string.Concat(words);

        void Add(string word, object? value)
        {
            if (value is not null)
            {
                words.Add(value is "" ? $" {word}" : $" {word} {value}");
            }
        }
    }
}
