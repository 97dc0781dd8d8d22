using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Reads what a client sends: bounded, whole, then decoded by its media type.</summary>
internal static class RequestBody
{
    /// <summary>kube-apiserver's limit for objects.</summary>
    public const int MaximumBytes = 3 << 20;

    /// <summary>Up to this much is read past and thrown away, so that a client that sent too much still hears why.</summary>
    public const int DrainedBytes = 64 << 20;

    public static async Task<byte[]> ReadAsync(HttpContext http)
    {
        var request = http.Request;
        if (request.ContentLength > MaximumBytes)
        {
            throw StatusException.TooLarge();
        }

        ArrayBufferWriter<byte> buffer = new(Math.Max(256, (int)(request.ContentLength ?? 1024)));
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.GetMemory(4096), http.RequestAborted);
            if (read == 0)
            {
                break;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > MaximumBytes)
            {
                throw StatusException.TooLarge();
            }
        }

        return request.Headers.ContentEncoding == "gzip" ? Decompress(buffer.WrittenMemory) : buffer.WrittenSpan.ToArray();
    }

    private static byte[] Decompress(ReadOnlyMemory<byte> compressed)
    {
        try
        {
            using GZipStream stream = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
            using MemoryStream result = new();
            var chunk = new byte[8192];
            int read;
            while ((read = stream.Read(chunk)) > 0)
            {
                result.Write(chunk, 0, read);
                if (result.Length > MaximumBytes)
                {
                    throw StatusException.TooLarge();
                }
            }

            return result.ToArray();
        }
        catch (InvalidDataException exception)
        {
            throw StatusException.BadRequest("the body is not gzip: " + exception.Message);
        }
    }

    public static string MediaType(HttpRequest request)
    {
        var type = request.ContentType ?? "";
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    /// <summary>Options and patches: JSON or YAML without a schema. Null for an empty body.</summary>
    public static JsonNode? ParseLoose(byte[] body, bool yaml)
    {
        if (body.Length == 0)
        {
            return null;
        }

        try
        {
            return yaml && body[0] is not ((byte)'{' or (byte)'[') ? YamlText.Parse(body) : KubernetesJson.Parse(body);
        }
        catch (JsonException exception)
        {
            throw StatusException.BadRequest("error decoding the body: " + exception.Message);
        }
    }
}
