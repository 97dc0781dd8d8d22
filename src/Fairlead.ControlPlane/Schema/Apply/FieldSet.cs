using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.Apply;

/// <summary>
/// A set of field paths, the value of <c>fieldsV1</c>. Path elements are its keys as text: <c>f:NAME</c>, <c>k:{…}</c>, <c>v:VALUE</c>,
/// <c>i:INDEX</c>. Sets are built once and then only read; the operations share what they can.
/// </summary>
internal sealed class FieldSet
{
    private static readonly JsonSerializerOptions _elementOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    /// <summary>The set without paths.</summary>
    public static FieldSet Empty { get; } = new();

    /// <summary>No path is in the set.</summary>
    public bool IsEmpty => _nodes.Count == 0;

    /// <summary>A set of a few field paths, written with dots.</summary>
    public static FieldSet Of(params ReadOnlySpan<string> paths)
    {
        FieldSet set = new();
        foreach (string path in paths)
        {
            set.Insert([.. path.Split('.').Select(static name => "f:" + name)]);
        }

        return set;
    }

    /// <summary>The key of a list item that is identified by some of its fields.</summary>
    public static string KeyElement(IEnumerable<KeyValuePair<string, JsonNode?>> keys)
    {
        StringBuilder text = new("k:{");
        foreach ((string name, JsonNode? value) in keys.OrderBy(static k => k.Key, StringComparer.Ordinal))
        {
            text.Append(text.Length > 3 ? "," : "").Append('"').Append(name).Append("\":").Append(Scalar(value));
        }

        return text.Append('}').ToString();
    }

    /// <summary>The element of a set's item.</summary>
    public static string ValueElement(JsonNode? value) => "v:" + Scalar(value);

    /// <summary>Reads <c>fieldsV1</c>.</summary>
    /// <exception cref="FormatException">It isn't one.</exception>
    public static FieldSet Parse(JsonNode? json)
    {
        if (json is not JsonObject map)
        {
            return json is null ? Empty : throw new FormatException("fieldsV1 is not an object");
        }

        FieldSet set = new();
        foreach ((string key, JsonNode? inner) in map)
        {
            if (key == ".")
            {
                continue;
            }

            string element = Normalize(key);
            FieldSet children = Parse(inner);
            bool member = children.IsEmpty || (inner as JsonObject)?.ContainsKey(".") == true;
            set._nodes[element] = new Node(member, children.IsEmpty ? null : children);
        }

        return set;
    }

    /// <summary>Writes <c>fieldsV1</c>, elements in their order.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = [];
        foreach ((string element, Node node) in Sorted())
        {
            JsonObject inner = node.Children?.ToJson() ?? [];
            if (node.Member && inner.Count > 0)
            {
                inner.Insert(0, ".", new JsonObject());
            }

            json.Add(element, inner);
        }

        return json;
    }

    /// <summary>Adds a path; only while the set is being built.</summary>
    public void Insert(ReadOnlySpan<string> path)
    {
        if (path.Length == 0)
        {
            return;
        }

        _nodes.TryGetValue(path[0], out Node node);
        if (path.Length == 1)
        {
            _nodes[path[0]] = node with { Member = true };
            return;
        }

        FieldSet children = node.Children ?? new FieldSet();
        if (node.Children is null)
        {
            _nodes[path[0]] = node with { Children = children };
        }

        children.Insert(path[1..]);
    }

    /// <summary>The element itself is in the set.</summary>
    public bool Has(string element) => _nodes.TryGetValue(element, out Node node) && node.Member;

    /// <summary>A whole path is in the set.</summary>
    public bool Has(ReadOnlySpan<string> path)
    {
        FieldSet? set = this;
        for (int i = 0; i < path.Length - 1; i++)
        {
            set = set?.Below(path[i]);
        }

        return set?.Has(path[^1]) == true;
    }

    /// <summary>What the set holds below an element; null for nothing.</summary>
    public FieldSet? Below(string element) => _nodes.TryGetValue(element, out Node node) ? node.Children : null;

    public FieldSet Union(FieldSet other)
    {
        if (other.IsEmpty)
        {
            return this;
        }

        if (IsEmpty)
        {
            return other;
        }

        FieldSet result = new();
        foreach ((string element, Node node) in _nodes)
        {
            result._nodes[element] = node;
        }

        foreach ((string element, Node node) in other._nodes)
        {
            result._nodes[element] = result._nodes.TryGetValue(element, out Node mine)
                ? new Node(mine.Member || node.Member, mine.Children is null ? node.Children : node.Children is null ? mine.Children : mine.Children.Union(node.Children))
                : node;
        }

        return result;
    }

    public FieldSet Intersection(FieldSet other)
    {
        FieldSet result = new();
        foreach ((string element, Node node) in _nodes)
        {
            if (other._nodes.TryGetValue(element, out Node theirs))
            {
                FieldSet? children = node.Children is null || theirs.Children is null ? null : node.Children.Intersection(theirs.Children);
                result.Put(element, node.Member && theirs.Member, children);
            }
        }

        return result;
    }

    /// <summary>Without the paths of the other set; what lies below those stays.</summary>
    public FieldSet Difference(FieldSet other)
    {
        if (other.IsEmpty || IsEmpty)
        {
            return this;
        }

        FieldSet result = new();
        foreach ((string element, Node node) in _nodes)
        {
            if (!other._nodes.TryGetValue(element, out Node theirs))
            {
                result._nodes[element] = node;
                continue;
            }

            FieldSet? children = node.Children is null || theirs.Children is null ? node.Children : node.Children.Difference(theirs.Children);
            result.Put(element, node.Member && !theirs.Member, children);
        }

        return result;
    }

    /// <summary>Without the paths of the other set and all that lies below them.</summary>
    public FieldSet RecursiveDifference(FieldSet other)
    {
        if (other.IsEmpty || IsEmpty)
        {
            return this;
        }

        FieldSet result = new();
        foreach ((string element, Node node) in _nodes)
        {
            if (!other._nodes.TryGetValue(element, out Node theirs))
            {
                result._nodes[element] = node;
            }
            else if (!theirs.Member)
            {
                FieldSet? children = node.Children is null || theirs.Children is null ? node.Children : node.Children.RecursiveDifference(theirs.Children);
                result.Put(element, node.Member, children);
            }
        }

        return result;
    }

    /// <summary>Declared fields on the way to a path count as members themselves: removing them must not leave them behind empty.</summary>
    public FieldSet WithNamedFields(ApplySchema? schema)
    {
        FieldSet result = new();
        foreach ((string element, Node node) in _nodes)
        {
            ApplySchema? inner = null;
            bool declared = false;
            if (element[0] == 'f')
            {
                inner = schema?.Field(element[2..]);
                declared = inner is not null;
                inner ??= schema?.Element;
            }
            else if (element[0] == 'k')
            {
                inner = schema?.Element;
            }

            result._nodes[element] = new Node(node.Member || (declared && node.Children is not null), node.Children?.WithNamedFields(inner));
        }

        return result;
    }

    /// <summary>The same paths.</summary>
    public bool Same(FieldSet other)
    {
        if (_nodes.Count != other._nodes.Count)
        {
            return false;
        }

        foreach ((string element, Node node) in _nodes)
        {
            if (!other._nodes.TryGetValue(element, out Node theirs) || node.Member != theirs.Member
                || node.Children is null != theirs.Children is null || (node.Children is not null && !node.Children.Same(theirs.Children!)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>All paths, each level's own members before what lies deeper.</summary>
    public IEnumerable<string[]> Paths() => Paths([]);

    /// <summary>A path as messages show it: <c>.spec.containers[name="a"].image</c>.</summary>
    public static string Show(ReadOnlySpan<string> path)
    {
        StringBuilder text = new();
        foreach (string element in path)
        {
            switch (element[0])
            {
                case 'f':
                    text.Append('.').Append(element, 2, element.Length - 2);
                    break;
                case 'k':
                    text.Append('[').AppendJoin(',', ParseKey(element).Select(static k => $"{k.Key}={Scalar(k.Value)}")).Append(']');
                    break;
                case 'v':
                    text.Append("[=").Append(element, 2, element.Length - 2).Append(']');
                    break;
                default:
                    text.Append('[').Append(element, 2, element.Length - 2).Append(']');
                    break;
            }
        }

        return text.ToString();
    }

    private IEnumerable<string[]> Paths(string[] prefix)
    {
        List<KeyValuePair<string, Node>> sorted = Sorted();
        foreach ((string element, Node node) in sorted)
        {
            if (node.Member)
            {
                yield return [.. prefix, element];
            }
        }

        foreach ((string element, Node node) in sorted)
        {
            if (node.Children is not null)
            {
                foreach (string[] path in node.Children.Paths([.. prefix, element]))
                {
                    yield return path;
                }
            }
        }
    }

    private void Put(string element, bool member, FieldSet? children)
    {
        children = children is { IsEmpty: false } ? children : null;
        if (member || children is not null)
        {
            _nodes[element] = new Node(member, children);
        }
    }

    private List<KeyValuePair<string, Node>> Sorted()
    {
        List<KeyValuePair<string, Node>> sorted = [.. _nodes];
        if (sorted.Count > 1)
        {
            sorted.Sort(static (a, b) => Compare(a.Key, b.Key));
        }

        return sorted;
    }

    /// <summary>Fields, then keyed items, values, indexes; keys and values by value, so that port 80 comes before 443.</summary>
    private static int Compare(string left, string right)
    {
        if (left[0] != right[0])
        {
            return "fkvi".IndexOf(left[0], StringComparison.Ordinal).CompareTo("fkvi".IndexOf(right[0], StringComparison.Ordinal));
        }

        switch (left[0])
        {
            case 'k':
                List<KeyValuePair<string, JsonNode?>> a = ParseKey(left);
                List<KeyValuePair<string, JsonNode?>> b = ParseKey(right);
                for (int i = 0; i < Math.Min(a.Count, b.Count); i++)
                {
                    int order = string.CompareOrdinal(a[i].Key, b[i].Key);
                    order = order != 0 ? order : CompareScalars(a[i].Value, b[i].Value);
                    if (order != 0)
                    {
                        return order;
                    }
                }

                return a.Count.CompareTo(b.Count);
            case 'v':
                return CompareScalars(JsonNode.Parse(left[2..]), JsonNode.Parse(right[2..]));
            case 'i':
                return long.Parse(left.AsSpan(2), CultureInfo.InvariantCulture).CompareTo(long.Parse(right.AsSpan(2), CultureInfo.InvariantCulture));
            default:
                return string.CompareOrdinal(left, right);
        }
    }

    private static int CompareScalars(JsonNode? left, JsonNode? right)
    {
        static int Rank(JsonNode? node) => node?.GetValueKind() switch
        {
            JsonValueKind.Number => 0,
            JsonValueKind.String => 1,
            JsonValueKind.True or JsonValueKind.False => 2,
            _ => 3,
        };
        int rank = Rank(left).CompareTo(Rank(right));
        return rank != 0 ? rank : Rank(left) switch
        {
            0 => JsonValues.Number(left!).CompareTo(JsonValues.Number(right!)),
            1 => string.CompareOrdinal(left!.GetValue<string>(), right!.GetValue<string>()),
            2 => left!.GetValue<bool>().CompareTo(right!.GetValue<bool>()),
            _ => 0,
        };
    }

    private static string Normalize(string element)
    {
        if (element.Length < 2 || element[1] != ':')
        {
            throw new FormatException($"missing colon: {element}");
        }

        try
        {
            switch (element[0])
            {
                case 'f':
                    return element;
                case 'k':
                    return KeyElement(ParseKey(element));
                case 'v':
                    return ValueElement(JsonNode.Parse(element[2..]));
                case 'i' when long.TryParse(element.AsSpan(2), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long index):
                    return string.Create(CultureInfo.InvariantCulture, $"i:{index}");
                default:
                    throw new FormatException($"unknown path element: {element}");
            }
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"malformed path element: {element}", malformed);
        }
    }

    private static List<KeyValuePair<string, JsonNode?>> ParseKey(string element) =>
        JsonNode.Parse(element[2..]) is JsonObject keys ? [.. keys.Select(static k => k)] : throw new FormatException($"malformed path element: {element}");

    private static string Scalar(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => "\"" + JsonEncodedText.Encode(scalar.GetValue<string>(), JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString() + "\"",
        _ => JsonValues.TryInteger(value, out long whole) ? whole.ToString(CultureInfo.InvariantCulture) : value.ToJsonString(_elementOptions),
    };

    private readonly record struct Node(bool Member, FieldSet? Children);
}
