using System.Net.Sockets;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// A connected UDP socket to an upstream, with a port that the kernel drew: only what the upstream's address sends arrives, and that its port is closed is told. Several
/// questions wait on it at a time; after some hundred, or seconds, another socket with another port takes its place.
/// </summary>
internal sealed class UdpFlow : IDisposable
{
    /// <summary>Who guesses a port may guess for so many questions.</summary>
    private const int MostQuestions = 512;

    private readonly Socket socket;
    private readonly PendingQuestions pending = new();
    private readonly UpstreamAddress upstream;
    private readonly TimeProvider time;
    private readonly long expires;
    private int questions;

    public UdpFlow(UpstreamAddress upstream, TimeSpan lifetime, TimeProvider time)
    {
        (this.upstream, this.time) = (upstream, time);
        expires = time.GetTimestamp() + (long)(lifetime.TotalSeconds * time.TimestampFrequency);
        socket = new(upstream.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(upstream.Address);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new UpstreamException(upstream, $"UDP: {e.Message}", e);
        }

        _ = ReceiveAsync();
    }

    /// <summary>Whether further questions should take another socket.</summary>
    public bool IsWorn => Volatile.Read(ref questions) >= MostQuestions || time.GetTimestamp() >= expires;

    /// <summary>Whether nobody waits on it.</summary>
    public bool IsIdle => pending.Count == 0;

    /// <summary>How many messages came that were no answer to a waiting question.</summary>
    public static long Strays => Interlocked.Read(ref strays);

    private static long strays;

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="UpstreamException">None came, or the port is closed.</exception>
    public async Task<int> ExchangeAsync(Memory<byte> query, ReadOnlyMemory<byte> section, Memory<byte> response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref questions);
        PendingQuestions.Pending waiting = pending.Add(query.Span, section, response);
        try
        {
            socket.Send(query.Span);
            return await pending.WaitAsync(waiting, timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new UpstreamException(upstream, $"no answer over UDP within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            UpstreamException failure = new(upstream, $"UDP: {e.Message}", e);
            pending.Fail(failure);
            throw failure;
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue);
        try
        {
            while (true)
            {
                int length = await socket.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false);
                if (!pending.TryComplete(buffer.AsSpan(0, length)))
                {
                    Interlocked.Increment(ref strays);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            pending.Fail(new UpstreamException(upstream, $"UDP: {e.Message}", e));
        }
    }

    public void Dispose() => socket.Dispose();
}
