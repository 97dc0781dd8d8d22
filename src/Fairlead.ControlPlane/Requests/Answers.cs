using System.IO.Compression;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Resources;
using Microsoft.AspNetCore.Http;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Puts answers on the wire.</summary>
internal static class Answers
{
    /// <summary>Smaller answers are not worth compressing (kube-apiserver draws the same line).</summary>
    private const int CompressionThreshold = 128 << 10;

    public static Task WriteStatusAsync(HttpContext http, StatusException exception)
    {
        if (exception.Code == 429 && exception.Details.IntegerAt("retryAfterSeconds") is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.Invariant();
        }

        return WriteAsync(http, exception.Code, KubernetesJson.WriteNode(exception.ToStatus()));
    }

    public static Task WriteNodeAsync(HttpContext http, int code, JsonNode document) => WriteAsync(http, code, KubernetesJson.WriteNode(document));

    /// <summary>Begins an answer of about that many bytes, to be written in pieces; compressed where it pays and the client can take it.</summary>
    public static Stream Start(HttpContext http, long bytes, string contentType)
    {
        http.Response.StatusCode = 200;
        http.Response.ContentType = contentType;
        if (bytes <= CompressionThreshold || !http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            return new BufferedStream(http.Response.Body);
        }

        http.Response.Headers.ContentEncoding = "gzip";
        http.Response.Headers.Vary = "Accept-Encoding";
        return new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
    }

    public static async Task WriteAsync(HttpContext http, int code, ReadOnlyMemory<byte> json, string contentType = "application/json")
    {
        var response = http.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        if (json.Length > CompressionThreshold && http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Vary = "Accept-Encoding";
            await using GZipStream stream = new(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await stream.WriteAsync(json, http.RequestAborted);
            return;
        }

        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>One object, in the shape that the client asked for.</summary>
    public static Task WriteObjectAsync(RequestContext request, int code, byte[] json, TimeProvider time)
    {
        var negotiated = Negotiation.Choose(request.Http.Request);
        AddWarnings(request);
        var shown = View(request.Resource, json);
        var body = negotiated.Shape switch
        {
            AnswerShape.Table => TableWriter.Write(
                request.Resource.Columns, [shown],
                writer => writer.WriteString("resourceVersion", KubernetesJson.ParseObject(shown).StringAt("metadata", "resourceVersion")),
                TableWriter.Included(request.Query("includeObject")), time.GetUtcNow()),
            AnswerShape.Metadata => TableWriter.Partial(shown),
            _ => shown,
        };
        return WriteAsync(request.Http, code, body, negotiated.Yaml ? "application/yaml" : "application/json");
    }

    public static void AddWarnings(RequestContext request)
    {
        foreach (var warning in request.Warnings)
        {
            AddWarning(request.Http, warning);
        }
    }

    public static void AddWarning(HttpContext http, string warning) => http.Response.Headers.Append(
        "Warning", $"299 - \"{warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");

    /// <summary>The stored bytes as this version of the resource shows them.</summary>
    public static byte[] View(ResourceDefinition resource, byte[] stored)
    {
        if (resource.View is not { } view)
        {
            return stored;
        }

        var value = KubernetesJson.ParseObject(stored);
        var revision = value.StringAt("metadata", "resourceVersion");
        var shown = view.FromStored(value);
        return KubernetesJson.Write(shown, long.TryParse(revision, out var number) ? number : null);
    }
}
