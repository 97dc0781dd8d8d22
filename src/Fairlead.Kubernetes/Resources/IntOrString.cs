using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fairlead.Kubernetes;

/// <summary>A number, or a text: a port's name, or a percentage.</summary>
/// <remarks>util/intstr IntOrString.</remarks>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString
{
    /// <summary>A number.</summary>
    public IntOrString(int number) => Number = number;

    /// <summary>A text.</summary>
    public IntOrString(string text) => Text = text;

    /// <summary>The number; 0 where it is a text.</summary>
    public int Number { get; }

    /// <summary>The text, or null where it is a number.</summary>
    public string? Text { get; }

    /// <summary>A number as it is; a percentage of <paramref name="total"/>, rounded up or down.</summary>
    /// <param name="total">What 100% is.</param>
    /// <param name="roundUp">Whether a fraction counts as a whole.</param>
    /// <exception cref="FormatException">A text that is no percentage.</exception>
    public int Of(int total, bool roundUp)
    {
        if (Text is null)
        {
            return Number;
        }

        if (!Text.EndsWith('%') || !int.TryParse(Text.AsSpan(0, Text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int percent))
        {
            throw new FormatException($"\"{Text}\" is neither a number nor a percentage.");
        }

        long hundredfold = (long)percent * total;
        return (int)(roundUp ? (hundredfold + 99) / 100 : hundredfold / 100);
    }

    /// <inheritdoc/>
    public override string ToString() => Text ?? Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number.</summary>
    public static implicit operator IntOrString(int number) => new(number);

    /// <summary>A text.</summary>
    public static implicit operator IntOrString(string text) => new(text);
}

internal sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => new IntOrString(reader.GetInt32()),
        JsonTokenType.String => new IntOrString(reader.GetString()!),
        _ => throw new JsonException("a number or a string is wanted here"),
    };

    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Text is null)
        {
            writer.WriteNumberValue(value.Number);
        }
        else
        {
            writer.WriteStringValue(value.Text);
        }
    }
}
