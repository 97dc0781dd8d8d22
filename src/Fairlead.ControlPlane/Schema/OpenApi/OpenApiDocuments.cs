using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>
/// OpenAPI v3 as kubectl reads it: an index of documents named by a hash of what they are made from, and one document for each group and
/// version, written when it is first asked for.
/// </summary>
internal sealed class OpenApiDocuments(SchemaRegistry registry)
{
    private const int Kept = 128;

    private static readonly Lazy<byte[]> _tableHash = new(static () =>
        SHA512.HashData(Encoding.UTF8.GetBytes(SchemaRegistry.ReadResource("schema.table") + typeof(OpenApiDocuments).Assembly.ManifestModule.ModuleVersionId)));

    private readonly ConcurrentDictionary<string, byte[]> _documents = new(StringComparer.Ordinal);

    /// <summary>Changes whenever the document would. Upper-case hexadecimal, SHA-512.</summary>
    public static string Hash(OpenApiGroupVersion groupVersion)
    {
        ArrayBufferWriter<byte> key = new();
        key.Write(_tableHash.Value);
        using (Utf8JsonWriter writer = new(key))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(groupVersion.ApiVersion);
            foreach (OpenApiResource resource in groupVersion.Resources)
            {
                writer.WriteStringValue($"{resource.Plural} {resource.Kind} {resource.ListKind} {resource.Namespaced} {string.Join(',', resource.Verbs)}");
                foreach (OpenApiSubresource sub in resource.Subresources)
                {
                    writer.WriteStringValue($"{sub.Name} {sub.Group} {sub.Version} {sub.Kind} {string.Join(',', sub.Verbs)}");
                }

                resource.CustomSchema?.WriteTo(writer);
            }

            writer.WriteEndArray();
        }

        return Convert.ToHexString(SHA512.HashData(key.WrittenSpan));
    }

    /// <summary>The answer to <c>GET /openapi/v3</c>.</summary>
    public static byte[] Index(IEnumerable<OpenApiGroupVersion> groupVersions)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("paths");
            foreach (OpenApiGroupVersion groupVersion in groupVersions.OrderBy(static gv => gv.Path, StringComparer.Ordinal))
            {
                writer.WriteStartObject(groupVersion.Path);
                writer.WriteString("serverRelativeURL", $"/openapi/v3/{groupVersion.Path}?hash={Hash(groupVersion)}");
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The document of one group and version, and its hash (the ETag).</summary>
    public (byte[] Json, string Hash) Document(OpenApiGroupVersion groupVersion)
    {
        string hash = Hash(groupVersion);
        if (!_documents.TryGetValue(hash, out byte[]? json))
        {
            if (_documents.Count >= Kept)
            {
                // CRDs that change leave their old documents behind.
                _documents.Clear();
            }

            json = Write(groupVersion);
            _documents[hash] = json;
        }

        return (json, hash);
    }

    private byte[] Write(OpenApiGroupVersion groupVersion)
    {
        ArrayBufferWriter<byte> buffer = new(1 << 20);
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            SchemaWriter schemas = new(registry, writer);
            writer.WriteStartObject();
            writer.WriteString("openapi", "3.0.0");
            writer.WriteStartObject("info");
            writer.WriteString("title", "Kubernetes");
            writer.WriteString("version", "unversioned");
            writer.WriteEndObject();
            PathWriter.Write(writer, registry, groupVersion, schemas);
            writer.WriteStartObject("components");
            schemas.Write(groupVersion);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
