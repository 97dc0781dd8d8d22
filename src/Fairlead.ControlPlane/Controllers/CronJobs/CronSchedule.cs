using System.Globalization;

namespace Fairlead.ControlPlane.Controllers.CronJobs;

/// <summary>A cron schedule: five fields, or a name such as <c>@hourly</c>; steps, ranges, lists, and names of months and days.</summary>
/// <remarks>crontab(5). Where both the day of the month and the day of the week are restricted, either will do.</remarks>
internal sealed class CronSchedule
{
    private const int FarthestYears = 8;
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly ulong _minutes, _hours, _days, _months, _weekdays;
    private readonly bool _anyDay, _anyWeekday;
    private readonly TimeSpan? _every;
    private readonly TimeZoneInfo _zone;

    private CronSchedule(string text, TimeZoneInfo zone)
    {
        _zone = zone;
        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            _every = Duration(text[7..]);
            return;
        }

        string[] fields = Name(text).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length != 5)
        {
            throw new FormatException($"expected exactly 5 fields, found {fields.Length}: [{text}]");
        }

        _minutes = Field(fields[0], 0, 59, []);
        _hours = Field(fields[1], 0, 23, []);
        _days = Field(fields[2], 1, 31, []);
        _months = Field(fields[3], 1, 12, Months);
        _weekdays = Field(fields[4], 0, 7, Days);
        _weekdays |= (_weekdays >> 7) & 1;
        _anyDay = fields[2][0] is '*' or '?';
        _anyWeekday = fields[4][0] is '*' or '?';
    }

    /// <summary>Reads a schedule.</summary>
    /// <param name="text">The schedule; <c>TZ=Zone</c> in front is understood too.</param>
    /// <param name="timeZone">An IANA zone; UTC where null.</param>
    /// <exception cref="FormatException">It is none, or the zone is not known.</exception>
    public static CronSchedule Parse(string text, string? timeZone)
    {
        text = text.Trim();
        if (text.StartsWith("TZ=", StringComparison.Ordinal) || text.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            timeZone = space < 0 ? text : text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..space];
            text = space < 0 ? "" : text[space..].Trim();
        }

        try
        {
            return new CronSchedule(text, timeZone is null ? TimeZoneInfo.Utc : TimeZoneInfo.FindSystemTimeZoneById(timeZone));
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw new FormatException($"unknown time zone {timeZone}", e);
        }
    }

    /// <summary>The first time after <paramref name="after"/>; null where there is none within eight years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_every is { } every)
        {
            return after + every;
        }

        DateTime local = TimeZoneInfo.ConvertTime(after, _zone).DateTime;
        DateTime time = new DateTime(local.Year, local.Month, local.Day, local.Hour, local.Minute, 0, DateTimeKind.Unspecified).AddMinutes(1);
        DateTime farthest = time.AddYears(FarthestYears);
        while (time < farthest)
        {
            if (!Has(_months, time.Month))
            {
                time = new DateTime(time.Year, time.Month, 1, 0, 0, 0, DateTimeKind.Unspecified).AddMonths(1);
            }
            else if (!IsDay(time))
            {
                time = time.Date.AddDays(1);
            }
            else if (!Has(_hours, time.Hour))
            {
                time = time.Date.AddHours(time.Hour + 1);
            }
            else if (!Has(_minutes, time.Minute) || _zone.IsInvalidTime(time))
            {
                time = time.AddMinutes(1);
            }
            else
            {
                DateTimeOffset found = new(TimeZoneInfo.ConvertTimeToUtc(time, _zone), TimeSpan.Zero);
                if (found > after)
                {
                    return found;
                }

                // The hour that a clock shows twice.
                time = time.AddMinutes(1);
            }
        }

        return null;
    }

    private static bool Has(ulong set, int value) => ((set >> value) & 1) != 0;

    private bool IsDay(DateTime time)
    {
        bool day = Has(_days, time.Day), weekday = Has(_weekdays, (int)time.DayOfWeek);
        return _anyDay || _anyWeekday ? day && weekday : day || weekday;
    }

    private static string Name(string text) => text switch
    {
        "@yearly" or "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" or "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => text,
    };

    private static ulong Field(string field, int first, int last, string[] names)
    {
        ulong set = 0;
        foreach (string part in field.Split(','))
        {
            string[] range = part.Split('/');
            int step = 1;
            if (range.Length > 2 || (range.Length == 2 && (!int.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step < 1)))
            {
                throw new FormatException($"step of \"{part}\" is no number above 0");
            }

            int from = first, to = last == 7 ? 6 : last;
            if (range[0] is not ("*" or "?"))
            {
                string[] ends = range[0].Split('-');
                from = Value(ends[0], names, first);
                to = ends.Length == 2 ? Value(ends[1], names, first) : range.Length == 2 ? to : from;
                if (ends.Length > 2 || from < first || to > last || from > to)
                {
                    throw new FormatException($"\"{part}\" is not within {first}-{last}");
                }
            }

            for (int value = from; value <= to; value += step)
            {
                set |= 1UL << value;
            }
        }

        return set;
    }

    private static int Value(string text, string[] names, int first)
    {
        int name = Array.FindIndex(names, candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (name >= 0)
        {
            return name + first;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw new FormatException($"\"{text}\" is neither a number nor a name");
    }

    /// <summary>Go's durations, as far as schedules need them: <c>1h30m</c>, <c>90s</c>.</summary>
    private static TimeSpan Duration(string text)
    {
        TimeSpan total = TimeSpan.Zero;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
            {
                continue;
            }

            int number = int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : throw new FormatException($"\"{text}\" is no duration");
            total += text[i] switch
            {
                'h' => TimeSpan.FromHours(number),
                'm' => TimeSpan.FromMinutes(number),
                's' => TimeSpan.FromSeconds(number),
                _ => throw new FormatException($"\"{text}\" is no duration"),
            };
            start = i + 1;
        }

        return total >= TimeSpan.FromSeconds(1) && start == text.Length ? total : throw new FormatException($"\"{text}\" is no duration of a second or more");
    }
}
