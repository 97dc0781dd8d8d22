using System.Runtime.InteropServices;
using Fairlead.Kernel.Interop;

namespace Fairlead.Kernel.Netlink;

/// <summary>Takes a reply out of the receive buffer; adds none, one or many results. On a dump that is taken again, the list is empty again.</summary>
public delegate void NetlinkCollector<T>(NetlinkMessage message, List<T> results);

/// <summary>
/// A netlink socket of the network namespace in which the calling thread is when it opens; afterwards any thread may use it, and it stays in its namespace.
/// </summary>
/// <remarks>
/// The kernel works a request off within the call that sends it: the answers lie in the receive buffer when that call returns. So nothing here
/// waits for anybody, and there is no asynchronous form (docs/decisions/0030-netlink-is-synchronous.md). Requests of several threads go one after another.
/// Subscribe on a socket of its own: notifications would stand between answers.
/// </remarks>
public sealed partial class NetlinkSocket : IDisposable
{
    private const int ReceiveBufferSize = 64 * 1024;
    private const int SocketReceiveBytes = 8 * 1024 * 1024;
    private const int DumpAttempts = 50;

    private readonly Descriptor _descriptor;
    private readonly Lock _lock = new();
    private readonly byte[] _receiveBuffer = GC.AllocateUninitializedArray<byte>(ReceiveBufferSize);
    private volatile bool _disposed;
    private uint _sequence;
    private int _receiveBytes;
    private int _sendBytes = 200 * 1024; // net.core.wmem_default is 212992

    private NetlinkSocket(NetlinkProtocol protocol, Descriptor descriptor)
    {
        Protocol = protocol;
        _descriptor = descriptor;
    }

    /// <summary>The protocol given to <see cref="Open"/>.</summary>
    public NetlinkProtocol Protocol { get; }

    /// <summary>The port that the kernel gave to this socket: <see cref="NetlinkMessage.PortId"/> of notifications about our own changes.</summary>
    /// <exception cref="KernelException">getsockname failed.</exception>
    public uint PortId
    {
        get
        {
            LibC.SocketAddressNetlink address = default;
            uint length = 12;
            return LibC.GetSocketName(_descriptor, ref address, ref length) == 0
                ? address.PortId
                : throw new KernelException("read the netlink socket's port", LibC.LastError);
        }
    }

    /// <summary>Opens a socket in the calling thread's network namespace, with extended acknowledgements and strict checks on.</summary>
    /// <exception cref="KernelException">The kernel has no such protocol, or there are too many descriptors.</exception>
    public static NetlinkSocket Open(NetlinkProtocol protocol)
    {
        int number = LibC.Socket(LibC.AfNetlink, LibC.SockRaw | LibC.SockCloexec, (int)protocol);
        if (number < 0)
        {
            throw new KernelException($"open a netlink socket for {protocol}", LibC.LastError);
        }

        Descriptor descriptor = new(number);
        NetlinkSocket socket = new(protocol, descriptor);
        try
        {
            socket.SetOption(LibC.SolNetlink, LibC.NetlinkExtAck, 1);
            socket.SetOption(LibC.SolNetlink, LibC.NetlinkCapAck, 1);
            socket.SetOption(LibC.SolNetlink, LibC.NetlinkGetStrictCheck, 1);
            socket.SetReceiveCapacity(SocketReceiveBytes);

            // Connecting to port 0 binds the socket, and from then on only the kernel may send to it.
            LibC.SocketAddressNetlink kernel = new() { Family = LibC.AfNetlink };
            if (LibC.Connect(descriptor, in kernel, 12) != 0)
            {
                throw new KernelException($"connect a netlink socket for {protocol}", LibC.LastError);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request and gives the kernel's acknowledgement (NLM_F_REQUEST and NLM_F_ACK are added).</summary>
    /// <exception cref="KernelException">Sending or receiving failed; a refusal is an answer.</exception>
    public NetlinkAnswer Request(in NetlinkMessageWriter request)
    {
        RequireOne(request);
        lock (_lock)
        {
            Span<byte> bytes = request.BytesForSending();
            uint sequence = Stamp(bytes, NetlinkFlags.Request | NetlinkFlags.Acknowledge, out _);
            Send(bytes);
            return ReceiveReplies<object>(sequence, null, null, untilFirstReply: false, out _);
        }
    }

    /// <summary>Sends one request, collects what the kernel sends back (NLM_F_ECHO: the notification of the change), and gives its acknowledgement.</summary>
    /// <exception cref="KernelException">Sending or receiving failed; a refusal is an answer.</exception>
    /// <exception cref="InvalidDataException">The reply could not be read.</exception>
    public NetlinkAnswer Request<T>(in NetlinkMessageWriter request, NetlinkCollector<T> collector, List<T> results)
    {
        RequireOne(request);
        lock (_lock)
        {
            Span<byte> bytes = request.BytesForSending();
            uint sequence = Stamp(bytes, NetlinkFlags.Request | NetlinkFlags.Acknowledge, out _);
            Send(bytes);
            return ReceiveReplies(sequence, collector, results, untilFirstReply: false, out _);
        }
    }

    /// <summary>Asks for one object: no acknowledgement, one reply or one error.</summary>
    /// <exception cref="KernelException">Sending or receiving failed; a refusal is an answer.</exception>
    /// <exception cref="InvalidDataException">The reply could not be read.</exception>
    public NetlinkAnswer Get<T>(in NetlinkMessageWriter request, NetlinkCollector<T> collector, List<T> results)
    {
        RequireOne(request);
        lock (_lock)
        {
            Span<byte> bytes = request.BytesForSending();
            uint sequence = Stamp(bytes, NetlinkFlags.Request, out _);
            Send(bytes);
            return ReceiveReplies(sequence, collector, results, untilFirstReply: true, out _);
        }
    }

    /// <summary>Asks for all objects (NLM_F_DUMP is added). A dump that changes overtook (NLM_F_DUMP_INTR) is taken again, never used.</summary>
    /// <exception cref="KernelException">Sending or receiving failed.</exception>
    /// <exception cref="InvalidDataException">A reply could not be read.</exception>
    public NetlinkAnswer Dump<T>(in NetlinkMessageWriter request, NetlinkCollector<T> collector, out List<T> results)
    {
        RequireOne(request);
        lock (_lock)
        {
            Span<byte> bytes = request.BytesForSending();
            results = [];
            for (int attempt = 1; ; attempt++)
            {
                uint sequence = Stamp(bytes, NetlinkFlags.Request | NetlinkFlags.Dump, out _);
                Send(bytes);
                NetlinkAnswer answer;
                bool interrupted;
                try
                {
                    answer = ReceiveReplies(sequence, collector, results, untilFirstReply: false, out interrupted);
                }
                catch
                {
                    Drain(); // or the kernel would call the next dump busy
                    throw;
                }

                if (!interrupted && answer.Error != Errno.Interrupted)
                {
                    return answer;
                }

                results.Clear();
                if (attempt == DumpAttempts)
                {
                    return new NetlinkAnswer(Errno.Interrupted, $"the objects changed during each of {DumpAttempts} dumps");
                }

                if (attempt > 3)
                {
                    Thread.Sleep(Math.Min(attempt, 20)); // let a burst of changes pass: about 0.8 s in all
                }
            }
        }
    }

    /// <summary>
    /// Sends all messages at once and gives the errors, none when everything was done. NLM_F_REQUEST is added to each; NLM_F_ACK is not:
    /// the kernel reports failures without it, and has worked all messages off when the call that sends them returns.
    /// </summary>
    /// <remarks>
    /// What a failure means for the other messages is the protocol's affair: rtnetlink goes on with the next one, nf_tables undoes the whole batch.
    /// Replies that are no acknowledgements (NLM_F_ECHO) are passed over; <see cref="Batch{T}"/> collects them.
    /// </remarks>
    /// <exception cref="KernelException">Sending failed (<see cref="Errno.MessageTooLong"/>: longer than the kernel takes at once), or acknowledgements were lost (<see cref="Errno.NoBufferSpace"/>).</exception>
    public List<NetlinkBatchError> Batch(in NetlinkMessageWriter messages) => Batch<object>(messages, null, null);

    /// <summary>Like <see cref="Batch(in NetlinkMessageWriter)"/>, and collects the replies that are no acknowledgements.</summary>
    /// <exception cref="KernelException">Sending failed, or answers were lost.</exception>
    /// <exception cref="InvalidDataException">A reply could not be read.</exception>
    public List<NetlinkBatchError> Batch<T>(in NetlinkMessageWriter messages, NetlinkCollector<T>? collector, List<T>? results)
    {
        List<NetlinkBatchError> errors = [];
        if (messages.MessageCount == 0)
        {
            return errors;
        }

        lock (_lock)
        {
            ReserveAnswers(messages.MessageCount);
            Span<byte> bytes = messages.BytesForSending();
            uint last = Stamp(bytes, NetlinkFlags.Request, out uint first);
            Send(bytes);
            while (TryReceive(out ReadOnlySpan<byte> received))
            {
                foreach (NetlinkMessage message in new NetlinkMessageReader(received))
                {
                    uint index = message.Sequence - first;
                    if (index > last - first)
                    {
                        continue;
                    }

                    if (message.Type == NetlinkControl.Error)
                    {
                        NetlinkAnswer answer = NetlinkAnswer.ReadError(message);
                        if (!answer.Succeeded)
                        {
                            errors.Add(new NetlinkBatchError((int)index, answer));
                        }
                    }
                    else if (message.Type > NetlinkControl.Overrun && collector is not null)
                    {
                        collector(message, results!);
                    }
                }
            }

            return errors;
        }
    }

    /// <summary>Sets how many bytes of answers and notifications the kernel keeps for this socket (SO_RCVBUFFORCE, or as far as net.core.rmem_max allows).</summary>
    /// <exception cref="KernelException">The kernel refused.</exception>
    public void SetReceiveCapacity(int bytes)
    {
        SetBuffer(LibC.SoRcvBufForce, LibC.SoRcvBuf, bytes);
        _receiveBytes = bytes;
    }

    /// <summary>Closes the socket; memberships and unread messages go with it. A <see cref="Receive"/> that waits on another thread ends with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _disposed = true;
        if (_wake is { IsClosed: false })
        {
            Wake();
        }

        _descriptor.Dispose();
        _wake?.Dispose();
    }

    private static void RequireOne(in NetlinkMessageWriter request)
    {
        if (request.MessageCount != 1)
        {
            throw new ArgumentException($"one message makes a request, not {request.MessageCount}", nameof(request));
        }
    }

    /// <summary>Gives consecutive sequence numbers to the messages in <paramref name="bytes"/>; returns the last.</summary>
    private uint Stamp(Span<byte> bytes, NetlinkFlags add, out uint first)
    {
        first = _sequence + 1;
        while (!bytes.IsEmpty)
        {
            _sequence++;
            MemoryMarshal.Write(bytes[6..], (ushort)(MemoryMarshal.Read<ushort>(bytes[6..]) | (ushort)add));
            MemoryMarshal.Write(bytes[8..], _sequence);
            bytes = bytes[NetlinkControl.Align(MemoryMarshal.Read<int>(bytes))..];
        }

        return _sequence;
    }

    /// <summary>Lets the receive buffer grow far enough that every message of a batch may be refused: the answers all come before the first is read.</summary>
    private void ReserveAnswers(int messages)
    {
        // An acknowledgement occupies under 1.3 KiB with its overhead; the kernel doubles the value that it is given.
        int needed = (int)Math.Min(messages * 1024L, 1 << 30);
        if (needed > _receiveBytes)
        {
            SetReceiveCapacity(needed);
        }
    }

    private unsafe void Send(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _sendBytes)
        {
            // The kernel doubles the value and takes a message up to that minus its own overhead.
            SetBuffer(LibC.SoSndBufForce, LibC.SoSndBuf, bytes.Length);
            _sendBytes = bytes.Length;
        }

        fixed (byte* pointer = bytes)
        {
            while (true)
            {
                nint sent = LibC.Send(_descriptor, pointer, (nuint)bytes.Length, 0);
                if (sent == bytes.Length)
                {
                    return;
                }

                Errno error = sent < 0 ? LibC.LastError : Errno.MessageTooLong;
                if (error != Errno.Interrupted)
                {
                    throw new KernelException($"send {bytes.Length} bytes to the kernel ({Protocol})", error);
                }
            }
        }
    }

    /// <summary>Reads until the request with this number is answered: by an acknowledgement, by DONE, or by its first reply.</summary>
    private NetlinkAnswer ReceiveReplies<T>(uint sequence, NetlinkCollector<T>? collector, List<T>? results, bool untilFirstReply, out bool interrupted)
    {
        interrupted = false;
        bool replied = false;
        while (true)
        {
            if (!TryReceive(out ReadOnlySpan<byte> received))
            {
                throw new KernelException($"wait for an answer of the kernel ({Protocol}), which had none", Errno.NoData);
            }

            foreach (NetlinkMessage message in new NetlinkMessageReader(received))
            {
                if (message.Sequence != sequence)
                {
                    continue; // left behind by a request whose reply could not be read
                }

                interrupted |= (message.Flags & NetlinkFlags.DumpInterrupted) != 0;
                switch (message.Type)
                {
                    case NetlinkControl.Error:
                        return NetlinkAnswer.ReadError(message);
                    case NetlinkControl.Done:
                        return NetlinkAnswer.ReadDone(message);
                    case NetlinkControl.NoOperation:
                        break;
                    case NetlinkControl.Overrun:
                        return new NetlinkAnswer(Errno.NoBufferSpace);
                    default:
                        collector?.Invoke(message, results!);
                        replied = true;
                        break;
                }
            }

            if (untilFirstReply && replied)
            {
                return default;
            }
        }
    }

    private void Drain()
    {
        try
        {
            while (TryReceive(out _))
            {
            }
        }
        catch (KernelException)
        {
            // The failure that led here is the one to report.
        }
    }

    /// <summary>Reads one datagram; false where there is none now. Answers are there when the call that asked for them has returned, so nobody has to wait for one.</summary>
    private unsafe bool TryReceive(out ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = _receiveBuffer)
        {
            while (true)
            {
                nint length = LibC.Receive(_descriptor, pointer, (nuint)_receiveBuffer.Length, LibC.MsgTrunc | LibC.MsgDontWait);
                if (length >= 0)
                {
                    bytes = length <= _receiveBuffer.Length
                        ? _receiveBuffer.AsSpan(0, (int)length)
                        : throw new KernelException($"receive a netlink message of {length} bytes ({Protocol})", Errno.MessageTooLong);
                    return true;
                }

                switch (LibC.LastError)
                {
                    case Errno.Interrupted:
                        break;
                    case Errno.TryAgain:
                        bytes = default;
                        return false;
                    case Errno error:
                        throw new KernelException($"receive from the kernel ({Protocol})", error);
                }
            }
        }
    }

    private void SetOption(int level, int name, int value)
    {
        if (LibC.SetSocketOption(_descriptor, level, name, in value, sizeof(int)) != 0)
        {
            throw new KernelException($"set option {name} of a netlink socket ({Protocol}) to {value}", LibC.LastError);
        }
    }

    private void SetBuffer(int forced, int allowed, int bytes)
    {
        if (LibC.SetSocketOption(_descriptor, LibC.SolSocket, forced, in bytes, sizeof(int)) != 0)
        {
            SetOption(LibC.SolSocket, allowed, bytes); // without CAP_NET_ADMIN: as far as the system's limit goes
        }
    }
}
