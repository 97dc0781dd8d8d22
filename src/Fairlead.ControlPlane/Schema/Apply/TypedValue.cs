using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>What changed between two objects, in paths.</summary>
internal sealed record Comparison(FieldSet Added, FieldSet Modified, FieldSet Removed)
{
    public bool IsSame => Added.IsEmpty && Modified.IsEmpty && Removed.IsEmpty;

    /// <summary>Without the fields that this kind of write doesn't touch.</summary>
    public Comparison Without(FieldSet fields) => fields.IsEmpty ? this
        : new Comparison(Added.RecursiveDifference(fields), Modified.RecursiveDifference(fields), Removed.RecursiveDifference(fields));
}

/// <summary>
/// Operations on a value under its schema: compare, merge, list its fields, take fields away
/// (https://github.com/kubernetes-sigs/structured-merge-diff).
/// </summary>
internal static class TypedValue
{
    /// <summary>The paths that differ.</summary>
    public static Comparison Compare(ApplySchema schema, JsonNode? left, JsonNode? right)
    {
        Comparer comparer = new();
        comparer.Compare(schema, true, left, true, right);
        return new Comparison(comparer.Added, comparer.Modified, comparer.Removed);
    }

    /// <summary>All paths that a value sets.</summary>
    public static FieldSet ToFieldSet(ApplySchema schema, JsonNode? value)
    {
        FieldSet set = new();
        Collect(schema, value, [], set);
        return set;
    }

    /// <summary>The left value with the right one's fields put over it; neither is changed.</summary>
    public static JsonNode? Merge(ApplySchema schema, JsonNode? left, JsonNode? right) => Merge(schema, true, left, true, right).Value;

    /// <summary>The value without the paths of a set; it is not changed itself.</summary>
    public static JsonNode? Remove(ApplySchema schema, JsonNode? value, FieldSet paths)
    {
        switch (schema.Shape(value))
        {
            case ApplyShape.Map when value is JsonObject map && map.Count > 0 && !schema.IsAtomic(ApplyShape.Map):
                JsonObject keptFields = [];
                foreach ((string name, JsonNode? inner) in map)
                {
                    string element = "f:" + name;
                    if (paths.Has(element))
                    {
                        continue;
                    }

                    FieldSet? below = paths.Below(element);
                    keptFields.Add(name, below is null ? inner?.DeepClone() : Remove(schema.Value(name) ?? ApplySchema.Any, inner, below));
                }

                return keptFields.Count > 0 ? keptFields : null;
            case ApplyShape.List when value is JsonArray list && list.Count > 0 && !schema.IsAtomic(ApplyShape.List):
                JsonArray keptItems = [];
                foreach (JsonNode? item in list)
                {
                    string? element = TryElement(schema, item, out _);
                    if (element is not null && paths.Has(element))
                    {
                        continue;
                    }

                    FieldSet? below = element is null ? null : paths.Below(element);
                    keptItems.Add(below is null ? item?.DeepClone() : Remove(schema.Item, item, below));
                }

                return keptItems.Count > 0 ? keptItems : null;
            case ApplyShape.Scalar:
                return value?.DeepClone();
            default:
                return null;
        }
    }

    /// <summary>What doesn't fit the schema, each with its path: <c>.spec.foo: field not declared in schema</c>.</summary>
    public static List<string> Validate(ApplySchema schema, JsonNode? value)
    {
        List<string> errors = [];
        Validate(schema, value, "", errors);
        return errors;
    }

    /// <summary>The path element of a list's item; null with an error for one that can't be identified.</summary>
    private static string? TryElement(ApplySchema list, JsonNode? item, out string? error)
    {
        error = null;
        if (list.Keys.Count == 0)
        {
            error = item switch
            {
                null => "associative list without keys has an element that's an explicit null",
                JsonObject => "associative list without keys has an element that's a map type",
                JsonArray => "not supported: associative list with lists as elements",
                _ => null,
            };
            return error is null ? FieldSet.ValueElement(item) : null;
        }

        if (item is not JsonObject map)
        {
            error = item is null ? "associative list with keys may not have a null element" : "associative list with keys may not have non-map elements";
            return null;
        }

        List<KeyValuePair<string, JsonNode?>> keys = new(list.Keys.Count);
        foreach (string key in list.Keys)
        {
            if (map.TryGetPropertyValue(key, out JsonNode? value))
            {
                keys.Add(new(key, value));
            }
            else if (list.KeyDefaults.TryGetValue(key, out JsonNode? standard))
            {
                keys.Add(new(key, standard));
            }
        }

        if (keys.Count == 0)
        {
            error = $"associative list with keys has an element that omits all key fields [{string.Join(' ', list.Keys.Select(GoText.Quote))}] (and doesn't have default values for any key fields)";
            return null;
        }

        return FieldSet.KeyElement(keys);
    }

    private static void Collect(ApplySchema schema, JsonNode? value, List<string> path, FieldSet set)
    {
        ApplyShape shape = schema.Shape(value);
        if (shape == ApplyShape.Scalar || schema.IsAtomic(shape))
        {
            set.Insert(Span(path));
            return;
        }

        if (shape == ApplyShape.Map && value is JsonObject map)
        {
            foreach ((string name, JsonNode? inner) in map)
            {
                path.Add("f:" + name);
                ApplySchema? field = schema.Field(name);
                Collect(field ?? schema.Value(name) ?? ApplySchema.Any, inner, path, set);
                if (inner is null or JsonObject { Count: 0 } || field is null)
                {
                    set.Insert(Span(path));
                }

                path.RemoveAt(path.Count - 1);
            }
        }
        else if (shape == ApplyShape.List && value is JsonArray list)
        {
            List<string?> elements = [.. list.Select(item => TryElement(schema, item, out _))];
            foreach (IGrouping<string?, int> group in Enumerable.Range(0, elements.Count).GroupBy(i => elements[i]))
            {
                if (group.Key is null)
                {
                    continue;
                }

                path.Add(group.Key);
                if (group.Count() == 1)
                {
                    Collect(schema.Item, list[group.First()], path, set);
                }

                set.Insert(Span(path));
                path.RemoveAt(path.Count - 1);
            }
        }
    }

    private static (bool Present, JsonNode? Value) Merge(ApplySchema schema, bool hasLeft, JsonNode? left, bool hasRight, JsonNode? right)
    {
        ApplyShape shape = hasRight && right is not null ? schema.Shape(right) : schema.Shape(left);
        bool mixed = hasLeft && hasRight && left is not null && right is not null && schema.Shape(left) != schema.Shape(right);
        (bool, JsonNode?) leaf = hasRight ? (true, right?.DeepClone()) : (true, left?.DeepClone());
        if (shape == ApplyShape.Scalar || mixed || schema.IsAtomic(shape))
        {
            return leaf;
        }

        if (shape == ApplyShape.Map)
        {
            JsonObject? leftMap = left as JsonObject;
            JsonObject? rightMap = right as JsonObject;
            if ((leftMap is null or { Count: 0 }) && (rightMap is null or { Count: 0 }))
            {
                return leaf;
            }

            JsonObject result = [];
            foreach ((string name, JsonNode? value) in leftMap ?? [])
            {
                JsonNode? other = null;
                bool both = rightMap?.TryGetPropertyValue(name, out other) == true;
                (bool present, JsonNode? merged) = Merge(schema.Value(name) ?? ApplySchema.Any, true, value, both, other);
                if (present)
                {
                    result.Add(name, merged);
                }
            }

            foreach ((string name, JsonNode? value) in rightMap ?? [])
            {
                if (leftMap?.ContainsKey(name) != true)
                {
                    (bool present, JsonNode? merged) = Merge(schema.Value(name) ?? ApplySchema.Any, false, null, true, value);
                    if (present)
                    {
                        result.Add(name, merged);
                    }
                }
            }

            return (result.Count > 0, result.Count > 0 ? result : null);
        }

        JsonArray? leftList = left as JsonArray;
        JsonArray? rightList = right as JsonArray;
        if ((leftList is null or { Count: 0 }) && (rightList is null or { Count: 0 }))
        {
            return leaf;
        }

        JsonArray items = MergeItems(schema, leftList ?? [], rightList ?? []);
        return (items.Count > 0, items.Count > 0 ? items : null);
    }

    /// <summary>
    /// Items of both lists, each once. The right list's order holds for its own items; items of the left alone stay before what followed them.
    /// </summary>
    private static JsonArray MergeItems(ApplySchema schema, JsonArray left, JsonArray right)
    {
        List<string> leftKeys = [.. left.Select(item => TryElement(schema, item, out string? error) ?? throw PatchException.Internal(error!))];
        List<string> rightKeys = [.. right.Select(item => TryElement(schema, item, out string? error) ?? throw PatchException.Internal(error!))];
        // An item that occurs twice on the left is replaced by the right one instead of merged with it.
        Dictionary<string, JsonNode?> leftItems = new(StringComparer.Ordinal);
        for (int i = 0; i < leftKeys.Count; i++)
        {
            leftItems[leftKeys[i]] = leftItems.ContainsKey(leftKeys[i]) ? null : left[i];
        }

        Dictionary<string, JsonNode?> rightItems = new(StringComparer.Ordinal);
        for (int i = 0; i < rightKeys.Count; i++)
        {
            rightItems[rightKeys[i]] = right[i];
        }

        Queue<string> shared = new(rightKeys.Where(leftItems.ContainsKey));
        shared.TryDequeue(out string? nextShared);
        HashSet<string> merged = new(StringComparer.Ordinal);
        JsonArray result = [];
        void Emit(JsonNode? leftItem, JsonNode? rightItem)
        {
            (bool present, JsonNode? value) = Merge(schema.Item, leftItem is not null, leftItem, rightItem is not null, rightItem);
            if (present)
            {
                result.Add(value);
            }
        }

        int l = 0, r = 0;
        while (l < leftKeys.Count || r < rightKeys.Count)
        {
            if (l < leftKeys.Count && r < rightKeys.Count)
            {
                string key = leftKeys[l];
                if (key == rightKeys[r])
                {
                    merged.Add(key);
                    Emit(leftItems[key], rightItems[key]);
                    l++;
                    r++;
                    shared.TryDequeue(out nextShared);
                    continue;
                }

                if (rightItems.ContainsKey(key) && nextShared is not null && nextShared != key)
                {
                    // Shared, but its turn comes later.
                    l++;
                    continue;
                }
            }

            if (l < leftKeys.Count)
            {
                string key = leftKeys[l];
                if (!rightItems.ContainsKey(key))
                {
                    Emit(left[l], null);
                    l++;
                    continue;
                }

                if (merged.Contains(key))
                {
                    l++;
                }
            }

            if (r < rightKeys.Count)
            {
                string key = rightKeys[r];
                merged.Add(key);
                Emit(leftItems.GetValueOrDefault(key), rightItems[key]);
                r++;
                if (nextShared == key)
                {
                    shared.TryDequeue(out nextShared);
                }
            }
        }

        return result;
    }

    private static void Validate(ApplySchema schema, JsonNode? value, string path, List<string> errors)
    {
        if (value is null)
        {
            return;
        }

        void Wrong(string text) => errors.Add(path.Length == 0 ? text : $"{path}: {text}");
        switch (schema.Kind)
        {
            case ApplyKind.String when value.GetValueKind() != JsonValueKind.String:
                Wrong($"expected string, got &value.valueUnstructured{{Value:{value.ToJsonString()}}}");
                break;
            case ApplyKind.Number when value.GetValueKind() != JsonValueKind.Number:
                Wrong($"expected numeric (int or float), got {(value is JsonValue v && v.GetValueKind() == JsonValueKind.String ? "string" : value is JsonValue ? "bool" : value is JsonArray ? "[]interface {}" : "map[string]interface {}")}");
                break;
            case ApplyKind.Boolean when value.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False):
                Wrong($"expected boolean, got {value.ToJsonString()}");
                break;
            case ApplyKind.Scalar when value is not JsonValue:
                Wrong($"expected any scalar, got {value.ToJsonString()}");
                break;
            case ApplyKind.List:
                if (value is not JsonArray list)
                {
                    Wrong($"expected list, got {value.ToJsonString()}");
                    break;
                }

                HashSet<string> seen = new(StringComparer.Ordinal);
                for (int i = 0; i < list.Count; i++)
                {
                    string element = string.Create(CultureInfo.InvariantCulture, $"i:{i}");
                    if (!schema.Atomic)
                    {
                        string? identified = TryElement(schema, list[i], out string? error);
                        if (identified is null)
                        {
                            Wrong($"element {i}: {error}");
                            return;
                        }

                        element = identified;
                        if (!seen.Add(element))
                        {
                            Wrong($"duplicate entries for key {FieldSet.Show([element])}");
                        }
                    }

                    Validate(schema.Item, list[i], path + FieldSet.Show([element]), errors);
                }

                break;
            case ApplyKind.Map:
                if (value is not JsonObject map)
                {
                    Wrong($"expected map, got {value.ToJsonString()}");
                    break;
                }

                foreach ((string name, JsonNode? inner) in map)
                {
                    ApplySchema? field = schema.Value(name);
                    if (field is null)
                    {
                        errors.Add($"{path}.{name}: field not declared in schema");
                        return;
                    }

                    Validate(field, inner, $"{path}.{name}", errors);
                }

                break;
        }
    }

    private static ReadOnlySpan<string> Span(List<string> path) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(path);

    private sealed class Comparer
    {
        private readonly List<string> _path = new(8);

        public FieldSet Added { get; } = new();

        public FieldSet Modified { get; } = new();

        public FieldSet Removed { get; } = new();

        public void Compare(ApplySchema schema, bool hasLeft, JsonNode? left, bool hasRight, JsonNode? right)
        {
            if (!Descend(schema, hasLeft, left, hasRight, right) && hasLeft != hasRight)
            {
                (hasRight ? Added : Removed).Insert(Span(_path));
            }
        }

        /// <summary>True when the value was taken as a whole.</summary>
        private bool Descend(ApplySchema schema, bool hasLeft, JsonNode? left, bool hasRight, JsonNode? right)
        {
            ApplyShape leftShape = schema.Shape(left);
            ApplyShape rightShape = schema.Shape(right);
            ApplyShape shape = !hasRight || (right is null && left is not null) ? leftShape : rightShape;
            bool mixed = left is not null && right is not null && leftShape != rightShape;
            if (shape == ApplyShape.Scalar || mixed || schema.IsAtomic(shape))
            {
                Leaf(hasLeft, left, hasRight, right);
                return true;
            }

            if (shape == ApplyShape.Map)
            {
                JsonObject? leftMap = left as JsonObject;
                JsonObject? rightMap = right as JsonObject;
                if ((leftMap is null or { Count: 0 }) && (rightMap is null or { Count: 0 }))
                {
                    Leaf(hasLeft, left, hasRight, right);
                    return true;
                }

                if (leftMap is not null)
                {
                    foreach ((string name, JsonNode? value) in leftMap)
                    {
                        JsonNode? other = null;
                        bool both = rightMap?.TryGetPropertyValue(name, out other) == true;
                        Inner("f:" + name, schema.Value(name) ?? ApplySchema.Any, true, value, both, other);
                    }
                }

                if (rightMap is not null)
                {
                    foreach ((string name, JsonNode? value) in rightMap)
                    {
                        if (leftMap?.ContainsKey(name) != true)
                        {
                            Inner("f:" + name, schema.Value(name) ?? ApplySchema.Any, false, null, true, value);
                        }
                    }
                }

                return false;
            }

            JsonArray? leftList = left as JsonArray;
            JsonArray? rightList = right as JsonArray;
            if ((leftList is null or { Count: 0 }) && (rightList is null or { Count: 0 }))
            {
                Leaf(hasLeft, left, hasRight, right);
                return true;
            }

            CompareItems(schema, leftList, rightList);
            return false;
        }

        private void CompareItems(ApplySchema schema, JsonArray? left, JsonArray? right)
        {
            Dictionary<string, (List<JsonNode?> Left, List<JsonNode?> Right)> items = new(StringComparer.Ordinal);
            void Gather(JsonArray? list, bool isLeft)
            {
                foreach (JsonNode? item in list ?? [])
                {
                    if (TryElement(schema, item, out _) is { } element)
                    {
                        if (!items.TryGetValue(element, out (List<JsonNode?> Left, List<JsonNode?> Right) pair))
                        {
                            items[element] = pair = ([], []);
                        }

                        (isLeft ? pair.Left : pair.Right).Add(item);
                    }
                }
            }

            Gather(left, true);
            Gather(right, false);
            foreach ((string element, (List<JsonNode?> leftItems, List<JsonNode?> rightItems)) in items)
            {
                if (leftItems.Count <= 1 && rightItems.Count <= 1)
                {
                    Inner(element, schema.Item, leftItems.Count == 1, leftItems.FirstOrDefault(), rightItems.Count == 1, rightItems.FirstOrDefault());
                    continue;
                }

                // Items that occur more than once are owned together, as one.
                _path.Add(element);
                if (leftItems.Count >= 2 && rightItems.Count >= 2)
                {
                    if (leftItems.Count != rightItems.Count || !leftItems.Zip(rightItems).All(static pair => JsonValues.Same(pair.First, pair.Second)))
                    {
                        Modified.Insert(Span(_path));
                    }
                }
                else if (leftItems.Count >= 2)
                {
                    if (rightItems.Count == 1)
                    {
                        Compare(schema.Item, false, null, true, rightItems[0]);
                    }

                    Removed.Insert(Span(_path));
                }
                else
                {
                    if (leftItems.Count == 1)
                    {
                        Compare(schema.Item, true, leftItems[0], false, null);
                    }

                    Added.Insert(Span(_path));
                }

                _path.RemoveAt(_path.Count - 1);
            }
        }

        private void Inner(string element, ApplySchema schema, bool hasLeft, JsonNode? left, bool hasRight, JsonNode? right)
        {
            _path.Add(element);
            Compare(schema, hasLeft, left, hasRight, right);
            _path.RemoveAt(_path.Count - 1);
        }

        private void Leaf(bool hasLeft, JsonNode? left, bool hasRight, JsonNode? right)
        {
            if (!hasLeft)
            {
                Added.Insert(Span(_path));
            }
            else if (!hasRight)
            {
                Removed.Insert(Span(_path));
            }
            else if (!JsonValues.Same(left, right))
            {
                Modified.Insert(Span(_path));
            }
        }
    }
}
