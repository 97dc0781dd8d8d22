using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>JSON without a schema as nodes of plain values, whole numbers kept whole; what Go calls unstructured.</summary>
internal static class UntypedJson
{
    /// <summary>Parses a value; the last of duplicate fields counts.</summary>
    /// <param name="json">UTF-8 text.</param>
    /// <param name="sort">Objects in the order of their keys, as unstructured objects are returned.</param>
    /// <param name="duplicates">Where <c>duplicate field "…"</c> notes go.</param>
    /// <exception cref="JsonException">The text is malformed or nested too deeply.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> json, bool sort = false, List<string>? duplicates = null)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = JsonDecoder.MaxDepth });
        reader.Read();
        try
        {
            JsonNode? value = Read(ref reader, sort, "", duplicates);
            return reader.Read() ? throw new JsonException("invalid character after top-level value") : value;
        }
        catch (InvalidOperationException invalid)
        {
            throw new JsonException("invalid text in a string", invalid);
        }
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, bool sort, string path, List<string>? duplicates)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                List<KeyValuePair<string, JsonNode?>> entries = [];
                Dictionary<string, int> seen = new(StringComparer.Ordinal);
                bool sorted = true;
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string key = reader.GetString()!;
                    string inner = duplicates is null ? "" : path.Length == 0 ? key : $"{path}.{key}";
                    reader.Read();
                    JsonNode? value = Read(ref reader, sort, inner, duplicates);
                    if (seen.TryGetValue(key, out int at))
                    {
                        entries[at] = new(key, value);
                        string note = $"duplicate field {GoText.Quote(inner)}";
                        if (duplicates is { Count: < 100 } && !duplicates.Contains(note))
                        {
                            duplicates.Add(note);
                        }
                    }
                    else
                    {
                        sorted &= entries.Count == 0 || string.CompareOrdinal(entries[^1].Key, key) < 0;
                        seen[key] = entries.Count;
                        entries.Add(new(key, value));
                    }
                }

                if (sort && !sorted)
                {
                    entries.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
                }

                return new JsonObject(entries);
            case JsonTokenType.StartArray:
                JsonArray list = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    list.Add(Read(ref reader, sort, duplicates is null ? "" : $"{path}[{list.Count}]", duplicates));
                }

                return list;
            default:
                return JsonDecoder.RawScalar(ref reader);
        }
    }
}
