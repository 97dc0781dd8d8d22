using Microsoft.Extensions.Logging;

namespace Fairlead.Cli.Output;

/// <summary>How our daemons log: one line an event on standard output, with the time in UTC; who starts them decides where that goes.</summary>
internal static class DaemonLog
{
    public static ILoggerFactory Create() => LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.TimestampFormat = "HH:mm:ss.fff ";
        console.UseUtcTimestamp = true;
    }));
}
