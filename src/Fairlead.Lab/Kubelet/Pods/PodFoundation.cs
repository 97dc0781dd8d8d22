using Fairlead.Cni;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Sandboxes;
using Fairlead.Lab.Kubelet.Volumes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>
/// What a pod's containers stand on: its volumes, its sandbox with the network, the files under /etc. Made in this order, tried again with growing delay,
/// made anew when the sandbox is lost, taken down at the end.
/// </summary>
internal sealed class PodFoundation(NodeServices node, PodPaths paths)
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(20);
    private static readonly IReadOnlyDictionary<string, string> NoVolumes = new Dictionary<string, string>();

    /// <summary>How old volumes that follow the API may get.</summary>
    private static readonly TimeSpan VolumesFor = TimeSpan.FromSeconds(60);

    private (DateTimeOffset At, TimeSpan Delay)? _retry;
    private IReadOnlyDictionary<string, string>? _volumes;
    private DateTimeOffset _volumesAsOf;
    private int _sandboxes;

    /// <summary>The process that holds the pod's namespaces; null while there is none.</summary>
    public SandboxRecord? Sandbox { get; private set; }

    /// <summary>Which of the pod's sandboxes is the present one, from 0.</summary>
    public int SandboxAttempt => _sandboxes - 1;

    /// <summary>The pod's addresses, those of the node for a pod in its network; they stay known when the sandbox is gone.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>The sandbox is there and has its network.</summary>
    public bool HasNetwork => Sandbox is not null && Addresses.Count > 0;

    /// <summary>Every volume is there.</summary>
    public bool HasVolumes => _volumes is not null;

    /// <summary>When to try again what failed; null when nothing did.</summary>
    public DateTimeOffset? RetryAt => _retry?.At;

    /// <summary>Takes up what a runtime before this one left.</summary>
    public void Adopt(Pod pod)
    {
        Sandbox = node.Sandboxes.Find(pod.Metadata.Uid);
        if (Sandbox is { } sandbox)
        {
            _sandboxes = sandbox.Attempt + 1;
            Addresses = sandbox.NetworkNamespace is null ? node.HostAddresses : sandbox.Addresses;
        }
    }

    /// <summary>The pod has changed: its volumes may have to.</summary>
    public void Outdate() => _volumesAsOf = default;

    /// <summary>What containers need to know of it.</summary>
    public PodSetting Setting(Pod pod) => new(pod, Sandbox!, Addresses, _volumes ?? NoVolumes, PodFiles.HostName(pod, node.Options.NodeName, node.Options.ClusterDomain));

    /// <summary>Makes or mends what is due; what fails is told to the pod's readers and tried again.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="lost">Called before a sandbox whose process is gone is taken down: what still runs in it has to end.</param>
    /// <param name="making">Called before a sandbox is made, which takes a moment.</param>
    /// <param name="cancellationToken">Gives up between two steps.</param>
    public async Task PrepareAsync(Pod pod, Func<Task> lost, Action making, CancellationToken cancellationToken)
    {
        var now = node.Clock.GetUtcNow();
        if (_retry is { } retry && now < retry.At)
        {
            return;
        }

        try
        {
            if (Sandbox is { } dead && !PodSandboxes.IsAlive(dead))
            {
                node.Events.Normal(pod, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
                await lost().ConfigureAwait(false);
                await RemoveSandboxAsync(pod, cancellationToken).ConfigureAwait(false);
            }

            if (_volumes is null || now - _volumesAsOf >= VolumesFor)
            {
                DownwardFields fields = new(pod, node.Options.NodeName, node.HostAddresses, Addresses, node.MachineMemory, Environment.ProcessorCount);
                _volumes = await node.Volumes.PrepareAsync(pod, paths, fields, cancellationToken).ConfigureAwait(false);
                _volumesAsOf = now;
            }

            if (Sandbox is null || (Sandbox.NetworkNamespace is not null && Sandbox.Addresses.Count == 0))
            {
                making();
                await MakeSandboxAsync(pod, cancellationToken).ConfigureAwait(false);
            }

            _retry = null;
        }
        catch (VolumeException problem)
        {
            node.Events.Warning(pod, "FailedMount", problem.Message);
            RetryLater(pod, "prepare volumes", problem.Message);
        }
        catch (Exception problem) when (problem is CniException or IOException or UnauthorizedAccessException)
        {
            node.Events.Warning(pod, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {problem.Message}");
            RetryLater(pod, "make sandbox", problem.Message);
        }
        catch (Exception problem) when (problem is KubernetesException or HttpRequestException or TimeoutException)
        {
            RetryLater(pod, "prepare", problem.Message);
        }
    }

    /// <summary>Takes the sandbox down; what is in the way is told to the pod's readers.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> TryRemoveSandboxAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveSandboxAsync(pod, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception problem) when (problem is CniException or IOException)
        {
            node.Events.Warning(pod, "FailedKillPod", $"error killing pod: {problem.Message}");
            node.Logger.PodStepFailed(pod.Metadata.Namespace, pod.Metadata.Name, "remove sandbox", problem.Message);
            return false;
        }
    }

    private async Task MakeSandboxAsync(Pod pod, CancellationToken cancellationToken)
    {
        await node.StartGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var began = node.Clock.GetTimestamp();
            var hostName = PodFiles.HostName(pod, node.Options.NodeName, node.Options.ClusterDomain);
            Sandbox ??= await node.Sandboxes.CreateAsync(pod, _sandboxes++, hostName, node.Clock.GetUtcNow()).ConfigureAwait(false);
            Sandbox = await node.Sandboxes.AttachAsync(pod, Sandbox, cancellationToken).ConfigureAwait(false);
            Addresses = Sandbox.NetworkNamespace is null ? node.HostAddresses : Sandbox.Addresses;
            WriteFiles(pod, hostName);
            node.Logger.SandboxMade(pod.Metadata.Namespace, pod.Metadata.Name, Sandbox.NetworkNamespace, string.Join(' ', Addresses), node.Clock.GetElapsedTime(began).TotalMilliseconds);
        }
        finally
        {
            node.StartGate.Release();
        }
    }

    private async Task RemoveSandboxAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (Sandbox is { } sandbox)
        {
            await node.Sandboxes.RemoveAsync(pod, sandbox, cancellationToken).ConfigureAwait(false);
            Sandbox = null;
        }
    }

    private void WriteFiles(Pod pod, string hostName)
    {
        File.WriteAllText(paths.HostName, hostName + "\n");
        File.WriteAllText(paths.Hosts, pod.Spec.HostNetwork
            ? PodFiles.NodeHosts(pod, ReadIfThere("/etc/hosts"), node.Options.NodeName, Addresses)
            : PodFiles.Hosts(pod, PodFiles.Domain(pod, node.Options.ClusterDomain), Addresses));
        File.WriteAllText(paths.Resolver, PodFiles.Resolver(
            pod, node.Options.ClusterDns, node.Options.ClusterDomain, ReadIfThere("/etc/resolv.conf"), limit => node.Events.Warning(pod, "DNSConfigForming", limit)));
        if (!Directory.Exists(paths.Shm))
        {
            Directory.CreateDirectory(paths.Shm);
            Mounts.Mount("shm", paths.Shm, "tmpfs", MountOptions.NoSetUser | MountOptions.NoDevices, "mode=1777,size=64m");
        }

        static string ReadIfThere(string path) => File.Exists(path) ? File.ReadAllText(path) : "";
    }

    private void RetryLater(Pod pod, string step, string problem)
    {
        var delay = _retry is { } before ? before.Delay * 2 < LongestRetry ? before.Delay * 2 : LongestRetry : ShortestRetry;
        _retry = (node.Clock.GetUtcNow() + delay, delay);
        node.Logger.PodStepFailed(pod.Metadata.Namespace, pod.Metadata.Name, step, problem);
    }
}
