using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Json;

/// <summary>
/// Reads and writes the JSON of API objects. Reading takes any bytes and gives a tree whose parts are all materialised (a duplicate key is
/// reported, the last one wins, as Go does) or throws <see cref="JsonException"/>. Writing puts kind, apiVersion and metadata first.
/// </summary>
internal static class KubernetesJson
{
    /// <summary>Deeper documents than this are refused: nobody's objects are, and each level costs stack.</summary>
    public const int MaximumDepth = 200;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>The order in which the Go type ObjectMeta is written (apimachinery, meta/v1/types.go).</summary>
    private static readonly string[] MetadataOrder =
    [
        "name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    ];

    public static JsonNode? Parse(ReadOnlySpan<byte> utf8, List<string>? duplicates = null)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = MaximumDepth });
        reader.Read();
        var node = ReadValue(ref reader, duplicates, "");
        return reader.Read() ? throw new JsonException("trailing data after the document") : node;
    }

    public static JsonObject ParseObject(ReadOnlySpan<byte> utf8) =>
        Parse(utf8) as JsonObject ?? throw new JsonException("the document is not an object");

    private static JsonNode? ReadValue(ref Utf8JsonReader reader, List<string>? duplicates, string path)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                JsonObject map = [];
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    var childPath = duplicates is null ? path : path.Length == 0 ? name : path + "." + name;
                    if (duplicates is not null && map.ContainsKey(name))
                    {
                        duplicates.Add(childPath);
                    }

                    map[name] = ReadValue(ref reader, duplicates, childPath);
                }

                return map;
            case JsonTokenType.StartArray:
                JsonArray list = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(ReadValue(ref reader, duplicates, duplicates is null ? path : $"{path}[{list.Count}]"));
                }

                return list;
            case JsonTokenType.String:
                return JsonValue.Create(ReadString(ref reader));
            case JsonTokenType.Number:
                return reader.TryGetInt64(out var integer) ? JsonValue.Create(integer) : JsonValue.Create(reader.GetDouble());
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Null:
                return null;
            default:
                throw new JsonException("unexpected end of JSON input");
        }
    }

    private static string ReadString(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate or bytes that are not UTF-8: Go replaces them with U+FFFD.
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }

    /// <summary>The object's bytes. <paramref name="resourceVersion"/> null leaves an empty one in place, see <see cref="WithResourceVersion"/>.</summary>
    public static byte[] Write(JsonObject value, long? resourceVersion)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(2048);
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            WriteProperty(writer, value, "kind");
            WriteProperty(writer, value, "apiVersion");
            if (value["metadata"] is JsonObject metadata)
            {
                writer.WritePropertyName("metadata");
                WriteMetadata(writer, metadata, resourceVersion);
            }

            foreach (var (name, child) in value)
            {
                if (name is not ("kind" or "apiVersion" or "metadata"))
                {
                    writer.WritePropertyName(name);
                    WriteNode(writer, child);
                }
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Any node as UTF-8, without reordering.</summary>
    public static byte[] WriteNode(JsonNode? node)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (Utf8JsonWriter writer = new(buffer, WriterOptions))
        {
            WriteNode(writer, node);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static string Text(JsonNode? node) => Encoding.UTF8.GetString(WriteNode(node));

    private static void WriteMetadata(Utf8JsonWriter writer, JsonObject metadata, long? resourceVersion)
    {
        writer.WriteStartObject();
        foreach (var name in MetadataOrder)
        {
            if (name == "resourceVersion")
            {
                writer.WriteString(name, resourceVersion?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "");
            }
            else
            {
                WriteProperty(writer, metadata, name);
            }
        }

        foreach (var (name, child) in metadata)
        {
            if (Array.IndexOf(MetadataOrder, name) < 0)
            {
                writer.WritePropertyName(name);
                WriteNode(writer, child);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteProperty(Utf8JsonWriter writer, JsonObject owner, string name)
    {
        if (owner.TryGetPropertyValue(name, out var child) && child is not null)
        {
            writer.WritePropertyName(name);
            WriteNode(writer, child);
        }
    }

    public static void WriteNode(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case null:
                writer.WriteNullValue();
                break;
            case JsonObject map:
                writer.WriteStartObject();
                foreach (var (name, child) in map)
                {
                    writer.WritePropertyName(name);
                    WriteNode(writer, child);
                }

                writer.WriteEndObject();
                break;
            case JsonArray list:
                writer.WriteStartArray();
                foreach (var child in list)
                {
                    WriteNode(writer, child);
                }

                writer.WriteEndArray();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }

    private static ReadOnlySpan<byte> ResourceVersionMarker => "\"resourceVersion\":\""u8;

    /// <summary>
    /// The same bytes with another resourceVersion. Only for bytes that <see cref="Write"/> made: metadata stands before anything that
    /// a client may name freely, so the first marker is the object's own.
    /// </summary>
    public static byte[] WithResourceVersion(ReadOnlySpan<byte> json, long revision)
    {
        var start = json.IndexOf(ResourceVersionMarker);
        if (start < 0)
        {
            throw new InvalidDataException("the stored object has no resourceVersion");
        }

        start += ResourceVersionMarker.Length;
        var length = json[start..].IndexOf((byte)'"');
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(revision, digits, out var written);
        var result = new byte[json.Length - length + written];
        json[..start].CopyTo(result);
        digits[..written].CopyTo(result.AsSpan(start));
        json[(start + length)..].CopyTo(result.AsSpan(start + written));
        return result;
    }
}
