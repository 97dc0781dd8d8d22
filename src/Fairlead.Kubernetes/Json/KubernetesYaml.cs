using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fairlead.Kubernetes;

/// <summary>YAML as Kubernetes reads it: each document becomes the JSON that it stands for. Anchors and merge keys are understood.</summary>
/// <remarks>YAML 1.1 booleans (yes, on) stay strings, as in sigs.k8s.io/yaml since its move to the JSON schema for plain scalars true, false and null.</remarks>
public static class KubernetesYaml
{
    private const int DeepestNesting = 200;

    /// <summary>Reads all documents that are not empty.</summary>
    /// <param name="text">YAML or JSON, with <c>---</c> between documents.</param>
    /// <exception cref="InvalidDataException">The text is no YAML; the message says where.</exception>
    public static IReadOnlyList<JsonNode> ParseAll(string text)
    {
        try
        {
            return Read(text);
        }
        catch (YamlException e)
        {
            throw new InvalidDataException($"yaml: line {e.Start.Line}: {e.Message}", e);
        }
    }

    private static List<JsonNode> Read(string text)
    {
        List<JsonNode> documents = [];
        using StringReader reader = new(text);
        Parser parser = new(reader);
        parser.Consume<StreamStart>();
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            parser.Consume<DocumentStart>();
            Dictionary<AnchorName, JsonNode?> anchors = [];
            JsonNode? document = ReadNode(parser, anchors, 0);
            if (document is not null)
            {
                documents.Add(document);
            }

            parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    private static JsonNode? ReadNode(Parser parser, Dictionary<AnchorName, JsonNode?> anchors, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new InvalidDataException($"yaml: nested more than {DeepestNesting} levels deep");
        }

        if (parser.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            return anchors.TryGetValue(alias.Value, out JsonNode? known)
                ? known?.DeepClone()
                : throw new InvalidDataException($"yaml: line {alias.Start.Line}: unknown anchor '{alias.Value}'");
        }

        NodeEvent? start = parser.Current as NodeEvent;
        JsonNode? node;
        if (parser.TryConsume<Scalar>(out Scalar? scalar))
        {
            node = ReadScalar(scalar);
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            JsonArray array = [];
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                array.Add(ReadNode(parser, anchors, depth + 1));
            }

            node = array;
        }
        else
        {
            parser.Consume<MappingStart>();
            node = ReadMapping(parser, anchors, depth);
        }

        if (start is not null && !start.Anchor.IsEmpty)
        {
            anchors[start.Anchor] = node?.DeepClone();
        }

        return node;
    }

    private static JsonObject ReadMapping(Parser parser, Dictionary<AnchorName, JsonNode?> anchors, int depth)
    {
        JsonObject mapping = [];
        List<JsonObject> merged = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            Scalar key = parser.Consume<Scalar>();
            JsonNode? value = ReadNode(parser, anchors, depth + 1);
            if (key is { Value: "<<", IsPlainImplicit: true })
            {
                merged.AddRange(value is JsonArray several ? several.OfType<JsonObject>() : value is JsonObject one ? [one] : []);
            }
            else if (mapping.ContainsKey(key.Value))
            {
                throw new InvalidDataException($"yaml: line {key.Start.Line}: key \"{key.Value}\" already set in map");
            }
            else
            {
                mapping[key.Value] = value;
            }
        }

        foreach (JsonObject source in merged)
        {
            foreach ((string key, JsonNode? value) in source)
            {
                if (!mapping.ContainsKey(key))
                {
                    mapping[key] = value?.DeepClone();
                }
            }
        }

        return mapping;
    }

    private static JsonValue? ReadScalar(Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return JsonValue.Create(scalar.Value);
        }

        string text = scalar.Value;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
        {
            return JsonValue.Create(text);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
        {
            // A leading zero is octal in YAML 1.1: defaultMode: 0644 means 420.
            string digits = text.TrimStart('-', '+');
            if (digits.Length > 1 && digits[0] == '0')
            {
                return TryBase(digits[1..], 8, out long octal) ? JsonValue.Create(text[0] == '-' ? -octal : octal) : JsonValue.Create(text);
            }

            return JsonValue.Create(integer);
        }

        if (text.StartsWith("0x", StringComparison.Ordinal) && TryBase(text[2..], 16, out long hex))
        {
            return JsonValue.Create(hex);
        }

        if (text.StartsWith("0o", StringComparison.Ordinal) && TryBase(text[2..], 8, out long newOctal))
        {
            return JsonValue.Create(newOctal);
        }

        const NumberStyles Float = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static bool TryBase(string digits, int radix, out long value)
    {
        value = 0;
        if (digits.Length is 0 or > 15)
        {
            return false;
        }

        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        return true;
    }
}
