using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet;

/// <summary>What the runtime logs: one event per change.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "node {Node} registered, kubelet API on port {Port}")]
    public static partial void NodeRegistered(this ILogger logger, string node, int port);

    [LoggerMessage(2, LogLevel.Information, "pod {Namespace}/{Name}: sandbox {NetworkNamespace} with {Addresses} made in {Milliseconds} ms")]
    public static partial void SandboxMade(this ILogger logger, string @namespace, string name, string? networkNamespace, string addresses, double milliseconds);

    [LoggerMessage(3, LogLevel.Information, "pod {Namespace}/{Name}: container {Container} attempt {Attempt} started, pid {Pid}")]
    public static partial void ContainerStarted(this ILogger logger, string @namespace, string name, string container, int attempt, int pid);

    [LoggerMessage(4, LogLevel.Information, "pod {Namespace}/{Name}: container {Container} attempt {Attempt} ended with {ExitCode} ({Reason})")]
    public static partial void ContainerEnded(this ILogger logger, string @namespace, string name, string container, int attempt, int exitCode, string? reason);

    [LoggerMessage(5, LogLevel.Information, "pod {Namespace}/{Name}: taken down")]
    public static partial void PodRemoved(this ILogger logger, string @namespace, string name);

    [LoggerMessage(6, LogLevel.Information, "pod {Namespace}/{Name}: adopted with {Containers} running containers")]
    public static partial void PodAdopted(this ILogger logger, string @namespace, string name, int containers);

    [LoggerMessage(7, LogLevel.Warning, "pod {Namespace}/{Name}: {Step} failed and will be tried again: {Problem}")]
    public static partial void PodStepFailed(this ILogger logger, string @namespace, string name, string step, string problem);

    [LoggerMessage(8, LogLevel.Warning, "{What} failed and will be tried again: {Problem}")]
    public static partial void WillRetry(this ILogger logger, string what, string problem);

    [LoggerMessage(9, LogLevel.Error, "pod {Namespace}/{Name}: its worker failed")]
    public static partial void WorkerFailed(this ILogger logger, Exception exception, string @namespace, string name);

    [LoggerMessage(10, LogLevel.Error, "{Method} {Path} of the kubelet API failed")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);
}
