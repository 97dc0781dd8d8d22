using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Bench.ControlPlane;

/// <summary>
/// One client's connection: TLS and HTTP/1.1 with requests that are encoded beforehand, so that the load generator, which shares the
/// machine's cores with the server, costs a small part of what it measures. The numbers in a request are written over in place.
/// </summary>
internal sealed class LoadConnection : IAsyncDisposable
{
    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[64 << 10];

    private LoadConnection(SslStream stream)
    {
        _stream = stream;
    }

    public static async Task<LoadConnection> OpenAsync(ServerProcess server)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port);
        SslStream stream = new(new NetworkStream(socket, ownsSocket: true));

        // The bench talks to its own child on the loopback device.
#pragma warning disable CA5359
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            ClientCertificates = [server.ClientCertificate],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        });
#pragma warning restore CA5359
        return new LoadConnection(stream);
    }

    /// <summary>A POST of JSON, whole as it goes over the wire.</summary>
    public static byte[] Post(string path, string json) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench/1\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    /// <summary>Sends a request and reads its answer to the end; the answer's status.</summary>
    public async Task<int> SendAsync(ReadOnlyMemory<byte> request)
    {
        await _stream.WriteAsync(request);
        var filled = 0;
        while (true)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(filled));
            if (read == 0)
            {
                throw new IOException("the server closed the connection");
            }

            filled += read;
            if (IsWhole(_buffer.AsSpan(0, filled), out var status))
            {
                return status;
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer, out int status)
    {
        status = 0;
        var end = answer.IndexOf("\r\n\r\n"u8);
        return end >= 0
            && Utf8Parser.TryParse(answer["HTTP/1.1 ".Length..], out status, out _)
            && answer.IndexOf("Content-Length: "u8) is > 0 and var field
            && Utf8Parser.TryParse(answer[(field + "Content-Length: ".Length)..], out int length, out _)
            && answer.Length >= end + 4 + length;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}

/// <summary>A request whose object's name carries a number of eight digits.</summary>
internal sealed class NumberedRequest
{
    private readonly byte[] _bytes;
    private readonly int _at;

    public NumberedRequest(string path, string json)
    {
        _bytes = LoadConnection.Post(path, json);
        _at = _bytes.AsSpan().IndexOf("00000000"u8);
    }

    public ReadOnlyMemory<byte> With(int number)
    {
        for (var i = 7; i >= 0; i--, number /= 10)
        {
            _bytes[_at + i] = (byte)('0' + (number % 10));
        }

        return _bytes;
    }
}
