using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Fairlead.Kernel;
using Fairlead.Lab.Kubelet.Server.Spdy;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>
/// Carries a client's connections to ports on a pod's loopback. The client opens, per connection, a stream for data and one for errors, paired by the header
/// <c>requestID</c>; the socket is opened inside of the pod's network namespace and used from outside.
/// </summary>
internal static class PortForward
{
    /// <summary>Serves one client until it goes away.</summary>
    /// <param name="transport">Its connection, upgraded to SPDY/3.1.</param>
    /// <param name="networkNamespace">The name of the pod's network namespace; null for the node's own.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task ServeAsync(Stream transport, string? networkNamespace, CancellationToken cancellationToken)
    {
        SpdyConnection connection = new(transport);
        await using var closing = connection.ConfigureAwait(false);
        var running = Task.Run(() => connection.RunAsync(cancellationToken), CancellationToken.None);
        Dictionary<string, (SpdyStream? Data, SpdyStream? Error)> pairs = [];
        try
        {
            await foreach (var stream in connection.Opened.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var request = stream.Headers.GetValueOrDefault("requestid", $"{stream.Id}");
                var pair = pairs.GetValueOrDefault(request);
                pair = stream.Headers.GetValueOrDefault("streamtype") == "error" ? pair with { Error = stream } : pair with { Data = stream };
                pairs[request] = pair;
                if (pair is { Data: { } data, Error: { } error })
                {
                    pairs.Remove(request);
                    _ = Task.Run(() => CarryAsync(data, error, networkNamespace, cancellationToken), CancellationToken.None);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The node stops.
        }

        await running.ConfigureAwait(false);
    }

    /// <summary>
    /// The older form over a WebSocket (<c>v4.channel.k8s.io</c>), for fixed ports from the query: channels 2i and 2i+1 are data and error of port i, and each begins
    /// with the port's number, little-endian.
    /// </summary>
    public static async Task ServeAsync(WebSocket socket, IReadOnlyList<int> ports, string? networkNamespace, CancellationToken cancellationToken)
    {
        using SemaphoreSlim writing = new(1);
        var sockets = new Socket?[ports.Count];
        List<Task> reading = [];
        try
        {
            for (var i = 0; i < ports.Count; i++)
            {
                byte[] number = [(byte)ports[i], (byte)(ports[i] >> 8)];
                await SendAsync((byte)(2 * i), number).ConfigureAwait(false);
                await SendAsync((byte)(2 * i + 1), number).ConfigureAwait(false);
                try
                {
                    var connected = await ConnectAsync(ports[i], networkNamespace, cancellationToken).ConfigureAwait(false);
                    sockets[i] = connected;
                    var channel = (byte)(2 * i);
                    reading.Add(Task.Run(() => ReadAsync(connected, channel), CancellationToken.None));
                }
                catch (SocketException refused)
                {
                    await SendAsync((byte)(2 * i + 1), Encoding.UTF8.GetBytes(refused.Message)).ConfigureAwait(false);
                }
            }

            var buffer = new byte[32 * 1024];
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                if (part.Count > 1 && buffer[0] % 2 == 0 && buffer[0] / 2 < sockets.Length && sockets[buffer[0] / 2] is { } target)
                {
                    _ = await target.SendAsync(buffer.AsMemory(1, part.Count - 1), cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or SocketException or IOException)
        {
            // One of the two ends is gone.
        }
        finally
        {
            foreach (var one in sockets)
            {
                one?.Dispose();
            }

            await Task.WhenAll(reading).ConfigureAwait(false);
        }

        async Task ReadAsync(Socket from, byte channel)
        {
            var buffer = new byte[16 * 1024];
            try
            {
                int count;
                while ((count = await from.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).ConfigureAwait(false)) > 0)
                {
                    await SendAsync(channel, buffer.AsMemory(0, count)).ConfigureAwait(false);
                }

                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is WebSocketException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // The other end is gone.
            }
        }

        async Task SendAsync(byte channel, ReadOnlyMemory<byte> data)
        {
            var message = new byte[1 + data.Length];
            message[0] = channel;
            data.CopyTo(message.AsMemory(1));
            await writing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await socket.SendAsync(message.AsMemory(), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                writing.Release();
            }
        }
    }

    private static async Task CarryAsync(SpdyStream data, SpdyStream error, string? networkNamespace, CancellationToken cancellationToken)
    {
        var text = data.Headers.GetValueOrDefault("port", "");
        try
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            {
                throw new IOException($"unable to parse \"{text}\" as a port");
            }

            using var socket = await ConnectAsync(port, networkNamespace, cancellationToken).ConfigureAwait(false);
            using NetworkStream pod = new(socket);
            using var reset = data.Reset.Register(socket.Dispose);
            var sending = Task.Run(async () =>
            {
                await data.CopyToAsync(pod, 32 * 1024, cancellationToken).ConfigureAwait(false);
                socket.Shutdown(SocketShutdown.Send);
            }, cancellationToken);
            await pod.CopyToAsync(data, 32 * 1024, cancellationToken).ConfigureAwait(false);
            await data.CloseAsync(cancellationToken).ConfigureAwait(false);
            _ = sending;
        }
        catch (SocketException refused)
        {
            await TellAsync($"failed to connect to localhost:{text} inside the pod's network namespace: {refused.Message}").ConfigureAwait(false);
        }
        catch (Exception end) when (end is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Either end is gone; the other is told by the streams' end.
            await TellAsync(end is IOException && end.InnerException is null ? end.Message : "").ConfigureAwait(false);
        }

        async Task TellAsync(string message)
        {
            try
            {
                if (message.Length > 0)
                {
                    await error.WriteAsync(Encoding.UTF8.GetBytes(message), cancellationToken).ConfigureAwait(false);
                }

                await data.CloseAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The client is gone altogether.
            }
        }

        try
        {
            await error.CloseAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // As above.
        }

        data.Forget();
        error.Forget();
    }

    /// <summary>A socket belongs to the namespace in which it was made.</summary>
    private static async Task<Socket> ConnectAsync(int port, string? networkNamespace, CancellationToken cancellationToken)
    {
        SocketException? refused = null;
        foreach (var loopback in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            var socket = Open(networkNamespace, loopback.AddressFamily);
            try
            {
                socket.NoDelay = true;
                await socket.ConnectAsync(loopback, port, cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException failure)
            {
                socket.Dispose();
                refused ??= failure;
            }
        }

        throw refused!;
    }

    private static Socket Open(string? networkNamespace, AddressFamily family)
    {
        if (networkNamespace is null)
        {
            return new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        }

        using var network = NetworkNamespace.OpenNamed(networkNamespace);
        return network.CreateSocket(family, SocketType.Stream, ProtocolType.Tcp);
    }
}
