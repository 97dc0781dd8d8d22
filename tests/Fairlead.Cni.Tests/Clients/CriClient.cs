using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Cni.Tests.Clients;

/// <summary>
/// The few calls of the Container Runtime Interface (runtime.v1) that a kubelet makes for a pod's network, over gRPC as it is on the wire: a byte, a
/// length and a protobuf message in an HTTP/2 request.
/// </summary>
internal sealed class CriClient : IDisposable
{
    /// <summary>The pods' control group, which the kubelet would make.</summary>
    public const string ControlGroup = "/fairlead-cni-test";

    private readonly HttpClient _http;

    public CriClient(string socketPath) => _http = new HttpClient(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public void Dispose() => _http.Dispose();

    public async Task<string> VersionAsync() => Text(await CallAsync("Version", new Message()), 2);

    /// <summary>Runs a pod sandbox with one host port, and gives its id.</summary>
    public async Task<string> RunPodSandboxAsync(string name, string logs, int hostPort, int containerPort)
    {
        Message metadata = new Message().Text(1, name).Text(2, $"{name}-uid").Text(3, "default");
        Message port = new Message().Number(2, containerPort).Number(3, hostPort);
        Message linux = new Message().Text(1, ControlGroup);
        Message configuration = new Message().Nested(1, metadata).Text(2, name).Text(3, logs).Nested(5, port).Nested(8, linux);
        return Text(await CallAsync("RunPodSandbox", new Message().Nested(1, configuration)), 1);
    }

    /// <summary>The address that the runtime reports for the sandbox.</summary>
    public async Task<string> GetAddressAsync(string id)
    {
        byte[] status = Field(await CallAsync("PodSandboxStatus", new Message().Text(1, id)), 1);
        return Text(Field(status, 5), 1);
    }

    public Task StopPodSandboxAsync(string id) => CallAsync("StopPodSandbox", new Message().Text(1, id));

    public Task RemovePodSandboxAsync(string id) => CallAsync("RemovePodSandbox", new Message().Text(1, id));

    private async Task<byte[]> CallAsync(string method, Message message)
    {
        byte[] body = message.ToArray();
        byte[] framed = [0, (byte)(body.Length >> 24), (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
        using HttpRequestMessage request = new(HttpMethod.Post, $"/runtime.v1.RuntimeService/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        using HttpResponseMessage response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        byte[] answer = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        string status = Header("grpc-status");
        return status == "0" ? answer[5..] : throw new InvalidOperationException($"{method}: {status} {Uri.UnescapeDataString(Header("grpc-message"))}");

        string Header(string name) =>
            response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? values) || response.Headers.TryGetValues(name, out values) ? values.First() : "";
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Field(message, field));

    /// <summary>The first field of a number that has a length.</summary>
    private static byte[] Field(byte[] message, int field)
    {
        for (int at = 0; at < message.Length;)
        {
            int key = (int)ReadNumber(message, ref at);
            if ((key & 7) == 0)
            {
                ReadNumber(message, ref at);
                continue;
            }

            int length = (int)ReadNumber(message, ref at);
            if (key >> 3 == field)
            {
                return message[at..(at + length)];
            }

            at += length;
        }

        return [];
    }

    private static ulong ReadNumber(byte[] message, ref int at)
    {
        ulong number = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = message[at++];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }

    /// <summary>A protobuf message as it is written.</summary>
    private sealed class Message
    {
        private readonly List<byte> _bytes = [];

        public byte[] ToArray() => [.. _bytes];

        public Message Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

        public Message Nested(int field, Message message) => Bytes(field, message.ToArray());

        public Message Number(int field, int number)
        {
            Write((ulong)(field << 3));
            Write((ulong)number);
            return this;
        }

        private Message Bytes(int field, byte[] bytes)
        {
            Write((ulong)((field << 3) | 2));
            Write((ulong)bytes.Length);
            _bytes.AddRange(bytes);
            return this;
        }

        private void Write(ulong number)
        {
            for (; number >= 0x80; number >>= 7)
            {
                _bytes.Add((byte)(number | 0x80));
            }

            _bytes.Add((byte)number);
        }
    }
}
