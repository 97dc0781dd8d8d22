using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Fairlead.Lab.Kubelet.Server;

/// <summary>Which part of a log a client wants, from the request's query.</summary>
internal sealed record LogQuery
{
    public bool Follow { get; init; }

    public bool Previous { get; init; }

    public bool Timestamps { get; init; }

    public int? TailLines { get; init; }

    public DateTimeOffset? Since { get; init; }

    public long? LimitBytes { get; init; }

    public static LogQuery Parse(IQueryCollection query, DateTimeOffset now) => new()
    {
        Follow = IsTrue(query["follow"]),
        Previous = IsTrue(query["previous"]),
        Timestamps = IsTrue(query["timestamps"]),
        TailLines = Number(query["tailLines"]) is { } lines ? (int)Math.Max(lines, 0) : null,
        Since = Number(query["sinceSeconds"]) is { } seconds ? now.AddSeconds(-seconds)
            : DateTimeOffset.TryParse(query["sinceTime"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
        LimitBytes = Number(query["limitBytes"]),
    };

    /// <summary>As Go reads a boolean.</summary>
    public static bool IsTrue(string? text) => text is "1" or "t" or "T" or "true" or "True" or "TRUE";

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
