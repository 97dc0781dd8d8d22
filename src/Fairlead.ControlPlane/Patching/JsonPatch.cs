using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Patching;

/// <summary>RFC 6902 over RFC 6901 pointers. What doesn't fit is a 422 without words, as kube-apiserver answers.</summary>
internal static class JsonPatch
{
    private const int MaximumOperations = 10000;

    public static JsonNode? Apply(JsonNode target, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            throw StatusException.BadRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
        }

        if (operations.Count > MaximumOperations)
        {
            throw new StatusException(413, "RequestEntityTooLarge",
                $"The allowed maximum operations in a JSON patch is {MaximumOperations}, got {operations.Count}");
        }

        JsonObject holder = new() { ["root"] = target };
        foreach (var operation in operations)
        {
            var path = Pointer(operation.StringAt("path"));
            switch (operation.StringAt("op"))
            {
                case "add":
                    Add(holder, path, Value(operation));
                    break;
                case "replace":
                    Remove(holder, path);
                    Add(holder, path, Value(operation));
                    break;
                case "remove":
                    Remove(holder, path);
                    break;
                case "move":
                    Add(holder, path, Remove(holder, Pointer(operation.StringAt("from"))));
                    break;
                case "copy":
                    Add(holder, path, Get(holder, Pointer(operation.StringAt("from")))?.DeepClone());
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Get(holder, path), operation.At("value")))
                    {
                        throw StatusException.UnprocessablePatch();
                    }

                    break;
                default:
                    throw StatusException.UnprocessablePatch();
            }
        }

        var result = holder["root"];
        holder.Remove("root");
        return result;
    }

    private static JsonNode? Value(JsonNode? operation) => operation is JsonObject map && map.ContainsKey("value")
        ? map["value"]?.DeepClone()
        : throw StatusException.UnprocessablePatch();

    private static string[] Pointer(string? text)
    {
        if (text is null || (text.Length > 0 && text[0] != '/'))
        {
            throw StatusException.UnprocessablePatch();
        }

        string[] parts = [.. text.Split('/').Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        parts[0] = "root";
        return parts;
    }

    private static JsonNode? Parent(JsonObject holder, string[] path)
    {
        JsonNode? node = holder;
        foreach (var name in path.AsSpan(0, path.Length - 1))
        {
            node = Child(node, name);
        }

        return node;
    }

    private static JsonNode? Get(JsonObject holder, string[] path) => Child(Parent(holder, path), path[^1]);

    private static JsonNode? Child(JsonNode? node, string name) => node switch
    {
        JsonObject map when map.TryGetPropertyValue(name, out var child) => child,
        JsonArray list => list[Index(list, name, list.Count - 1)],
        _ => throw StatusException.UnprocessablePatch(),
    };

    private static int Index(JsonArray list, string name, int last) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= last
            ? index
            : throw StatusException.UnprocessablePatch();

    private static void Add(JsonObject holder, string[] path, JsonNode? value)
    {
        switch (Parent(holder, path))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list when path[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list:
                list.Insert(Index(list, path[^1], list.Count), value);
                break;
            default:
                throw StatusException.UnprocessablePatch();
        }
    }

    private static JsonNode? Remove(JsonObject holder, string[] path)
    {
        switch (Parent(holder, path))
        {
            case JsonObject map when map.TryGetPropertyValue(path[^1], out var child):
                map.Remove(path[^1]);
                return child;
            case JsonArray list:
                var index = Index(list, path[^1], list.Count - 1);
                var item = list[index];
                list.RemoveAt(index);
                return item;
            default:
                throw StatusException.UnprocessablePatch();
        }
    }
}
