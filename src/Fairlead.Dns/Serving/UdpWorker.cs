using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Dns.Serving.Native;

namespace Fairlead.Dns.Serving;

/// <summary>
/// One thread and its socket: takes up to 32 datagrams at a time, answers them, sends the answers together. All buffers are made once, outside of the collected heap.
/// </summary>
internal sealed unsafe class UdpWorker : IDisposable
{
    private const int Batch = 32;

    // Queries are short: what is longer than a frame is none.
    private const int RequestSize = 1536;
    private const int ResponseSize = 1536;
    private const int ControlSize = 64;
    private const int DiscardPort = 9;
    private static readonly LibC.TimeValue WakeUp = new() { Microseconds = 250_000 };

    private readonly Descriptor _socket;
    private readonly QueryEngine _engine;
    private readonly SlowPath _slow;
    private readonly ServerShared _shared;
    private readonly bool _isIPv6;
    private readonly bool _hasPacketInfo;
    private readonly byte* _memory;
    private readonly LibC.ManyMessageHeader* _requests;
    private readonly LibC.ManyMessageHeader* _responses;

    public UdpWorker(Descriptor socket, IPEndPoint at, QueryEngine engine, SlowPath slow, ServerShared shared)
    {
        _socket = socket;
        _engine = engine;
        _slow = slow;
        _shared = shared;
        _isIPv6 = at.AddressFamily == AddressFamily.InterNetworkV6;
        _hasPacketInfo = ListenSockets.IsWildcard(at);
        _ = LibC.SetSocketOption(socket, LibC.SolSocket, LibC.SoReceiveTimeout, WakeUp, (uint)sizeof(LibC.TimeValue));

        int slot = RawAddress.Size + 4 + ControlSize + RequestSize + ResponseSize;
        int headers = 2 * Batch * (sizeof(LibC.ManyMessageHeader) + sizeof(LibC.Vector));
        _memory = (byte*)NativeMemory.AllocZeroed((nuint)(headers + (Batch * slot)));
        _requests = (LibC.ManyMessageHeader*)_memory;
        _responses = _requests + Batch;
        LibC.Vector* vectors = (LibC.Vector*)(_responses + Batch);
        byte* slots = _memory + headers;
        for (int i = 0; i < Batch; i++)
        {
            byte* address = slots + (i * slot);
            byte* control = address + RawAddress.Size + 4;
            byte* request = control + ControlSize;
            vectors[i] = new() { Base = request, Length = RequestSize };
            vectors[Batch + i] = new() { Base = request + RequestSize, Length = 0 };
            _requests[i].Header = new() { Name = address, Vectors = vectors + i, VectorCount = 1, Control = control };
            _responses[i].Header = new() { Vectors = vectors + Batch + i, VectorCount = 1 };
        }
    }

    /// <summary>Serves until told to stop; what was received by then is answered.</summary>
    public void Run(CancellationToken stop)
    {
        _ = ShortSlice.Request();
        while (!stop.IsCancellationRequested)
        {
            Prepare();
            int received = LibC.ReceiveMany(_socket, _requests, Batch, LibC.MsgWaitForOne, null);
            if (received <= 0)
            {
                // Nothing came, or an ICMP error for an answer that nobody waited for.
                continue;
            }

            Send(Answer(received));
        }

        Drain();
    }

    /// <summary>
    /// Leaves without losing a query: a connected socket takes datagrams from its peer only, so the kernel gives new ones to other sockets at the address, here or in the
    /// process that takes over; those that were received before are still in the queue.
    /// </summary>
    private void Drain()
    {
        byte* nobody = stackalloc byte[RawAddress.Size];
        int length = RawAddress.Write(new IPEndPoint(_isIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, DiscardPort), new(nobody, RawAddress.Size));
        _ = LibC.Connect(_socket, nobody, (uint)length);
        int received;
        do
        {
            Prepare();
            received = LibC.ReceiveMany(_socket, _requests, Batch, LibC.MsgDontWait, null);
            Send(received > 0 ? Answer(received) : 0);
        }
        while (received > 0);
    }

    /// <summary>Sends an answer that took time; any thread.</summary>
    public void Send(ReplyAddress to, ReadOnlySpan<byte> message)
    {
        fixed (byte* bytes = message)
        fixed (byte* address = to.Address)
        fixed (byte* control = to.Control)
        {
            LibC.Vector vector = new() { Base = bytes, Length = (nuint)message.Length };
            LibC.MessageHeader header = new()
            {
                Name = address, NameLength = (uint)to.Address.Length, Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)to.Control.Length,
            };
            _ = LibC.SendMessage(_socket, &header, LibC.MsgNoSignal);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        NativeMemory.Free(_memory);
    }

    private void Prepare()
    {
        for (int i = 0; i < Batch; i++)
        {
            _requests[i].Header.NameLength = RawAddress.Size;
            _requests[i].Header.ControlLength = (nuint)(_hasPacketInfo ? ControlSize : 0);
        }
    }

    private int Answer(int received)
    {
        int answers = 0;
        long now = Stopwatch.GetTimestamp();
        uint seconds = _shared.Seconds();
        for (int i = 0; i < received; i++)
        {
            ref LibC.MessageHeader request = ref _requests[i].Header;
            int length = (request.Flags & LibC.MsgTruncated) != 0 ? 0 : (int)_requests[i].Length;
            ReadOnlySpan<byte> address = new(request.Name, RawAddress.Size);
            Sender client = new(RawAddress.ReadAddress(address), RawAddress.ReadPort(address));
            if (client.Port == 0)
            {
                // Port 0 can't be answered.
                continue;
            }

            ReadOnlySpan<byte> answer = _engine.Process(new(request.Vectors->Base, length), client, DnsTransport.Udp, now, seconds, out PendingQuery? pending);
            nuint control = _hasPacketInfo ? PacketInfo.ToReply(request.Control, request.ControlLength) : 0;
            if (pending is not null)
            {
                ReplyAddress to = new(address[..(int)request.NameLength].ToArray(), new ReadOnlySpan<byte>(request.Control, (int)control).ToArray());
                _slow.Start(pending, (Worker: this, To: to), static (state, message) => state.Worker.Send(state.To, message));
            }
            else if (!answer.IsEmpty)
            {
                ref LibC.MessageHeader response = ref _responses[answers++].Header;
                answer.CopyTo(new Span<byte>(response.Vectors->Base, ResponseSize));
                response.Vectors->Length = (nuint)answer.Length;
                response.Name = request.Name;
                response.NameLength = request.NameLength;
                response.Control = control > 0 ? request.Control : null;
                response.ControlLength = control;
            }
        }

        return answers;
    }

    private void Send(int answers)
    {
        int sent = 0;
        while (sent < answers)
        {
            int more = LibC.SendMany(_socket, _responses + sent, (uint)(answers - sent), LibC.MsgNoSignal);

            // The first one could not be sent (no route, a full queue): the others may.
            sent += more > 0 ? more : 1;
        }
    }
}

/// <summary>Where an answer goes, and from which address.</summary>
/// <param name="Address">The client's address and port.</param>
/// <param name="Control">Our own address, where the socket has several.</param>
internal readonly record struct ReplyAddress(byte[] Address, byte[] Control);
