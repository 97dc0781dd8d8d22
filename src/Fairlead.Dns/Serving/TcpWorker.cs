using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Fairlead.Dns.Serving.Native;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>
/// One thread, its listening socket and its connections (RFC 7766): whatever a client sent by now is answered in one write; answers that take time follow when they
/// are there, in any order. A client that doesn't read isn't read from either.
/// </summary>
internal sealed unsafe class TcpWorker : IDisposable
{
    private const int BatchedEvents = 64;
    private const int WakeUpMilliseconds = 250;
    private const int ReadSize = 64 << 10;
    private const int WriteSize = 256 << 10;
    private const int LargestFrame = ushort.MaxValue + 2;
    private const int MaxUnsent = 1 << 20;
    private const int MaxPendingOfConnection = 1000;

    private readonly Descriptor _listener;
    private readonly Descriptor _epoll;
    private readonly Descriptor _wake;
    private readonly QueryEngine _engine;
    private readonly SlowPath _slow;
    private readonly ServerShared _shared;
    private readonly DnsServerOptions _options;
    private readonly Dictionary<int, TcpConnection> _connections = [];
    private readonly ConcurrentQueue<(TcpConnection Connection, byte[] Frame)> _late = new();
    private readonly byte[] _input = new byte[LargestFrame + ReadSize];
    private readonly byte[] _output = new byte[WriteSize + LargestFrame];

    public TcpWorker(Descriptor listener, QueryEngine engine, SlowPath slow, ServerShared shared, DnsServerOptions options)
    {
        _listener = listener;
        _engine = engine;
        _slow = slow;
        _shared = shared;
        _options = options;
        _epoll = new(LibC.EpollCreate(LibC.SockCloexec));
        _wake = new(LibC.EventFd(0, LibC.EventFdCloexec | LibC.EventFdNonBlock));
        LibC.EpollControl(_epoll, LibC.EpollAdd, _listener.Number, LibC.EpollIn);
        LibC.EpollControl(_epoll, LibC.EpollAdd, _wake.Number, LibC.EpollIn);
    }

    /// <summary>How many connections there are; any thread.</summary>
    public int Connections => _count;

    private volatile int _count;

    /// <summary>Serves until told to stop, then goes on with what is connected until nothing is left or the drain ends.</summary>
    public void Run(CancellationToken stop, CancellationToken drained)
    {
        _ = ShortSlice.Request();
        byte* events = stackalloc byte[BatchedEvents * sizeof(LibC.AlignedEpollEvent)];
        long swept = Environment.TickCount64;
        bool accepts = true;
        while (accepts || (_connections.Count > 0 && !drained.IsCancellationRequested))
        {
            int count = LibC.EpollWait(_epoll, events, BatchedEvents, WakeUpMilliseconds);
            long now = Environment.TickCount64;
            for (int i = 0; i < count; i++)
            {
                (int number, uint what) = LibC.IsEpollEventPacked
                    ? (((LibC.PackedEpollEvent*)events)[i].Number, ((LibC.PackedEpollEvent*)events)[i].Events)
                    : (((LibC.AlignedEpollEvent*)events)[i].Number, ((LibC.AlignedEpollEvent*)events)[i].Events);
                Handle(number, what, now);
            }

            while (_late.TryDequeue(out (TcpConnection Connection, byte[] Frame) late))
            {
                late.Connection.Pending--;
                Write(late.Connection, late.Frame);
                CloseIfDone(late.Connection);
            }

            if (accepts && stop.IsCancellationRequested)
            {
                // Whoever is connected by now is served; the next one finds another listener.
                accepts = false;
                Accept(now);
                LibC.EpollControl(_epoll, LibC.EpollDelete, _listener.Number, 0);
                _listener.Dispose();
            }

            if (now - swept > 1000 || !accepts)
            {
                swept = now;
                Sweep(now, accepts ? _options.IdleTimeout : TimeSpan.FromMilliseconds(WakeUpMilliseconds));
            }
        }
    }

    public void Dispose()
    {
        foreach (TcpConnection connection in _connections.Values.ToArray())
        {
            Close(connection);
        }

        _listener.Dispose();
        _epoll.Dispose();
        _wake.Dispose();
    }

    private void Handle(int number, uint what, long now)
    {
        if (number == _listener.Number)
        {
            Accept(now);
        }
        else if (number == _wake.Number)
        {
            ulong count;
            _ = LibC.Read(_wake, &count, sizeof(ulong));
        }
        else if (_connections.TryGetValue(number, out TcpConnection? connection))
        {
            if ((what & LibC.EpollOut) != 0)
            {
                Flush(connection);
            }

            if ((what & ~LibC.EpollOut) != 0 && !connection.IsClosed)
            {
                Read(connection, now);
            }
        }
    }

    private void Accept(long now)
    {
        byte* address = stackalloc byte[RawAddress.Size];
        while (true)
        {
            uint length = RawAddress.Size;
            int number = LibC.Accept(_listener, address, &length, LibC.SockCloexec | LibC.SockNonBlock);
            if (number < 0)
            {
                return;
            }

            if (_connections.Count >= _options.MaxConnections && _connections.Values.MinBy(c => c.LastHeard) is { } silent)
            {
                Close(silent);
            }

            Descriptor socket = new(number);
            _ = LibC.SetSocketOption(socket, LibC.SolTcp, LibC.TcpNoDelay, 1, sizeof(int));
            ReadOnlySpan<byte> raw = new(address, RawAddress.Size);
            TcpConnection connection = new(socket, new(RawAddress.ReadAddress(raw), RawAddress.ReadPort(raw)), now);
            _connections[number] = connection;
            _count = _connections.Count;
            LibC.EpollControl(_epoll, LibC.EpollAdd, number, LibC.EpollIn | LibC.EpollPeerClosed);
        }
    }

    /// <summary>Reads what is there, answers all of it, and writes the answers once.</summary>
    private void Read(TcpConnection connection, long now)
    {
        connection.Unread.CopyTo(_input, 0);
        int have = connection.Unread.Length;
        nint read;
        fixed (byte* input = _input)
        {
            read = LibC.Receive(connection.Socket, input + have, (nuint)(_input.Length - have), 0);
        }

        if (read <= 0)
        {
            if (read == 0)
            {
                connection.HasEnded = true;
                LibC.EpollControl(_epoll, LibC.EpollModify, connection.Socket.Number, connection.Unsent.Length > 0 ? LibC.EpollOut : 0);
                CloseIfDone(connection);
            }
            else if (LibC.LastError is not (LibC.ErrorTryAgain or LibC.ErrorInterrupted))
            {
                Close(connection);
            }

            return;
        }

        connection.LastHeard = now;
        AnswerAll(connection, _input.AsSpan(0, have + (int)read));
    }

    private void AnswerAll(TcpConnection connection, ReadOnlySpan<byte> input)
    {
        int output = 0;
        long received = Stopwatch.GetTimestamp();
        uint seconds = _shared.Seconds();
        while (input.Length >= 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(input);
            if (length < DnsHeader.Size)
            {
                // Not DNS: whatever follows would be guessed at. What came before it is answered.
                Write(connection, _output.AsSpan(0, output));
                Close(connection);
                return;
            }

            if (input.Length < length + 2)
            {
                break;
            }

            ReadOnlySpan<byte> answer = _engine.Process(input.Slice(2, length), connection.Client, DnsTransport.Tcp, received, seconds, out PendingQuery? pending);
            input = input[(length + 2)..];
            if (pending is not null)
            {
                if (++connection.Pending > MaxPendingOfConnection)
                {
                    Close(connection);
                    return;
                }

                _slow.Start(pending, (Worker: this, Connection: connection), static (state, message) => state.Worker.SendLater(state.Connection, message));
            }
            else if (!answer.IsEmpty)
            {
                BinaryPrimitives.WriteUInt16BigEndian(_output.AsSpan(output), (ushort)answer.Length);
                answer.CopyTo(_output.AsSpan(output + 2));
                output += answer.Length + 2;
                if (output >= WriteSize)
                {
                    Write(connection, _output.AsSpan(0, output));
                    output = 0;
                    if (connection.IsClosed)
                    {
                        return;
                    }
                }
            }
        }

        if (!input.IsEmpty || connection.Unread.Length > 0)
        {
            connection.Unread = input.ToArray();
        }

        Write(connection, _output.AsSpan(0, output));
    }

    /// <summary>Takes an answer from another thread.</summary>
    private void SendLater(TcpConnection connection, ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[message.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)message.Length);
        message.CopyTo(frame.AsSpan(2));
        _late.Enqueue((connection, frame));
        ulong one = 1;
        _ = LibC.Write(_wake, &one, sizeof(ulong));
    }

    private void Write(TcpConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || connection.IsClosed)
        {
            return;
        }

        if (connection.Unsent.Length > 0)
        {
            Keep(connection, [.. connection.Unsent, .. bytes]);
            return;
        }

        nint sent;
        fixed (byte* start = bytes)
        {
            sent = LibC.Send(connection.Socket, start, (nuint)bytes.Length, LibC.MsgNoSignal);
        }

        if (sent < 0 && LibC.LastError != LibC.ErrorTryAgain)
        {
            Close(connection);
        }
        else if (sent < bytes.Length)
        {
            Keep(connection, bytes[(int)Math.Max(0, sent)..].ToArray());
            LibC.EpollControl(_epoll, LibC.EpollModify, connection.Socket.Number, LibC.EpollOut);
        }
    }

    private void Keep(TcpConnection connection, byte[] unsent)
    {
        connection.Unsent = unsent;
        if (unsent.Length > MaxUnsent)
        {
            Close(connection);
        }
    }

    private void Flush(TcpConnection connection)
    {
        byte[] unsent = connection.Unsent;
        connection.Unsent = [];
        Write(connection, unsent);
        if (connection.Unsent.Length == 0 && !connection.IsClosed)
        {
            LibC.EpollControl(_epoll, LibC.EpollModify, connection.Socket.Number, connection.HasEnded ? 0 : LibC.EpollIn | LibC.EpollPeerClosed);
            CloseIfDone(connection);
        }
    }

    private void CloseIfDone(TcpConnection connection)
    {
        if (connection.HasEnded && connection.Pending == 0 && connection.Unsent.Length == 0)
        {
            Close(connection);
        }
    }

    private void Sweep(long now, TimeSpan idle)
    {
        foreach (TcpConnection connection in _connections.Values.ToArray())
        {
            if (now - connection.LastHeard > idle.TotalMilliseconds && (connection.Pending == 0 || connection.Unsent.Length > 0))
            {
                Close(connection);
            }
        }
    }

    private void Close(TcpConnection connection)
    {
        if (!connection.IsClosed)
        {
            connection.IsClosed = true;
            _connections.Remove(connection.Socket.Number);
            _count = _connections.Count;
            connection.Socket.Dispose();
        }
    }
}
