using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// Kubernetes' strategic merge: maps merge by key, lists as the schema says (by merge key, as a set, or whole), and directives in the
/// patch say what values alone can't (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md).
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";
    private const string OrderPrefix = "$setElementOrder/";

    /// <summary>The patched object; neither argument is changed. It still has to be decoded, which drops what the schema doesn't know.</summary>
    /// <exception cref="PatchException">The patch contradicts itself or the schema.</exception>
    public static JsonObject Apply(TypeSchema type, JsonObject original, JsonObject patch) =>
        MergeMap((JsonObject)original.DeepClone(), (JsonObject)patch.DeepClone(), type, null);

    private static JsonObject MergeMap(JsonObject? original, JsonObject patch, TypeSchema? type, ValueSchema? element)
    {
        if (patch.TryGetPropertyValue(Directive, out JsonNode? directive))
        {
            switch (JsonValues.Text(directive))
            {
                case "replace":
                    patch.Remove(Directive);
                    return patch;
                case "delete":
                    return [];
                default:
                    throw PatchException.Internal($"unknown patch type: {Show(directive)} in map: {Show(patch)}");
            }
        }

        original ??= [];
        ApplyRetainKeys(original, patch);
        ApplyElementOrders(original, patch, type, element);
        foreach ((string patchKey, JsonNode? patchValue) in patch.ToArray())
        {
            patch.Remove(patchKey);
            bool deletions = patchKey.StartsWith(DeletePrefix, StringComparison.Ordinal);
            string key = deletions ? patchKey[DeletePrefix.Length..] : patchKey;
            if (patchKey.StartsWith("$deleteFromPrimitiveList", StringComparison.Ordinal) && !deletions)
            {
                throw PatchException.BadRequest("invalid patch format of primitive list");
            }

            if (patchValue is null)
            {
                original.Remove(key);
                continue;
            }

            bool present = original.TryGetPropertyValue(key, out JsonNode? value);
            if (!present || value?.GetType() is var kind && (kind is null || Shape(value) != Shape(patchValue)))
            {
                if (!deletions)
                {
                    Store(original, key, patchValue);
                }

                continue;
            }

            FieldSchema? field = type?.Field(key);
            switch (value, patchValue)
            {
                case (JsonObject originalMap, JsonObject patchMap):
                    if (field is { PatchReplace: true })
                    {
                        original[key] = patchMap;
                        break;
                    }

                    (TypeSchema? innerType, ValueSchema? innerElement) = Inside(type, field, element, key);
                    original[key] = null;
                    original[key] = MergeMap(originalMap, patchMap, innerType, innerElement);
                    break;
                case (JsonArray originalList, JsonArray patchList):
                    List<JsonNode?> before = Detach(originalList);
                    List<JsonNode?> change = Detach(patchList);
                    original[key] = deletions || field is { PatchMerge: true }
                        ? Attach(MergeList(before, change, ElementType(field), field?.MergeKey, deletions))
                        : Attach(change);
                    break;
                default:
                    Store(original, key, patchValue);
                    break;
            }
        }

        return original;
    }

    private static (TypeSchema? Type, ValueSchema? Element) Inside(TypeSchema? type, FieldSchema? field, ValueSchema? element, string key)
    {
        if (type is not null && field is null && !key.StartsWith('$'))
        {
            throw PatchException.Internal($"unable to find api field in struct {type.GoName} for the json field {GoText.Quote(key)}");
        }

        ValueSchema? value = field?.Value ?? element;
        return value?.Kind switch
        {
            ValueKind.Struct => (value.Struct, null),
            ValueKind.SchemaOrArray or ValueKind.SchemaOrBool or ValueKind.SchemaOrStringArray => (value.Registry.Type("apiextensions.v1.JSONSchemaProps"), null),
            ValueKind.Map => (null, value.Element),
            _ => (null, null),
        };
    }

    private static TypeSchema? ElementType(FieldSchema? field) =>
        field?.Value is { Kind: ValueKind.List, Element: { Kind: ValueKind.Struct } element } ? element.Struct : null;

    /// <summary>Clears what the directive doesn't name; a union's other members go this way.</summary>
    private static void ApplyRetainKeys(JsonObject original, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out JsonNode? directive))
        {
            return;
        }

        patch.Remove(RetainKeys);
        if (directive is not JsonArray list)
        {
            throw PatchException.BadRequest("invalid patch format of retainKeys");
        }

        HashSet<string> retained = [.. list.Select(static n => JsonValues.Text(n) ?? "")];
        foreach ((string key, JsonNode? value) in patch)
        {
            if (value is not null && !key.StartsWith(DeletePrefix, StringComparison.Ordinal) && !key.StartsWith(OrderPrefix, StringComparison.Ordinal)
                && !retained.Contains(key))
            {
                throw PatchException.BadRequest("invalid patch format of retainKeys");
            }
        }

        foreach (string key in original.Select(static p => p.Key).Where(key => !retained.Contains(key)).ToArray())
        {
            original.Remove(key);
        }
    }

    /// <summary>Merges each list that has an order directive and puts it into that order.</summary>
    private static void ApplyElementOrders(JsonObject original, JsonObject patch, TypeSchema? type, ValueSchema? element)
    {
        foreach ((string directive, JsonNode? orderNode) in patch.Where(static p => p.Key.StartsWith("$setElementOrder", StringComparison.Ordinal)).ToArray())
        {
            patch.Remove(directive);
            if (!directive.StartsWith(OrderPrefix, StringComparison.Ordinal) || orderNode is not JsonArray orderList)
            {
                throw PatchException.BadRequest("invalid patch format of setElementOrder list");
            }

            string key = directive[OrderPrefix.Length..];
            FieldSchema? field = type?.Field(key);
            if (type is not null && field is null)
            {
                throw PatchException.Internal($"unable to find api field in struct {type.GoName} for the json field {GoText.Quote(key)}");
            }

            List<JsonNode?> order = Detach(orderList);
            List<JsonNode?>? before = TakeList(original, key);
            List<JsonNode?>? change = TakeList(patch, key);
            CheckOrder(change, order, field?.MergeKey);
            if (before is null && change is null)
            {
                continue;
            }

            bool maps = (before ?? []).Concat(change ?? []).FirstOrDefault() is JsonObject;
            string? mergeKey = maps ? field?.MergeKey : null;
            List<string> serverOrder = Keys(before ?? [], mergeKey);
            List<JsonNode?> merged = (before, change) switch
            {
                (not null, null) => before,
                (null, not null) => WithoutDirectives(change),
                _ => field is { PatchMerge: true } ? MergeList(before!, change!, ElementType(field), field.MergeKey, false) : change!,
            };
            original[key] = Attach(Arrange(merged, Keys(order, mergeKey), serverOrder, mergeKey));
        }
    }

    /// <summary>The patch's items must be among the ordered ones, in the same order.</summary>
    private static void CheckOrder(List<JsonNode?>? patch, List<JsonNode?> order, string? mergeKey)
    {
        if (patch is null or { Count: 0 } || order.Count == 0)
        {
            return;
        }

        int at = 0;
        foreach (JsonNode? item in patch)
        {
            if (item is JsonObject map && map.ContainsKey(Directive))
            {
                continue;
            }

            string wanted = ItemKey(item, mergeKey);
            while (at < order.Count && ItemKey(order[at], mergeKey) != wanted)
            {
                at++;
            }

            if (at == order.Count)
            {
                throw PatchException.Internal($"The order in patch list:\n{Show(Attach(patch))}\n doesn't match $setElementOrder list:\n{Show(Attach(order))}\n");
            }

            at++;
        }
    }

    private static List<JsonNode?> MergeList(List<JsonNode?> original, List<JsonNode?> patch, TypeSchema? type, string? mergeKey, bool deletions)
    {
        if (original.Count == 0 && patch.Count == 0)
        {
            return original;
        }

        List<string> serverOrder;
        List<JsonNode?> merged;
        bool maps = original.Concat(patch).First() is JsonObject;
        CheckElements(original, patch, maps);
        if (!maps)
        {
            HashSet<string> keys;
            if (deletions)
            {
                keys = [.. patch.Select(JsonValues.Key)];
                return [.. original.Where(item => !keys.Contains(JsonValues.Key(item)))];
            }

            keys = [];
            serverOrder = Keys(original, null);
            merged = [.. original.Concat(patch).Where(item => keys.Add(JsonValues.Key(item)))];
            return Arrange(merged, Keys(patch, null), serverOrder, null);
        }

        if (string.IsNullOrEmpty(mergeKey))
        {
            throw PatchException.Internal($"cannot merge lists without merge key for {type?.GoName}");
        }

        bool replace = false;
        List<JsonNode?> items = [];
        foreach (JsonNode? item in patch)
        {
            JsonObject map = (JsonObject)item!;
            if (!map.TryGetPropertyValue(Directive, out JsonNode? directive))
            {
                items.Add(map);
                continue;
            }

            switch (JsonValues.Text(directive))
            {
                case "delete":
                    string gone = ItemKey(map, mergeKey);
                    original.RemoveAll(present => ItemKey(present, mergeKey) == gone);
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw PatchException.Internal("merging lists cannot yet be specified in the patch");
                default:
                    throw PatchException.Internal($"unknown patch type: {Show(directive)} in map: {Show(map)}");
            }
        }

        if (replace)
        {
            original = items;
            items = [];
        }

        serverOrder = Keys(original, mergeKey);
        List<string> order = Keys(items, mergeKey);
        merged = original;
        foreach (JsonNode? item in items)
        {
            string key = ItemKey(item, mergeKey);
            int at = merged.FindIndex(present => ItemKey(present, mergeKey, required: false) == key);
            if (at < 0)
            {
                merged.Add(item);
            }
            else
            {
                merged[at] = MergeMap((JsonObject)merged[at]!, (JsonObject)item!, type, null);
            }
        }

        return Arrange(merged, order, serverOrder, mergeKey);
    }

    private static void CheckElements(List<JsonNode?> original, List<JsonNode?> patch, bool maps)
    {
        foreach (JsonNode? item in original.Concat(patch))
        {
            if (item is JsonArray)
            {
                throw PatchException.Unprocessable("lists of lists are not supported");
            }

            if (item is JsonObject != maps)
            {
                throw PatchException.Internal("list element types are not identical");
            }
        }
    }

    /// <summary>
    /// Items that the order names come in its order, the others keep the server's; where both orders speak, an item of the server stays
    /// before the ones that followed it.
    /// </summary>
    private static List<JsonNode?> Arrange(List<JsonNode?> merged, List<string> order, List<string> serverOrder, string? mergeKey)
    {
        Dictionary<string, int> wanted = Positions(order);
        Dictionary<string, int> server = Positions(serverOrder);
        List<(JsonNode? Item, string Key)> ordered = [];
        List<(JsonNode? Item, string Key)> rest = [];
        foreach (JsonNode? item in merged)
        {
            string key = ItemKey(item, mergeKey);
            (wanted.ContainsKey(key) ? ordered : rest).Add((item, key));
        }

        ordered = [.. ordered.OrderBy(entry => wanted[entry.Key])];
        rest = [.. rest.OrderBy(entry => server.GetValueOrDefault(entry.Key, int.MaxValue))];
        List<JsonNode?> result = new(merged.Count);
        int left = 0, right = 0;
        while (left < rest.Count || right < ordered.Count)
        {
            bool takeLeft = right == ordered.Count || (left < rest.Count
                && server.TryGetValue(rest[left].Key, out int l) && server.TryGetValue(ordered[right].Key, out int r) && l < r);
            result.Add(takeLeft ? rest[left++].Item : ordered[right++].Item);
        }

        return result;
    }

    private static Dictionary<string, int> Positions(List<string> keys)
    {
        Dictionary<string, int> positions = new(keys.Count, StringComparer.Ordinal);
        for (int i = 0; i < keys.Count; i++)
        {
            positions.TryAdd(keys[i], i);
        }

        return positions;
    }

    private static List<string> Keys(IEnumerable<JsonNode?> items, string? mergeKey) => [.. items.Select(item => ItemKey(item, mergeKey))];

    private static string ItemKey(JsonNode? item, string? mergeKey, bool required = true)
    {
        if (mergeKey is null)
        {
            return JsonValues.Key(item);
        }

        if (item is not JsonObject map)
        {
            throw PatchException.Internal("expected a map in a list that merges by key");
        }

        return map.TryGetPropertyValue(mergeKey, out JsonNode? value) ? JsonValues.Key(value)
            : required ? throw PatchException.Internal($"map: {Show(map)} does not contain declared merge key: {mergeKey}")
            : "";
    }

    private static void Store(JsonObject target, string key, JsonNode value)
    {
        DropNulls(value);
        if (WithoutDirectives(value) is { } kept)
        {
            target[key] = kept;
        }
        else
        {
            target.Remove(key);
        }
    }

    private static void DropNulls(JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                foreach ((string key, JsonNode? inner) in map.ToArray())
                {
                    if (inner is null)
                    {
                        map.Remove(key);
                    }
                    else
                    {
                        DropNulls(inner);
                    }
                }

                break;
            case JsonArray list:
                foreach (JsonNode? inner in list)
                {
                    DropNulls(inner);
                }

                break;
        }
    }

    /// <summary>A value that is new has nothing to be merged with: directives in it have no effect. Null when it is one itself.</summary>
    private static JsonNode? WithoutDirectives(JsonNode value)
    {
        switch (value)
        {
            case JsonObject map:
                if (map.ContainsKey(Directive))
                {
                    return null;
                }

                foreach ((string key, JsonNode? inner) in map.ToArray())
                {
                    if (key.StartsWith(OrderPrefix, StringComparison.Ordinal) || key.StartsWith(DeletePrefix, StringComparison.Ordinal) || key == RetainKeys
                        || (inner is not null && WithoutDirectives(inner) is null))
                    {
                        map.Remove(key);
                    }
                }

                return map;
            case JsonArray list:
                for (int i = list.Count - 1; i >= 0; i--)
                {
                    if (list[i] is { } inner && WithoutDirectives(inner) is null)
                    {
                        list.RemoveAt(i);
                    }
                }

                return list;
            default:
                return value;
        }
    }

    private static List<JsonNode?> WithoutDirectives(List<JsonNode?> list) => [.. list.Where(static item => item is null || WithoutDirectives(item) is not null)];

    private static List<JsonNode?>? TakeList(JsonObject map, string key)
    {
        if (!map.TryGetPropertyValue(key, out JsonNode? value))
        {
            return null;
        }

        if (value is not JsonArray list)
        {
            throw PatchException.Internal("expected a []interface {}, but received a " + (value is JsonObject ? "map[string]interface {}" : value is null ? "%!s(<nil>)" : "string"));
        }

        map.Remove(key);
        return Detach(list);
    }

    private static List<JsonNode?> Detach(JsonArray list)
    {
        List<JsonNode?> items = [.. list];
        list.Clear();
        return items;
    }

    private static JsonArray Attach(List<JsonNode?> items)
    {
        JsonArray list = [];
        foreach (JsonNode? item in items)
        {
            list.Add(item?.Parent is null ? item : item.DeepClone());
        }

        return list;
    }

    private static int Shape(JsonNode? value) => value switch
    {
        JsonObject => 1,
        JsonArray => 2,
        _ => 3,
    };

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";
}
