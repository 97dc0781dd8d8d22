using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Pods;
using Fairlead.Lab.Kubelet.Probes;
using Fairlead.Lab.Kubelet.Sandboxes;
using Fairlead.Lab.Kubelet.Volumes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet;

/// <summary>What all pods of a node share.</summary>
internal sealed class NodeServices
{
    public required NodeRuntimeOptions Options { get; init; }

    public required NodePaths Paths { get; init; }

    public required ILogger Logger { get; init; }

    public required KubernetesClient Client { get; init; }

    public required EventRecorder Events { get; init; }

    public required OciRuntime Runtime { get; init; }

    public required ExitWatcher Exits { get; init; }

    public required PodSandboxes Sandboxes { get; init; }

    public required PodVolumes Volumes { get; init; }

    public required IConfigurationSource Configuration { get; init; }

    public required ProbeRunner Probes { get; init; }

    public required ImageStore Images { get; init; }

    /// <summary>The Services that variables are made from; waits until they are known.</summary>
    public required Func<CancellationToken, Task<IReadOnlyList<Service>>> Services { get; init; }

    /// <summary>Bounds how many sandboxes and containers are being made at once: more than the machine has processors only makes all of them slower.</summary>
    public SemaphoreSlim StartGate { get; } = new(Environment.ProcessorCount * 2);

    public required long MachineMemory { get; init; }

    public TimeProvider Clock => Options.TimeProvider;

    public IReadOnlyList<string> HostAddresses => field ??= [.. Options.NodeAddresses.Select(static a => a.ToString())];

    /// <summary>The directories that containers see empty, with those of the lab itself.</summary>
    public IReadOnlyList<string> HiddenDirectories => field ??= Outermost(
        [.. Options.HiddenDirectories, Options.StateDirectory, .. Options.ImageDirectory is { } images ? (string[])[images] : []]);

    /// <summary>What lies below a hidden directory is hidden with it; to hide it once more would show that it is there.</summary>
    private static string[] Outermost(IReadOnlyList<string> directories) =>
        [.. directories.Distinct().Where(one => !directories.Any(other => one.StartsWith(other.TrimEnd('/') + "/", StringComparison.Ordinal)))];

    /// <summary>Records something about a container of a pod.</summary>
    public void Record(Pod pod, PodContainer container, string type, string reason, string message) =>
        Events.Record(EventRecorder.Reference(pod) with { FieldPath = container.FieldPath }, type, reason, message);
}
