using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Probes;

/// <summary>
/// The one call that a gRPC probe makes: <c>grpc.health.v1.Health/Check</c> over HTTP/2 without TLS. Message and answer have one field each,
/// so the frames are written by hand (gRPC over HTTP2 protocol; health.proto).
/// </summary>
internal static class GrpcHealth
{
    private const byte Serving = 1;
    private const string Unimplemented = "12";
    private static readonly string[] States = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

    public static async Task<ProbeResult> CheckAsync(HttpClient http, string podAddress, GrpcAction grpc, CancellationToken cancellationToken)
    {
        var host = System.Net.IPAddress.TryParse(podAddress, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{podAddress}]" : podAddress;
        using HttpRequestMessage request = new(HttpMethod.Post, $"http://{host}:{grpc.Port}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(grpc.Service ?? "")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var status = Header(response.TrailingHeaders) ?? Header(response.Headers);
        if (status is not "0")
        {
            return new ProbeResult(false, status is Unimplemented
                ? "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"
                : $"error: health rpc probe failed: rpc error: code = {status ?? "none"}");
        }

        // 5 bytes of frame, then field 1 as a varint; the default value (unknown) is left out.
        var state = body.Length >= 7 && body[5] == 0x08 ? body[6] : 0;
        return state == Serving ? new ProbeResult(true, "service healthy") : new ProbeResult(false, $"service unhealthy (responded with \"{States.ElementAtOrDefault(state) ?? $"{state}"}\")");

        static string? Header(HttpHeaders headers) => headers.TryGetValues("grpc-status", out var values) ? values.FirstOrDefault() : null;
    }

    private static byte[] Frame(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        List<byte> message = [];
        if (name.Length > 0)
        {
            message.Add(0x0a);
            for (var length = (uint)name.Length; ; length >>= 7)
            {
                message.Add((byte)(length >= 0x80 ? length & 0x7f | 0x80 : length));
                if (length < 0x80)
                {
                    break;
                }
            }

            message.AddRange(name);
        }

        return [0, (byte)(message.Count >> 24), (byte)(message.Count >> 16), (byte)(message.Count >> 8), (byte)message.Count, .. message];
    }
}
