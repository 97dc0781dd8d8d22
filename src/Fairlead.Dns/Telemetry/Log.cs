using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Telemetry;

/// <summary>What the server tells.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "DNS answers at {Address} by UDP and TCP.")]
    public static partial void Serving(ILogger logger, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Zone {Zone} is complete: {Services} services.")]
    public static partial void Synced(ILogger logger, string zone, int services);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Watching {Resource} for DNS failed and will be tried again: {Reason}")]
    public static partial void WatchFailed(ILogger logger, string resource, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A handler failed at {Name} {Type}; the client got SERVFAIL.")]
    public static partial void HandlerFailed(ILogger logger, string name, RecordType type, Exception exception);
}
