using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Json;

/// <summary>Reads along a path of names; what is missing or of another type is null, never an exception.</summary>
internal static class JsonPaths
{
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (node is not JsonObject map || !map.TryGetPropertyValue(name, out node))
            {
                return null;
            }
        }

        return node;
    }

    public static JsonObject? ObjectAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonObject;

    public static JsonArray? ArrayAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonArray;

    public static string? StringAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).AsString();

    public static long? IntegerAt(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path).AsInteger();

    public static bool? BooleanAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    public static string? AsString(this JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static long? AsInteger(this JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            return null;
        }

        if (value.TryGetValue(out long integer))
        {
            return integer;
        }

        if (value.TryGetValue(out int small))
        {
            return small;
        }

        return value.TryGetValue(out double real) && real == Math.Truncate(real) && Math.Abs(real) < long.MaxValue ? (long)real : null;
    }

    /// <summary>The objects in the list at the path; elements of other types are left out.</summary>
    public static IEnumerable<JsonObject> ObjectsAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray list ? list.OfType<JsonObject>() : [];

    public static IEnumerable<string> StringsAt(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonArray list ? list.Select(AsString).OfType<string>() : [];

    /// <summary>The child object of that name, made when missing.</summary>
    public static JsonObject Ensure(this JsonObject owner, string name)
    {
        if (owner[name] is JsonObject existing)
        {
            return existing;
        }

        JsonObject made = [];
        owner[name] = made;
        return made;
    }

    /// <summary>Sets a default: only where there is nothing (or null).</summary>
    public static void Default(this JsonObject owner, string name, JsonNode value)
    {
        if (owner[name] is null)
        {
            owner[name] = value;
        }
    }

    /// <summary>Adds a node; the generic overload of the framework would serialise by reflection.</summary>
    public static void Put(this JsonArray list, JsonNode? node) => list.Add(node);

    /// <summary>Copies a property from another object, or removes it where the other has none.</summary>
    public static void Take(this JsonObject owner, JsonObject? from, string name)
    {
        if (from is not null && from.TryGetPropertyValue(name, out var value))
        {
            owner[name] = value?.DeepClone();
        }
        else
        {
            owner.Remove(name);
        }
    }

    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    public static string? StringAt(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;

    public static long? IntegerAt(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var value) ? value : null;

    public static bool? BooleanAt(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static IEnumerable<JsonElement> ItemsAt(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } found ? found.EnumerateArray() : [];

    public static IEnumerable<JsonProperty> PropertiesAt(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Object } found ? found.EnumerateObject() : [];

    /// <summary>A scalar the way it prints: strings bare, numbers and booleans as written.</summary>
    public static string? ScalarAt(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        { ValueKind: JsonValueKind.True } => "true",
        { ValueKind: JsonValueKind.False } => "false",
        _ => null,
    };

    public static string Invariant(this long value) => value.ToString(CultureInfo.InvariantCulture);
}
