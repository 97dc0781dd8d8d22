using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Printing;

/// <summary>Which part of each object a Table carries beside the cells (query includeObject).</summary>
internal enum IncludedObject { Metadata, None, Whole }

/// <summary>Writes Tables and partial metadata.</summary>
internal static class TableWriter
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static IncludedObject Included(string query) => query switch
    {
        "None" => IncludedObject.None,
        "Object" => IncludedObject.Whole,
        _ => IncludedObject.Metadata,
    };

    /// <summary>A whole Table.</summary>
    public static byte[] Write(
        IReadOnlyList<TableColumn> columns, IEnumerable<ReadOnlyMemory<byte>> objects, Action<Utf8JsonWriter> metadata, IncludedObject included, DateTimeOffset now, bool headers = true)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", "Table");
            writer.WriteString("apiVersion", "meta.k8s.io/v1");
            writer.WriteStartObject("metadata");
            metadata(writer);
            writer.WriteEndObject();
            writer.WriteStartArray("columnDefinitions");
            if (headers)
            {
                WriteColumns(writer, columns);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("rows");
            foreach (var json in objects)
            {
                WriteRow(writer, columns, json, included, now);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteColumns(Utf8JsonWriter writer, IReadOnlyList<TableColumn> columns)
    {
        foreach (var column in columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name", column.Name);
            writer.WriteString("type", column.Type);
            writer.WriteString("format", column.Format);
            writer.WriteString("description", column.Description);
            writer.WriteNumber("priority", column.Priority);
            writer.WriteEndObject();
        }
    }

    private static void WriteRow(Utf8JsonWriter writer, IReadOnlyList<TableColumn> columns, ReadOnlyMemory<byte> json, IncludedObject included, DateTimeOffset now)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = KubernetesJson.MaximumDepth });
        var root = document.RootElement;
        writer.WriteStartObject();
        writer.WriteStartArray("cells");
        foreach (var column in columns)
        {
            switch (column.Cell(root, now))
            {
                case string text:
                    writer.WriteStringValue(text);
                    break;
                case long number:
                    writer.WriteNumberValue(number);
                    break;
                case bool flag:
                    writer.WriteBooleanValue(flag);
                    break;
                case double real:
                    writer.WriteNumberValue(real);
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
        }

        writer.WriteEndArray();
        if (included != IncludedObject.None)
        {
            writer.WritePropertyName("object");
            if (included == IncludedObject.Whole)
            {
                writer.WriteRawValue(json.Span, skipInputValidation: true);
            }
            else
            {
                WritePartial(writer, root);
            }
        }

        writer.WriteEndObject();
    }

    private static void WritePartial(Utf8JsonWriter writer, JsonElement root)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", "PartialObjectMetadata");
        writer.WriteString("apiVersion", "meta.k8s.io/v1");
        writer.WritePropertyName("metadata");
        root.GetProperty("metadata").WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>An object's metadata alone.</summary>
    public static byte[] Partial(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = KubernetesJson.MaximumDepth });
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter writer = new(buffer, Options))
        {
            WritePartial(writer, document.RootElement);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static string ResourceVersion(StoredObject value) => value.Revision.Invariant();
}
