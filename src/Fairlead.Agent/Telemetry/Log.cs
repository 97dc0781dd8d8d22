using Fairlead.Agent.Reconciling;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Telemetry;

/// <summary>All that the agent says. Information: the data plane changed; Warning: it will be retried; Error: a person must act.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Adopted {Services} services ({Elements} elements; a table was there: {Found}): {Changes} elements and {Routes} routes changed, kernel {Milliseconds:F1} ms")]
    public static partial void Adopted(ILogger logger, int services, int elements, bool found, int changes, int routes, double milliseconds);

    [LoggerMessage(2, LogLevel.Information, "Revision {Revision}: {Services} services planned, {Chains} chains, {Operations} operations, {Routes} routes, kernel {Milliseconds:F2} ms")]
    public static partial void Committed(ILogger logger, long revision, int services, int chains, int operations, int routes, double milliseconds);

    [LoggerMessage(3, LogLevel.Warning, "{Message}; trying again in {Milliseconds:F0} ms")]
    public static partial void CommitFailed(ILogger logger, string message, double milliseconds);

    [LoggerMessage(4, LogLevel.Warning, "Repaired {What} ({Reason}, by {Author}) {Detail}")]
    public static partial void Repaired(ILogger logger, AuditReason reason, string what, string author, string detail);

    [LoggerMessage(5, LogLevel.Warning, "{Author} changed what is ours in the kernel; comparing")]
    public static partial void ForeignChange(ILogger logger, string author);

    [LoggerMessage(6, LogLevel.Warning, "{Message} [{Reason}]")]
    public static partial void Problem(ILogger logger, string reason, string message);

    [LoggerMessage(7, LogLevel.Warning, "Route {Route}: {Message}; trying again")]
    public static partial void RouteFailed(ILogger logger, string route, string message);

    [LoggerMessage(8, LogLevel.Information, "Set {Sysctl} from {Before} to {After}")]
    public static partial void SysctlSet(ILogger logger, string sysctl, string before, string after);

    [LoggerMessage(9, LogLevel.Error, "Can't set {Sysctl} to {Value}: {Message}")]
    public static partial void SysctlFailed(ILogger logger, string sysctl, string value, string message);

    [LoggerMessage(10, LogLevel.Warning, "Watching {Resource} failed: {Message}; trying again")]
    public static partial void WatchFailed(ILogger logger, string resource, string message);

    [LoggerMessage(11, LogLevel.Information, "Removed {Flows} conntrack flows to endpoints that are gone")]
    public static partial void FlowsCleaned(ILogger logger, int flows);

    [LoggerMessage(12, LogLevel.Information, "Caches are complete: {Nodes} nodes, {Services} services, {Slices} endpoint slices")]
    public static partial void Synced(ILogger logger, int nodes, int services, int slices);

    [LoggerMessage(13, LogLevel.Information, "Serving health and metrics on {Address}")]
    public static partial void Serving(ILogger logger, string address);

    [LoggerMessage(14, LogLevel.Error, "Health check node port {Port}: {Message}")]
    public static partial void HealthPortFailed(ILogger logger, int port, string message);

    [LoggerMessage(15, LogLevel.Error, "Can't clean conntrack: {Message}")]
    public static partial void FlowsFailed(ILogger logger, string message);

    [LoggerMessage(16, LogLevel.Error, "Can't listen to {What} any more: {Message}; only the timer's audits remain")]
    public static partial void MonitorFailed(ILogger logger, string what, string message);

    [LoggerMessage(17, LogLevel.Information, "Set hairpin mode on {Ports} bridge ports of pods")]
    public static partial void HairpinSet(ILogger logger, int ports);

    [LoggerMessage(60, LogLevel.Warning, "Can't read what policies deny: {Message}")]
    public static partial void ReportsFailed(ILogger logger, string message);

    [LoggerMessage(61, LogLevel.Information, "Cut {Connections} connections that policies forbid now")]
    public static partial void ConnectionsCut(ILogger logger, int connections);

    [LoggerMessage(62, LogLevel.Warning, "{Message}")]
    public static partial void PolicyWarning(ILogger logger, string message);

    [LoggerMessage(63, LogLevel.Information, "DNS for {Domain} answers on this node at {Addresses}")]
    public static partial void DnsServing(ILogger logger, string addresses, string domain);

    [LoggerMessage(64, LogLevel.Warning, "Can't name this node as an endpoint of the DNS Service, will be tried again: {Reason}")]
    public static partial void EndpointNotPublished(ILogger logger, string reason);

    [LoggerMessage(65, LogLevel.Error, "Can't serve health and metrics on {Address}, will be tried again: {Reason}")]
    public static partial void HealthAddressFailed(ILogger logger, string address, string reason);

    [LoggerMessage(66, LogLevel.Information, "Told to end; answers for another {Seconds} s (lameduck)")]
    public static partial void LameDuck(ILogger logger, double seconds);
}
