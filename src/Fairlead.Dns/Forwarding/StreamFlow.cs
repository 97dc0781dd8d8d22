using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// A connection to an upstream over TCP or TLS. Questions are sent as they come, without waiting for earlier answers, and answers may come in any order
/// (RFC 7766, sections 6.2.1.1 and 7).
/// </summary>
internal sealed class StreamFlow : IDisposable
{
    private static readonly SslApplicationProtocol DnsOverTls = new("dot");

    private readonly PendingQuestions pending = new();
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly UpstreamAddress upstream;
    private readonly TimeProvider time;
    private readonly Stream stream;
    private long lastUsed;
    private int answered;
    private volatile bool isBroken;

    private StreamFlow(UpstreamAddress upstream, Stream stream, TimeProvider time)
    {
        (this.upstream, this.stream, this.time) = (upstream, stream, time);
        lastUsed = time.GetTimestamp();
        _ = ReceiveAsync();
    }

    /// <summary>How many questions wait for answers.</summary>
    public int Waiting => pending.Count;

    /// <summary>Whether it can't be used any more.</summary>
    public bool IsBroken => isBroken;

    /// <summary>How long nothing has been asked.</summary>
    public TimeSpan Idle => time.GetElapsedTime(Interlocked.Read(ref lastUsed));

    /// <summary>Connects, and shakes hands where the upstream speaks TLS.</summary>
    /// <exception cref="UpstreamException">It refuses, is silent, or is somebody else than its name says.</exception>
    public static async Task<StreamFlow> ConnectAsync(UpstreamAddress upstream, UpstreamIdentity identity, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(timeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Socket socket = new(upstream.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(upstream.Address, both.Token).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (upstream.IsTls)
            {
                SslStream encrypted = new(stream);
                stream = encrypted;
                await encrypted.AuthenticateAsClientAsync(identity.For(upstream, DnsOverTls), both.Token).ConfigureAwait(false);
            }

            return new(upstream, stream, time);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            string protocol = upstream.IsTls ? "TLS" : "TCP";
            throw new UpstreamException(upstream, e is OperationCanceledException ? $"no connection over {protocol} within {timeout.TotalSeconds:0.#} s" : $"{protocol}: {e.Message}", e);
        }
    }

    /// <summary>Asks, and waits for the answer.</summary>
    /// <exception cref="UpstreamException">None came, or the connection ended.</exception>
    public async Task<int> ExchangeAsync(ReadOnlyMemory<byte> query, ReadOnlyMemory<byte> section, Memory<byte> response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        bool served = Volatile.Read(ref answered) > 0;
        Interlocked.Exchange(ref lastUsed, time.GetTimestamp());
        byte[] frame = new byte[query.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)query.Length);
        query.Span.CopyTo(frame.AsSpan(2));
        try
        {
            PendingQuestions.Pending waiting = pending.Add(frame.AsSpan(2), section, response);
            await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                writing.Release();
            }

            int length = await pending.WaitAsync(waiting, timeout, time, cancellationToken).ConfigureAwait(false);
            Interlocked.Increment(ref answered);
            return length;
        }
        catch (TimeoutException e)
        {
            throw new UpstreamException(upstream, $"no answer over {(upstream.IsTls ? "TLS" : "TCP")} within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Break(e);
            throw new UpstreamException(upstream, e.Message, e) { WasIdle = served };
        }
        catch (UpstreamException e) when (served)
        {
            // It ended between two questions, as servers do that close what is idle.
            throw new UpstreamException(upstream, e.Message, e) { WasIdle = true };
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue);
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 2)).ConfigureAwait(false);
                int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
                await stream.ReadExactlyAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
                if (!pending.TryComplete(buffer.AsSpan(0, length)) && length < Wire.DnsHeader.Size)
                {
                    throw new IOException($"a message of {length} bytes, which is shorter than a header");
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            Break(e);
        }
    }

    private void Break(Exception why)
    {
        isBroken = true;
        pending.Fail(new UpstreamException(upstream, why is EndOfStreamException ? "closed the connection" : why.Message, why));
        stream.Dispose();
    }

    public void Dispose() => Break(new IOException("the connection was no longer needed"));
}
