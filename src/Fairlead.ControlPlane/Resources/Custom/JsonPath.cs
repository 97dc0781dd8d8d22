using System.Globalization;
using System.Text.Json;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>
/// The part of kubectl's JSONPath that printer columns and selectable fields use: <c>.a.b</c>, <c>['a']</c>, <c>[0]</c>, <c>[*]</c>,
/// <c>[?(@.type=="Ready")]</c>. What can't be read matches nothing.
/// </summary>
internal sealed class JsonPath
{
    private readonly List<Func<JsonElement, IEnumerable<JsonElement>>> _steps = [];

    public JsonPath(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            at = text[at] switch
            {
                '.' or '$' => at + 1,
                '[' => Bracket(text, at),
                _ => Name(text, at),
            };
        }
    }

    public IEnumerable<JsonElement> Select(JsonElement root)
    {
        IEnumerable<JsonElement> current = [root];
        foreach (var step in _steps)
        {
            current = current.SelectMany(step);
        }

        return current;
    }

    private static IEnumerable<JsonElement> Child(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? [child] : [];

    private static IEnumerable<JsonElement> All(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray(),
        JsonValueKind.Object => element.EnumerateObject().Select(property => property.Value),
        _ => [],
    };

    private int Name(string text, int at)
    {
        System.Text.StringBuilder name = new();
        for (; at < text.Length && text[at] is not ('.' or '['); at++)
        {
            // A backslash lets a dot stand in a name, as in annotations.
            if (text[at] == '\\' && at + 1 < text.Length)
            {
                at++;
            }

            name.Append(text[at]);
        }

        var key = name.ToString();
        _steps.Add(key == "*" ? All : element => Child(element, key));
        return at;
    }

    private int Bracket(string text, int at)
    {
        var close = text.IndexOf(']', at);
        if (close < 0)
        {
            _steps.Add(static _ => []);
            return text.Length;
        }

        var inner = text[(at + 1)..close].Trim();
        if (inner == "*")
        {
            _steps.Add(All);
        }
        else if (int.TryParse(inner, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            _steps.Add(element => Item(element, index));
        }
        else if (inner.Length >= 2 && inner[0] is '\'' or '"' && inner[^1] == inner[0])
        {
            _steps.Add(element => Child(element, inner[1..^1]));
        }
        else if (inner.StartsWith("?(@", StringComparison.Ordinal) && inner.EndsWith(')'))
        {
            Filter(inner[3..^1]);
        }
        else
        {
            _steps.Add(static _ => []);
        }

        return close + 1;
    }

    private static IEnumerable<JsonElement> Item(JsonElement element, int index)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var count = element.GetArrayLength();
        index = index < 0 ? count + index : index;
        return index >= 0 && index < count ? [element[index]] : [];
    }

    private void Filter(string condition)
    {
        var sign = condition.IndexOf("==", StringComparison.Ordinal);
        if (sign < 0)
        {
            _steps.Add(static _ => []);
            return;
        }

        JsonPath path = new(condition[..sign].Trim());
        var wanted = condition[(sign + 2)..].Trim().Trim('"', '\'');
        _steps.Add(element => All(element).Where(item => path.Select(item).Any(found => found.ToString() == wanted)));
    }
}
