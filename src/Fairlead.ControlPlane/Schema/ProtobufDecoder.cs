using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// Turns <c>application/vnd.kubernetes.protobuf</c> bodies into the canonical JSON object that the same body in JSON would give.
/// </summary>
internal static class ProtobufDecoder
{
    private const int MaxDepth = 200;

    /// <summary>The four bytes before every envelope.</summary>
    public static ReadOnlySpan<byte> Magic => "k8s\0"u8;

    /// <summary>Reads magic and envelope (runtime.Unknown): what the body says it is, and its bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are no envelope; the message is what the API answers.</exception>
    public static ReadOnlySpan<byte> ReadEnvelope(ReadOnlySpan<byte> body, out string apiVersion, out string kind)
    {
        apiVersion = kind = "";
        if (!body.StartsWith(Magic))
        {
            throw new InvalidDataException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }

        ReadOnlySpan<byte> raw = [];
        ProtobufReader unknown = new(body[Magic.Length..]);
        while (unknown.Next())
        {
            switch (unknown.Number)
            {
                case 1:
                    ProtobufReader meta = new(unknown.ReadBytes());
                    while (meta.Next())
                    {
                        switch (meta.Number)
                        {
                            case 1:
                                apiVersion = Encoding.UTF8.GetString(meta.ReadBytes());
                                break;
                            case 2:
                                kind = Encoding.UTF8.GetString(meta.ReadBytes());
                                break;
                            default:
                                meta.Skip();
                                break;
                        }
                    }

                    break;
                case 2:
                    raw = unknown.ReadBytes();
                    break;
                default:
                    unknown.Skip();
                    break;
            }
        }

        return raw;
    }

    /// <summary>Decodes a body whole: envelope, then the object of the kind that it names.</summary>
    public static DecodeResult Decode(SchemaRegistry registry, ReadOnlySpan<byte> body)
    {
        try
        {
            ReadOnlySpan<byte> raw = ReadEnvelope(body, out string apiVersion, out string kind);
            return registry.Find(apiVersion, kind) is { } type
                ? Decode(type, raw, apiVersion, kind)
                : new DecodeResult { Error = $"no kind \"{kind}\" is registered for version \"{apiVersion}\"" };
        }
        catch (InvalidDataException malformed)
        {
            return new DecodeResult { Error = malformed.Message };
        }
    }

    /// <summary>Decodes the message of one type.</summary>
    public static DecodeResult Decode(TypeSchema type, ReadOnlySpan<byte> message, string apiVersion, string kind)
    {
        try
        {
            JsonNode?[] values = new JsonNode?[type.Fields.Count];
            ReadFields(type, message, values, 0);
            if (type.Field("kind") is { Number: 0 } kindField)
            {
                values[kindField.Index] = kind;
                values[type.Field("apiVersion")!.Index] = apiVersion;
            }

            return new DecodeResult { Value = CanonicalObject.Build(type, values) };
        }
        catch (Exception malformed) when (malformed is InvalidDataException or JsonException)
        {
            return new DecodeResult { Error = malformed.Message };
        }
    }

    private static void ReadFields(TypeSchema type, ReadOnlySpan<byte> message, Span<JsonNode?> values, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidDataException("exceeded max depth");
        }

        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (type.FieldByNumber(reader.Number) is { } field)
            {
                Read(field, ref reader, ref values[field.Index], depth);
            }
            else if (Inline(type, reader.Number) is { } inline)
            {
                ReadFields(inline.Type, reader.ReadBytes(), values.Slice(inline.FirstField, inline.Type.Fields.Count), depth + 1);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static InlineStruct? Inline(TypeSchema type, int number)
    {
        foreach (InlineStruct inline in type.Inlines)
        {
            if (inline.Number == number)
            {
                return inline;
            }
        }

        return null;
    }

    private static void Read(FieldSchema field, ref ProtobufReader reader, ref JsonNode? slot, int depth)
    {
        ValueSchema value = field.Value;
        switch (value.Kind)
        {
            case ValueKind.List when value.WireMessage:
                slot = ReadWrappedList(value, reader.ReadBytes(), depth);
                break;
            case ValueKind.List:
                JsonArray list = (JsonArray)(slot ??= new JsonArray());
                if (reader.IsBytes && IsVarint(value.Element!.Kind))
                {
                    ReadPacked(value.Element, reader.ReadBytes(), list);
                }
                else
                {
                    list.Add(ReadValue(value.Element!, ref reader, depth));
                }

                break;
            case ValueKind.Map:
                JsonObject map = (JsonObject)(slot ??= new JsonObject());
                ReadMapEntry(value.Element!, reader.ReadBytes(), map, depth);
                break;
            default:
                slot = ReadValue(value, ref reader, depth);
                break;
        }
    }

    private static JsonArray ReadWrappedList(ValueSchema value, ReadOnlySpan<byte> message, int depth)
    {
        JsonArray list = [];
        ProtobufReader items = new(message);
        while (items.Next())
        {
            if (items.Number == 1)
            {
                list.Add(ReadValue(value.Element!, ref items, depth));
            }
            else
            {
                items.Skip();
            }
        }

        return list;
    }

    private static void ReadMapEntry(ValueSchema element, ReadOnlySpan<byte> message, JsonObject map, int depth)
    {
        string key = "";
        JsonNode? value = null;
        bool present = false;
        ProtobufReader entry = new(message);
        while (entry.Next())
        {
            switch (entry.Number)
            {
                case 1:
                    key = Encoding.UTF8.GetString(entry.ReadBytes());
                    break;
                case 2:
                    value = ReadValue(element, ref entry, depth);
                    present = true;
                    break;
                default:
                    entry.Skip();
                    break;
            }
        }

        if (!present)
        {
            value = element.Kind switch
            {
                ValueKind.String or ValueKind.Bytes => "",
                ValueKind.Quantity => "0",
                ValueKind.Struct when !element.Pointer => CanonicalObject.Zero(element.Struct),
                ValueKind.List => new JsonArray(),
                _ => null,
            };
        }

        // JSON shows maps sorted; the wire need not be.
        int at = map.Count;
        while (at > 0 && string.CompareOrdinal(map.GetAt(at - 1).Key, key) > 0)
        {
            at--;
        }

        if (map.ContainsKey(key))
        {
            map[key] = value;
        }
        else
        {
            map.Insert(at, key, value);
        }
    }

    private static bool IsVarint(ValueKind kind) => kind is ValueKind.Boolean or ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64;

    private static void ReadPacked(ValueSchema element, ReadOnlySpan<byte> packed, JsonArray list)
    {
        // A packed field is the varints alone; giving each a tag of its own lets the same reader check them.
        Span<byte> tagged = stackalloc byte[11];
        tagged[0] = 1 << 3;
        while (packed.Length > 0)
        {
            int length = 1;
            while (length < packed.Length && length < 10 && packed[length - 1] >= 0x80)
            {
                length++;
            }

            packed[..length].CopyTo(tagged[1..]);
            ProtobufReader one = new(tagged[..(length + 1)]);
            one.Next();
            list.Add((JsonNode)Varint(element.Kind, one.ReadVarint()));
            packed = packed[length..];
        }
    }

    private static JsonNode? ReadValue(ValueSchema value, ref ProtobufReader reader, int depth)
    {
        switch (value.Kind)
        {
            case ValueKind.String:
                return Encoding.UTF8.GetString(reader.ReadBytes());
            case ValueKind.Boolean or ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64:
                return Varint(value.Kind, reader.ReadVarint());
            case ValueKind.Double:
                return reader.ReadDouble();
            case ValueKind.Bytes:
                return Convert.ToBase64String(reader.ReadBytes());
            case ValueKind.Time or ValueKind.MicroTime:
                return ReadTime(reader.ReadBytes(), value.Kind == ValueKind.MicroTime);
            case ValueKind.Duration:
                return GoTime.FormatDuration((long)FirstVarint(reader.ReadBytes()));
            case ValueKind.Quantity:
                return ReadQuantity(reader.ReadBytes());
            case ValueKind.IntOrString:
                return ReadIntOrString(reader.ReadBytes());
            case ValueKind.Raw:
                return ReadRaw(value.Registry, FirstBytes(reader.ReadBytes()));
            case ValueKind.SchemaOrArray or ValueKind.SchemaOrBool or ValueKind.SchemaOrStringArray:
                return ReadSchemaOr(value, reader.ReadBytes(), depth + 1);
            case ValueKind.Struct:
                TypeSchema type = value.Struct;
                JsonNode?[] values = new JsonNode?[type.Fields.Count];
                ReadFields(type, reader.ReadBytes(), values, depth + 1);
                return CanonicalObject.Build(type, values);
            case ValueKind.List when value.WireMessage:
                return ReadWrappedList(value, reader.ReadBytes(), depth);
            default:
                throw new InvalidDataException($"proto: no wire form for {value.GoType}");
        }
    }

    private static JsonValue Varint(ValueKind kind, ulong number) => kind switch
    {
        ValueKind.Boolean => JsonValue.Create(number != 0),
        ValueKind.Int32 => JsonValue.Create((long)(int)number),
        ValueKind.UInt32 => JsonValue.Create((long)(uint)number),
        ValueKind.UInt64 => JsonValue.Create(number),
        _ => JsonValue.Create((long)number),
    };

    private static JsonValue? ReadTime(ReadOnlySpan<byte> message, bool micro)
    {
        long seconds = 0;
        long nanoseconds = 0;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    seconds = (long)reader.ReadVarint();
                    break;
                case 2:
                    nanoseconds = (int)reader.ReadVarint();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        Int128 ticks = ((Int128)seconds * TimeSpan.TicksPerSecond) + DateTime.UnixEpoch.Ticks;
        ticks += micro ? nanoseconds / 1000 * TimeSpan.TicksPerMicrosecond : 0;
        return message.Length == 0 || ticks <= 0 ? null
            : JsonValue.Create(GoTime.Format((long)Int128.Min(ticks, DateTime.MaxValue.Ticks), micro));
    }

    private static JsonValue ReadQuantity(ReadOnlySpan<byte> message)
    {
        string text = Encoding.UTF8.GetString(FirstBytes(message)).Trim();
        return text.Length == 0 ? JsonValue.Create("0")
            : Quantity.TryParse(text, out Quantity quantity) is { } error ? throw new InvalidDataException(error)
            : JsonValue.Create(quantity.ToString());
    }

    private static JsonValue ReadIntOrString(ReadOnlySpan<byte> message)
    {
        bool isText = false;
        int number = 0;
        string text = "";
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Number)
            {
                case 1:
                    isText = reader.ReadVarint() == 1;
                    break;
                case 2:
                    number = (int)reader.ReadVarint();
                    break;
                case 3:
                    text = Encoding.UTF8.GetString(reader.ReadBytes());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return isText ? JsonValue.Create(text) : JsonValue.Create((long)number);
    }

    private static JsonNode? ReadSchemaOr(ValueSchema value, ReadOnlySpan<byte> message, int depth)
    {
        TypeSchema type = value.Registry.Type("apiextensions.v1.JSONSchemaProps");
        JsonNode? schema = null;
        JsonArray? list = null;
        bool allows = false;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            // OrArray {1: schema, 2: schemas}, OrBool {1: allows, 2: schema}, OrStringArray {1: schema, 2: properties}.
            if (reader.Number == 1 && value.Kind == ValueKind.SchemaOrBool)
            {
                allows = reader.ReadVarint() != 0;
            }
            else if (reader.Number == 2 && value.Kind == ValueKind.SchemaOrStringArray)
            {
                (list ??= []).Add((JsonNode)Encoding.UTF8.GetString(reader.ReadBytes()));
            }
            else if (reader.Number is 1 or 2)
            {
                bool element = reader.Number == 2 && value.Kind == ValueKind.SchemaOrArray;
                JsonNode?[] values = new JsonNode?[type.Fields.Count];
                ReadFields(type, reader.ReadBytes(), values, depth);
                JsonObject read = CanonicalObject.Build(type, values);
                if (element)
                {
                    (list ??= []).Add((JsonNode)read);
                }
                else
                {
                    schema = read;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return value.Kind == ValueKind.SchemaOrBool ? schema ?? allows : list ?? schema;
    }

    private static JsonNode? ReadRaw(SchemaRegistry registry, ReadOnlySpan<byte> raw)
    {
        if (raw.Length == 0)
        {
            return null;
        }

        if (raw.StartsWith(Magic))
        {
            DecodeResult inner = Decode(registry, raw);
            return inner.Value ?? throw new InvalidDataException(inner.Error);
        }

        return UntypedJson.Parse(raw);
    }

    private static ReadOnlySpan<byte> FirstBytes(ReadOnlySpan<byte> message)
    {
        ReadOnlySpan<byte> first = [];
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                first = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }

        return first;
    }

    private static ulong FirstVarint(ReadOnlySpan<byte> message)
    {
        ulong first = 0;
        ProtobufReader reader = new(message);
        while (reader.Next())
        {
            if (reader.Number == 1)
            {
                first = reader.ReadVarint();
            }
            else
            {
                reader.Skip();
            }
        }

        return first;
    }
}
