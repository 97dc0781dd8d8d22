using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>Comparisons of JSON nodes by value, whatever they were made from.</summary>
internal static class JsonValues
{
    /// <summary>Equal values: objects without regard to order, numbers by amount.</summary>
    public static bool Same(JsonNode? left, JsonNode? right)
    {
        switch (left, right)
        {
            case (null, null):
                return true;
            case (null, _) or (_, null):
                return false;
            case (JsonObject a, JsonObject b):
                if (a.Count != b.Count)
                {
                    return false;
                }

                foreach ((string name, JsonNode? value) in a)
                {
                    if (!b.TryGetPropertyValue(name, out JsonNode? other) || !Same(value, other))
                    {
                        return false;
                    }
                }

                return true;
            case (JsonArray a, JsonArray b):
                if (a.Count != b.Count)
                {
                    return false;
                }

                for (int i = 0; i < a.Count; i++)
                {
                    if (!Same(a[i], b[i]))
                    {
                        return false;
                    }
                }

                return true;
            case (JsonValue a, JsonValue b):
                return SameScalar(a, b);
            default:
                return false;
        }
    }

    /// <summary>A scalar's text, with a letter before it that keeps kinds apart; equal keys are equal values.</summary>
    public static string Key(JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            return node is null ? "n" : "j" + node.ToJsonString();
        }

        return value.GetValueKind() switch
        {
            JsonValueKind.String => "s" + value.GetValue<string>(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => TryInteger(value, out long whole) ? "i" + whole.ToString(CultureInfo.InvariantCulture) : "d" + Number(value).ToString("R", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>A whole number of any width.</summary>
    public static bool TryInteger(JsonNode? node, out long number)
    {
        number = 0;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return false;
        }

        if (value.TryGetValue(out number))
        {
            return true;
        }

        if (value.TryGetValue(out int small))
        {
            number = small;
            return true;
        }

        if (value.TryGetValue(out double real) && Math.Floor(real) == real && Math.Abs(real) < 9.2e18)
        {
            number = (long)real;
            return true;
        }

        return false;
    }

    /// <summary>The text of a string node, or null.</summary>
    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>A number of any width.</summary>
    public static double Number(JsonNode node) => node.AsValue().TryGetValue(out double real) ? real
        : node.AsValue().TryGetValue(out long whole) ? whole
        : node.AsValue().TryGetValue(out int small) ? small
        : node.AsValue().TryGetValue(out ulong large) ? large
        : double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture);

    private static bool SameScalar(JsonValue a, JsonValue b)
    {
        JsonValueKind kind = a.GetValueKind();
        if (kind != b.GetValueKind())
        {
            return false;
        }

        return kind switch
        {
            JsonValueKind.String => string.Equals(a.GetValue<string>(), b.GetValue<string>(), StringComparison.Ordinal),
            JsonValueKind.Number => TryInteger(a, out long whole) && TryInteger(b, out long other) ? whole == other : Number(a).Equals(Number(b)),
            _ => true,
        };
    }
}
