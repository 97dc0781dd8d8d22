using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.DaemonSets;

/// <summary>Keeps one pod of a daemon set on each node that suits it.</summary>
internal sealed class DaemonSetController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<DaemonSet> _sets;
    private readonly Informer<Node> _nodes;
    private readonly RevisionHistory _history;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public DaemonSetController(ControllerContext context)
    {
        _context = context;
        _sets = context.Informer<DaemonSet>();
        _nodes = context.Informer<Node>();
        _history = new RevisionHistory(context);
        _events = context.Events("daemonset-controller");
        _loop = new ReconcileLoop(context, "daemonset", ReconcileAsync);
        _loop.OnEach(_sets);
        _loop.On(_history.Informer, _ => { });
        _loop.On(context.Pods, OnPod);
        _loop.On(_nodes, OnNode);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnPod(InformerChange<Pod> change)
    {
        if (change.Latest.Metadata.Controller is { Kind: "DaemonSet" } owner)
        {
            _loop.Queue.Add(new ObjectKey(change.Key.Namespace, owner.Name));
        }
    }

    private void OnNode(InformerChange<Node> change)
    {
        bool same = change.Old is not null && change.New is not null
            && change.Old.Spec.Taints.SequenceEqual(change.New.Spec.Taints)
            && change.Old.Spec.Unschedulable == change.New.Spec.Unschedulable
            && change.Old.Metadata.Labels.Count == change.New.Metadata.Labels.Count
            && change.Old.Metadata.Labels.All(label => change.New.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value);
        if (same)
        {
            return;
        }

        foreach (DaemonSet set in _sets.List())
        {
            _loop.Queue.Add(set.Metadata.Key);
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } set || set.Spec.Selector is not { IsEmpty: false } selector || set.Metadata.IsDeleting)
        {
            return;
        }

        ControllerRevision revision = await _history.EnsureAsync(set, set.Spec.Template, set.Status.CollisionCount ?? 0, cancellationToken).ConfigureAwait(false);
        string hash = RevisionHistory.Hash(revision);
        IEnumerable<Pod> candidates = _context.Pods.ByIndex(PodIndex.Owner, set.Metadata.Uid).Concat(_context.Pods.ByIndex(PodIndex.Orphans, key.Namespace).Where(PodState.IsActive));
        List<Pod> owned = await Ownership.ClaimAsync(_context, _context.Pods, set, selector, candidates, cancellationToken).ConfigureAwait(false);
        DaemonSetPlan plan = DaemonSetPlan.Make(set, _nodes.List(), owned, hash, _context.Pods.IsDeleting, _context.Now);
        foreach (Pod failed in plan.Failed)
        {
            _events.Warning(set, "FailedDaemonPod", $"Found failed daemon pod {failed.Metadata.Key} on node {failed.Spec.NodeName}, will try to kill it");
        }

        JsonObject[] pods = [.. plan.Create.Select(node => DaemonPlacement.Pod(set, node, hash))];
        KubernetesException? failure = await PodCreation.CreateAsync(_context, _events, set, pods, cancellationToken).ConfigureAwait(false);
        failure = await PodCreation.DeleteAsync(_context, _events, set, plan.Delete, cancellationToken).ConfigureAwait(false) ?? failure;
        HashSet<string> live = [hash, .. owned.Select(pod => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel) ?? "")];
        await _history.TruncateAsync(set, set.Spec.RevisionHistoryLimit, live, cancellationToken).ConfigureAwait(false);
        if (await _context.Client.UpdateAsync(set, set with { Status = plan.Status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _sets.Observe(written);
        }

        if (plan.LookAgain is { } wait)
        {
            _loop.Queue.AddAfter(key, wait);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }
}
