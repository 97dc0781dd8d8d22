using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Reads the packets that rules of one network namespace report to an NFLOG group. One reader a group; the kernel drops what nobody reads in time and
/// counts on, so that <see cref="Lost"/> is exact.
/// </summary>
public sealed class PacketLogReader : IDisposable
{
    private const uint GatheredBytes = 32 * 1024; // the most that one message gathers; the socket reads 64 KiB at once

    private readonly NetlinkSocket _socket;
    private uint _next;

    private PacketLogReader(NetlinkSocket socket) => _socket = socket;

    /// <summary>How many packets were reported that could not be read any more.</summary>
    public long Lost { get; private set; }

    /// <summary>Begins to read in the calling thread's network namespace; any thread may read then.</summary>
    /// <param name="group">The group that rules name.</param>
    /// <param name="copyBytes">How many bytes of each packet at most; a rule's own snaplen may say less.</param>
    /// <param name="bufferBytes">How many bytes the kernel keeps until they are read.</param>
    /// <exception cref="NetlinkException">Somebody reads this group already, or CAP_NET_ADMIN is missing (<see cref="Errno.OperationNotPermitted"/> says both).</exception>
    public static PacketLogReader Open(ushort group, uint copyBytes = 128, int bufferBytes = 4 * 1024 * 1024)
    {
        NetlinkSocket socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.SetReceiveCapacity(bufferBytes);
            NetlinkMessageWriter writer = new(stackalloc byte[128]);
            PacketLogMessages.WriteBind(ref writer, group, copyBytes, GatheredBytes);
            socket.Request(in writer).ThrowIfFailed($"read NFLOG group {group}");
            return new PacketLogReader(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until packets are reported and gives them; empty when the time is over. The kernel gathers up to a tenth of a second.</summary>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> for ever; zero to look only.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    /// <exception cref="KernelException">Receiving failed.</exception>
    /// <exception cref="InvalidDataException">A message could not be read.</exception>
    public IReadOnlyList<LoggedPacket> Receive(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        List<LoggedPacket> packets = [];
        NetlinkReceiveStatus status;
        NetlinkMessageReader messages;
        do
        {
            status = _socket.Receive(out messages, timeout, cancellationToken);
        }
        while (status == NetlinkReceiveStatus.Overrun); // the sequence numbers say how many were lost

        if (status == NetlinkReceiveStatus.Received)
        {
            foreach (NetlinkMessage message in messages)
            {
                if (PacketLogMessages.Read(message) is { } packet)
                {
                    Lost += packet.Sequence - _next; // both count modulo 2³²
                    _next = packet.Sequence + 1;
                    packets.Add(packet);
                }
            }
        }

        return packets;
    }

    /// <summary>Stops reading; the group is free again.</summary>
    public void Dispose() => _socket.Dispose();
}
