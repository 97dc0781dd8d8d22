using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Tests.Forwarding;

/// <summary>An upstream that does what a test says, right or wrong: each query over UDP or TCP is given to a script, which sends what it likes.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Socket datagrams;
    private readonly Socket listener;
    private readonly CancellationTokenSource ending = new();
    private readonly Func<Asked, IEnumerable<byte[]>> script;
    private readonly List<Task> tasks = [];
    private int datagramCount;
    private int streamCount;
    private int connections;

    public ScriptedUpstream(Func<Asked, IEnumerable<byte[]>> script)
    {
        this.script = script;
        (datagrams, listener) = Bind();
        tasks.Add(ServeDatagramsAsync());
        tasks.Add(ServeStreamsAsync());
    }

    /// <summary>Its address as a Corefile has it.</summary>
    public string Address => datagrams.LocalEndPoint!.ToString()!;

    public int Datagrams => Volatile.Read(ref datagramCount);

    public int Streams => Volatile.Read(ref streamCount);

    public int Connections => Volatile.Read(ref connections);

    /// <summary>Whether it is silent for now.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Whether connections are closed after an answer.</summary>
    public bool ClosesAfterAnswer { get; init; }

    /// <summary>So many bytes of a stream at a time, with pauses between; 0: all at once.</summary>
    public int Trickle { get; init; }

    /// <summary>Answers A questions with an address, all else with nothing and an SOA.</summary>
    public static ScriptedUpstream Plain(string address = "192.0.2.1") => new(asked =>
        [asked.Reply(reply => _ = asked.Type == RecordType.A ? reply.Address(asked.Name, address) : reply.Authority().Soa("example.com", 60, 60))]);

    /// <summary>One port for both. The kernel gives one that is free for UDP; somebody may have it for TCP.</summary>
    private static (Socket Datagrams, Socket Listener) Bind()
    {
        while (true)
        {
            Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            datagrams.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            try
            {
                listener.Bind(datagrams.LocalEndPoint!);
                listener.Listen();
                return (datagrams, listener);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                datagrams.Dispose();
                listener.Dispose();
            }
        }
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[65535];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await datagrams.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), ending.Token);
                Asked asked = new(buffer[..received.ReceivedBytes], IsTcp: false);
                if (IsSilent)
                {
                    continue;
                }

                if (asked.Type != RecordType.NS)
                {
                    Interlocked.Increment(ref datagramCount);
                }

                foreach (byte[] message in script(asked))
                {
                    await datagrams.SendToAsync(message, SocketFlags.None, received.RemoteEndPoint, ending.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeStreamsAsync()
    {
        try
        {
            while (true)
            {
                Socket peer = await listener.AcceptAsync(ending.Token);
                Interlocked.Increment(ref connections);
                tasks.Add(ServeStreamAsync(peer));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeStreamAsync(Socket peer)
    {
        using NetworkStream stream = new(peer, ownsSocket: true);
        byte[] buffer = new byte[65537];
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), ending.Token);
                int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, length), ending.Token);
                Asked asked = new(buffer[..length], IsTcp: true);
                Interlocked.Increment(ref streamCount);
                foreach (byte[] message in script(asked))
                {
                    byte[] frame = [(byte)(message.Length >> 8), (byte)message.Length, .. message];
                    // The first byte comes alone: half of the length.
                    for (int i = 0, step = Trickle > 0 ? 1 : frame.Length; i < frame.Length; i += step, step = Trickle)
                    {
                        await stream.WriteAsync(frame.AsMemory(i, Math.Min(step, frame.Length - i)), ending.Token);
                        if (Trickle > 0)
                        {
                            await Task.Delay(1, ending.Token);
                        }
                    }
                }

                if (ClosesAfterAnswer)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        datagrams.Dispose();
        listener.Dispose();
        await Task.WhenAll(tasks.ToArray());
        ending.Dispose();
    }
}

/// <summary>A query that came to a scripted upstream.</summary>
internal sealed record Asked(byte[] Message, bool IsTcp)
{
    public DnsName Name { get; } = ReadName(Message);

    public RecordType Type => (RecordType)BinaryPrimitives.ReadUInt16BigEndian(Message.AsSpan(12 + Name.Wire.Length));

    public bool HasEdns => Message[11] > 0;

    /// <summary>An answer with the right number and question.</summary>
    public byte[] Reply(Action<Reply>? write = null, ResponseCode code = ResponseCode.NoError, HeaderFlags flags = HeaderFlags.None)
    {
        Reply reply = new(this, code, flags);
        write?.Invoke(reply);
        return reply.ToArray();
    }

    private static DnsName ReadName(byte[] message)
    {
        byte[] name = new byte[255];
        Assert.True(new MessageReader(message).At(12).TryReadName(name, out int length));
        return DnsName.FromWire(name.AsSpan(0, length));
    }
}

/// <summary>An answer in the making: records are written uncompressed, one by one.</summary>
internal sealed class Reply(Asked asked, ResponseCode code, HeaderFlags flags)
{
    private readonly List<byte> records = [];
    private readonly int[] counts = new int[3];
    private int section;

    /// <summary>What follows stands in the authority section.</summary>
    public Reply Authority()
    {
        section = 1;
        return this;
    }

    /// <summary>What follows stands in the additional section.</summary>
    public Reply Additional()
    {
        section = 2;
        return this;
    }

    public Reply Address(DnsName owner, string address, uint ttl = 60)
    {
        NetAddress parsed = NetAddress.Parse(address);
        byte[] data = new byte[parsed.Length];
        parsed.WriteTo(data);
        return Record(owner, parsed.IsIPv6 ? RecordType.Aaaa : RecordType.A, ttl, data);
    }

    public Reply Alias(DnsName owner, string target, uint ttl = 60) => Record(owner, RecordType.CName, ttl, [.. DnsName.Parse(target).Wire]);

    public Reply Soa(string zone, uint ttl, uint negativeTtl)
    {
        byte[] numbers = new byte[20];
        BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(16), negativeTtl);
        return Record(DnsName.Parse(zone), RecordType.Soa, ttl, [.. DnsName.Parse("ns." + zone).Wire, .. DnsName.Parse("hostmaster." + zone).Wire, .. numbers]);
    }

    public Reply Record(DnsName owner, RecordType type, uint ttl, byte[] data)
    {
        byte[] head = new byte[10];
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)type);
        head[3] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(4), ttl);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(8), (ushort)data.Length);
        records.AddRange([.. owner.Wire, .. head, .. data]);
        counts[section]++;
        return this;
    }

    public byte[] ToArray()
    {
        byte[] header = new byte[12];
        new DnsHeader(
            BinaryPrimitives.ReadUInt16BigEndian(asked.Message), HeaderFlags.Response | HeaderFlags.RecursionAvailable | flags | (HeaderFlags)code, 1, (ushort)counts[0], (ushort)counts[1],
            (ushort)counts[2]).WriteTo(header);
        return [.. header, .. asked.Message.AsSpan(12, asked.Name.Wire.Length + 4), .. records];
    }
}
