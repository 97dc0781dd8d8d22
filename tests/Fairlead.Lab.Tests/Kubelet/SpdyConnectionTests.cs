using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Lab.Kubelet.Server.Spdy;

namespace Fairlead.Lab.Tests.Kubelet;

public sealed class SpdyConnectionTests
{
    // SYN_STREAM for streams 1 and 3, with the header blocks of SpdyHeaderTests.
    private const string FirstBlock = "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff";
    private const string SecondBlock = "c2aa19540e2512d60b000000ffff";

    [Fact]
    public async Task A_stream_is_opened_answered_written_and_closed()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (client, server) = await PairAsync();
        using var closing = client;
        SpdyConnection connection = new(server);
        var running = connection.RunAsync(cancellationToken);
        await client.WriteAsync(SynStream(1, FirstBlock), cancellationToken);
        var stream = await connection.Opened.ReadAsync(cancellationToken);
        Assert.Equal("error", stream.Headers["streamType"]);
        Assert.Equal("8003000200000014" + "00000001" + "7801" + "000400fbff" + "00000000" + "000000ffff", await ReadHexAsync(client, 8 + 20));

        await client.WriteAsync(Convert.FromHexString("00000001" + "01000002" + "6869"), cancellationToken);
        Assert.Equal("hi", await new StreamReader(stream).ReadToEndAsync(cancellationToken));
        await stream.WriteAsync(Encoding.ASCII.GetBytes("ho"), cancellationToken);
        await stream.CloseAsync(cancellationToken);
        Assert.Equal("00000001" + "00000002" + "686f" + "00000001" + "01000000", await ReadHexAsync(client, 18));

        await client.WriteAsync(SynStream(3, SecondBlock), cancellationToken);
        Assert.Equal("data", (await connection.Opened.ReadAsync(cancellationToken)).Headers["streamtype"]);
        client.Close();
        await running;
    }

    private static byte[] SynStream(int id, string block)
    {
        var length = 10 + block.Length / 2;
        return Convert.FromHexString($"80030001{length:x8}{id:x8}000000000000{block}");
    }

    private static async Task<string> ReadHexAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return Convert.ToHexStringLower(bytes);
    }

    private static async Task<(NetworkStream Client, NetworkStream Server)> PairAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        return (new NetworkStream(client, ownsSocket: true), new NetworkStream(await listener.AcceptAsync(), ownsSocket: true));
    }
}
