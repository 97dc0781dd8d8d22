using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Fairlead.Kernel;

namespace Fairlead.Lab.Tests.Kubelet;

[Trait("Category", "Root")]
public sealed class KubeletServerTests
{
    [Fact]
    public async Task Logs_are_given_whole_in_part_and_of_the_attempt_before()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", """{"containers":[{"name":"main","image":"machine","command":["sh","-c","echo one; echo two; echo three; if [ -e /v/second ]; then exec sleep infinity; fi; touch /v/second"],"volumeMounts":[{"name":"v","mountPath":"/v"}]}],"volumes":[{"name":"v","emptyDir":{}}],"terminationGracePeriodSeconds":0}""");
        await node.UntilReadyAsync("a");
        await node.UntilAsync(() => (int?)node.Pod("a")!["status"]!["containerStatuses"]![0]!["restartCount"] == 1 && node.IsReady("a"), "it is in its second attempt");
        using var client = Client(node);
        await node.UntilAsync(() => Get("tailLines=1") == "three\n", "it has spoken");
        Assert.Equal("one\ntwo\nthree\n", Get(""));
        Assert.Equal("two\nthree\n", Get("tailLines=2"));
        Assert.Equal("", Get("tailLines=0"));
        Assert.Equal("one\nt", Get("limitBytes=5"));
        Assert.Equal("one\ntwo\nthree\n", Get("previous=true"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z three\n$", Get("tailLines=1&timestamps=true"));

        string Get(string query) => client.GetStringAsync($"https://10.240.0.20:10250/containerLogs/default/a/main?{query}").Result;
    }

    [Fact]
    public async Task A_command_runs_with_its_streams_and_its_exit_code()
    {
        await using var node = await TestNode.StartAsync();
        node.CreatePod("a", """{"containers":[{"name":"main","image":"machine","command":["sleep","infinity"],"env":[{"name":"A","value":"b"}]}],"terminationGracePeriodSeconds":0}""");
        await node.UntilReadyAsync("a");
        var said = await ExecAsync(node, "input=1&output=1&error=1&command=sh&command=-c&command=read%20x;%20echo%20$x%20$A;%20echo%20err%20%3E%262;%20exit%207", "hello\n");
        Assert.Equal("hello b\n", said[1]);
        Assert.Equal("err\n", said[2]);
        Assert.Contains("\"reason\":\"ExitCode\",\"message\":\"7\"", said[3]);
        var terminal = await ExecAsync(node, "output=1&tty=1&command=sh&command=-c&command=tty;%20echo%20$A%20$TERM", null);
        Assert.Equal("/dev/pts/0\r\nb xterm\r\n", terminal[1]);
        Assert.Contains("Success", terminal[3]);
    }

    private static async Task<string[]> ExecAsync(TestNode node, string query, string? input)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using ClientWebSocket socket = new();
        socket.Options.AddSubProtocol("v5.channel.k8s.io");
        using HttpMessageInvoker invoker = new(Handler(node));
        await socket.ConnectAsync(new Uri($"wss://10.240.0.20:10250/exec/default/a/main?{query}"), invoker, cancellationToken);
        Assert.Equal("v5.channel.k8s.io", socket.SubProtocol);
        if (input is not null)
        {
            await socket.SendAsync((byte[])[0, .. Encoding.UTF8.GetBytes(input)], WebSocketMessageType.Binary, true, cancellationToken);
            await socket.SendAsync((byte[])[255, 0], WebSocketMessageType.Binary, true, cancellationToken);
        }

        StringBuilder[] said = [new(), new(), new(), new(), new()];
        var buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is { MessageType: not WebSocketMessageType.Close } message)
        {
            said[buffer[0]].Append(Encoding.UTF8.GetString(buffer, 1, message.Count - 1));
        }

        return [.. said.Select(static s => s.ToString())];
    }

    private static HttpClient Client(TestNode node) => new(Handler(node));

    private static SocketsHttpHandler Handler(TestNode node) => new()
    {
#pragma warning disable CA5359 // The node under test signed its own certificate a moment ago.
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
#pragma warning restore CA5359
        ConnectCallback = async (context, cancellationToken) =>
        {
            using var network = NetworkNamespace.OpenNamed(node.Namespace);
            var socket = network.Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };
}
