using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Output;

/// <summary>How our daemons log: one line an event, with the time in UTC, on standard error's companion that the supervisor collects.</summary>
internal static class DaemonLog
{
    public static ILoggerFactory Create() => LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.TimestampFormat = "HH:mm:ss.fff ";
        console.UseUtcTimestamp = true;
    }));
}
