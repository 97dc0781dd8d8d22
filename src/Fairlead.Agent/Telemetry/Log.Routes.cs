using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Telemetry;

/// <summary>What is said of the ways between nodes.</summary>
internal static partial class Log
{
    [LoggerMessage(40, LogLevel.Information, "Made VXLAN link {Link}, {Mac} at {Local}, MTU {Mtu}")]
    public static partial void OverlayMade(ILogger logger, string link, string mac, string local, int mtu);

    [LoggerMessage(41, LogLevel.Information, "Took over VXLAN link {Link}, which another program made")]
    public static partial void OverlayTaken(ILogger logger, string link);

    [LoggerMessage(42, LogLevel.Information, "Removed VXLAN link {Link}: no node sends through it any more")]
    public static partial void OverlayRemoved(ILogger logger, string link);

    [LoggerMessage(43, LogLevel.Information, "The way to other nodes is link {Link}, MTU {Mtu}, segments {Segments}")]
    public static partial void UplinkFound(ILogger logger, string link, int mtu, string segments);

    [LoggerMessage(44, LogLevel.Information, "Published how this node is reached: {Annotations}")]
    public static partial void Published(ILogger logger, string annotations);

    [LoggerMessage(45, LogLevel.Warning, "Can't publish how this node is reached: {Message}; trying again in {Milliseconds:F0} ms")]
    public static partial void PublishFailed(ILogger logger, string message, double milliseconds);

    [LoggerMessage(46, LogLevel.Information, "Set the MTU of link {Link} from {Before} to {After}")]
    public static partial void MtuSet(ILogger logger, string link, int before, int after);

    [LoggerMessage(47, LogLevel.Error, "Can't set the MTU of link {Link} to {Mtu}: {Message}")]
    public static partial void MtuFailed(ILogger logger, string link, int mtu, string message);

    [LoggerMessage(48, LogLevel.Error, "The pod behind {Link} sends packets of up to {Before} bytes where {After} is most, and its namespace can't be found: the agent must see /run/netns or the node's processes (hostPID)")]
    public static partial void PodLinkUnreachable(ILogger logger, string link, int before, int after);

    [LoggerMessage(49, LogLevel.Error, "Can't tell the CNI plugins the MTU: {Message}")]
    public static partial void NetworkFileFailed(ILogger logger, string message);

    [LoggerMessage(50, LogLevel.Information, "No longer so: {Message} [{Reason}]")]
    public static partial void ProblemOver(ILogger logger, string reason, string message);

    [LoggerMessage(51, LogLevel.Error, "Can't look through other programs' rules: {Message}")]
    public static partial void ForwardCheckFailed(ILogger logger, string message);

    [LoggerMessage(52, LogLevel.Error, "Ways to other nodes aren't probed any more: {Message}")]
    public static partial void ProbesFailed(ILogger logger, string message);

    [LoggerMessage(53, LogLevel.Error, "Can't look at checksum offload: {Message}")]
    public static partial void ChecksumCheckFailed(ILogger logger, string message);
}
