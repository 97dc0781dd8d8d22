using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>An amount with a suffix: <c>500m</c>, <c>1Gi</c>, <c>2e3</c>. Keeps the text as it was written.</summary>
/// <remarks>api/resource Quantity. Suffixes: n u m (nothing) k M G T P E, Ki Mi Gi Ti Pi Ei, or a decimal exponent.</remarks>
[JsonConverter(typeof(QuantityConverter))]
public readonly record struct Quantity
{
    private readonly string? _text;

    /// <summary>An amount as it is written.</summary>
    public Quantity(string text) => _text = text;

    /// <summary>The text, <c>0</c> where nothing was given.</summary>
    public string Text => _text ?? "0";

    /// <summary>The amount in whole units.</summary>
    /// <exception cref="FormatException">The text is no quantity.</exception>
    public decimal Value => TryParse(Text, out decimal value) ? value : throw new FormatException($"\"{Text}\" is not a quantity.");

    /// <summary>The amount in thousandths, rounded up: millicores of a CPU.</summary>
    /// <exception cref="FormatException">The text is no quantity.</exception>
    public long MilliValue => (long)Math.Min(decimal.Ceiling(Value * 1000), long.MaxValue);

    /// <summary>The amount in whole units, rounded up: bytes of memory.</summary>
    /// <exception cref="FormatException">The text is no quantity.</exception>
    public long LongValue => (long)Math.Min(decimal.Ceiling(Value), long.MaxValue);

    /// <summary>Reads a quantity without throwing.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out decimal value)
    {
        int end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or '+' or '-'))
        {
            end++;
        }

        ReadOnlySpan<char> suffix = text[end..];
        if (!decimal.TryParse(text[..end], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }

        decimal? factor = suffix switch
        {
            "" => 1m,
            "n" => 1e-9m,
            "u" => 1e-6m,
            "m" => 1e-3m,
            "k" => 1e3m,
            "M" => 1e6m,
            "G" => 1e9m,
            "T" => 1e12m,
            "P" => 1e15m,
            "E" => 1e18m,
            "Ki" => 1024m,
            "Mi" => 1048576m,
            "Gi" => 1073741824m,
            "Ti" => 1099511627776m,
            "Pi" => 1125899906842624m,
            "Ei" => 1152921504606846976m,
            _ => Exponent(suffix),
        };
        if (factor is null)
        {
            return false;
        }

        try
        {
            value *= factor.Value;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static decimal? Exponent(ReadOnlySpan<char> suffix)
    {
        if (suffix[0] is not ('e' or 'E')
            || !int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int exponent)
            || exponent is < -18 or > 18)
        {
            return null;
        }

        decimal factor = 1;
        for (int i = 0; i < Math.Abs(exponent); i++)
        {
            factor = exponent > 0 ? factor * 10 : factor / 10;
        }

        return factor;
    }
}

internal sealed class QuantityConverter : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => new Quantity(reader.GetString()!),
        JsonTokenType.Number => new Quantity(reader.GetDecimal().ToString(CultureInfo.InvariantCulture)),
        _ => throw new JsonException("a quantity is wanted here"),
    };

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
}
