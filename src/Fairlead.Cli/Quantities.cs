using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Fairlead.Cli;

/// <summary>Numbers with units, as people write them on a command line.</summary>
internal static class Quantities
{
    public delegate bool TryParse<T>(string text, out T value);

    /// <summary>An argument that is read by <paramref name="parse"/>.</summary>
    public static Argument<T> Argument<T>(string name, string description, TryParse<T> parse) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, description, parse),
    };

    /// <summary>An option that is read by <paramref name="parse"/>.</summary>
    public static Option<T> Option<T>(string name, string description, TryParse<T> parse) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, name, description, parse),
    };

    /// <summary>"500ms", "30s", "5m", "1h".</summary>
    public static bool TryDuration(string text, out TimeSpan? value)
    {
        bool read = TryUnits(text, [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)], out double seconds) && seconds is > 0 and < 1e9;
        value = read ? TimeSpan.FromSeconds(seconds) : null;
        return read;
    }

    /// <summary>"512kbit", "10mbit", "1gbit", "800bit": bits a second, units as tc(8) has them.</summary>
    public static bool TryBitsPerSecond(string text, out long value)
    {
        bool read = TryUnits(text, [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9), ("bit", 1)], out double bits) && bits is >= 1 and < 1e15;
        value = read ? (long)bits : 0;
        return read;
    }

    /// <summary>"10%", "0.5%": so many of a thousand.</summary>
    public static bool TryPerThousand(string text, out int value)
    {
        bool read = TryUnits(text, [("%", 10)], out double share) && share <= 1000 && share >= 1 && share == Math.Round(share);
        value = read ? (int)share : 0;
        return read;
    }

    private static bool TryUnits(string text, ReadOnlySpan<(string Unit, double Factor)> units, out double value)
    {
        foreach ((string unit, double factor) in units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                value = number * factor;
                return true;
            }
        }

        value = 0;
        return false;
    }

    private static T Parse<T>(ArgumentResult result, string name, string description, TryParse<T> parse)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!parse(text, out T value))
        {
            result.AddError($"{name}: '{text}' can't be read. {description}");
        }

        return value;
    }
}
