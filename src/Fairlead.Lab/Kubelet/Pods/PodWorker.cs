using System.Text.Json;
using System.Threading.Channels;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Sandboxes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>
/// One pod from its first sight to its end: one loop that wakes when the pod, a container or a probe changes, looks at everything, and takes the
/// next steps. What containers stand on first (<see cref="PodFoundation"/>), then init containers, sidecars and containers as <see cref="PodDecision"/> says.
/// </summary>
internal sealed class PodWorker
{
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);
    private static readonly IReadOnlyDictionary<string, DateTimeOffset> Nobody = new Dictionary<string, DateTimeOffset>();

    private readonly NodeServices _node;
    private readonly PodPaths _paths;
    private readonly PodFoundation _foundation;
    private readonly PodTermination _termination;
    private readonly PodStatusReporter _status;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, ContainerSupervisor> _containers = [];

    private readonly (string Reason, string Message)? _refusal;

    private Pod _pod;
    private bool _gone;
    private DateTimeOffset _startTime;

    /// <summary>The moment at which the state was last judged: what is due after it is still to be done, even if it is past by now.</summary>
    private DateTimeOffset _judgedAt;
    private (string Phase, string? Reason, string? Message)? _final;

    /// <param name="pod">The pod.</param>
    /// <param name="node">The node that it is on.</param>
    /// <param name="refusal">Why the node doesn't take it; null when it does.</param>
    public PodWorker(Pod pod, NodeServices node, (string Reason, string Message)? refusal = null)
    {
        _refusal = refusal;
        _pod = pod;
        _node = node;
        _paths = node.Paths.Pod(pod.Metadata.Uid);
        _foundation = new PodFoundation(node, _paths);
        _termination = new PodTermination(node.Clock);
        _status = new PodStatusReporter(node.Client, pod.Metadata.Key, pod.Metadata.Uid, node.Clock, node.Logger);
    }

    /// <summary>It is here to stay: neither has it done its work nor is it to go.</summary>
    public bool IsActive => !IsToGo && _final is null && _refusal is null;

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
    public SandboxRecord? Sandbox => _foundation.Sandbox;

    /// <summary>Takes a newer state of the pod.</summary>
    public void Update(Pod pod)
    {
        if (!IsSameToVolumes(_pod.Metadata, pod.Metadata))
        {
            _foundation.Outdate();
        }

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
        if (_refusal is { } refusal && _final is null)
        {
            _node.Events.Warning(_pod, refusal.Reason, refusal.Message);
            _final = ("Failed", refusal.Reason, "Pod was rejected: " + refusal.Message);
        }

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

    private bool IsToGo => _gone || _pod.Metadata.IsDeleting;

    private TimeSpan Grace => _pod.Metadata.DeletionGracePeriodSeconds is { } asked ? TimeSpan.FromSeconds(asked)
        : _pod.Spec.TerminationGracePeriodSeconds is { } given ? TimeSpan.FromSeconds(given) : DefaultGrace;

    private void Wake() => _wake.Writer.TryWrite(true);

    private async Task AdoptAsync(CancellationToken cancellationToken)
    {
        RefreshContainers();
        _foundation.Adopt(_pod);
        if (Sandbox is null && _pod.Status.Phase is "Succeeded" or "Failed")
        {
            _final = (_pod.Status.Phase, _pod.Status.Reason, _pod.Status.Message);
        }

        var setting = Sandbox is null ? null : _foundation.Setting(_pod);
        foreach (var container in Containers())
        {
            await container.AdoptAsync(setting, cancellationToken).ConfigureAwait(false);
        }

        if (Sandbox is not null)
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

        if (_final is null)
        {
            await _foundation.PrepareAsync(_pod, () => Task.WhenAll(Containers().Select(c => c.KillAsync(_pod))), () => Report(Nobody, now), cancellationToken).ConfigureAwait(false);
        }

        PodDecision decision = new();
        if (_foundation.HasNetwork || _final is not null)
        {
            decision = PodDecision.Decide(_pod.Spec.RestartPolicy ?? "Always", [.. Containers().Select(c => c.View(now))], _foundation.SandboxAttempt, now);
            _final ??= decision.FinalPhase is { } phase ? (phase, null, null) : null;
            Act(decision, cancellationToken);
            if (_final is not null && Sandbox is not null && Containers().All(static c => !c.Busy && c.Latest is not { IsRunning: true }))
            {
                // A pod that has done its work gives its address back; its logs stay until somebody deletes it.
                await _foundation.TryRemoveSandboxAsync(_pod, cancellationToken).ConfigureAwait(false);
            }
        }

        Report(decision.BackingOff, now);
    }

    private void Act(PodDecision decision, CancellationToken cancellationToken)
    {
        if (Sandbox is null)
        {
            return;
        }

        var setting = _foundation.Setting(_pod);
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
            _ = StopAsync(container, setting, container.ReplacementGrace is { } own ? TimeSpan.FromSeconds(own) : Grace);
        }

        foreach (var name in decision.BackingOff.Keys)
        {
            Container(name)!.TellBackOff(_pod);
        }

        if (_foundation.HasVolumes)
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
        await container.StopAsync(setting, over.Token).ConfigureAwait(false);
    }

    private async Task TerminateAsync(CancellationToken cancellationToken)
    {
        if (Sandbox is not null)
        {
            await _termination.StopAsync(Containers(), _foundation.Setting(_pod), () => _gone ? TimeSpan.Zero : Grace, _wake.Reader, cancellationToken).ConfigureAwait(false);
        }

        if (!_gone)
        {
            var regular = Containers().Where(static c => c.Container.Role == ContainerRole.Regular).ToArray();
            _final ??= regular.Length > 0 && regular.All(static c => c.Latest is { ExitCode: 0 }) ? ("Succeeded", null, null) : ("Failed", null, null);
            Report(Nobody, _node.Clock.GetUtcNow());
        }

        while (!await _foundation.TryRemoveSandboxAsync(_pod, cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _node.Clock, cancellationToken).ConfigureAwait(false);
        }

        _node.Volumes.Release(_pod.Metadata.Uid, _paths);
        await Cgroups.KillAsync(_node.Sandboxes.CgroupOf(_pod.Metadata.Uid), _node.Clock, cancellationToken).ConfigureAwait(false);
        Cgroups.Remove(_node.Sandboxes.CgroupOf(_pod.Metadata.Uid));
        await _status.FlushAsync(cancellationToken).ConfigureAwait(false);
        await _termination.DeleteFromApiAsync(_node, _pod, () => _gone, cancellationToken).ConfigureAwait(false);
        Directory.Delete(_paths.Root, recursive: true);
        _node.Logger.PodRemoved(_pod.Metadata.Namespace, _pod.Metadata.Name);
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
            PodAddresses = _foundation.Addresses,
            StartTime = _startTime,
            SandboxReady = _foundation.HasNetwork,
            FinalPhase = _final is { } final && Containers().All(static c => c.Latest is not { IsRunning: true }) ? final.Phase : null,
            Reason = _final?.Reason,
            Message = _final?.Message,
        }, now);
        _status.Report(Status);
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        var now = _node.Clock.GetUtcNow();
        var until = now + Resync;
        Earlier(_foundation.RetryAt);
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

    /// <summary>Whether the downward API and whoever wants volumes looked at now (by touching an annotation) see no difference.</summary>
    private static bool IsSameToVolumes(ObjectMeta before, ObjectMeta after) => Same(before.Labels, after.Labels) && Same(before.Annotations, after.Annotations);

    private static bool Same(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
        before.Count == after.Count && before.All(pair => after.TryGetValue(pair.Key, out var value) && value == pair.Value);

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
