using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>The log lines of the controllers.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Resource}: the watch failed and is tried again: {Error}")]
    public static partial void WatchFailed(ILogger logger, string resource, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Controller}: {Key} is tried again: {Error}")]
    public static partial void Retrying(ILogger logger, string controller, object key, string error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Controller}: {Key} was written by somebody else meanwhile; looked at again")]
    public static partial void Conflict(ILogger logger, string controller, object key);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Controller}: {Key} cannot be handled: {Error}")]
    public static partial void Unusable(ILogger logger, string controller, object key, string error);
}
