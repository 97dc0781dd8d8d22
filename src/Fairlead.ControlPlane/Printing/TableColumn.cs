using System.Text.Json;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Printing;

/// <summary>One column of a Table answer.</summary>
/// <param name="Name">As kubectl shows it, in upper case.</param>
/// <param name="Cell">The cell: a string, a long, a bool, or null.</param>
internal sealed record TableColumn(string Name, Func<JsonElement, DateTimeOffset, object?> Cell)
{
    /// <summary>string, integer, boolean or date.</summary>
    public string Type { get; init; } = "string";

    public string Format { get; init; } = "";

    /// <summary>0 is shown always, 1 with <c>-o wide</c>.</summary>
    public int Priority { get; init; }

    public string Description => Describe.Value;

    private Lazy<string> Describe { get; init; } = new("");

    public const string NameDescription = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    public const string CreatedDescription = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    public static readonly TableColumn ObjectName = new("Name", static (o, _) => o.StringAt("metadata", "name"))
    {
        Format = "name",
        Describe = new(NameDescription),
    };

    public static readonly TableColumn Age = new("Age", static (o, now) => HumanTime.Since(o.StringAt("metadata", "creationTimestamp"), now))
    {
        Describe = new(CreatedDescription),
    };

    public static readonly TableColumn CreatedAt = new("Created At", static (o, _) => o.StringAt("metadata", "creationTimestamp"))
    {
        Type = "date",
        Describe = new(CreatedDescription),
    };

    public static readonly IReadOnlyList<TableColumn> NameAndAge = [ObjectName, Age];

    public static readonly IReadOnlyList<TableColumn> NameAndCreatedAt = [ObjectName, CreatedAt];

    /// <summary>The column with a description of its own.</summary>
    public TableColumn Documented(string description) => this with { Describe = new(description) };

    /// <summary>The column with the description of the field that it shows, which is looked up when somebody asks.</summary>
    public TableColumn Documented(string type, string field) =>
        this with { Describe = new(() => SchemaDocs.Default.Read(type).GetValueOrDefault(field, "")) };

    public static TableColumn Text(string name, Func<JsonElement, string?> cell, int priority = 0) =>
        new(name, (o, _) => cell(o)) { Priority = priority };

    public static TableColumn Timed(string name, Func<JsonElement, DateTimeOffset, string?> cell, int priority = 0) =>
        new(name, cell) { Priority = priority };

    public static TableColumn Integer(string name, Func<JsonElement, long?> cell, int priority = 0) =>
        new(name, (o, _) => cell(o) ?? 0L) { Type = "integer", Priority = priority };
}

/// <summary>Durations as kubectl prints them (apimachinery, util/duration).</summary>
internal static class HumanTime
{
    public static string Since(string? timestamp, DateTimeOffset now) =>
        DateTimeOffset.TryParse(timestamp, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var then)
            ? Duration(now - then)
            : "<unknown>";

    public static string Duration(TimeSpan span)
    {
        var seconds = (long)Math.Floor(span.TotalSeconds);
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;
        return seconds switch
        {
            < 120 => $"{seconds}s",
            < 600 => Pair(minutes, "m", seconds % 60, "s"),
            < 3 * 3600 => $"{minutes}m",
            < 8 * 3600 => Pair(hours, "h", minutes % 60, "m"),
            < 48 * 3600 => $"{hours}h",
            < 8 * 86400 => Pair(days, "d", hours % 24, "h"),
            < 2 * 365 * 86400L => $"{days}d",
            < 8 * 365 * 86400L => Pair(days / 365, "y", days % 365, "d"),
            _ => $"{days / 365}y",
        };
    }

    private static string Pair(long big, string bigUnit, long small, string smallUnit) =>
        small == 0 ? $"{big}{bigUnit}" : $"{big}{bigUnit}{small}{smallUnit}";
}
