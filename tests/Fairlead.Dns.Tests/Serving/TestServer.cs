using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Cluster;
using Fairlead.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests.Serving;

/// <summary>A server on a loopback port of its own, and the clients that others wrote.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly DnsServer _server;

    public TestServer(IQueryHandler? handler = null, string address = "127.0.0.1", Func<DnsServerOptions, DnsServerOptions>? change = null)
    {
        DnsServerOptions options = new() { Listen = [new IPEndPoint(IPAddress.Parse(address), 0)], Threads = 2 };
        _server = DnsServer.Start(change?.Invoke(options) ?? options, handler ?? TestCluster.Handler(searchPath: true), NullLogger.Instance);
    }

    public DnsServer Server => _server;

    public IPEndPoint Endpoint => _server.Endpoints[0];

    /// <summary>What dig prints.</summary>
    public string Dig(string arguments) => Witness.TryRun(null, $"dig @{Endpoint.Address} -p {Endpoint.Port} +time=5 +tries=1 {arguments}").Output;

    public string Kdig(string arguments) => Witness.TryRun(null, $"kdig @{Endpoint.Address} -p {Endpoint.Port} +time=5 {arguments}").Output;

    /// <summary>Sends bytes as a datagram and gives what comes back; null where nothing does while a good query sent after it is answered.</summary>
    public byte[]? Exchange(byte[] packet)
    {
        using Socket socket = new(Endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Connect(Endpoint);
        socket.Send(packet);

        // The same socket of the server takes both, in order: the marker's answer says that there is none for the packet.
        byte[] marker = Packets.Query("marker.cluster.local", "A", id: 0xfffe);
        socket.Send(marker);
        byte[] buffer = new byte[65535];
        int length = socket.Receive(buffer);
        byte[]? answer = buffer[..length];
        if (answer[0] == 0xff && answer[1] == 0xfe)
        {
            return null;
        }

        socket.Receive(buffer);
        return answer;
    }

    public async Task<Socket> ConnectAsync()
    {
        Socket socket = new(Endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000 };
        await socket.ConnectAsync(Endpoint);
        return socket;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
