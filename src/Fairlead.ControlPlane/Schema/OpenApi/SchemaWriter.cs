using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>The component schemas of a document: those that its paths name, and all that these refer to.</summary>
internal sealed class SchemaWriter(SchemaRegistry registry, Utf8JsonWriter writer)
{
    public const string Prefix = "#/components/schemas/";
    public const string Status = Meta + "Status";
    public const string DeleteOptions = Meta + "DeleteOptions";
    public const string Patch = Meta + "Patch";

    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    private const string ApiExtensions = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.";
    private const string KindText = "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
    private const string ApiVersionText = "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";

    private readonly Queue<TypeSchema> _queue = new();
    private readonly HashSet<string> _queued = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _special = new(StringComparer.Ordinal);

    /// <summary>The component's name for a type, which is then written with the others.</summary>
    public string Reference(TypeSchema type)
    {
        if (_queued.Add(type.Name))
        {
            _queue.Enqueue(type);
        }

        return type.OpenApiName;
    }

    /// <summary>The component's name for a resource's kind; null when nothing describes it.</summary>
    public string Reference(OpenApiGroupVersion groupVersion, OpenApiResource resource) =>
        resource.CustomSchema is null && registry.Find(groupVersion.ApiVersion, resource.Kind) is { } type ? Reference(type) : CustomName(groupVersion, resource.Kind);

    /// <summary>The component's name for a resource's lists.</summary>
    public string ListReference(OpenApiGroupVersion groupVersion, OpenApiResource resource) =>
        resource.CustomSchema is null && registry.Find(groupVersion.ApiVersion, resource.ListKind) is { } type ? Reference(type) : CustomName(groupVersion, resource.ListKind);

    /// <summary>Writes all schemas; the paths must have been written before.</summary>
    public void Write(OpenApiGroupVersion groupVersion)
    {
        writer.WriteStartObject("schemas");
        Reference(registry.Type("meta.v1.Status"));
        Reference(registry.Type("meta.v1.DeleteOptions"));
        _special.Add(Patch);
        foreach (OpenApiResource resource in groupVersion.Resources)
        {
            if (resource.CustomSchema is not null)
            {
                WriteCustom(groupVersion, resource, resource.CustomSchema);
            }
            else if (registry.Find(groupVersion.ApiVersion, resource.Kind) is null)
            {
                WriteCustom(groupVersion, resource, new JsonObject { ["type"] = "object" });
            }
        }

        while (_queue.TryDequeue(out TypeSchema? type))
        {
            WriteType(type);
        }

        foreach (string special in _special)
        {
            WriteSpecial(special);
        }

        writer.WriteEndObject();
    }

    /// <summary>com.example.v1.Kind of the group example.com.</summary>
    private static string CustomName(OpenApiGroupVersion groupVersion, string kind) =>
        string.Join('.', groupVersion.Group.Split('.').AsEnumerable().Reverse().Append(groupVersion.Version).Append(kind).Where(static part => part.Length > 0));

    private void WriteType(TypeSchema type)
    {
        Dictionary<string, string> docs = SchemaDocs.Default.Read(type.Name);
        writer.WriteStartObject(type.OpenApiName);
        if (docs.TryGetValue(".", out string? description))
        {
            writer.WriteString("description", description);
        }

        writer.WriteString("type", "object");
        List<string> required = [];
        if (type.Fields.Count > 0)
        {
            writer.WriteStartObject("properties");
            foreach (FieldSchema field in type.Fields)
            {
                if (field.Required)
                {
                    required.Add(field.Name);
                }

                WriteField(field, Text(type, docs, field));
            }

            writer.WriteEndObject();
        }

        if (required.Count > 0)
        {
            Strings("required", required);
        }

        if (type.Atomic)
        {
            writer.WriteString("x-kubernetes-map-type", "atomic");
        }

        if (type.IsKind)
        {
            writer.WriteStartArray("x-kubernetes-group-version-kind");
            foreach (string apiVersion in type.Package.Alias == "meta.v1" ? EveryGroup() : [type.ApiVersion])
            {
                int slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
                writer.WriteStartObject();
                writer.WriteString("group", slash < 0 ? "" : apiVersion[..slash]);
                writer.WriteString("kind", type.GoName);
                writer.WriteString("version", apiVersion[(slash + 1)..]);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Status and options belong to every group.</summary>
    private IEnumerable<string> EveryGroup() => registry.Kinds.Select(static k => k.ApiVersion).Where(static v => v != "meta.k8s.io/v1").Distinct().Order(StringComparer.Ordinal);

    private static string? Text(TypeSchema type, Dictionary<string, string> docs, FieldSchema field)
    {
        if (field.Number == 0 && type.IsKind && field.Name is "kind" or "apiVersion")
        {
            return field.Name == "kind" ? KindText : ApiVersionText;
        }

        if (field.Inline >= 0)
        {
            InlineStruct inline = type.Inlines[field.Inline];
            return Text(inline.Type, SchemaDocs.Default.Read(inline.Type.Name), inline.Type.Fields[field.Index - inline.FirstField]);
        }

        return docs.GetValueOrDefault(field.Name);
    }

    private void WriteField(FieldSchema field, string? description)
    {
        writer.WriteStartObject(field.Name);
        string? text = description;
        if (field.Value.Enum is { Count: > 0 } members)
        {
            text = WithMembers(description, field.Value, members);
        }

        if (!string.IsNullOrEmpty(text))
        {
            writer.WriteString("description", text);
        }

        WriteValue(field.Value, field.Default, field.Required || !field.OmitEmpty);
        switch (field.ListType)
        {
            case ListType.Map:
                Strings("x-kubernetes-list-map-keys", field.ListMapKeys);
                writer.WriteString("x-kubernetes-list-type", "map");
                break;
            case ListType.Set:
                writer.WriteString("x-kubernetes-list-type", "set");
                break;
            case ListType.Atomic:
                writer.WriteString("x-kubernetes-list-type", "atomic");
                break;
        }

        if (field.Atomic)
        {
            writer.WriteString("x-kubernetes-map-type", "atomic");
        }

        if (field.MergeKey is not null)
        {
            writer.WriteString("x-kubernetes-patch-merge-key", field.MergeKey);
        }

        string strategy = string.Join(',', new[] { field.PatchMerge ? "merge" : null, field.PatchReplace ? "replace" : null, field.RetainKeys ? "retainKeys" : null }.Where(static s => s is not null));
        if (strategy.Length > 0)
        {
            writer.WriteString("x-kubernetes-patch-strategy", strategy);
        }

        writer.WriteEndObject();
    }

    private static string WithMembers(string? description, ValueSchema value, IReadOnlyList<string> members)
    {
        Dictionary<string, string> docs = SchemaDocs.Default.Read(value.TypeName!);
        StringBuilder text = new(description);
        text.Append(text.Length > 0 ? "\n\n" : "").Append("Possible enum values:");
        foreach (string member in members)
        {
            text.Append("\n - `").Append(GoText.Quote(member)).Append('`');
            if (docs.TryGetValue(member.Length == 0 ? "= \"\"" : "= " + member, out string? meaning))
            {
                text.Append(' ').Append(meaning.Replace('\n', ' '));
            }
        }

        return text.ToString();
    }

    private void WriteValue(ValueSchema value, string? defaultJson, bool showZero)
    {
        string? zero = null;
        switch (value.Kind)
        {
            case ValueKind.String:
                writer.WriteString("type", "string");
                zero = "\"\"";
                break;
            case ValueKind.Boolean:
                writer.WriteString("type", "boolean");
                zero = "false";
                break;
            case ValueKind.Int32:
            case ValueKind.Int64:
            case ValueKind.UInt32:
            case ValueKind.UInt64:
                writer.WriteString("type", "integer");
                writer.WriteString("format", value.Kind is ValueKind.Int32 or ValueKind.UInt32 ? "int32" : "int64");
                zero = "0";
                break;
            case ValueKind.Double:
                writer.WriteString("type", "number");
                writer.WriteString("format", "double");
                zero = "0";
                break;
            case ValueKind.Bytes:
                writer.WriteString("type", "string");
                writer.WriteString("format", "byte");
                break;
            case ValueKind.List:
                writer.WriteString("type", "array");
                writer.WriteStartObject("items");
                WriteValue(value.Element!, null, true);
                writer.WriteEndObject();
                break;
            case ValueKind.Map:
                writer.WriteString("type", "object");
                writer.WriteStartObject("additionalProperties");
                WriteValue(value.Element!, null, true);
                writer.WriteEndObject();
                break;
            case ValueKind.Struct:
                Reference(Reference(value.Struct), value, defaultJson);
                return;
            default:
                string name = SpecialName(value);
                _special.Add(name);
                Reference(name, value, defaultJson);
                return;
        }

        if (value.Enum is { Count: > 0 } members)
        {
            Strings("enum", members);
        }

        if (defaultJson is not null)
        {
            writer.WritePropertyName("default");
            writer.WriteRawValue(defaultJson);
        }
        else if (showZero && !value.Pointer && zero is not null)
        {
            writer.WritePropertyName("default");
            writer.WriteRawValue(zero);
        }
    }

    private void Reference(string name, ValueSchema value, string? defaultJson)
    {
        writer.WriteStartArray("allOf");
        writer.WriteStartObject();
        writer.WriteString("$ref", Prefix + name);
        writer.WriteEndObject();
        writer.WriteEndArray();
        bool emptyIsDefault = !value.Pointer && value.Kind is ValueKind.Struct or ValueKind.Raw or ValueKind.Quantity or ValueKind.IntOrString or ValueKind.Duration;
        if (defaultJson is not null || (emptyIsDefault && !value.Pointer))
        {
            writer.WritePropertyName("default");
            writer.WriteRawValue(defaultJson ?? (value.Kind is ValueKind.Duration ? "0" : "{}"));
        }
    }

    private static string SpecialName(ValueSchema value) => value.Kind switch
    {
        ValueKind.Time => Meta + "Time",
        ValueKind.MicroTime => Meta + "MicroTime",
        ValueKind.Duration => Meta + "Duration",
        ValueKind.Quantity => "io.k8s.apimachinery.pkg.api.resource.Quantity",
        ValueKind.IntOrString => "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        ValueKind.SchemaOrArray => ApiExtensions + "JSONSchemaPropsOrArray",
        ValueKind.SchemaOrBool => ApiExtensions + "JSONSchemaPropsOrBool",
        ValueKind.SchemaOrStringArray => ApiExtensions + "JSONSchemaPropsOrStringArray",
        _ => value.TypeName switch
        {
            "FieldsV1" => Meta + "FieldsV1",
            "JSON" => ApiExtensions + "JSON",
            _ => "io.k8s.apimachinery.pkg.runtime.RawExtension",
        },
    };

    private void WriteSpecial(string name)
    {
        writer.WriteStartObject(name);
        (string description, string? type, string? format) = name[(name.LastIndexOf('.') + 1)..] switch
        {
            "Time" => ("Time is an instant in RFC 3339 form, to the second.", "string", "date-time"),
            "MicroTime" => ("MicroTime is an instant in RFC 3339 form, to the microsecond.", "string", "date-time"),
            "Duration" => ("Duration is a length of time as Go writes it, such as 1h30m.", "string", null),
            "Quantity" => ("Quantity is an exact number with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3.", (string?)null, (string?)null),
            "IntOrString" => ("IntOrString is a type that can hold an int32 or a string.", null, "int-or-string"),
            "FieldsV1" => ("FieldsV1 stores a set of fields as a tree: f:NAME a field, k:KEYS and v:VALUE items of a list, . the parent itself.", "object", null),
            "Patch" => ("Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.", "object", null),
            "RawExtension" => ("RawExtension holds an object of any kind.", "object", null),
            "JSON" => ("JSON represents any valid JSON value. These types are supported: bool, int64, float64, string, []interface{}, map[string]interface{} and nil.", null, null),
            "JSONSchemaPropsOrArray" => ("JSONSchemaPropsOrArray is a schema or a list of schemas.", null, null),
            "JSONSchemaPropsOrBool" => ("JSONSchemaPropsOrBool is a schema or a boolean.", null, null),
            _ => ("JSONSchemaPropsOrStringArray is a schema or a list of property names.", null, null),
        };
        writer.WriteString("description", description);
        if (type is not null)
        {
            writer.WriteString("type", type);
        }

        if (format is not null)
        {
            writer.WriteString("format", format);
        }

        if (name.EndsWith(".Quantity", StringComparison.Ordinal) || name.EndsWith(".IntOrString", StringComparison.Ordinal))
        {
            writer.WritePropertyName("oneOf");
            writer.WriteRawValue(name.EndsWith('y') ? """[{"type":"string"},{"type":"number"}]""" : """[{"type":"integer"},{"type":"string"}]""");
        }

        writer.WriteEndObject();
    }

    private void WriteCustom(OpenApiGroupVersion groupVersion, OpenApiResource resource, JsonObject schema)
    {
        string name = CustomName(groupVersion, resource.Kind);
        Reference(registry.Type("meta.v1.ObjectMeta"));
        Reference(registry.Type("meta.v1.ListMeta"));
        JsonObject own = (JsonObject)schema.DeepClone();
        JsonObject properties = own["properties"] as JsonObject ?? [];
        own["properties"] = null;
        properties["apiVersion"] = new JsonObject { ["description"] = ApiVersionText, ["type"] = "string" };
        properties["kind"] = new JsonObject { ["description"] = KindText, ["type"] = "string" };
        properties["metadata"] = new JsonObject
        {
            ["description"] = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
            ["allOf"] = new JsonArray { (JsonNode)new JsonObject { ["$ref"] = Prefix + Meta + "ObjectMeta" } },
        };
        own["properties"] = properties;
        own["x-kubernetes-group-version-kind"] = new JsonArray { (JsonNode)Kind(groupVersion, resource.Kind) };
        writer.WritePropertyName(name);
        own.WriteTo(writer);

        writer.WriteStartObject(CustomName(groupVersion, resource.ListKind));
        writer.WriteString("description", $"{resource.ListKind} is a list of {resource.Kind}");
        writer.WriteString("type", "object");
        Strings("required", ["items"]);
        writer.WriteStartObject("properties");
        foreach ((string field, string text) in (ReadOnlySpan<(string, string)>)[("apiVersion", ApiVersionText), ("kind", KindText)])
        {
            writer.WriteStartObject(field);
            writer.WriteString("description", text);
            writer.WriteString("type", "string");
            writer.WriteEndObject();
        }

        writer.WritePropertyName("items");
        writer.WriteRawValue($$$"""{"description":"List of {{{resource.Plural}}}.","type":"array","items":{"allOf":[{"$ref":"{{{Prefix}}}{{{name}}}"}]}}""");
        writer.WritePropertyName("metadata");
        writer.WriteRawValue($$"""{"description":"Standard list metadata.","allOf":[{"$ref":"{{Prefix}}{{Meta}}ListMeta"}]}""");
        writer.WriteEndObject();
        writer.WritePropertyName("x-kubernetes-group-version-kind");
        new JsonArray { (JsonNode)Kind(groupVersion, resource.ListKind) }.WriteTo(writer);
        writer.WriteEndObject();
    }

    private static JsonObject Kind(OpenApiGroupVersion groupVersion, string kind) =>
        new() { ["group"] = groupVersion.Group, ["kind"] = kind, ["version"] = groupVersion.Version };

    private void Strings(string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
