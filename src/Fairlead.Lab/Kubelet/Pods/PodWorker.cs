using System.Text.Json;
using System.Threading.Channels;
using Fairlead.Cni;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Sandboxes;
using Fairlead.Lab.Kubelet.Volumes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>
/// One pod from its first sight to its end: one loop that wakes when the pod, a container or a probe changes, looks at everything, and takes the
/// next steps. Volumes first, then the sandbox with its network, then init containers, sidecars and containers as <see cref="PodDecision"/> says.
/// </summary>
internal sealed class PodWorker : IAsyncDisposable
{
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);

    private readonly NodeServices _node;
    private readonly PodPaths _paths;
    private readonly PodStatusReporter _status;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _kill = new();
    private readonly Dictionary<string, ContainerSupervisor> _containers = [];

    private Pod _pod;
    private bool _gone;
    private SandboxRecord? _sandbox;
    private int _sandboxes;
    private IReadOnlyDictionary<string, string>? _volumes;
    private IReadOnlyList<string> _addresses = [];
    private DateTimeOffset _startTime;

    /// <summary>The moment at which the state was last judged: what is due after it is still to be done, even if it is past by now.</summary>
    private DateTimeOffset _judgedAt;
    private (DateTimeOffset At, TimeSpan Delay)? _retry;
    private (string Phase, string? Reason, string? Message)? _final;
    private DateTimeOffset _volumesFresh;

    public PodWorker(Pod pod, NodeServices node)
    {
        _pod = pod;
        _node = node;
        _paths = node.Paths.Pod(pod.Metadata.Uid);
        _status = new PodStatusReporter(node.Client, pod.Metadata.Key, pod.Metadata.Uid, node.Clock, node.Logger);
    }

    /// <summary>The pod as last seen.</summary>
    public Pod Pod => _pod;

    /// <summary>The status as last made; null before the first.</summary>
    public PodStatus? Status { get; private set; }

    /// <summary>The container of that name; null when the pod has none, or has not been looked at yet.</summary>
    public ContainerSupervisor? Container(string name)
    {
        lock (_containers)
        {
            return _containers.GetValueOrDefault(name);
        }
    }

    /// <summary>The process that holds the pod's namespaces; null while there is none.</summary>
    public SandboxRecord? Sandbox => _sandbox;

    /// <summary>Takes a newer state of the pod.</summary>
    public void Update(Pod pod)
    {
        _pod = pod;
        Wake();
    }

    /// <summary>The pod is gone from the API: what is left of it goes too.</summary>
    public void Remove()
    {
        _gone = true;
        Wake();
    }

    /// <summary>Runs until the pod is gone (true) or the runtime stops (false, and everything stays as it is).</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_paths.Root);
        AtomicFile.Write(_paths.Manifest, JsonSerializer.SerializeToUtf8Bytes(_pod, KubernetesJson.TypeInfo<Pod>()));
        _startTime = _pod.Status.StartTime ?? _node.Clock.GetUtcNow();
        await AdoptAsync(cancellationToken).ConfigureAwait(false);
        while (!IsToGo)
        {
            await SyncAsync(cancellationToken).ConfigureAwait(false);
            if (!IsToGo)
            {
                await SleepAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await TerminateAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public ValueTask DisposeAsync()
    {
        _kill.Dispose();
        return ValueTask.CompletedTask;
    }

    private bool IsToGo => _gone || _pod.Metadata.IsDeleting;

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task AdoptAsync(CancellationToken cancellationToken)
    {
        RefreshContainers();
        _sandbox = _node.Sandboxes.Find(_pod.Metadata.Uid);
        if (_sandbox is null)
        {
            if (_pod.Status.Phase is "Succeeded" or "Failed")
            {
                _final = (_pod.Status.Phase, _pod.Status.Reason, _pod.Status.Message);
            }
        }
        else
        {
            _sandboxes = _sandbox.Attempt + 1;
            _addresses = _sandbox.NetworkNamespace is null ? _node.HostAddresses : _sandbox.Addresses;
        }

        var setting = _sandbox is null ? null : Setting(new Dictionary<string, string>());
        foreach (var container in Containers())
        {
            await container.AdoptAsync(setting, cancellationToken).ConfigureAwait(false);
        }

        if (_sandbox is not null)
        {
            _node.Logger.PodAdopted(_pod.Metadata.Namespace, _pod.Metadata.Name, Containers().Count(static c => c.Latest is { IsRunning: true }));
        }
    }

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        var now = _node.Clock.GetUtcNow();
        _judgedAt = now;
        RefreshContainers();
        if (_final is null && _pod.Spec.ActiveDeadlineSeconds is { } seconds && now >= _startTime.AddSeconds(seconds))
        {
            _final = ("Failed", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
            _node.Events.Normal(_pod, "DeadlineExceeded", _final.Value.Message!);
        }

        if (_final is null && (_retry is not { } retry || now >= retry.At))
        {
            await PrepareAsync(cancellationToken).ConfigureAwait(false);
        }

        PodDecision decision = new();
        if (_sandbox is not null || _final is not null)
        {
            var views = Containers().Select(c => c.View(now)).ToArray();
            decision = PodDecision.Decide(_pod.Spec.RestartPolicy ?? "Always", views, _sandboxes - 1, now);
            _final ??= decision.FinalPhase is { } phase ? (phase, null, null) : null;
            Act(decision, cancellationToken);
            if (_final is not null && _sandbox is not null && Containers().All(static c => !c.Busy && c.Latest is not { IsRunning: true }))
            {
                // A pod that has done its work gives its address back; its logs stay until somebody deletes it.
                await TryAsync("remove sandbox", RemoveSandboxAsync, cancellationToken).ConfigureAwait(false);
            }
        }

        Report(decision.BackingOff, now);
    }

    private void Act(PodDecision decision, CancellationToken cancellationToken)
    {
        if (_sandbox is null)
        {
            return;
        }

        var setting = Setting(_volumes ?? new Dictionary<string, string>());
        if (_final is not null)
        {
            foreach (var container in Containers().Where(static c => !c.Busy && c.Latest is { IsRunning: true }))
            {
                _ = StopAsync(container, setting, Grace);
            }

            return;
        }

        foreach (var container in Containers().Where(static c => c.IsToBeReplaced))
        {
            var probe = container.Condemned is "failed liveness probe" ? container.Container.Spec.LivenessProbe : container.Condemned is "failed startup probe" ? container.Container.Spec.StartupProbe : null;
            _ = StopAsync(container, setting, probe?.TerminationGracePeriodSeconds is { } own ? TimeSpan.FromSeconds(own) : Grace);
        }

        if (_volumes is not null)
        {
            foreach (var start in decision.Start)
            {
                _ = Container(start.Name)!.StartAsync(setting, cancellationToken);
            }
        }
    }

    private async Task StopAsync(ContainerSupervisor container, PodSetting setting, TimeSpan grace)
    {
        using CancellationTokenSource over = new(grace, _node.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, _kill.Token);
        await container.StopAsync(setting, either.Token).ConfigureAwait(false);
    }

    private TimeSpan Grace => _pod.Metadata.DeletionGracePeriodSeconds is { } asked ? TimeSpan.FromSeconds(asked)
        : _pod.Spec.TerminationGracePeriodSeconds is { } given ? TimeSpan.FromSeconds(given) : DefaultGrace;

    /// <summary>Volumes and sandbox; what fails is told to the pod's readers and tried again.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var now = _node.Clock.GetUtcNow();
        try
        {
            if (_sandbox is { } dead && !PodSandboxes.IsAlive(dead))
            {
                _node.Events.Normal(_pod, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
                await Task.WhenAll(Containers().Select(c => c.KillAsync(_pod))).ConfigureAwait(false);
                await RemoveSandboxAsync(cancellationToken).ConfigureAwait(false);
            }

            if (_volumes is null || now - _volumesFresh >= Resync)
            {
                DownwardFields fields = new(_pod, _node.Options.NodeName, _node.HostAddresses, _addresses, _node.MachineMemory, Environment.ProcessorCount);
                _volumes = await _node.Volumes.PrepareAsync(_pod, _paths, fields, cancellationToken).ConfigureAwait(false);
                _volumesFresh = now;
            }

            if (_sandbox is null || (_sandbox.NetworkNamespace is not null && _sandbox.Addresses.Count == 0))
            {
                Report(new Dictionary<string, DateTimeOffset>(), now);
                await _node.StartGate.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    await MakeSandboxAsync(cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    _node.StartGate.Release();
                }
            }

            _retry = null;
        }
        catch (VolumeException problem)
        {
            _node.Events.Warning(_pod, "FailedMount", problem.Message);
            RetryLater("prepare volumes", problem.Message);
        }
        catch (Exception problem) when (problem is CniException or IOException or UnauthorizedAccessException)
        {
            _node.Events.Warning(_pod, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {problem.Message}");
            RetryLater("make sandbox", problem.Message);
        }
        catch (Exception problem) when (problem is KubernetesException or HttpRequestException or TimeoutException)
        {
            RetryLater("prepare", problem.Message);
        }
    }

    private async Task MakeSandboxAsync(CancellationToken cancellationToken)
    {
        var began = _node.Clock.GetTimestamp();
        var hostName = PodFiles.HostName(_pod, _node.Options.NodeName);
        _sandbox ??= await _node.Sandboxes.CreateAsync(_pod, _sandboxes++, hostName, _node.Clock.GetUtcNow()).ConfigureAwait(false);
        _sandbox = await _node.Sandboxes.AttachAsync(_pod, _sandbox, cancellationToken).ConfigureAwait(false);
        _addresses = _sandbox.NetworkNamespace is null ? _node.HostAddresses : _sandbox.Addresses;
        WriteFiles(hostName);
        _node.Logger.SandboxMade(_pod.Metadata.Namespace, _pod.Metadata.Name, _sandbox.NetworkNamespace, string.Join(' ', _addresses), _node.Clock.GetElapsedTime(began).TotalMilliseconds);
    }

    private void WriteFiles(string hostName)
    {
        var domain = PodFiles.Domain(_pod, _node.Options.ClusterDomain);
        File.WriteAllText(_paths.HostName, hostName + "\n");
        File.WriteAllText(_paths.Hosts, PodFiles.Hosts(_pod, hostName, domain, _addresses));
        var machine = File.Exists("/etc/resolv.conf") ? File.ReadAllText("/etc/resolv.conf") : "";
        File.WriteAllText(_paths.Resolver, PodFiles.Resolver(_pod, _node.Options.ClusterDns, _node.Options.ClusterDomain, machine));
        if (!Directory.Exists(_paths.Shm))
        {
            Directory.CreateDirectory(_paths.Shm);
            Mounts.Mount("shm", _paths.Shm, "tmpfs", MountOptions.NoSetUser | MountOptions.NoDevices, "mode=1777,size=64m");
        }
    }

    private async Task RemoveSandboxAsync(CancellationToken cancellationToken)
    {
        if (_sandbox is { } sandbox)
        {
            await _node.Sandboxes.RemoveAsync(_pod, sandbox, cancellationToken).ConfigureAwait(false);
            _sandbox = null;
        }
    }

    private async Task TerminateAsync(CancellationToken cancellationToken)
    {
        var setting = _sandbox is null ? null : Setting(_volumes ?? new Dictionary<string, string>());
        using CancellationTokenSource over = new(Grace, _node.Clock);
        using var follow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watchGrace = FollowGraceAsync(over, follow.Token);
        try
        {
            if (setting is not null)
            {
                // What is being started just now is let finish, so that it can be stopped.
                while (Containers().Any(static c => c.Busy && c.Latest is not { IsRunning: true }))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(10), _node.Clock, cancellationToken).ConfigureAwait(false);
                }

                var (sidecars, others) = (Containers().Where(static c => c.Container.IsSidecar).ToArray(), Containers().Where(static c => !c.Container.IsSidecar).ToArray());
                await Task.WhenAll(others.Select(c => c.StopAsync(setting, over.Token))).ConfigureAwait(false);
                foreach (var sidecar in Enumerable.Reverse(sidecars))
                {
                    await sidecar.StopAsync(setting, over.Token).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await follow.CancelAsync().ConfigureAwait(false);
            await watchGrace.ConfigureAwait(false);
        }

        var regular = Containers().Where(static c => c.Container.Role == ContainerRole.Regular).ToArray();
        if (!_gone)
        {
            _final ??= regular.Length > 0 && regular.All(static c => c.Latest is { ExitCode: 0 }) ? ("Succeeded", null, null) : ("Failed", null, null);
            Report(new Dictionary<string, DateTimeOffset>(), _node.Clock.GetUtcNow());
        }

        while (!await TryAsync("remove sandbox", RemoveSandboxAsync, cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _node.Clock, cancellationToken).ConfigureAwait(false);
        }

        PodVolumes.Release(_paths);
        await Cgroups.KillAsync(_node.Sandboxes.CgroupOf(_pod.Metadata.Uid), _node.Clock, cancellationToken).ConfigureAwait(false);
        Cgroups.Remove(_node.Sandboxes.CgroupOf(_pod.Metadata.Uid));
        await _status.FlushAsync(cancellationToken).ConfigureAwait(false);
        await DeleteFromApiAsync(cancellationToken).ConfigureAwait(false);
        Directory.Delete(_paths.Root, recursive: true);
        _node.Logger.PodRemoved(_pod.Metadata.Namespace, _pod.Metadata.Name);
    }

    /// <summary>Whoever asks again with a shorter grace period, or by force, gets it.</summary>
    private async Task FollowGraceAsync(CancellationTokenSource over, CancellationToken cancellationToken)
    {
        var began = _node.Clock.GetTimestamp();
        var given = Grace;
        try
        {
            while (await _wake.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                _ = _wake.Reader.TryRead(out _);
                var now = _gone ? TimeSpan.Zero : Grace;
                if (now < given)
                {
                    given = now;
                    var left = now - _node.Clock.GetElapsedTime(began);
                    over.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Everything has stopped.
        }
    }

    private async Task DeleteFromApiAsync(CancellationToken cancellationToken)
    {
        while (!_gone)
        {
            try
            {
                await _node.Client.DeleteAsync<Pod>(_pod.Metadata.Key, new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = _pod.Metadata.Uid } }, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (KubernetesException gone) when (gone.IsNotFound || gone.IsConflict)
            {
                return;
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                _node.Logger.PodStepFailed(_pod.Metadata.Namespace, _pod.Metadata.Name, "delete from the API", failure.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), _node.Clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Report(IReadOnlyDictionary<string, DateTimeOffset> backingOff, DateTimeOffset now)
    {
        if (_gone)
        {
            return;
        }

        // The sandbox's addresses stay in the status of a pod that has done its work, as in every cluster.
        Status = PodStatusBuilder.Build(_pod, new PodObservation
        {
            Containers = [.. Containers().Select(c => c.Observation(backingOff.TryGetValue(c.Container.Name, out var until) ? until : null))],
            HostAddresses = _node.HostAddresses,
            PodAddresses = _addresses,
            StartTime = _startTime,
            SandboxReady = _sandbox is not null && _addresses.Count > 0,
            FinalPhase = _final is { } final && Containers().All(static c => c.Latest is not { IsRunning: true }) ? final.Phase : null,
            Reason = _final?.Reason,
            Message = _final?.Message,
        }, now);
        _status.Report(Status);
    }

    private async Task<bool> TryAsync(string step, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception problem) when (problem is CniException or IOException)
        {
            _node.Events.Warning(_pod, "FailedKillPod", $"error killing pod: {problem.Message}");
            _node.Logger.PodStepFailed(_pod.Metadata.Namespace, _pod.Metadata.Name, step, problem.Message);
            return false;
        }
    }

    private void RetryLater(string step, string problem)
    {
        var delay = _retry is { } before ? before.Delay * 2 < LongestRetry ? before.Delay * 2 : LongestRetry : ShortestRetry;
        _retry = (_node.Clock.GetUtcNow() + delay, delay);
        _node.Logger.PodStepFailed(_pod.Metadata.Namespace, _pod.Metadata.Name, step, problem);
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        var now = _node.Clock.GetUtcNow();
        var until = now + Resync;
        Earlier(_retry?.At);
        Earlier(_final is null && _pod.Spec.ActiveDeadlineSeconds is { } seconds ? _startTime.AddSeconds(seconds) : null);
        foreach (var container in Containers())
        {
            Earlier(container.RetryAt);
            Earlier(container.Latest is { HasEnded: true, FinishedAt: { } end, BackOffSeconds: > 0 } ended ? end.AddSeconds(ended.BackOffSeconds) : null);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var timer = Task.Delay(until > now ? until - now : TimeSpan.Zero, _node.Clock, either.Token);
        var woken = _wake.Reader.WaitToReadAsync(either.Token).AsTask();
        await Task.WhenAny(timer, woken).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        _ = _wake.Reader.TryRead(out _);
        cancellationToken.ThrowIfCancellationRequested();

        void Earlier(DateTimeOffset? time)
        {
            if (time is { } due && due > _judgedAt && due < until)
            {
                until = due;
            }
        }
    }

    private PodSetting Setting(IReadOnlyDictionary<string, string> volumes) => new(_pod, _sandbox!, _addresses, volumes, PodFiles.HostName(_pod, _node.Options.NodeName));

    private ContainerSupervisor[] Containers()
    {
        lock (_containers)
        {
            return [.. _containers.Values];
        }
    }

    private void RefreshContainers()
    {
        lock (_containers)
        {
            foreach (var container in PodContainer.Of(_pod))
            {
                if (_containers.TryGetValue(container.Name, out var known))
                {
                    known.Container = container;
                }
                else
                {
                    _containers.Add(container.Name, new ContainerSupervisor(container, _node, _paths, Wake)
                    {
                        TargetPid = name => name is not null && Container(name)?.Latest is { IsRunning: true } target ? target.Pid : null,
                    });
                }
            }
        }
    }
}
