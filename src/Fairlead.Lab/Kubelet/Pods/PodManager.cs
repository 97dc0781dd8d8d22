using System.Collections.Concurrent;
using System.Text.Json;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>All pods of the node: gives each its worker, and takes up those that a runtime before this one left.</summary>
internal sealed class PodManager(NodeServices node, Informer<Pod> informer)
{
    private readonly ConcurrentDictionary<string, Entry> _workers = new();
    private CancellationToken _stopping;

    /// <summary>The workers of all pods that are here.</summary>
    public IEnumerable<PodWorker> Workers => _workers.Values.Select(static entry => entry.Worker);

    /// <summary>The worker of a pod by its name; null when it is not on this node.</summary>
    public PodWorker? Find(string podNamespace, string name) =>
        Workers.FirstOrDefault(w => w.Pod.Metadata.Namespace == podNamespace && w.Pod.Metadata.Name == name);

    /// <summary>Runs until cancelled; the pods stay as they are.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _stopping = cancellationToken;
        await informer.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
        foreach (var pod in informer.List().OrderBy(static pod => pod.Metadata.CreationTimestamp))
        {
            Ensure(pod);
        }

        AdoptOrphans();
        informer.Changed += OnChanged;
        foreach (var pod in informer.List())
        {
            Ensure(pod);
        }

        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, node.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }

        informer.Changed -= OnChanged;
        await Task.WhenAll(_workers.Values.Select(static entry => entry.Running)).ConfigureAwait(false);
    }

    private void OnChanged(InformerChange<Pod> change)
    {
        // A pod that was deleted and made again under its name between two looks is two pods.
        if (change.Old is { } old && change.New?.Metadata.Uid != old.Metadata.Uid && _workers.TryGetValue(old.Metadata.Uid, out var gone))
        {
            gone.Worker.Remove();
        }

        if (change.New is { } pod)
        {
            Ensure(pod);
        }
    }

    private void Ensure(Pod pod)
    {
        if (_workers.TryGetValue(pod.Metadata.Uid, out var known))
        {
            known.Worker.Update(pod);
            return;
        }

        Start(pod, gone: false);
    }

    /// <summary>What lies on disk for pods that the API does not know any more is taken down.</summary>
    private void AdoptOrphans()
    {
        foreach (var directory in Directory.GetDirectories(node.Paths.Pods))
        {
            var uid = Path.GetFileName(directory);
            if (_workers.ContainsKey(uid))
            {
                continue;
            }

            var manifest = node.Paths.Pod(uid).Manifest;
            if (File.Exists(manifest) && JsonSerializer.Deserialize(File.ReadAllBytes(manifest), KubernetesJson.TypeInfo<Pod>()) is { } pod)
            {
                Start(pod, gone: true);
            }
            else
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private void Start(Pod pod, bool gone)
    {
        PodWorker worker = new(pod, node, gone ? null : Refusal(pod));
        if (gone)
        {
            worker.Remove();
        }

        Entry entry = new(worker);
        if (_workers.TryAdd(pod.Metadata.Uid, entry))
        {
            entry.Running = Task.Run(() => RunAsync(worker));
        }
    }

    /// <summary>Why a pod that is new here is not taken: whoever named the node himself has not asked the scheduler whether it has the ports.</summary>
    private (string Reason, string Message)? Refusal(Pod pod) =>
        node.Sandboxes.Find(pod.Metadata.Uid) is null && Workers.Any(other => other.IsActive && HostPorts.Clash(pod, other.Pod))
            ? ("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
            : null;

    private async Task RunAsync(PodWorker worker)
    {
        try
        {
            await worker.RunAsync(_stopping).ConfigureAwait(false);
            _workers.TryRemove(worker.Pod.Metadata.Uid, out _);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The runtime stops; the pod stays.
        }
#pragma warning disable CA1031 // One pod's worker must not take the others down; it says so loudly and starts over.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            node.Logger.WorkerFailed(failure, worker.Pod.Metadata.Namespace, worker.Pod.Metadata.Name);
            _workers.TryRemove(worker.Pod.Metadata.Uid, out _);
            await Task.Delay(TimeSpan.FromSeconds(1), node.Clock).ConfigureAwait(false);
            if (!_stopping.IsCancellationRequested && (informer.Get(worker.Pod.Metadata.Key) is { } pod && pod.Metadata.Uid == worker.Pod.Metadata.Uid))
            {
                Ensure(pod);
            }
        }
    }

    private sealed class Entry(PodWorker worker)
    {
        public PodWorker Worker { get; } = worker;

        public Task Running { get; set; } = Task.CompletedTask;
    }
}
