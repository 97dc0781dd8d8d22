using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.ControlPlane.Json;

/// <summary>YAML 1.1 as sigs.k8s.io/yaml reads it, into the JSON it stands for. One document; anchors are refused when they grow too big.</summary>
internal static class YamlText
{
    private const int MaximumNodes = 200_000;

    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Parser parser = new(new StringReader(Encoding.UTF8.GetString(utf8)));
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            var count = 0;
            return Read(parser, [], ref count, 0);
        }
        catch (YamlException exception)
        {
            throw new JsonException("error converting YAML to JSON: yaml: " + exception.Message, exception);
        }
    }

    private static JsonNode? Read(Parser parser, Dictionary<string, JsonNode?> anchors, ref int count, int depth)
    {
        if (++count > MaximumNodes || depth > KubernetesJson.MaximumDepth)
        {
            throw new JsonException("the YAML document is too large or too deep");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            var found = anchors.TryGetValue(alias.Value.Value, out var known) ? known?.DeepClone() : throw new JsonException($"yaml: unknown anchor '{alias.Value.Value}' referenced");
            count += Weight(found);
            return count > MaximumNodes ? throw new JsonException("yaml: document contains excessive aliasing") : found;
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Remember(scalar.Anchor, anchors, Scalar(scalar));
        }

        if (parser.TryConsume<MappingStart>(out var mapping))
        {
            JsonObject map = [];
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = Read(parser, anchors, ref count, depth + 1);
                var value = Read(parser, anchors, ref count, depth + 1);
                var name = key is JsonValue text ? text.ToString() : throw new JsonException("yaml: a key is not a scalar");
                if (name == "<<" && value is JsonObject merged)
                {
                    foreach (var (mergedName, mergedValue) in merged)
                    {
                        map.Default(mergedName, mergedValue?.DeepClone()!);
                    }
                }
                else
                {
                    map[name] = value;
                }
            }

            return Remember(mapping.Anchor, anchors, map);
        }

        var sequence = parser.Consume<SequenceStart>();
        JsonArray list = [];
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            list.Add(Read(parser, anchors, ref count, depth + 1));
        }

        return Remember(sequence.Anchor, anchors, list);
    }

    private static JsonNode? Remember(AnchorName anchor, Dictionary<string, JsonNode?> anchors, JsonNode? node)
    {
        if (!anchor.IsEmpty)
        {
            anchors[anchor.Value] = node?.DeepClone();
        }

        return node;
    }

    private static int Weight(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Sum(pair => Weight(pair.Value)),
        JsonArray list => 1 + list.Sum(Weight),
        _ => 1,
    };

    private static JsonValue? Scalar(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return JsonValue.Create(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            // YAML 1.1: a leading zero means octal.
            var digits = text.TrimStart('-', '+');
            if (digits.Length > 1 && digits[0] == '0' && digits.All(digit => digit is >= '0' and <= '7'))
            {
                return JsonValue.Create(Convert.ToInt64(digits, 8) * (text[0] == '-' ? -1 : 1));
            }

            return JsonValue.Create(integer);
        }

        if (text.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hexadecimal))
        {
            return JsonValue.Create(hexadecimal);
        }

        if (text.StartsWith("0o", StringComparison.Ordinal) && text.Length > 2 && text.AsSpan(2).IndexOfAnyExceptInRange('0', '7') < 0)
        {
            return JsonValue.Create(Convert.ToInt64(text[2..], 8));
        }

        return (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? JsonValue.Create(real)
                : JsonValue.Create(text);
    }
}
