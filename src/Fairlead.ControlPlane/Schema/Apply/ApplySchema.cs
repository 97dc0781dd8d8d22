using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>What a value is to server-side apply.</summary>
internal enum ApplyKind : byte
{
    String,
    Number,
    Boolean,

    /// <summary>Any scalar: quantities, int-or-string.</summary>
    Scalar,
    List,
    Map,

    /// <summary>Unknown; maps merge by key, lists change as a whole.</summary>
    Any,

    /// <summary>Unknown and owned as a whole.</summary>
    AtomicAny,
}

/// <summary>
/// How a value is owned and merged: which lists are sets or keyed by fields, which maps and structs change owners as a whole.
/// Built-in types give it from the table, custom ones from their schema.
/// </summary>
internal sealed class ApplySchema
{
    private static readonly ApplySchema _string = new() { Kind = ApplyKind.String };
    private static readonly ApplySchema _number = new() { Kind = ApplyKind.Number };
    private static readonly ApplySchema _boolean = new() { Kind = ApplyKind.Boolean };
    private static readonly ApplySchema _scalar = new() { Kind = ApplyKind.Scalar };
    private static readonly ConcurrentDictionary<TypeSchema, ApplySchema> _types = new();
    private static readonly ConditionalWeakTable<JsonObject, ApplySchema> _custom = [];

    private readonly ConcurrentDictionary<string, ApplySchema?> _fields = new(StringComparer.Ordinal);
    private Func<string, ApplySchema?>? _resolve;

    private ApplySchema()
    {
    }

    /// <summary>Merges maps of anything by key.</summary>
    public static ApplySchema Any { get; } = new() { Kind = ApplyKind.Any };

    /// <summary>Owned as a whole, whatever it is.</summary>
    public static ApplySchema AtomicAny { get; } = new() { Kind = ApplyKind.AtomicAny };

    public required ApplyKind Kind { get; init; }

    /// <summary>Owned as a whole.</summary>
    public bool Atomic { get; init; }

    /// <summary>Names of the fields that identify an item; empty for a set of scalars.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Values of key fields that items may leave out.</summary>
    public IReadOnlyDictionary<string, JsonNode> KeyDefaults { get; init; } = new Dictionary<string, JsonNode>();

    /// <summary>Items of a list, values of a map without declared fields. Null where a map holds declared fields only.</summary>
    public ApplySchema? Element { get; private set; }

    /// <summary>The schema of a declared field, or null.</summary>
    public ApplySchema? Field(string name) => Kind == ApplyKind.Any ? null : _resolve is null ? null : _fields.GetOrAdd(name, _resolve);

    /// <summary>The schema of a built-in type.</summary>
    public static ApplySchema Of(TypeSchema type) => _types.GetOrAdd(type, static t => Struct(t, false));

    /// <summary>The schema that fits a value: unknown ones are what the value is.</summary>
    public ApplyShape Shape(JsonNode? value) => Kind switch
    {
        ApplyKind.List => ApplyShape.List,
        ApplyKind.Map => ApplyShape.Map,
        ApplyKind.Any or ApplyKind.AtomicAny => value switch
        {
            JsonArray => ApplyShape.List,
            JsonValue => ApplyShape.Scalar,
            _ => ApplyShape.Map,
        },
        _ => ApplyShape.Scalar,
    };

    /// <summary>A list or map of this schema changes as a whole.</summary>
    public bool IsAtomic(ApplyShape shape) => Kind switch
    {
        ApplyKind.AtomicAny => true,
        ApplyKind.Any => shape == ApplyShape.List,
        _ => Atomic,
    };

    /// <summary>The schema of a map's value.</summary>
    public ApplySchema? Value(string name) => Kind switch
    {
        ApplyKind.Any => Any,
        ApplyKind.AtomicAny => AtomicAny,
        _ => Field(name) ?? Element,
    };

    /// <summary>The schema of a list's items.</summary>
    public ApplySchema Item => Kind is ApplyKind.Any or ApplyKind.AtomicAny ? AtomicAny : Element!;

    /// <summary>
    /// The schema of a custom resource: <c>x-kubernetes-list-type</c>, <c>-list-map-keys</c> and <c>-map-type</c> say how values merge.
    /// </summary>
    /// <param name="openApiSchema">The version's schema, which must not change; the result is kept as long as it lives.</param>
    public static ApplySchema OfCustom(JsonObject? openApiSchema) =>
        openApiSchema is null ? BuildCustom(null) : _custom.GetValue(openApiSchema, BuildCustom);

    private static ApplySchema BuildCustom(JsonObject? openApiSchema)
    {
        ApplySchema metadata = Of(SchemaRegistry.Default.Type("meta.v1.ObjectMeta"));
        ApplySchema root = Custom(openApiSchema);
        Func<string, ApplySchema?>? inner = root._resolve;
        return new ApplySchema
        {
            Kind = ApplyKind.Map,
            Element = inner is null || root.Kind != ApplyKind.Map ? Any : root.Element,
            _resolve = name => name switch
            {
                "apiVersion" or "kind" => _string,
                "metadata" => metadata,
                _ => root.Kind == ApplyKind.Map ? inner?.Invoke(name) : null,
            },
        };
    }

    private static ApplySchema Struct(TypeSchema type, bool atomic) => new()
    {
        Kind = ApplyKind.Map,
        Atomic = atomic || type.Atomic,
        _resolve = name => type.Field(name) is { } field ? Of(type, field) : null,
    };

    private static ApplySchema Of(TypeSchema type, FieldSchema field)
    {
        if (type.Name == "apps.v1.ControllerRevision" && field.Name == "data")
        {
            return AtomicAny;
        }

        return Of(field.Value, field);
    }

    private static ApplySchema Of(ValueSchema value, FieldSchema? field)
    {
        switch (value.Kind)
        {
            case ValueKind.String or ValueKind.Bytes or ValueKind.Time or ValueKind.MicroTime or ValueKind.Duration:
                return _string;
            case ValueKind.Boolean:
                return _boolean;
            case ValueKind.Int32 or ValueKind.Int64 or ValueKind.UInt32 or ValueKind.UInt64 or ValueKind.Double:
                return _number;
            case ValueKind.Quantity or ValueKind.IntOrString:
                return _scalar;
            case ValueKind.Struct:
                return field is { Atomic: true } && !value.Struct.Atomic ? Struct(value.Struct, true) : Of(value.Struct);
            case ValueKind.Map:
                return new ApplySchema { Kind = ApplyKind.Map, Atomic = field is { Atomic: true }, Element = Of(value.Element!, null) };
            case ValueKind.List:
                (bool atomic, IReadOnlyList<string> keys) = field switch
                {
                    { ListType: ListType.Map } => (false, field.ListMapKeys),
                    { ListType: ListType.Set } => (false, []),
                    { ListType: ListType.None, PatchMerge: true } => (false, field.MergeKey is null ? [] : [field.MergeKey]),
                    _ => (true, (IReadOnlyList<string>)[]),
                };
                return new ApplySchema { Kind = ApplyKind.List, Atomic = atomic, Keys = keys, KeyDefaults = Defaults(value.Element!, keys), Element = Of(value.Element!, null) };
            default:
                return value.TypeName == "RawExtension" ? Any : AtomicAny;
        }
    }

    private static Dictionary<string, JsonNode> Defaults(ValueSchema element, IReadOnlyList<string> keys)
    {
        Dictionary<string, JsonNode> defaults = new(StringComparer.Ordinal);
        if (element.Kind == ValueKind.Struct)
        {
            foreach (string key in keys)
            {
                FieldSchema? field = element.Struct.Field(key);
                if (field?.Default is { } json)
                {
                    defaults[key] = JsonNode.Parse(json)!;
                }
                else if (field is { OmitEmpty: false, Value: { Kind: ValueKind.String, Pointer: false } })
                {
                    // The schema gives fields that are always written their zero value as default.
                    defaults[key] = JsonValue.Create("");
                }
                else if (field is { OmitEmpty: false, Value: { Kind: ValueKind.Int32 or ValueKind.Int64, Pointer: false } })
                {
                    defaults[key] = JsonValue.Create(0L);
                }
            }
        }

        return defaults;
    }

    private static ApplySchema Custom(JsonObject? schema)
    {
        if (schema is null)
        {
            return Any;
        }

        bool preserve = schema["x-kubernetes-preserve-unknown-fields"] is JsonValue flag && flag.TryGetValue(out bool kept) && kept;
        if (schema["x-kubernetes-int-or-string"] is JsonValue union && union.TryGetValue(out bool either) && either)
        {
            return _scalar;
        }

        switch (JsonValues.Text(schema["type"]))
        {
            case "string":
                return _string;
            case "integer" or "number":
                return _number;
            case "boolean":
                return _boolean;
            case "array":
                string? listType = JsonValues.Text(schema["x-kubernetes-list-type"]);
                IReadOnlyList<string> keys = listType == "map" && schema["x-kubernetes-list-map-keys"] is JsonArray names
                    ? [.. names.Select(static n => JsonValues.Text(n) ?? "")]
                    : [];
                JsonObject? items = schema["items"] as JsonObject;
                Dictionary<string, JsonNode> defaults = new(StringComparer.Ordinal);
                foreach (string key in keys)
                {
                    if (items?["properties"]?[key]?["default"] is { } value)
                    {
                        defaults[key] = value;
                    }
                }

                return new ApplySchema { Kind = ApplyKind.List, Atomic = listType is not ("set" or "map"), Keys = keys, KeyDefaults = defaults, Element = Custom(items) };
            case "object" or null when schema["properties"] is JsonObject properties:
                return new ApplySchema
                {
                    Kind = ApplyKind.Map,
                    Atomic = JsonValues.Text(schema["x-kubernetes-map-type"]) == "atomic",
                    Element = preserve ? Any : schema["additionalProperties"] is JsonObject more ? Custom(more) : null,
                    _resolve = name => properties[name] is JsonObject property ? Custom(property) : null,
                };
            case "object" when schema["additionalProperties"] is JsonObject values:
                return new ApplySchema { Kind = ApplyKind.Map, Atomic = JsonValues.Text(schema["x-kubernetes-map-type"]) == "atomic", Element = Custom(values) };
            default:
                return JsonValues.Text(schema["x-kubernetes-map-type"]) == "atomic" ? AtomicAny : Any;
        }
    }
}

/// <summary>What a value turned out to be.</summary>
internal enum ApplyShape : byte
{
    Scalar,
    List,
    Map,
}
