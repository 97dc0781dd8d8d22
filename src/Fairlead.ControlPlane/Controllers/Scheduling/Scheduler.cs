using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Places pods on nodes, one after the other, so that each sees where the one before it went.</summary>
internal sealed class Scheduler : IController
{
    private static readonly ObjectKey Everything = new("", "");

    private readonly ControllerContext _context;
    private readonly Informer<Node> _nodes;
    private readonly Informer<Namespace> _namespaces;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;
    private readonly string _name;

    private readonly ClusterView _cluster;

    /// <summary>Pods for which no node was found: they are tried again when something changes that could help.</summary>
    private readonly ConcurrentDictionary<ObjectKey, bool> _waiting = [];

    public Scheduler(ControllerContext context)
    {
        _context = context;
        _name = context.Options.SchedulerName;
        _nodes = context.Informer<Node>();
        _namespaces = context.Informer<Namespace>();
        _cluster = new ClusterView(context.Pods, _nodes, _namespaces);
        _events = context.Events(_name);
        _loop = new ReconcileLoop(context, "scheduler", ReconcileAsync, workers: 1);
        _loop.On(context.Pods, OnPod);
        _loop.On(_nodes, OnNode);
        _loop.On(_namespaces, _ => { });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private bool IsOurs(Pod pod) =>
        string.IsNullOrEmpty(pod.Spec.NodeName)
        && (pod.Spec.SchedulerName ?? "default-scheduler") == _name
        && !PodState.IsTerminal(pod)
        && !pod.Metadata.IsDeleting;

    private void OnPod(InformerChange<Pod> change)
    {
        _cluster.OnPod(change);
        if (change.New is { } pod && IsOurs(pod))
        {
            // Only what is new; a pod that waits is not tried again because its own status says so.
            if (!_waiting.ContainsKey(pod.Metadata.Key) || change.Old is null || !change.Old.Spec.SchedulingGates.SequenceEqual(pod.Spec.SchedulingGates))
            {
                _loop.Queue.Add(pod.Metadata.Key);
            }

            return;
        }

        _waiting.TryRemove(change.Key, out _);

        // Room was made, or a pod that others want to be near to has found its place.
        bool wasThere = !string.IsNullOrEmpty(change.Old?.Spec.NodeName);
        bool isThere = !string.IsNullOrEmpty(change.New?.Spec.NodeName) && !PodState.IsTerminal(change.New!);
        if (wasThere != isThere && !_waiting.IsEmpty)
        {
            _loop.Queue.Add(Everything);
        }
    }

    /// <summary>Heartbeats change nothing for the scheduler; what matters is listed here.</summary>
    private void OnNode(InformerChange<Node> change)
    {
        _cluster.OnNode(change);
        if (change.Old is null || change.New is null
            || change.Old.Spec.Unschedulable != change.New.Spec.Unschedulable
            || !change.Old.Spec.Taints.SequenceEqual(change.New.Spec.Taints)
            || !SameEntries(change.Old.Metadata.Labels, change.New.Metadata.Labels)
            || !SameEntries(change.Old.Status.Allocatable, change.New.Status.Allocatable))
        {
            _loop.Queue.Add(Everything);
        }
    }

    private static bool SameEntries<T>(IReadOnlyDictionary<string, T> left, IReadOnlyDictionary<string, T> right) =>
        left.Count == right.Count && left.All(entry => right.TryGetValue(entry.Key, out T? value) && EqualityComparer<T>.Default.Equals(entry.Value, value));

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (key == Everything)
        {
            foreach (ObjectKey waiting in _waiting.Keys)
            {
                _loop.Queue.Add(waiting);
            }

            return;
        }

        if (_context.Pods.Get(key) is not { } pod || !IsOurs(pod) || _context.Pods.IsDeleting(pod) || _cluster.IsAssumed(pod))
        {
            return;
        }

        if (pod.Spec.SchedulingGates.Count > 0)
        {
            _waiting[key] = true;
            await NoteWaitingAsync(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", cancellationToken).ConfigureAwait(false);
            return;
        }

        Placement placement = PodPlacement.Place(pod, _cluster.Now());
        if (placement.Node is null)
        {
            _waiting[key] = true;
            await NoteWaitingAsync(pod, "Unschedulable", placement.Message!, cancellationToken).ConfigureAwait(false);
            return;
        }

        _waiting.TryRemove(key, out _);
        await BindAsync(pod, placement.Node, cancellationToken).ConfigureAwait(false);
    }

    private async Task BindAsync(Pod pod, string node, CancellationToken cancellationToken)
    {
        Binding binding = new()
        {
            Metadata = new ObjectMeta { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace, Uid = pod.Metadata.Uid },
            Target = new ObjectReference { Kind = "Node", Name = node },
        };
        _cluster.Assume(pod, node);
        try
        {
            string path = Pod.ResourceKind.Definition.Path(pod.Metadata.Namespace, pod.Metadata.Name, "binding");
            JsonNode body = JsonSerializer.SerializeToNode(binding, Binding.ResourceKind.Item)!;
            await _context.Client.SendJsonAsync(HttpMethod.Post, path, body, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            _cluster.Forget(pod);
            throw;
        }

        _events.Normal(pod, "Scheduled", string.Create(CultureInfo.InvariantCulture, $"Successfully assigned {pod.Metadata.Namespace}/{pod.Metadata.Name} to {node}"));
    }

    /// <summary>Says in the pod's status why it waits.</summary>
    private async Task NoteWaitingAsync(Pod pod, string reason, string message, CancellationToken cancellationToken)
    {
        PodCondition? old = PodState.Condition(pod, "PodScheduled");
        if (old is { Status: "False" } && old.Reason == reason && old.Message == message)
        {
            return;
        }

        if (reason == "Unschedulable")
        {
            _events.Warning(pod, "FailedScheduling", message);
        }

        PodCondition condition = new() { Type = "PodScheduled", Status = "False", Reason = reason, Message = message, LastTransitionTime = old?.Status == "False" ? old.LastTransitionTime : _context.Now };
        PodStatus status = pod.Status with { Conditions = [.. pod.Status.Conditions.Where(other => other.Type != "PodScheduled"), condition] };
        if (await _context.Client.UpdateAsync(pod, pod with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _context.Pods.Observe(written);
        }
    }
}
