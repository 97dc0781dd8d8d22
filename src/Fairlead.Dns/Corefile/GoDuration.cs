using System.Buffers;
using System.Globalization;

namespace Fairlead.Dns.Corefile;

/// <summary>Durations as Go's time package writes them (time.ParseDuration): <c>300ms</c>, <c>-1.5h</c>, <c>2h45m</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        bool negative = text.StartsWith("-");
        text = text.TrimStart("+-");
        if (text is "0")
        {
            return true;
        }

        double seconds = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            int digits = text.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            {
                return false;
            }

            text = text[digits..];
            int letters = text.IndexOfAny(Digits);
            ReadOnlySpan<char> unit = letters < 0 ? text : text[..letters];
            text = text[unit.Length..];
            double scale = unit switch
            {
                "ns" => 1e-9,
                "us" or "µs" or "μs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => 0,
            };
            if (scale == 0)
            {
                return false;
            }

            seconds += value * scale;
        }

        if (seconds > TimeSpan.FromDays(36500).TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(negative ? -seconds : seconds);
        return true;
    }

    /// <summary>Seconds with Go's precision, as CoreDNS logs them: <c>0.037990251s</c>.</summary>
    public static string InSeconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#########}s");
}
