using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>JSON patch (RFC 6902), with the answers that an API server gives to bad ones.</summary>
internal static class JsonPatch
{
    private const int MaxOperations = 10_000;

    /// <summary>The patched value; neither argument is changed.</summary>
    /// <exception cref="PatchException">400 for what is no patch, 413 for too many operations, 422 for one that doesn't fit the object.</exception>
    public static JsonNode? Apply(JsonNode original, ReadOnlySpan<byte> patch)
    {
        JsonNode? parsed;
        try
        {
            parsed = UntypedJson.Parse(patch);
        }
        catch (JsonException)
        {
            throw PatchException.BadRequest("error decoding patch: " + (JsonSyntax.Explain(patch) ?? "malformed JSON"));
        }

        return Apply(original, parsed);
    }

    /// <inheritdoc cref="Apply(JsonNode, ReadOnlySpan{byte})"/>
    public static JsonNode? Apply(JsonNode original, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            string token = patch is JsonObject ? "object" : patch?.GetValueKind() is JsonValueKind.String ? "string" : "number";
            throw PatchException.BadRequest($"error decoding patch: json: cannot unmarshal {token} into Go value of type []handlers.jsonPatchOp");
        }

        if (operations.Count > MaxOperations)
        {
            throw new PatchException(413, $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");
        }

        // A holder above the root lets one rule replace the root too.
        JsonObject holder = new() { ["root"] = original.DeepClone() };
        foreach (JsonNode? node in operations)
        {
            if (node is not JsonObject operation)
            {
                throw PatchException.BadRequest("error decoding patch: json: cannot unmarshal array into Go value of type handlers.jsonPatchOp");
            }

            Apply(holder, operation);
        }

        JsonNode? result = holder["root"];
        holder.Remove("root");
        return result;
    }

    private static void Apply(JsonObject holder, JsonObject operation)
    {
        string name = JsonValues.Text(operation["op"]) ?? throw PatchException.Unprocessable("operation missing op field");
        string[] path = Path(operation, "path");
        switch (name)
        {
            case "add":
                Add(holder, path, Value(operation));
                break;
            case "remove":
                Remove(holder, path);
                break;
            case "replace":
                Get(holder, path);
                Replace(holder, path, Value(operation));
                break;
            case "move":
                string[] source = Path(operation, "from");
                JsonNode? moved = Remove(holder, source);
                Add(holder, path, moved);
                break;
            case "copy":
                Add(holder, path, Get(holder, Path(operation, "from"))?.DeepClone());
                break;
            case "test":
                JsonNode? actual;
                try
                {
                    actual = Get(holder, path);
                }
                catch (PatchException) when (operation["value"] is null)
                {
                    actual = null;
                }

                if (!JsonValues.Same(actual, operation["value"]))
                {
                    throw PatchException.Unprocessable($"testing value {JsonValues.Text(operation["path"])} failed");
                }

                break;
            default:
                throw PatchException.Unprocessable($"Unexpected kind: {name}");
        }
    }

    private static JsonNode? Value(JsonObject operation) => operation.TryGetPropertyValue("value", out JsonNode? value)
        ? value?.DeepClone()
        : throw PatchException.Unprocessable("operation missing value field");

    private static string[] Path(JsonObject operation, string field)
    {
        string pointer = JsonValues.Text(operation[field]) ?? throw PatchException.Unprocessable($"operation missing {field} field");
        if (pointer.Length == 0)
        {
            return ["root"];
        }

        if (pointer[0] != '/')
        {
            throw PatchException.Unprocessable($"path {pointer} does not start with /");
        }

        string[] parts = pointer.Split('/');
        parts[0] = "root";
        for (int i = 1; i < parts.Length; i++)
        {
            parts[i] = parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return parts;
    }

    private static JsonNode? Get(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (string part in path)
        {
            node = node switch
            {
                JsonObject map when map.TryGetPropertyValue(part, out JsonNode? value) => value,
                JsonArray list => list[Index(part, list.Count, list.Count - 1)],
                _ => throw PatchException.Unprocessable($"unable to find {part}"),
            };
        }

        return node;
    }

    private static void Add(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Get(holder, path.AsSpan(..^1)))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list when path[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list:
                list.Insert(Index(path[^1], list.Count + 1, list.Count), value);
                break;
            default:
                throw PatchException.Unprocessable($"add operation does not apply: doc is missing path: {string.Join('/', path)}");
        }
    }

    private static void Replace(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Get(holder, path.AsSpan(..^1)))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list:
                list[Index(path[^1], list.Count, list.Count - 1)] = value;
                break;
        }
    }

    private static JsonNode? Remove(JsonObject holder, string[] path)
    {
        JsonNode? value = Get(holder, path);
        switch (Get(holder, path.AsSpan(..^1)))
        {
            case JsonObject map:
                map.Remove(path[^1]);
                break;
            case JsonArray list:
                list.RemoveAt(Index(path[^1], list.Count, list.Count - 1));
                break;
        }

        return value;
    }

    /// <summary>A list index; negative ones count from the end, as the API's library has it.</summary>
    private static int Index(string part, int wrap, int last)
    {
        if (!int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index))
        {
            throw PatchException.Unprocessable($"{part} is no index");
        }

        index = index < 0 ? index + wrap : index;
        return index >= 0 && index <= last ? index : throw PatchException.Unprocessable($"index {part} is out of bounds");
    }
}
