using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>Go's rules for which fields of a struct JSON shows, and in which order.</summary>
internal static class CanonicalObject
{
    /// <summary>Builds the object of a struct from its fields' values; null stands for Go's nil and for absence.</summary>
    public static JsonObject Build(TypeSchema type, ReadOnlySpan<JsonNode?> values)
    {
        JsonObject result = [];
        IReadOnlyList<FieldSchema> fields = type.Fields;
        for (int i = 0; i < fields.Count; i++)
        {
            FieldSchema field = fields[i];
            JsonNode? value = values[i];
            if (value is null)
            {
                if (Absent(field))
                {
                    continue;
                }

                value = Zero(field.Value);
            }
            else if (field.OmitEmpty && !field.Value.Pointer && IsEmpty(field.Value.Kind, value))
            {
                continue;
            }

            result.Add(field.Name, value);
        }

        return result;
    }

    /// <summary>The zero value of a struct.</summary>
    public static JsonObject Zero(TypeSchema type)
    {
        JsonObject result = [];
        foreach (FieldSchema field in type.Fields)
        {
            if (!Absent(field))
            {
                result.Add(field.Name, Zero(field.Value));
            }
        }

        return result;
    }

    /// <summary>
    /// Puts a value where Go's field order wants it, or replaces what is there. Defaults go in this way.
    /// </summary>
    public static void Set(JsonObject target, TypeSchema type, string name, JsonNode? value)
    {
        if (target.ContainsKey(name))
        {
            target[name] = value;
            return;
        }

        FieldSchema field = type.Field(name) ?? throw new ArgumentException($"{type.Name} has no field {name}", nameof(name));
        int at = 0;
        foreach ((string present, _) in target)
        {
            if (type.Field(present) is { } other && other.Index > field.Index)
            {
                break;
            }

            at++;
        }

        target.Insert(at, name, value);
    }

    private static bool Absent(FieldSchema field) => field.OmitZero || (field.OmitEmpty && (field.Value.Pointer || field.Value.Kind is not
        (ValueKind.Struct or ValueKind.Time or ValueKind.MicroTime or ValueKind.Duration or ValueKind.Quantity or ValueKind.IntOrString or ValueKind.Raw)))
        || (field.OmitEmpty && field.Value.Kind == ValueKind.Raw && field.Value.TypeName == "any");

    private static JsonNode? Zero(ValueSchema value) => value.Pointer ? null : value.Kind switch
    {
        ValueKind.String => JsonValue.Create(""),
        ValueKind.Boolean => JsonValue.Create(false),
        ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64 or ValueKind.Double or ValueKind.IntOrString => JsonValue.Create(0L),
        ValueKind.Duration => JsonValue.Create("0s"),
        ValueKind.Quantity => JsonValue.Create("0"),
        ValueKind.Struct => Zero(value.Struct),
        ValueKind.SchemaOrBool => JsonValue.Create(false),
        _ => null,
    };

    private static bool IsEmpty(ValueKind kind, JsonNode value) => kind switch
    {
        ValueKind.List => value is JsonArray { Count: 0 },
        ValueKind.Map => value is JsonObject { Count: 0 },
        ValueKind.String or ValueKind.Bytes => value is JsonValue text && text.TryGetValue(out string? s) && s.Length == 0,
        ValueKind.Boolean => value is JsonValue flag && flag.TryGetValue(out bool b) && !b,
        ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 => JsonValues.TryInteger(value, out long n) && n == 0,
        ValueKind.UInt64 => value is JsonValue unsigned && unsigned.TryGetValue(out ulong u) && u == 0,
        ValueKind.Double => value is JsonValue real && real.TryGetValue(out double d) && d == 0,
        _ => false,
    };
}
