namespace Fairlead.Lab.Kubelet.Logs;

/// <summary>One line of a container's log as the CRI writes it: <c>2026-11-22T02:36:15.978350671+00:00 stdout F hi</c>.</summary>
/// <param name="Time">When it was written, as it stands in the file.</param>
/// <param name="Stream">stdout or stderr.</param>
/// <param name="IsPartial">The line goes on in the next record (<c>P</c> instead of <c>F</c>).</param>
/// <param name="Text">What was written, without the end of the line.</param>
internal readonly record struct LogLine(string Time, string Stream, bool IsPartial, string Text)
{
    /// <summary>Reads a record; null when it is none.</summary>
    public static LogLine? Parse(string record)
    {
        var parts = record.Split(' ', 4);
        return parts.Length == 4 && parts[2] is "F" or "P" ? new LogLine(parts[0], parts[1], parts[2] == "P", parts[3])
            : parts is [var time, var stream, "F" or "P"] ? new LogLine(time, stream, parts[2] == "P", "")
            : null;
    }
}
