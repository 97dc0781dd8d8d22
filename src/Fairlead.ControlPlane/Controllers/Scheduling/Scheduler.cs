using System.Collections.ObjectModel;
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

    /// <summary>Pods that were bound here and that the watch still shows as pending: UID to node.</summary>
    private readonly Dictionary<string, string> _assumed = [];

    public Scheduler(ControllerContext context)
    {
        _context = context;
        _name = context.Options.SchedulerName;
        _nodes = context.Informer<Node>();
        _namespaces = context.Informer<Namespace>();
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
        if (change.New is { } pod && IsOurs(pod))
        {
            _loop.Queue.Add(pod.Metadata.Key);
            return;
        }

        // Room was made, or a pod that others want to be near to has found its place.
        bool wasThere = !string.IsNullOrEmpty(change.Old?.Spec.NodeName);
        bool isThere = !string.IsNullOrEmpty(change.New?.Spec.NodeName) && !PodState.IsTerminal(change.New!);
        if (wasThere != isThere)
        {
            _loop.Queue.Add(Everything);
        }
    }

    /// <summary>Heartbeats change nothing for the scheduler; what matters is listed here.</summary>
    private void OnNode(InformerChange<Node> change)
    {
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
            foreach (Pod waiting in _context.Pods.List().Where(IsOurs))
            {
                _loop.Queue.Add(waiting.Metadata.Key);
            }

            return;
        }

        if (_context.Pods.Get(key) is not { } pod || !IsOurs(pod) || _context.Pods.IsDeleting(pod) || _assumed.ContainsKey(pod.Metadata.Uid))
        {
            return;
        }

        if (pod.Spec.SchedulingGates.Count > 0)
        {
            await NoteWaitingAsync(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates", cancellationToken).ConfigureAwait(false);
            return;
        }

        Placement placement = PodPlacement.Place(pod, Snapshot());
        if (placement.Node is null)
        {
            _events.Warning(pod, "FailedScheduling", placement.Message!);
            await NoteWaitingAsync(pod, "Unschedulable", placement.Message!, cancellationToken).ConfigureAwait(false);
            return;
        }

        await BindAsync(pod, placement.Node, cancellationToken).ConfigureAwait(false);
    }

    private Cluster Snapshot()
    {
        Dictionary<string, List<Pod>> onNode = [];
        HashSet<string> seen = [];
        foreach (Pod pod in _context.Pods.List())
        {
            string? node = pod.Spec.NodeName;
            if (_assumed.TryGetValue(pod.Metadata.Uid, out string? assumed))
            {
                seen.Add(pod.Metadata.Uid);
                if (string.IsNullOrEmpty(node))
                {
                    node = assumed;
                }
                else
                {
                    _assumed.Remove(pod.Metadata.Uid);
                }
            }

            if (string.IsNullOrEmpty(node) || PodState.IsTerminal(pod))
            {
                continue;
            }

            if (!onNode.TryGetValue(node, out List<Pod>? pods))
            {
                onNode.Add(node, pods = []);
            }

            pods.Add(pod);
        }

        foreach (string gone in _assumed.Keys.Where(uid => !seen.Contains(uid)).ToArray())
        {
            _assumed.Remove(gone);
        }

        NodeState[] nodes = [.. _nodes.List().Where(node => !node.Metadata.IsDeleting).Select(node => NodeState.Of(node, onNode.GetValueOrDefault(node.Metadata.Name) ?? []))];
        return new Cluster(nodes, ns => _namespaces.Get(ns)?.Metadata.Labels ?? ReadOnlyDictionary<string, string>.Empty);
    }

    private async Task BindAsync(Pod pod, string node, CancellationToken cancellationToken)
    {
        Binding binding = new()
        {
            Metadata = new ObjectMeta { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace, Uid = pod.Metadata.Uid },
            Target = new ObjectReference { Kind = "Node", Name = node },
        };
        _assumed[pod.Metadata.Uid] = node;
        try
        {
            string path = Pod.ResourceKind.Definition.Path(pod.Metadata.Namespace, pod.Metadata.Name, "binding");
            JsonNode body = JsonSerializer.SerializeToNode(binding, Binding.ResourceKind.Item)!;
            await _context.Client.SendJsonAsync(HttpMethod.Post, path, body, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            _assumed.Remove(pod.Metadata.Uid);
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

        PodCondition condition = new() { Type = "PodScheduled", Status = "False", Reason = reason, Message = message, LastTransitionTime = old?.Status == "False" ? old.LastTransitionTime : _context.Now };
        PodStatus status = pod.Status with { Conditions = [.. pod.Status.Conditions.Where(other => other.Type != "PodScheduled"), condition] };
        if (await _context.Client.UpdateAsync(pod, pod with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _context.Pods.Observe(written);
        }
    }
}
