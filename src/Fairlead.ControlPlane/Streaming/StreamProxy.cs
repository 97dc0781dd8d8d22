using System.Buffers;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fairlead.ControlPlane.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.ControlPlane.Streaming;

/// <summary>
/// Passes a request on to a kubelet, pod or service. An upgrade (WebSocket, SPDY) becomes two copied streams of bytes: the protocols inside
/// are the two ends' own business, so this server understands all of them by understanding none.
/// </summary>
internal sealed class StreamProxy(X509Certificate2 clientCertificate)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private const int MaximumHeaderBytes = 64 << 10;

    /// <summary>Headers that belong to one connection (RFC 9110, 7.6.1) or that this server sets itself.</summary>
    private static readonly string[] HopHeaders =
        ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Host", "Content-Length", "Authorization"];

    public async Task ForwardAsync(HttpContext http, ProxyTarget target)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await using var upstream = await ConnectAsync(socket, target, http.RequestAborted);
        var upgrade = http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature ? feature : null;
        await SendHeadAsync(http, target, upstream, upgrade is not null);
        if (upgrade is null)
        {
            await SendBodyAsync(http, upstream);
        }

        var (head, rest) = await ReadHeadAsync(upstream, http.RequestAborted);
        var status = CopyHead(http.Response, head);
        if (status == 101 && upgrade is not null)
        {
            await using var downstream = await upgrade.UpgradeAsync();
            await TunnelAsync(downstream, upstream, rest, http.RequestAborted);
            return;
        }

        await CopyBodyAsync(http, upstream, head, rest);
    }

    private async Task<Stream> ConnectAsync(Socket socket, ProxyTarget target, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(target.Host, target.Port, limit.Token);
            NetworkStream plain = new(socket, ownsSocket: true);
            if (!target.Tls)
            {
                return plain;
            }

            // Kubelets sign their own serving certificates; like kube-apiserver without --kubelet-certificate-authority we don't check them.
#pragma warning disable CA5359
            SslStream secure = new(plain, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
            await secure.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = target.Host, ClientCertificates = [clientCertificate] }, limit.Token);
            return secure;
        }
        catch (Exception exception) when (exception is SocketException or IOException or System.Security.Authentication.AuthenticationException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var reason = exception is OperationCanceledException ? "i/o timeout" : exception.Message.ToLowerInvariant();
            throw new StatusException(500, "InternalError", $"Internal error occurred: error dialing backend: dial tcp {target.Host}:{target.Port}: {reason}");
        }
    }

    private static async Task SendHeadAsync(HttpContext http, ProxyTarget target, Stream upstream, bool upgrade)
    {
        var request = http.Request;
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"{request.Method} {target.PathAndQuery} HTTP/1.1\r\nHost: {(target.Host.Contains(':') ? $"[{target.Host}]" : target.Host)}:{target.Port}\r\n");
        foreach (var (name, values) in request.Headers)
        {
            if (name.StartsWith(':') || HopHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }
        }

        if (upgrade)
        {
            head.Append(CultureInfo.InvariantCulture, $"Connection: Upgrade\r\nUpgrade: {request.Headers.Upgrade}\r\n");
        }
        else
        {
            head.Append("Connection: close\r\n");
            if (request.ContentLength is { } length)
            {
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
            }
            else if (request.Method is "POST" or "PUT" or "PATCH")
            {
                head.Append("Transfer-Encoding: chunked\r\n");
            }
        }

        head.Append("\r\n");
        await upstream.WriteAsync(Encoding.Latin1.GetBytes(head.ToString()), http.RequestAborted);
        await upstream.FlushAsync(http.RequestAborted);
    }

    private static async Task SendBodyAsync(HttpContext http, Stream upstream)
    {
        var request = http.Request;
        if (request.ContentLength is not null)
        {
            await request.Body.CopyToAsync(upstream, http.RequestAborted);
        }
        else if (request.Method is "POST" or "PUT" or "PATCH")
        {
            var buffer = new byte[16 << 10];
            int read;
            while ((read = await request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
            {
                await upstream.WriteAsync(Encoding.ASCII.GetBytes($"{read:x}\r\n"), http.RequestAborted);
                await upstream.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                await upstream.WriteAsync("\r\n"u8.ToArray(), http.RequestAborted);
            }

            await upstream.WriteAsync("0\r\n\r\n"u8.ToArray(), http.RequestAborted);
        }

        await upstream.FlushAsync(http.RequestAborted);
    }

    private static async Task<(string[] Head, ReadOnlyMemory<byte> Remainder)> ReadHeadAsync(Stream upstream, CancellationToken cancellationToken)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        while (true)
        {
            var read = await upstream.ReadAsync(buffer.GetMemory(4096), cancellationToken);
            if (read == 0)
            {
                throw StatusException.Internal("error dialing backend: EOF");
            }

            buffer.Advance(read);
            var end = buffer.WrittenSpan.IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var lines = Encoding.Latin1.GetString(buffer.WrittenSpan[..end]).Split("\r\n");
                return (lines, buffer.WrittenMemory[(end + 4)..]);
            }

            if (buffer.WrittenCount > MaximumHeaderBytes)
            {
                throw StatusException.Internal("the backend's header is too large");
            }
        }
    }

    private static int CopyHead(HttpResponse response, string[] head)
    {
        var words = head[0].Split(' ', 3);
        if (words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599)
        {
            throw StatusException.Internal("malformed HTTP response from the backend");
        }

        response.StatusCode = status;
        foreach (var line in head.AsSpan(1))
        {
            var colon = line.IndexOf(':');
            if (colon <= 0)
            {
                continue;
            }

            var name = line[..colon];
            if (status == 101 || !HopHeaders.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                response.Headers.Append(name, line[(colon + 1)..].Trim());
            }
        }

        if (status == 101)
        {
            // Kestrel writes its own Connection: Upgrade.
            response.Headers.Remove("Connection");
        }

        return status;
    }

    private static string? Header(string[] head, string name) => head.Skip(1)
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault();

    private static async Task CopyBodyAsync(HttpContext http, Stream upstream, string[] head, ReadOnlyMemory<byte> rest)
    {
        var status = http.Response.StatusCode;
        if (status is 204 or 304 || http.Request.Method == "HEAD")
        {
            return;
        }

        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        Stream body = new PrefixedStream(rest, upstream);
        if (string.Equals(Header(head, "Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            body = new ChunkedStream(body);
        }
        else if (long.TryParse(Header(head, "Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            http.Response.ContentLength = length;
            body = new LimitedStream(body, length);
        }

        await http.Response.StartAsync(http.RequestAborted);
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }

    /// <summary>Copies both ways until both sides are done; the end of one direction is passed on where the transport can say so.</summary>
    private static async Task TunnelAsync(Stream downstream, Stream upstream, ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var down = CopyAsync(new PrefixedStream(first, upstream), downstream, ended.Token);
        var up = CopyAsync(downstream, upstream, ended.Token);
        await Task.WhenAny(down, up);
        if (up.IsCompleted && !down.IsCompleted)
        {
            // The client is gone or has nothing more to say; what the backend still sends may arrive, but not for ever.
            ended.CancelAfter(TimeSpan.FromSeconds(5));
        }
        else
        {
            await ended.CancelAsync();
        }

        await Task.WhenAll(down, up);
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(32 << 10);
        try
        {
            int read;
            while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await to.FlushAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone: that is how most of these streams end.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
