using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Telemetry;

/// <summary>What the server tells.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Error, Message = "A handler failed at {Name} {Type}; the client got SERVFAIL.")]
    public static partial void HandlerFailed(ILogger logger, string name, RecordType type, Exception exception);
}
