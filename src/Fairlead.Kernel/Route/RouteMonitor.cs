using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Route;

/// <summary>What a <see cref="RouteMonitor"/> listens for.</summary>
[Flags]
public enum RouteTopics
{
    /// <summary>RTNLGRP_LINK.</summary>
    Links = 1,

    /// <summary>RTNLGRP_NEIGH: neighbours and forwarding entries.</summary>
    Neighbours = 2,

    /// <summary>RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR.</summary>
    Addresses = 4,

    /// <summary>RTNLGRP_IPV4_ROUTE and RTNLGRP_IPV6_ROUTE.</summary>
    Routes = 8,

    /// <summary>RTNLGRP_IPV4_RULE and RTNLGRP_IPV6_RULE.</summary>
    Rules = 16,

    /// <summary>All of them.</summary>
    All = Links | Neighbours | Addresses | Routes | Rules,
}

/// <summary>Something was made, changed or taken away.</summary>
/// <param name="Removed">It was taken away.</param>
/// <param name="Author">The port of the netlink socket that asked for it (<see cref="RouteNetlink.PortId"/>, <c>ss -f netlink</c>); 0: the kernel by itself, or it doesn't say.</param>
public abstract record RouteEvent(bool Removed, uint Author);

/// <summary>A link was made, changed or deleted.</summary>
/// <param name="Link">As it is, or was at last.</param>
/// <param name="Removed">It was deleted, or left this namespace.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record LinkEvent(Link Link, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>An address was added, changed or taken away.</summary>
/// <param name="Address">As it is, or was at last.</param>
/// <param name="Removed">It was taken away.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record AddressEvent(InterfaceAddress Address, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>A route was added, replaced or deleted. IPv4 routes of a link that goes down vanish without one.</summary>
/// <param name="Route">As it is, or was at last.</param>
/// <param name="Removed">It was deleted.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record RouteEntryEvent(RouteEntry Route, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>A neighbour was learned, changed or deleted.</summary>
/// <param name="Neighbour">As it is, or was at last.</param>
/// <param name="Removed">It was deleted.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record NeighbourEvent(Neighbour Neighbour, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>A forwarding entry was learned, changed or deleted.</summary>
/// <param name="Entry">As it is, or was at last.</param>
/// <param name="Removed">It was deleted.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record ForwardingEvent(ForwardingEntry Entry, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>A rule was added or deleted.</summary>
/// <param name="Rule">As it is, or was at last.</param>
/// <param name="Removed">It was deleted.</param>
/// <param name="Author">Who asked for it.</param>
public sealed record RuleEvent(RoutingRule Rule, bool Removed, uint Author) : RouteEvent(Removed, Author);

/// <summary>Hears what changes in a network namespace, whoever changes it. Events tell that something changed; what is there now, a list tells.</summary>
public sealed class RouteMonitor : IDisposable
{
    private readonly NetlinkSocket _socket;

    private RouteMonitor(NetlinkSocket socket)
    {
        _socket = socket;
    }

    /// <summary>Begins to listen in the calling thread's network namespace: what happens from now on is heard.</summary>
    /// <exception cref="KernelException">There are too many descriptors.</exception>
    public static RouteMonitor Open(RouteTopics topics)
    {
        NetlinkSocket socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        try
        {
            foreach (int group in Groups(topics))
            {
                socket.Subscribe(group);
            }

            return new RouteMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to listen in a namespace, from outside.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public static RouteMonitor Open(NetworkNamespace networkNamespace, RouteTopics topics) => networkNamespace.Run(() => Open(topics));

    /// <summary>
    /// Waits for events and adds them to <paramref name="events"/>. On <see cref="NetlinkReceiveStatus.Overrun"/> some were lost: only reading everything anew tells what is there.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="KernelException">Receiving failed.</exception>
    public NetlinkReceiveStatus Receive(ICollection<RouteEvent> events, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        NetlinkReceiveStatus status = _socket.Receive(out NetlinkMessageReader messages, timeout, cancellationToken);
        foreach (NetlinkMessage message in messages)
        {
            if (Read(message) is { } read)
            {
                events.Add(read);
            }
        }

        return status;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();

    /// <summary>Null for what is nobody's topic here.</summary>
    internal static RouteEvent? Read(NetlinkMessage message) => message.Type switch
    {
        // A bridge tells of its ports in messages of its own family; the link's own message follows or went before.
        RouteMessageType.NewLink or RouteMessageType.DeleteLink when message.Header<LinkHeader>().Family == Family.Unspecified =>
            new LinkEvent(LinkReader.Read(message), message.Type == RouteMessageType.DeleteLink, message.PortId),
        RouteMessageType.NewAddress or RouteMessageType.DeleteAddress when AddressMessages.Read(message) is { } address =>
            new AddressEvent(address, message.Type == RouteMessageType.DeleteAddress, message.PortId),
        RouteMessageType.NewRoute or RouteMessageType.DeleteRoute when RouteMessages.Read(message) is { } route =>
            new RouteEntryEvent(route, message.Type == RouteMessageType.DeleteRoute, message.PortId),
        RouteMessageType.NewNeighbour or RouteMessageType.DeleteNeighbour when NeighbourMessages.ReadNeighbour(message) is { } neighbour =>
            new NeighbourEvent(neighbour, message.Type == RouteMessageType.DeleteNeighbour, message.PortId),
        RouteMessageType.NewNeighbour or RouteMessageType.DeleteNeighbour when NeighbourMessages.ReadForwardingEntry(message) is { } entry =>
            new ForwardingEvent(entry, message.Type == RouteMessageType.DeleteNeighbour, message.PortId),
        RouteMessageType.NewRule or RouteMessageType.DeleteRule when RuleMessages.Read(message) is { } rule =>
            new RuleEvent(rule, message.Type == RouteMessageType.DeleteRule, message.PortId),
        _ => null,
    };

    private static IEnumerable<int> Groups(RouteTopics topics)
    {
        (RouteTopics Topic, int Group)[] groups =
        [
            (RouteTopics.Links, RouteGroup.Link),
            (RouteTopics.Neighbours, RouteGroup.Neighbour),
            (RouteTopics.Addresses, RouteGroup.IPv4Address),
            (RouteTopics.Addresses, RouteGroup.IPv6Address),
            (RouteTopics.Routes, RouteGroup.IPv4Route),
            (RouteTopics.Routes, RouteGroup.IPv6Route),
            (RouteTopics.Rules, RouteGroup.IPv4Rule),
            (RouteTopics.Rules, RouteGroup.IPv6Rule),
        ];
        return groups.Where(pair => (topics & pair.Topic) != 0).Select(pair => pair.Group);
    }
}

/// <summary>RTNLGRP_….</summary>
internal static class RouteGroup
{
    internal const int Link = 1;
    internal const int Neighbour = 3;
    internal const int IPv4Address = 5;
    internal const int IPv4Route = 7;
    internal const int IPv4Rule = 8;
    internal const int IPv6Address = 9;
    internal const int IPv6Route = 11;
    internal const int IPv6Rule = 19;
}
