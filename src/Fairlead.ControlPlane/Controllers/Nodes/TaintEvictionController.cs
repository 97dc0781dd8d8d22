using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>Deletes pods from nodes whose NoExecute taints they do not, or no longer, tolerate.</summary>
internal sealed class TaintEvictionController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<Node> _nodes;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public TaintEvictionController(ControllerContext context)
    {
        _context = context;
        _nodes = context.Informer<Node>();
        _events = context.Events("taint-eviction-controller");
        _loop = new ReconcileLoop(context, "tainteviction", ReconcileAsync);
        _loop.On(_nodes, OnNode);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnNode(InformerChange<Node> change)
    {
        if (change.New is { } node && HasNoExecute(node) && !(change.Old?.Spec.Taints.SequenceEqual(node.Spec.Taints) ?? false))
        {
            foreach (Pod pod in _context.Pods.ByIndex(PodIndex.Node, node.Metadata.Name))
            {
                _loop.Queue.Add(pod.Metadata.Key);
            }
        }
    }

    private void OnPod(InformerChange<Pod> change)
    {
        if (change.New is { Spec.NodeName: { Length: > 0 } name } && change.Old?.Spec.NodeName != name && _nodes.Get(name) is { } node && HasNoExecute(node))
        {
            _loop.Queue.Add(change.Key);
        }
    }

    private static bool HasNoExecute(Node node) => node.Spec.Taints.Any(taint => taint.Effect == "NoExecute");

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_context.Pods.Get(key) is not { } pod || pod.Metadata.IsDeleting || PodState.IsTerminal(pod)
            || string.IsNullOrEmpty(pod.Spec.NodeName) || _nodes.Get(pod.Spec.NodeName) is not { } node
            || TaintEviction.Due(pod, node, _context.Now) is not { } due)
        {
            return;
        }

        TimeSpan left = due - _context.Now;
        if (left > TimeSpan.Zero)
        {
            _loop.Queue.AddAfter(key, left);
            return;
        }

        _events.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {key}");
        PodCondition condition = new()
        {
            Type = "DisruptionTarget",
            Status = "True",
            Reason = "DeletionByTaintManager",
            Message = "Taint manager: deleting due to NoExecute taint",
            LastTransitionTime = _context.Now,
        };
        PodStatus status = pod.Status with { Conditions = [.. pod.Status.Conditions.Where(other => other.Type != condition.Type), condition] };
        await _context.Client.UpdateAsync(pod, pod with { Status = status }, "status", cancellationToken).ConfigureAwait(false);
        await _context.Client.DeleteAsync<Pod>(key, new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken).ConfigureAwait(false);
    }
}
