using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Forwarding;

/// <summary>What forwarding says. Information: it works again; Warning: it is tried again; Error: a person must act.</summary>
internal static partial class ForwardLog
{
    [LoggerMessage(701, LogLevel.Warning, "Upstream {Problem}; it is passed over until it answers a health check")]
    public static partial void UpstreamIsDown(ILogger logger, string problem);

    [LoggerMessage(702, LogLevel.Information, "Upstream {Upstream} answers again")]
    public static partial void UpstreamLives(ILogger logger, string upstream);

    [LoggerMessage(703, LogLevel.Warning, "{Name} {Type}: {Problem}")]
    public static partial void NoAnswer(ILogger logger, string name, string type, string problem);

    [LoggerMessage(704, LogLevel.Error, "{Problem}")]
    public static partial void Loop(ILogger logger, string problem);

    [LoggerMessage(705, LogLevel.Information, "Corefile {Path} was read: {Servers} server blocks, SHA-512 {Hash}")]
    public static partial void Loaded(ILogger logger, string path, int servers, string hash);

    [LoggerMessage(706, LogLevel.Error, "The new Corefile isn't used, the old one stays: {Problem}")]
    public static partial void LoadFailed(ILogger logger, string problem);

    [LoggerMessage(707, LogLevel.Warning, "{Warning}")]
    public static partial void Warning(ILogger logger, string warning);

    [LoggerMessage(708, LogLevel.Warning, "Hosts file {Path}: {Problem}")]
    public static partial void HostsFailed(ILogger logger, string path, string problem);

    [LoggerMessage(709, LogLevel.Information, "Hosts file {Path}: {Names} names")]
    public static partial void HostsRead(ILogger logger, string path, int names);
}
