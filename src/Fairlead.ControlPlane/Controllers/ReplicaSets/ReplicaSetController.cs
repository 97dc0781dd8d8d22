using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ReplicaSets;

/// <summary>A kind that keeps a number of pods, seen as a replica set.</summary>
/// <param name="Controller">The controller's name.</param>
/// <param name="Kind">The kind, as owner references name it.</param>
/// <param name="View">The object as a replica set.</param>
/// <param name="WithStatus">The object with the status that was found.</param>
internal sealed record ReplicaKind<T>(string Controller, string Kind, Func<T, ReplicaSet> View, Func<T, ReplicaSetStatus, T> WithStatus)
    where T : class, IKubernetesObject<T>;

/// <summary>Keeps the number of pods that a replica set, or a replication controller, asks for.</summary>
internal sealed class ReplicaSetController<T> : IController
    where T : class, IKubernetesObject<T>
{
    private readonly ControllerContext _context;
    private readonly ReplicaKind<T> _kind;
    private readonly Informer<T> _sets;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public ReplicaSetController(ControllerContext context, ReplicaKind<T> kind)
    {
        _kind = kind;
        _context = context;
        _sets = context.Informer<T>();
        _events = context.Events($"{kind.Controller}-controller");
        _loop = new ReconcileLoop(context, kind.Controller, ReconcileAsync);
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
            if (owner.Kind == _kind.Kind)
            {
                _loop.Queue.Add(new ObjectKey(pod.Metadata.Namespace, owner.Name));
            }

            return;
        }

        foreach (T set in _sets.ListNamespace(pod.Metadata.Namespace))
        {
            if (_kind.View(set).Spec.Selector?.Matches(pod.Metadata.Labels) == true)
            {
                _loop.Queue.Add(set.Metadata.Key);
            }
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } item)
        {
            return;
        }

        ReplicaSet set = _kind.View(item);
        if (set.Spec.Selector is not { IsEmpty: false } selector)
        {
            return;
        }

        IEnumerable<Pod> candidates = _context.Pods.ByIndex(PodIndex.Owner, set.Metadata.Uid)
            .Concat(_context.Pods.ByIndex(PodIndex.Orphans, key.Namespace).Where(PodState.IsActive));
        List<Pod> owned = await Ownership.ClaimAsync(_context, _context.Pods, item, selector, candidates, cancellationToken).ConfigureAwait(false);
        ReplicaSetPlan plan = ReplicaSetPlan.Make(set, owned, Related(set, owned), _context.Pods.IsDeleting, _context.Now);
        KubernetesException? failure = null;
        if (plan.Create > 0)
        {
            JsonObject[] pods = [.. Enumerable.Range(0, plan.Create).Select(_ => PodCreation.FromTemplate(set.Spec.Template, item))];
            failure = await PodCreation.CreateAsync(_context, _events, item, pods, cancellationToken).ConfigureAwait(false);
        }
        else if (plan.Delete.Count > 0)
        {
            failure = await PodCreation.DeleteAsync(_context, _events, item, plan.Delete, cancellationToken).ConfigureAwait(false);
        }

        ReplicaSetStatus status = ReplicaSetPlan.WithFailure(plan.Status, failure?.Status.Message, plan.Create > 0, _context.Now);
        if (await _context.Client.UpdateAsync(item, _kind.WithStatus(item, status), "status", cancellationToken).ConfigureAwait(false) is { } written)
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
        foreach (T sibling in _sets.ListNamespace(set.Metadata.Namespace))
        {
            if (sibling.Metadata.IsControlledBy(deployment.Uid))
            {
                related.AddRange(_context.Pods.ByIndex(PodIndex.Owner, sibling.Metadata.Uid).Where(PodState.IsActive));
            }
        }

        return related;
    }
}
