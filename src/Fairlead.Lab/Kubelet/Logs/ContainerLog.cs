using System.Globalization;
using System.Text;
using Fairlead.Lab.Kubelet.Server;

namespace Fairlead.Lab.Kubelet.Logs;

/// <summary>Reads containers' logs, in the format that the CRI writes them in.</summary>
internal static class ContainerLog
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>The last lines of a log, or all of them.</summary>
    public static IReadOnlyList<LogLine> Tail(string path, int? count)
    {
        var lines = File.ReadLines(path).Select(LogLine.Parse).OfType<LogLine>();
        return count is { } some ? [.. lines.TakeLast(some)] : [.. lines];
    }

    /// <summary>Writes what the query asks for; following, until <paramref name="isRunning"/> says no and everything has been written.</summary>
    public static async Task CopyAsync(string path, LogQuery query, Stream output, Func<bool> isRunning, TimeProvider clock, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 32 * 1024);
        await using var closing = file.ConfigureAwait(false);
        if (query.TailLines is { } lines)
        {
            file.Position = PositionOfTail(file, lines);
        }

        Writer writer = new(output, query);
        StringBuilder rest = new();
        var buffer = new byte[32 * 1024];
        var decoder = Encoding.UTF8.GetDecoder();
        var characters = new char[buffer.Length];
        while (true)
        {
            var running = query.Follow && isRunning();
            int count;
            while ((count = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                rest.Append(characters, 0, decoder.GetChars(buffer, 0, count, characters, 0));
                if (!await TakeLinesAsync(rest, writer, cancellationToken).ConfigureAwait(false))
                {
                    return;
                }
            }

            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (!running)
            {
                return;
            }

            await Task.Delay(LookPeriod, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<bool> TakeLinesAsync(StringBuilder rest, Writer writer, CancellationToken cancellationToken)
    {
        var text = rest.ToString();
        var begin = 0;
        for (int end; (end = text.IndexOf('\n', begin)) >= 0; begin = end + 1)
        {
            if (LogLine.Parse(text[begin..end]) is { } line && !await writer.WriteAsync(line, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        rest.Clear().Append(text, begin, text.Length - begin);
        return true;
    }

    /// <summary>Where the last so many whole lines begin; the parts of a long line count as one.</summary>
    private static long PositionOfTail(FileStream file, int lines)
    {
        var buffer = new byte[32 * 1024];
        var end = file.Length;
        var found = 0;
        for (var block = end; block > 0;)
        {
            var begin = Math.Max(0, block - buffer.Length);
            file.Position = begin;
            file.ReadExactly(buffer, 0, (int)(block - begin));
            for (var i = (int)(block - begin) - 1; i >= 0; i--)
            {
                if (buffer[i] == '\n' && begin + i + 1 < end && ++found == lines)
                {
                    return begin + i + 1;
                }

                if (lines == 0)
                {
                    return end;
                }
            }

            block = begin;
        }

        return 0;
    }

    /// <summary>Writes lines as a client wants to see them.</summary>
    private sealed class Writer(Stream output, LogQuery query)
    {
        private long _left = query.LimitBytes ?? long.MaxValue;
        private bool _inside;

        public async Task<bool> WriteAsync(LogLine line, CancellationToken cancellationToken)
        {
            if (query.Since is { } since && DateTimeOffset.TryParse(line.Time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time < since)
            {
                return true;
            }

            var bytes = Encoding.UTF8.GetBytes($"{(query.Timestamps && !_inside ? line.Time.Replace("+00:00", "Z", StringComparison.Ordinal) + " " : "")}{line.Text}{(line.IsPartial ? "" : "\n")}");
            _inside = line.IsPartial;
            var count = (int)Math.Min(bytes.Length, _left);
            await output.WriteAsync(bytes.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            _left -= count;
            return _left > 0;
        }

        public Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);
    }
}
