using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>Reads strings that repeat in thousands of objects (namespaces, kinds, node names, zones) as one instance each.</summary>
internal sealed class SharedStringConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadShared(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    internal static string? ReadShared(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.HasValueSequence || reader.ValueIsEscaped)
        {
            return reader.GetString();
        }

        return SharedStrings.Get(reader.ValueSpan);
    }
}

/// <summary>A cache of fixed size: a collision costs an allocation, never memory that grows.</summary>
internal static class SharedStrings
{
    private const int Slots = 4096;
    private const int LongestShared = 96;
    private static readonly string?[] Cache = new string?[Slots];

    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > LongestShared)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        HashCode hash = default;
        hash.AddBytes(utf8);
        ref string? slot = ref Cache[hash.ToHashCode() & (Slots - 1)];
        string? known = slot;
        if (known is not null && Equal(known, utf8))
        {
            return known;
        }

        return slot = Encoding.UTF8.GetString(utf8);
    }

    private static bool Equal(string text, ReadOnlySpan<byte> utf8)
    {
        // Only ASCII can be compared unit by unit, and names in the API are ASCII.
        if (text.Length != utf8.Length)
        {
            return false;
        }

        for (int i = 0; i < utf8.Length; i++)
        {
            if (text[i] != utf8[i] || utf8[i] >= 0x80)
            {
                return false;
            }
        }

        return true;
    }
}
