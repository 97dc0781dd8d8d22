using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>What passes through to a kubelet: a scripted one that records the request and answers with bytes.</summary>
public sealed class KubeletProxyTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private TestServer Server => shared.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory] // method  path below the pod                                              what the kubelet is asked for
    [InlineData("GET", "log?follow=true&tailLines=5", "GET /containerLogs/default/{pod}/c?follow=true&tailLines=5")]
    [InlineData("GET", "log?container=c&previous=true", "GET /containerLogs/default/{pod}/c?previous=true")]
    public async Task Logs_come_from_the_kubelet(string method, string below, string asked)
    {
        using ScriptedKubelet kubelet = new(Server.Server.Authority, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n");
        var pod = await PodOnAsync(kubelet);
        var (code, body) = await Server.SendAsync(method, $"/api/v1/namespaces/default/pods/{pod}/{below}");
        Assert.Equal((200, "hello, world"), (code, body!.GetValue<string>()));
        Assert.Equal(asked.Replace("{pod}", pod), (await kubelet.RequestAsync()).Split(" HTTP")[0]);
    }

    [Theory] //     path below the pod                                             what the kubelet is asked for
    [InlineData("exec?command=ls&command=-l&stdin=true&stdout=true&tty=true", "/exec/default/{pod}/c?input=1&output=1&tty=1&command=ls&command=-l")]
    [InlineData("attach?stdout=1&stderr=1", "/attach/default/{pod}/c?output=1&error=1")]
    [InlineData("portforward?ports=80", "/portForward/default/{pod}?ports=80")]
    public async Task An_upgrade_becomes_two_streams_of_bytes(string below, string asked)
    {
        using ScriptedKubelet kubelet = new(Server.Server.Authority, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\nearly ");
        var pod = await PodOnAsync(kubelet);
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, Server.Server.Port, Token);
        await using SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
        var pair = Server.Server.Authority.IssueClient("upgrader", "system:masters");
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", ClientCertificates = [X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey)] }, Token);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /api/v1/namespaces/default/pods/{pod}/{below} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n"), Token);
        var head = await ReadUntilAsync(stream, "early ");
        Assert.StartsWith("HTTP/1.1 101", head);
        Assert.Contains("Sec-WebSocket-Protocol: v5.channel.k8s.io", head);
        await stream.WriteAsync("ping"u8.ToArray(), Token);
        Assert.Equal("ping", await ReadUntilAsync(stream, "ping"));
        var request = await kubelet.RequestAsync();
        Assert.StartsWith($"GET {asked.Replace("{pod}", pod)} HTTP/1.1", request);
        Assert.Contains("Upgrade: websocket", request);
        Assert.DoesNotContain("Authorization", request);
    }

    [Fact]
    public async Task A_kubelet_that_is_away_is_named()
    {
        string pod;
        using (ScriptedKubelet kubelet = new(Server.Server.Authority, ""))
        {
            pod = await PodOnAsync(kubelet);
        }

        var (code, status) = await Server.SendAsync("GET", $"/api/v1/namespaces/default/pods/{pod}/log");
        Assert.Equal(500, code);
        Assert.StartsWith("Internal error occurred: error dialing backend: dial tcp 127.0.0.1:", status!["message"]!.GetValue<string>());
    }

    private static async Task<string> ReadUntilAsync(Stream stream, string end)
    {
        StringBuilder text = new();
        var buffer = new byte[4096];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, Token);
            Assert.True(read > 0, "the stream ended after: " + text);
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private async Task<string> PodOnAsync(ScriptedKubelet kubelet)
    {
        var node = "node-" + Guid.NewGuid().ToString("N")[..8];
        await Server.CreateAsync("/api/v1/nodes", $$$"""{"kind":"Node","apiVersion":"v1","metadata":{"name":"{{{node}}}"}}""");
        await Server.OkAsync("PATCH", $"/api/v1/nodes/{node}/status", $$$$"""
            {"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port": {{{{kubelet.Port}}}} } } } }
            """, "application/merge-patch+json");
        var pod = await Server.CreateAsync("/api/v1/namespaces/default/pods", $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"p-"},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"i:1"}]}}""");
        return pod["metadata"]!["name"]!.GetValue<string>();
    }

    /// <summary>Takes one TLS connection, records the request's head, sends an answer, then echoes.</summary>
    private sealed class ScriptedKubelet : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<string> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _stop = new();

        public ScriptedKubelet(CertificateAuthority authority, string answer)
        {
            var pair = authority.IssueServer("kubelet", [], [IPAddress.Loopback]);
            using var loaded = X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey);
            _listener.Start();
            _ = ServeAsync(X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null), answer);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Task<string> RequestAsync() => _request.Task.WaitAsync(TimeSpan.FromSeconds(10), Token);

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Stop();
        }

        private async Task ServeAsync(X509Certificate2 certificate, string answer)
        {
            try
            {
                using var tcp = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate, ClientCertificateRequired = true }, _stop.Token);
                _request.SetResult(await ReadUntilAsync(stream, "\r\n\r\n"));
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
                var buffer = new byte[4096];
                int read;
                while ((read = await stream.ReadAsync(buffer, _stop.Token)) > 0)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
