namespace Fairlead.Lab.Kubelet.Logs;

/// <summary>Reads containers' logs.</summary>
internal static class ContainerLog
{
    /// <summary>The last lines of a log, or all of them.</summary>
    public static IReadOnlyList<LogLine> Tail(string path, int? count)
    {
        var lines = File.ReadLines(path).Select(LogLine.Parse).OfType<LogLine>();
        return count is { } some ? [.. lines.TakeLast(some)] : [.. lines];
    }
}
