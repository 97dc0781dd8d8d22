using System.Collections.Concurrent;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>Notices nodes that fall silent, and keeps taints in step with conditions.</summary>
/// <remarks>
/// Silence is measured here, between changes of the lease or the heartbeat, not against the node's clock: clocks of machines differ.
/// </remarks>
internal sealed class NodeLifecycleController : IController
{
    private const string LeaseNamespace = "kube-node-lease";

    private readonly ControllerContext _context;
    private readonly Informer<Node> _nodes;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;
    private readonly ConcurrentDictionary<string, Sign> _signs = [];

    public NodeLifecycleController(ControllerContext context)
    {
        _context = context;
        _nodes = context.Informer<Node>();
        _events = context.Events("node-controller");
        _loop = new ReconcileLoop(context, "nodelifecycle", ReconcileAsync);
        _loop.On(_nodes, OnNode);
        _loop.On(context.Informer<Lease>(), OnLease);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnNode(InformerChange<Node> change)
    {
        if (change.New is not { } node)
        {
            _signs.TryRemove(change.Key.Name, out _);
            _events.Normal(change.Latest, "RemovingNode", $"Node {change.Key.Name} event: Removing Node {change.Key.Name} from Controller");
            return;
        }

        if (change.Old is null)
        {
            _events.Normal(node, "RegisteredNode", $"Node {change.Key.Name} event: Registered Node {change.Key.Name} in Controller");
        }

        if (change.Old is null
            || NodeHealth.Condition(change.Old, "Ready")?.LastHeartbeatTime != NodeHealth.Condition(node, "Ready")?.LastHeartbeatTime
            || (!NodeHealth.IsReady(change.Old) && NodeHealth.IsReady(node)))
        {
            Heard(node.Metadata.Name);
        }

        _loop.Queue.Add(node.Metadata.Key);
    }

    private void OnLease(InformerChange<Lease> change)
    {
        if (change.Key.Namespace == LeaseNamespace && change.New is { } lease && change.Old?.Spec.RenewTime != lease.Spec.RenewTime)
        {
            Heard(lease.Metadata.Name);
        }
    }

    /// <summary>A pod that turns up, or turns ready, on a node that is not.</summary>
    private void OnPod(InformerChange<Pod> change)
    {
        if (change.New is { } pod && PodState.IsReady(pod) && !string.IsNullOrEmpty(pod.Spec.NodeName)
            && (change.Old is null || !PodState.IsReady(change.Old))
            && _nodes.Get(pod.Spec.NodeName) is { } node && !NodeHealth.IsReady(node))
        {
            _loop.Queue.Add(node.Metadata.Key);
        }
    }

    private void Heard(string node) => _signs[node] = new Sign(_context.Time.GetTimestamp());

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_nodes.Get(key) is not { } node)
        {
            return;
        }

        Sign sign = _signs.GetOrAdd(key.Name, _ => new Sign(_context.Time.GetTimestamp()));
        TimeSpan left = _context.Options.NodeMonitorGracePeriod - _context.Time.GetElapsedTime(sign.HeardAt);
        if (left > TimeSpan.Zero)
        {
            _loop.Queue.AddAfter(key, left);
        }
        else
        {
            node = await NoteSilenceAsync(node, cancellationToken).ConfigureAwait(false);
        }

        Node desired = node with { Spec = node.Spec with { Taints = NodeHealth.DesiredTaints(node, _context.Now) } };
        if (await _context.Client.UpdateAsync(node, desired, null, cancellationToken).ConfigureAwait(false) is { } written)
        {
            _nodes.Observe(written);
        }

        if (NodeHealth.Condition(node, "Ready") is { Status: "False" or "Unknown" })
        {
            await MarkPodsAsync(key.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Node> NoteSilenceAsync(Node node, CancellationToken cancellationToken)
    {
        Node silent = node with { Status = NodeHealth.Silent(node, _context.Now) };
        if (await _context.Client.UpdateAsync(node, silent, "status", cancellationToken).ConfigureAwait(false) is not { } written)
        {
            return node;
        }

        _nodes.Observe(written);
        _events.Normal(written, "NodeNotReady", $"Node {written.Metadata.Name} status is now: NodeNotReady");
        return written;
    }

    /// <summary>Pods on a node that does not answer serve nobody: they leave the endpoints.</summary>
    private async Task MarkPodsAsync(string node, CancellationToken cancellationToken)
    {
        foreach (Pod pod in _context.Pods.ByIndex(PodIndex.Node, node))
        {
            if (!PodState.IsReady(pod))
            {
                continue;
            }

            PodCondition[] conditions = [.. pod.Status.Conditions.Select(condition => condition.Type == "Ready" ? condition with { Status = "False", LastTransitionTime = _context.Now } : condition)];
            try
            {
                if (await _context.Client.UpdateAsync(pod, pod with { Status = pod.Status with { Conditions = conditions } }, "status", cancellationToken).ConfigureAwait(false) is { } written)
                {
                    _context.Pods.Observe(written);
                    _events.Warning(written, "NodeNotReady", "Node is not ready");
                }
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                // Gone meanwhile.
            }
        }
    }

    private readonly record struct Sign(long HeardAt);
}
