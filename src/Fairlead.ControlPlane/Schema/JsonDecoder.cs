using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// Reads a JSON body as a type of the table, with the tolerance, the errors and the order of Go's decoder
/// (sigs.k8s.io/json: case-sensitive names, the first type error wins, unknown and duplicate fields are noted).
/// </summary>
internal ref struct JsonDecoder
{
    /// <summary>Deeper bodies are refused; the deepest real ones, schemas of CRDs, stay under 150.</summary>
    public const int MaxDepth = 512;

    private const int MaxStrictErrors = 100;

    private readonly List<Frame> _path;
    private List<string>? _strict;
    private string? _typeError;
    private string? _fatal;
    private Utf8JsonReader _reader;

    private JsonDecoder(ReadOnlySpan<byte> json)
    {
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        _path = new List<Frame>(16);
    }

    /// <summary>Decodes one object.</summary>
    public static DecodeResult Decode(TypeSchema type, ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        }

        JsonDecoder decoder = new(json);
        try
        {
            decoder._reader.Read();
            JsonObject? value = decoder.ReadRoot(type);
            string? error = decoder._fatal ?? decoder._typeError;
            if (error is null && decoder._reader.Read())
            {
                error = "invalid character after top-level value";
            }

            return error is null
                ? new DecodeResult { Value = value, StrictErrors = decoder._strict ?? (IReadOnlyList<string>)[] }
                : new DecodeResult { Error = error };
        }
        catch (JsonException malformed)
        {
            return new DecodeResult { Error = JsonSyntax.Explain(json) ?? malformed.Message };
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader refuses lone surrogates only when the string is taken.
            return new DecodeResult { Error = "invalid surrogate in a string" };
        }
    }

    /// <summary>Brings an object that was built or patched into canonical form.</summary>
    public static DecodeResult Decode(TypeSchema type, JsonNode? node)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            if (node is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                node.WriteTo(writer);
            }
        }

        return Decode(type, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private JsonObject? ReadRoot(TypeSchema type)
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            return ReadStruct(type);
        }

        if (_reader.TokenType != JsonTokenType.Null)
        {
            TypeError(TokenName(), $"{type.Package.GoName}.{type.GoName}");
        }

        _reader.Skip();
        return CanonicalObject.Zero(type);
    }

    private JsonNode? Read(ValueSchema value)
    {
        JsonTokenType token = _reader.TokenType;
        if (token == JsonTokenType.Null)
        {
            return null;
        }

        switch (value.Kind)
        {
            case ValueKind.String:
                return token == JsonTokenType.String ? JsonValue.Create(_reader.GetString()) : Mismatch(value);
            case ValueKind.Boolean:
                return token is JsonTokenType.True or JsonTokenType.False ? JsonValue.Create(token == JsonTokenType.True) : Mismatch(value);
            case ValueKind.Int32:
                return token == JsonTokenType.Number && IsInteger() && _reader.TryGetInt32(out int small) ? JsonValue.Create((long)small) : Mismatch(value);
            case ValueKind.Int64:
                return token == JsonTokenType.Number && IsInteger() && _reader.TryGetInt64(out long large) ? JsonValue.Create(large) : Mismatch(value);
            case ValueKind.UInt32:
                return token == JsonTokenType.Number && IsInteger() && _reader.TryGetUInt32(out uint unsigned) ? JsonValue.Create((long)unsigned) : Mismatch(value);
            case ValueKind.UInt64:
                return token == JsonTokenType.Number && IsInteger() && _reader.TryGetUInt64(out ulong huge) ? JsonValue.Create(huge) : Mismatch(value);
            case ValueKind.Double:
                return token == JsonTokenType.Number ? ReadDouble(value) : Mismatch(value);
            case ValueKind.Bytes:
                return token == JsonTokenType.String ? ReadBytes() : Mismatch(value);
            case ValueKind.Time:
            case ValueKind.MicroTime:
                return ReadTime(value.Kind == ValueKind.MicroTime);
            case ValueKind.Duration:
                return ReadDuration();
            case ValueKind.Quantity:
                return ReadQuantity();
            case ValueKind.IntOrString:
                return ReadIntOrString();
            case ValueKind.Raw:
                return ReadRaw();
            case ValueKind.SchemaOrArray:
            case ValueKind.SchemaOrBool:
            case ValueKind.SchemaOrStringArray:
                return ReadSchemaOr(value);
            case ValueKind.Struct:
                return token == JsonTokenType.StartObject ? ReadStruct(value.Struct) : Mismatch(value);
            case ValueKind.Map:
                return token == JsonTokenType.StartObject ? ReadMap(value.Element!) : Mismatch(value);
            case ValueKind.List:
                return token == JsonTokenType.StartArray ? ReadList(value.Element!) : Mismatch(value);
            default:
                throw new InvalidOperationException($"no decoder for {value.Kind}");
        }
    }

    private JsonObject ReadStruct(TypeSchema type)
    {
        JsonNode?[] values = new JsonNode?[type.Fields.Count];
        UInt128 seen = 0;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            FieldSchema? field = type.Field(ref _reader);
            if (field is null)
            {
                StrictError("unknown field", _reader.GetString()!);
                _reader.Read();
                _reader.Skip();
                continue;
            }

            UInt128 bit = UInt128.One << field.Index;
            if ((seen & bit) != 0)
            {
                StrictError("duplicate field", field.Name);
            }

            seen |= bit;
            _path.Add(new Frame(type, field, null, 0));
            _reader.Read();
            JsonNode? value = Read(field.Value);
            if (value is not null || !field.Value.IsScalar)
            {
                values[field.Index] = value;
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return CanonicalObject.Build(type, values);
    }

    private JsonObject ReadMap(ValueSchema element)
    {
        List<KeyValuePair<string, JsonNode?>> entries = [];
        HashSet<string>? seen = null;
        bool sorted = true;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = _reader.GetString()!;
            if (entries.Count > 0 && sorted && string.CompareOrdinal(entries[^1].Key, key) >= 0)
            {
                sorted = false;
                seen = [.. entries.Select(static e => e.Key)];
            }

            bool duplicate = seen is not null && !seen.Add(key);
            if (duplicate)
            {
                StrictError("duplicate field", key);
                entries.RemoveAt(entries.FindIndex(e => e.Key == key));
            }

            _path.Add(new Frame(null, null, key, 0));
            _reader.Read();
            entries.Add(new(key, Read(element) ?? NullElement(element)));
            _path.RemoveAt(_path.Count - 1);
        }

        if (!sorted)
        {
            entries.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        }

        return new JsonObject(entries);
    }

    private JsonArray ReadList(ValueSchema element)
    {
        JsonArray result = [];
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            _path.Add(new Frame(null, null, null, result.Count));
            result.Add(Read(element) ?? NullElement(element));
            _path.RemoveAt(_path.Count - 1);
        }

        return result;
    }

    /// <summary>null inside a list or map leaves Go's zero value there.</summary>
    private static JsonNode? NullElement(ValueSchema element) => element.Pointer ? null : element.Kind switch
    {
        ValueKind.String => JsonValue.Create(""),
        ValueKind.Boolean => JsonValue.Create(false),
        ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64 or ValueKind.Double or ValueKind.IntOrString => JsonValue.Create(0L),
        ValueKind.Quantity => JsonValue.Create("0"),
        ValueKind.Duration => JsonValue.Create("0s"),
        ValueKind.Struct => CanonicalObject.Zero(element.Struct),
        _ => null,
    };

    private JsonNode? ReadDouble(ValueSchema value)
    {
        if (_reader.TryGetDouble(out double number) && double.IsFinite(number))
        {
            return JsonValue.Create(number);
        }

        return Mismatch(value);
    }

    private JsonValue? ReadBytes()
    {
        string text = _reader.GetString()!;
        int bad = InvalidBase64(text);
        if (bad >= 0)
        {
            _typeError ??= $"illegal base64 data at input byte {bad}";
            return null;
        }

        return JsonValue.Create(text.AsSpan().ContainsAny('\r', '\n') ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text);
    }

    /// <summary>The offset that Go's decoder complains of, or -1. Line breaks inside are skipped.</summary>
    internal static int InvalidBase64(string text)
    {
        if (Base64.IsValid(text) && !text.AsSpan().ContainsAny(' ', '\t'))
        {
            return -1;
        }

        int symbols = 0;
        int padding = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is '\r' or '\n')
            {
                continue;
            }

            if (c == '=')
            {
                if (symbols % 4 < 2 || ++padding > 2)
                {
                    return i;
                }
            }
            else if (padding > 0 || !(char.IsAsciiLetterOrDigit(c) || c is '+' or '/'))
            {
                return i;
            }

            symbols++;
        }

        return symbols % 4 == 0 ? -1 : text.Length - (symbols % 4 == 1 ? 1 : 0);
    }

    private JsonValue? ReadTime(bool micro)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            return Fatal(Unmarshal("string"));
        }

        string? error = GoTime.Normalize(_reader.GetString()!, micro, out string? result);
        return error is not null ? Fatal(error) : result is null ? null : JsonValue.Create(result);
    }

    private JsonValue? ReadDuration()
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            return Fatal(Unmarshal("string"));
        }

        string? error = GoTime.ParseDuration(_reader.GetString()!, out long nanoseconds);
        return error is not null ? Fatal(error) : JsonValue.Create(GoTime.FormatDuration(nanoseconds));
    }

    private JsonValue? ReadQuantity()
    {
        string text;
        switch (_reader.TokenType)
        {
            case JsonTokenType.String:
                text = _reader.GetString()!.Trim();
                break;
            case JsonTokenType.Number:
                text = Encoding.UTF8.GetString(_reader.ValueSpan);
                break;
            default:
                return Fatal(Quantity.FormatError);
        }

        return Quantity.TryParse(text, out Quantity quantity) is { } error ? Fatal(error) : JsonValue.Create(quantity.ToString());
    }

    private JsonValue? ReadIntOrString() => _reader.TokenType switch
    {
        JsonTokenType.String => JsonValue.Create(_reader.GetString()),
        JsonTokenType.Number when IsInteger() && _reader.TryGetInt32(out int number) => JsonValue.Create((long)number),
        _ => Fatal(Unmarshal("int32")),
    };

    private JsonNode? ReadSchemaOr(ValueSchema value)
    {
        ValueSchema schema = value.Registry.Value(value.Registry.Type("apiextensions.v1.JSONSchemaProps").Package, "JSONSchemaProps");
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadStruct(schema.Struct);
            case JsonTokenType.StartArray when value.Kind == ValueKind.SchemaOrArray:
                return ReadList(schema);
            case JsonTokenType.StartArray when value.Kind == ValueKind.SchemaOrStringArray:
                return ReadList(new ValueSchema { Kind = ValueKind.String, GoType = "string", Registry = value.Registry });
            case JsonTokenType.True or JsonTokenType.False when value.Kind == ValueKind.SchemaOrBool:
                return JsonValue.Create(_reader.TokenType == JsonTokenType.True);
            default:
                return Fatal(value.Kind == ValueKind.SchemaOrBool ? "boolean or JSON schema expected" : Unmarshal("v1.JSONSchemaProps"));
        }
    }

    private JsonNode? ReadRaw()
    {
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                JsonObject result = [];
                while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
                {
                    string key = _reader.GetString()!;
                    _reader.Read();
                    result[key] = ReadRaw();
                }

                return result;
            case JsonTokenType.StartArray:
                JsonArray list = [];
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(ReadRaw());
                }

                return list;
            default:
                return RawScalar(ref _reader);
        }
    }

    /// <summary>A scalar of unknown type: whole numbers stay whole, as Go's decoder keeps them for untyped values.</summary>
    internal static JsonValue? RawScalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => JsonValue.Create(reader.GetString()),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        JsonTokenType.Number => reader.TryGetInt64(out long whole) ? JsonValue.Create(whole) : JsonValue.Create(reader.GetDouble()),
        _ => null,
    };

    private readonly bool IsInteger() => !_reader.ValueSpan.ContainsAny((byte)'.', (byte)'e', (byte)'E');

    private JsonNode? Mismatch(ValueSchema value)
    {
        string token = TokenName();
        if (token == "number" && value.Kind is ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64 or ValueKind.Double)
        {
            token = "number " + Encoding.UTF8.GetString(_reader.ValueSpan);
        }

        TypeError(token, value.GoType);
        _reader.Skip();
        return null;
    }

    private readonly string TokenName() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.Number => "number",
        _ => "bool",
    };

    private string Unmarshal(string goType)
    {
        string token = TokenName();
        if (token == "number" && goType == "int32")
        {
            token += " " + Encoding.UTF8.GetString(_reader.ValueSpan);
        }

        return $"json: cannot unmarshal {token} into Go value of type {goType}";
    }

    /// <summary>An error of a type's own parser ends Go's decoding at once, whatever was noted before.</summary>
    private JsonValue? Fatal(string error)
    {
        _fatal ??= error;
        _reader.Skip();
        return null;
    }

    private void TypeError(string token, string goType)
    {
        if (_typeError is not null)
        {
            return;
        }

        TypeSchema? innermost = null;
        StringBuilder fields = new();
        foreach (Frame frame in _path)
        {
            if (frame.Field is null)
            {
                continue;
            }

            innermost = frame.Struct;
            fields.Append('.');
            FieldSchema field = frame.Field;
            for (TypeSchema outer = frame.Struct!; field.Inline >= 0;)
            {
                InlineStruct inline = outer.Inlines[field.Inline];
                fields.Append(inline.Type.GoName).Append('.');
                field = inline.Type.Fields[field.Index - inline.FirstField];
                outer = inline.Type;
            }

            fields.Append(frame.Field.Name);
        }

        _typeError = innermost is null
            ? $"json: cannot unmarshal {token} into Go value of type {goType}"
            : $"json: cannot unmarshal {token} into Go struct field {innermost.GoName}{fields} of type {goType}";
    }

    private void StrictError(string what, string name)
    {
        _strict ??= [];
        if (_strict.Count >= MaxStrictErrors)
        {
            return;
        }

        StringBuilder path = new();
        foreach (Frame frame in _path)
        {
            if (frame.Field is null && frame.Key is null)
            {
                path.Append(CultureInfo.InvariantCulture, $"[{frame.Index}]");
            }
            else
            {
                path.Append(path.Length > 0 ? "." : "").Append(frame.Field?.Name ?? frame.Key);
            }
        }

        path.Append(path.Length > 0 ? "." : "").Append(name);
        string error = $"{what} {GoText.Quote(path.ToString())}";
        if (!_strict.Contains(error))
        {
            _strict.Add(error);
        }
    }

    private readonly record struct Frame(TypeSchema? Struct, FieldSchema? Field, string? Key, int Index);
}
