using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Hears what changes in nf_tables of one network namespace, whoever changes it, and the steps of traced packets. Events carry no handle to their cause;
/// those of one transaction end with a <see cref="GenerationChanged"/> that names the process.
/// </summary>
public sealed class NfTablesMonitor : IDisposable
{
    private readonly NetlinkSocket _socket;

    private NfTablesMonitor(NetlinkSocket socket) => _socket = socket;

    /// <summary>Begins to listen in the calling thread's network namespace; any thread may read then.</summary>
    /// <param name="topics">What to hear.</param>
    /// <exception cref="KernelException">The socket could not be opened or the group not joined.</exception>
    public static NfTablesMonitor Open(MonitorTopics topics)
    {
        NetlinkSocket socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            if (topics.HasFlag(MonitorTopics.Changes))
            {
                socket.Subscribe(NfTablesMessage.ChangesGroup);
            }

            if (topics.HasFlag(MonitorTopics.Traces))
            {
                socket.Subscribe(NfTablesMessage.TraceGroup);
            }

            return new NfTablesMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until something happens and gives it, in the kernel's order; empty when the time is over.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever; zero to look only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="KernelException">Receiving failed.</exception>
    /// <exception cref="InvalidDataException">A message could not be read.</exception>
    public IReadOnlyList<NfTablesEvent> Receive(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        List<NfTablesEvent> events = [];
        switch (_socket.Receive(out NetlinkMessageReader messages, timeout, cancellationToken))
        {
            case NetlinkReceiveStatus.Received:
                foreach (NetlinkMessage message in messages)
                {
                    if (EventDecoder.Read(message) is { } read)
                    {
                        events.Add(read);
                    }
                }

                break;
            case NetlinkReceiveStatus.Overrun:
                events.Add(new EventsLost());
                break;
            default:
                break;
        }

        return events;
    }

    /// <summary>Stops listening.</summary>
    public void Dispose() => _socket.Dispose();
}

/// <summary>What a monitor hears.</summary>
[Flags]
public enum MonitorTopics
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>NFNLGRP_NFTABLES: tables, chains, rules, sets, elements and objects that come and go.</summary>
    Changes = 1,

    /// <summary>NFNLGRP_NFTRACE: the steps of packets whose trace bit is set.</summary>
    Traces = 2,
}
