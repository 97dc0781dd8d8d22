using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>
/// Writes a <see cref="SwaggerDocument"/> as the protobuf that old clients ask for (gnostic's openapiv2/OpenAPIv2.proto, whose field numbers
/// these are).
/// </summary>
internal static class SwaggerProtobuf
{
    public static byte[] Encode(JsonObject document)
    {
        ArrayBufferWriter<byte> buffer = new(1 << 20);
        Text(buffer, 1, document.StringAt("swagger"));
        Message(buffer, 2, document.ObjectAt("info"), static (info, into) =>
        {
            Text(into, 1, info.StringAt("title"));
            Text(into, 2, info.StringAt("version"));
        });
        Message(buffer, 8, document.ObjectAt("paths"), static (paths, into) => Named(into, 2, paths, PathItem));
        Message(buffer, 9, document.ObjectAt("definitions"), static (definitions, into) => Named(into, 1, definitions, Schema));
        return buffer.WrittenSpan.ToArray();
    }

    private static void PathItem(JsonObject item, ArrayBufferWriter<byte> into) => Message(into, 8, item.ObjectAt("patch"), Operation);

    private static void Operation(JsonObject operation, ArrayBufferWriter<byte> into)
    {
        Text(into, 3, operation.StringAt("description"));
        foreach (var parameter in operation.ObjectsAt("parameters"))
        {
            // ParametersItem, Parameter and NonBodyParameter are three nested alternatives.
            Message(into, 8, parameter, static (parameter, into) =>
                Message(into, 1, parameter, static (parameter, into) =>
                    Message(into, 2, parameter, static (parameter, into) => Message(into, 3, parameter, QueryParameter))));
        }

        Extensions(into, 13, operation);
    }

    private static void QueryParameter(JsonObject parameter, ArrayBufferWriter<byte> into)
    {
        Text(into, 2, parameter.StringAt("in"));
        Text(into, 3, parameter.StringAt("description"));
        Text(into, 4, parameter.StringAt("name"));
        Text(into, 6, parameter.StringAt("type"));
    }

    private static void Schema(JsonObject schema, ArrayBufferWriter<byte> into)
    {
        Text(into, 1, schema.StringAt("$ref"));
        Text(into, 2, schema.StringAt("format"));
        Text(into, 4, schema.StringAt("description"));
        foreach (var required in schema.StringsAt("required"))
        {
            Text(into, 19, required);
        }

        foreach (var value in schema["enum"] as JsonArray ?? [])
        {
            Any(into, 20, value);
        }

        Message(into, 21, schema.ObjectAt("additionalProperties"), static (inner, into) => Message(into, 1, inner, Schema));
        if (schema.StringAt("type") is { } type)
        {
            Message(into, 22, schema, (_, into) => Text(into, 1, type));
        }

        Message(into, 23, schema.ObjectAt("items"), static (inner, into) => Message(into, 1, inner, Schema));
        Message(into, 25, schema.ObjectAt("properties"), static (properties, into) => Named(into, 1, properties, Schema));
        Extensions(into, 31, schema);
    }

    /// <summary>Everything named x-…, as NamedAny.</summary>
    private static void Extensions(ArrayBufferWriter<byte> into, int field, JsonObject owner)
    {
        foreach (var (name, value) in owner)
        {
            if (name.StartsWith("x-", StringComparison.Ordinal))
            {
                Message(into, field, owner, (_, into) =>
                {
                    Text(into, 1, name);
                    Any(into, 2, value);
                });
            }
        }
    }

    /// <summary>Any: its value as YAML, which JSON is.</summary>
    private static void Any(ArrayBufferWriter<byte> into, int field, JsonNode? value) =>
        Message(into, field, [], (_, into) => Text(into, 2, KubernetesJson.Text(value)));

    private static void Named(ArrayBufferWriter<byte> into, int field, JsonObject map, Action<JsonObject, ArrayBufferWriter<byte>> write)
    {
        foreach (var (name, value) in map)
        {
            Message(into, field, map, (_, into) =>
            {
                Text(into, 1, name);
                Message(into, 2, value as JsonObject ?? [], write);
            });
        }
    }

    private static void Message(ArrayBufferWriter<byte> into, int field, JsonObject? value, Action<JsonObject, ArrayBufferWriter<byte>> write)
    {
        if (value is not null)
        {
            ArrayBufferWriter<byte> inner = new();
            write(value, inner);
            Bytes(into, field, inner.WrittenSpan);
        }
    }

    private static void Text(ArrayBufferWriter<byte> into, int field, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Bytes(into, field, Encoding.UTF8.GetBytes(text));
        }
    }

    private static void Bytes(ArrayBufferWriter<byte> into, int field, ReadOnlySpan<byte> bytes)
    {
        const int LengthDelimited = 2;
        Varint(into, ((uint)field << 3) | LengthDelimited);
        Varint(into, (uint)bytes.Length);
        into.Write(bytes);
    }

    private static void Varint(ArrayBufferWriter<byte> into, uint value)
    {
        Span<byte> encoded = stackalloc byte[5];
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            encoded[length++] = (byte)(value | 0x80);
        }

        encoded[length++] = (byte)value;
        into.Write(encoded[..length]);
    }
}
