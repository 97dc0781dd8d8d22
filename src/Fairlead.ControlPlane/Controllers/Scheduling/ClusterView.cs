using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>
/// The cluster as the scheduler sees it, kept from one placement to the next: only nodes on which something changed are counted again.
/// A pod that was bound here counts on its node before the watch says so.
/// </summary>
internal sealed class ClusterView
{
    private readonly Informer<Pod> _pods;
    private readonly Informer<Node> _nodes;
    private readonly Informer<Namespace> _namespaces;
    private readonly ConcurrentDictionary<string, bool> _changed = [];
    private readonly ConcurrentDictionary<string, Assumption> _assumed = [];
    private readonly SortedDictionary<string, NodeState> _states = new(StringComparer.Ordinal);

    public ClusterView(Informer<Pod> pods, Informer<Node> nodes, Informer<Namespace> namespaces)
    {
        _pods = pods;
        _nodes = nodes;
        _namespaces = namespaces;
    }

    public void OnPod(InformerChange<Pod> change)
    {
        Mark(change.Old?.Spec.NodeName);
        Mark(change.New?.Spec.NodeName);
        if (_assumed.TryGetValue(change.Latest.Metadata.Uid, out Assumption? assumption))
        {
            Mark(assumption.Node);
        }
    }

    public void OnNode(InformerChange<Node> change) => Mark(change.Key.Name);

    /// <summary>Whether a pod was bound here already.</summary>
    public bool IsAssumed(Pod pod) => _assumed.ContainsKey(pod.Metadata.Uid);

    public void Assume(Pod pod, string node)
    {
        _assumed[pod.Metadata.Uid] = new Assumption(pod, node);
        Mark(node);
    }

    public void Forget(Pod pod)
    {
        if (_assumed.TryRemove(pod.Metadata.Uid, out Assumption? assumption))
        {
            Mark(assumption.Node);
        }
    }

    /// <summary>The cluster now. For one caller at a time.</summary>
    public Cluster Now()
    {
        foreach (string node in _changed.Keys)
        {
            _changed.TryRemove(node, out _);
            Count(node);
        }

        return new Cluster([.. _states.Values], ns => _namespaces.Get(ns)?.Metadata.Labels ?? ReadOnlyDictionary<string, string>.Empty);
    }

    private void Count(string name)
    {
        if (_nodes.Get(name) is not { Metadata.IsDeleting: false } node)
        {
            _states.Remove(name);
            return;
        }

        // Those that were bound here first, those that the watch knows of after them: a pod on its way from the one to the other is seen twice, never not at all.
        List<Pod> assumed = [];
        foreach (Assumption assumption in _assumed.Values.Where(assumption => assumption.Node == name))
        {
            Pod? seen = _pods.Get(assumption.Pod.Metadata.Key);
            if (seen is not null && seen.Metadata.Uid == assumption.Pod.Metadata.Uid && string.IsNullOrEmpty(seen.Spec.NodeName))
            {
                assumed.Add(assumption.Pod);
            }
            else
            {
                _assumed.TryRemove(assumption.Pod.Metadata.Uid, out _);
            }
        }

        IEnumerable<Pod> pods = _pods.ByIndex(PodIndex.Node, name).Concat(assumed).DistinctBy(pod => pod.Metadata.Uid);
        _states[name] = NodeState.Of(node, [.. pods.Where(pod => !PodState.IsTerminal(pod))]);
    }

    private void Mark(string? node)
    {
        if (!string.IsNullOrEmpty(node))
        {
            _changed[node] = true;
        }
    }

    private sealed record Assumption(Pod Pod, string Node);
}
