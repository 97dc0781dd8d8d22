using System.Globalization;

namespace Fairlead.ControlPlane.Schema;

/// <summary>Go's text forms of instants and durations, with the errors that its parsers give.</summary>
internal static class GoTime
{
    /// <summary>A time as the API writes it.</summary>
    public const string Seconds = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>A MicroTime as the API writes it.</summary>
    public const string Microseconds = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    private const string TimeLayout = "2006-01-02T15:04:05Z07:00";
    private const string MicroTimeLayout = "2006-01-02T15:04:05.000000Z07:00";

    private static readonly (string Unit, Int128 Nanoseconds)[] _units =
        [("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

    /// <summary>RFC 3339 in any zone → UTC. Go's zero time gives null, which is how it is written.</summary>
    /// <returns>Null, or Go's error.</returns>
    public static string? Normalize(string text, bool micro, out string? result)
    {
        result = null;
        string layout = micro ? MicroTimeLayout : TimeLayout;
        string Fail(string rest, string part) => $"parsing time {GoText.Quote(text)} as {GoText.Quote(layout)}: cannot parse {GoText.Quote(rest)} as {GoText.Quote(part)}";

        (int At, int Length, string Part)[] parts = [(0, 4, "2006"), (4, 1, "-"), (5, 2, "01"), (7, 1, "-"), (8, 2, "02"), (10, 1, "T"), (11, 2, "15"), (13, 1, ":"), (14, 2, "04"), (16, 1, ":"), (17, 2, "05")];
        foreach ((int at, int length, string part) in parts)
        {
            if (text.Length < at + length)
            {
                return Fail(text.Length > at ? text[at..] : "", part);
            }

            bool good = length == 1 ? text[at] == part[0] : !text.AsSpan(at, length).ContainsAnyExceptInRange('0', '9');
            if (!good)
            {
                return Fail(text[at..], part);
            }
        }

        int end = 19;
        long ticks = 0;
        if (end < text.Length && text[end] is '.' or ',' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))
        {
            int digit = end + 1;
            long weight = TimeSpan.TicksPerSecond / 10;
            for (; digit < text.Length && char.IsAsciiDigit(text[digit]); digit++, weight /= 10)
            {
                ticks += (text[digit] - '0') * weight;
            }

            if (micro && digit - end != 7)
            {
                return Fail(text[end..], ".000000");
            }

            end = digit;
        }
        else if (micro)
        {
            return Fail(text[end..], ".000000");
        }

        TimeSpan offset = TimeSpan.Zero;
        if (end < text.Length && text[end] == 'Z')
        {
            end++;
        }
        else if (text.Length >= end + 6 && text[end] is '+' or '-' && text[end + 3] == ':'
            && int.TryParse(text.AsSpan(end + 1, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int hours) && hours <= 24
            && int.TryParse(text.AsSpan(end + 4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out int minutes) && minutes < 60)
        {
            offset = new TimeSpan(hours, minutes, 0) * (text[end] == '-' ? -1 : 1);
            end += 6;
        }
        else
        {
            return Fail(text[end..], "Z07:00");
        }

        if (end < text.Length)
        {
            return $"parsing time {GoText.Quote(text)}: extra text: {GoText.Quote(text[end..])}";
        }

        int Two(int at) => ((text[at] - '0') * 10) + (text[at + 1] - '0');
        int year = (Two(0) * 100) + Two(2);
        if (Two(5) is < 1 or > 12)
        {
            return $"parsing time {GoText.Quote(text)}: month out of range";
        }

        if (Two(8) < 1 || Two(8) > DateTime.DaysInMonth(Math.Max(1, year), Two(5)))
        {
            return $"parsing time {GoText.Quote(text)}: day out of range";
        }

        if (Two(11) > 23)
        {
            return $"parsing time {GoText.Quote(text)}: hour out of range";
        }

        if (Two(14) > 59)
        {
            return $"parsing time {GoText.Quote(text)}: minute out of range";
        }

        if (Two(17) > 59)
        {
            return $"parsing time {GoText.Quote(text)}: second out of range";
        }

        if (!micro && text.Length == 20 && year > 1)
        {
            result = text;
            return null;
        }

        DateTime time = new(Math.Max(1, year), Two(5), Two(8), Two(11), Two(14), Two(17), DateTimeKind.Utc);
        long utc = Math.Clamp(time.Ticks + ticks - offset.Ticks, 0, DateTime.MaxValue.Ticks);
        result = utc == 0 ? null : Format(utc, micro);
        return null;
    }

    /// <summary>Ticks since year 1 as text.</summary>
    public static string Format(long ticks, bool micro) =>
        new DateTime(ticks, DateTimeKind.Utc).ToString(micro ? Microseconds : Seconds, CultureInfo.InvariantCulture);

    /// <summary>Parses <c>1h2m3.5s</c>.</summary>
    /// <returns>Null, or Go's error.</returns>
    public static string? ParseDuration(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        string error = $"time: invalid duration {GoText.Quote(text)}";
        ReadOnlySpan<char> rest = text;
        bool negative = false;
        if (rest.Length > 0 && rest[0] is '-' or '+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return null;
        }

        if (rest.Length == 0)
        {
            return error;
        }

        Int128 total = 0;
        while (rest.Length > 0)
        {
            int at = 0;
            Int128 whole = 0;
            Int128 fraction = 0;
            Int128 scale = 1;
            bool digits = false;
            for (; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits = true)
            {
                whole = (whole * 10) + (rest[at] - '0');
                if (whole > long.MaxValue)
                {
                    return error;
                }
            }

            if (at < rest.Length && rest[at] == '.')
            {
                for (at++; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits = true)
                {
                    if (scale < 1_000_000_000_000_000)
                    {
                        fraction = (fraction * 10) + (rest[at] - '0');
                        scale *= 10;
                    }
                }
            }

            if (!digits)
            {
                return error;
            }

            int unitStart = at;
            while (at < rest.Length && rest[at] != '.' && !char.IsAsciiDigit(rest[at]))
            {
                at++;
            }

            string unit = rest[unitStart..at].ToString();
            if (unit.Length == 0)
            {
                return $"time: missing unit in duration {GoText.Quote(text)}";
            }

            Int128 size = 0;
            foreach ((string name, Int128 length) in _units)
            {
                size = name == unit ? length : size;
            }

            if (size == 0)
            {
                return $"time: unknown unit {GoText.Quote(unit)} in duration {GoText.Quote(text)}";
            }

            total += (whole * size) + (fraction * size / scale);
            if (total > long.MaxValue)
            {
                return error;
            }

            rest = rest[at..];
        }

        nanoseconds = (long)(negative ? -total : total);
        return null;
    }

    /// <summary>A duration as Go prints it: <c>1h0m0s</c>, <c>1.5s</c>, <c>20ms</c>.</summary>
    public static string FormatDuration(long nanoseconds)
    {
        if (nanoseconds == 0)
        {
            return "0s";
        }

        UInt128 left = nanoseconds < 0 ? (UInt128)(-(Int128)nanoseconds) : (UInt128)nanoseconds;
        string sign = nanoseconds < 0 ? "-" : "";
        static string Decimal(UInt128 value, ulong unit)
        {
            UInt128 rest = value % unit;
            string whole = (value / unit).ToString(CultureInfo.InvariantCulture);
            int digits = unit.ToString(CultureInfo.InvariantCulture).Length - 1;
            return rest == 0 ? whole : whole + "." + rest.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0').TrimEnd('0');
        }

        if (left < 1_000_000_000)
        {
            return sign + (left < 1000 ? $"{left}ns" : left < 1_000_000 ? Decimal(left, 1000) + "µs" : Decimal(left, 1_000_000) + "ms");
        }

        UInt128 minutes = left / 60_000_000_000;
        string seconds = Decimal(left % 60_000_000_000, 1_000_000_000) + "s";
        return sign + (minutes == 0 ? seconds : minutes < 60 ? $"{minutes}m{seconds}" : $"{minutes / 60}h{minutes % 60}m{seconds}");
    }
}
