using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Fairlead.Lab.Kubelet.Server.Remote;

/// <summary>
/// The WebSocket handshake (RFC 6455, section 4.2) by hand: ASP.NET's own refuses subprotocols with a slash, and kubectl tunnels port-forward in
/// <c>SPDY/3.1+portforward.k8s.io</c>.
/// </summary>
internal static class WebSocketUpgrade
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    public static bool IsRequested(HttpContext http) => http.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>The first of ours that the client offers; null when it offers none of them.</summary>
    public static string? Choose(HttpContext http, params ReadOnlySpan<string> ours)
    {
        var offered = http.Request.Headers.SecWebSocketProtocol.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)).ToArray();
        foreach (var protocol in ours)
        {
            if (offered.Contains(protocol))
            {
                return protocol;
            }
        }

        return null;
    }

    public static async Task<WebSocket> AcceptAsync(HttpContext http, string? protocol)
    {
        var key = http.Request.Headers.SecWebSocketKey.ToString();
#pragma warning disable CA5350 // The protocol asks for SHA-1, as a check against caches and not against people.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        http.Response.Headers.Upgrade = "websocket";
        http.Response.Headers.SecWebSocketAccept = accept;
        if (protocol is not null)
        {
            http.Response.Headers.SecWebSocketProtocol = protocol;
        }

        var stream = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = KeepAlive });
    }
}
