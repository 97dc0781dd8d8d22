using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ReplicaSets;

/// <summary>Keeps the number of pods that a replica set asks for.</summary>
internal sealed class ReplicaSetController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<ReplicaSet> _sets;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public ReplicaSetController(ControllerContext context)
    {
        _context = context;
        _sets = context.Informer<ReplicaSet>();
        _events = context.Events("replicaset-controller");
        _loop = new ReconcileLoop(context, "replicaset", ReconcileAsync);
        _loop.OnEach(_sets);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnPod(InformerChange<Pod> change)
    {
        Wake(change.Old);
        Wake(change.New);
    }

    private void Wake(Pod? pod)
    {
        if (pod is null)
        {
            return;
        }

        if (pod.Metadata.Controller is { } owner)
        {
            if (owner.Kind == "ReplicaSet")
            {
                _loop.Queue.Add(new ObjectKey(pod.Metadata.Namespace, owner.Name));
            }

            return;
        }

        foreach (ReplicaSet set in _sets.ListNamespace(pod.Metadata.Namespace))
        {
            if (set.Spec.Selector?.Matches(pod.Metadata.Labels) == true)
            {
                _loop.Queue.Add(set.Metadata.Key);
            }
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } set || set.Spec.Selector is not { IsEmpty: false } selector)
        {
            return;
        }

        IEnumerable<Pod> candidates = _context.Pods.ByIndex(PodIndex.Owner, set.Metadata.Uid)
            .Concat(_context.Pods.ByIndex(PodIndex.Orphans, key.Namespace).Where(PodState.IsActive));
        List<Pod> owned = await Ownership.ClaimAsync(_context, _context.Pods, set, selector, candidates, cancellationToken).ConfigureAwait(false);
        ReplicaSetPlan plan = ReplicaSetPlan.Make(set, owned, Related(set, owned), _context.Pods.IsDeleting, _context.Now);
        KubernetesException? failure = null;
        if (plan.Create > 0)
        {
            JsonObject[] pods = [.. Enumerable.Range(0, plan.Create).Select(_ => PodCreation.FromTemplate(set.Spec.Template, set))];
            failure = await PodCreation.CreateAsync(_context, _events, set, pods, cancellationToken).ConfigureAwait(false);
        }
        else if (plan.Delete.Count > 0)
        {
            failure = await PodCreation.DeleteAsync(_context, _events, set, plan.Delete, cancellationToken).ConfigureAwait(false);
        }

        ReplicaSetStatus status = ReplicaSetPlan.WithFailure(plan.Status, failure?.Status.Message, plan.Create > 0, _context.Now);
        if (await _context.Client.UpdateAsync(set, set with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
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

    /// <summary>The pods of all sets with the same controller: while a deployment rolls, deletions are spread over nodes across its sets.</summary>
    private List<Pod> Related(ReplicaSet set, List<Pod> owned)
    {
        if (set.Metadata.Controller is not { } deployment)
        {
            return owned;
        }

        List<Pod> related = [];
        foreach (ReplicaSet sibling in _sets.ListNamespace(set.Metadata.Namespace))
        {
            if (sibling.Metadata.IsControlledBy(deployment.Uid))
            {
                related.AddRange(_context.Pods.ByIndex(PodIndex.Owner, sibling.Metadata.Uid).Where(PodState.IsActive));
            }
        }

        return related;
    }
}
