using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.Conntrack;

/// <summary>What happened to a connection.</summary>
public enum ConntrackChange
{
    /// <summary>Its first packet left.</summary>
    New,

    /// <summary>Its state, mark or status changed.</summary>
    Updated,

    /// <summary>It ended, timed out or was deleted.</summary>
    Destroyed,
}

/// <summary>A connection came, changed or went.</summary>
/// <param name="Change">Which of these.</param>
/// <param name="Entry">As it is, or was at last. An update holds only what changed besides the tuples.</param>
public sealed record ConntrackEvent(ConntrackChange Change, ConntrackEntry Entry);

/// <summary>Hears of connections in a network namespace as they come, change and go. The kernel makes these events only while somebody listens (net.netfilter.nf_conntrack_events 1 or 2).</summary>
public sealed class ConntrackMonitor : IDisposable
{
    private readonly NetlinkSocket _socket;

    private ConntrackMonitor(NetlinkSocket socket)
    {
        _socket = socket;
    }

    /// <summary>Begins to listen in the calling thread's network namespace.</summary>
    /// <exception cref="KernelException">CAP_NET_ADMIN is missing.</exception>
    public static ConntrackMonitor Open()
    {
        NetlinkSocket socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.Subscribe(ConntrackGroup.New);
            socket.Subscribe(ConntrackGroup.Update);
            socket.Subscribe(ConntrackGroup.Destroy);
            return new ConntrackMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to listen in a namespace, from outside.</summary>
    /// <exception cref="KernelException">The namespace could not be entered.</exception>
    public static ConntrackMonitor Open(NetworkNamespace networkNamespace) => networkNamespace.Run(Open);

    /// <summary>Waits for events and adds them to <paramref name="events"/>. On <see cref="NetlinkReceiveStatus.Overrun"/> some were lost.</summary>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="KernelException">Receiving failed.</exception>
    public NetlinkReceiveStatus Receive(ICollection<ConntrackEvent> events, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        NetlinkReceiveStatus status = _socket.Receive(out NetlinkMessageReader messages, timeout, cancellationToken);
        foreach (NetlinkMessage message in messages)
        {
            if (message.Type is ConntrackMessageType.New or ConntrackMessageType.Delete && ConntrackMessages.Read(message) is { } entry)
            {
                ConntrackChange change = message.Type == ConntrackMessageType.Delete
                    ? ConntrackChange.Destroyed
                    : (message.Flags & NetlinkFlags.Create) != 0 ? ConntrackChange.New : ConntrackChange.Updated;
                events.Add(new ConntrackEvent(change, entry));
            }
        }

        return status;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();
}
