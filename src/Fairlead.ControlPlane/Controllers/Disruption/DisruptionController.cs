using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Disruption;

/// <summary>Keeps the status of disruption budgets, which the eviction subresource goes by.</summary>
internal sealed class DisruptionController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<PodDisruptionBudget> _budgets;
    private readonly Informer<ReplicaSet> _replicaSets;
    private readonly Informer<Deployment> _deployments;
    private readonly Informer<StatefulSet> _statefulSets;
    private readonly Informer<ReplicationController> _replicationControllers;
    private readonly ReconcileLoop _loop;

    public DisruptionController(ControllerContext context)
    {
        _context = context;
        _budgets = context.Informer<PodDisruptionBudget>();
        _replicaSets = context.Informer<ReplicaSet>();
        _deployments = context.Informer<Deployment>();
        _statefulSets = context.Informer<StatefulSet>();
        _replicationControllers = context.Informer<ReplicationController>();
        _loop = new ReconcileLoop(context, "disruption", ReconcileAsync);
        _loop.OnEach(_budgets);
        _loop.On(context.Pods, change =>
        {
            Wake(change.Old);
            Wake(change.New);
        });
        _loop.On(_replicaSets, change => WakeOnScale(change.Key.Namespace, change.Old?.Spec.Replicas, change.New?.Spec.Replicas));
        _loop.On(_deployments, change => WakeOnScale(change.Key.Namespace, change.Old?.Spec.Replicas, change.New?.Spec.Replicas));
        _loop.On(_statefulSets, change => WakeOnScale(change.Key.Namespace, change.Old?.Spec.Replicas, change.New?.Spec.Replicas));
        _loop.On(_replicationControllers, change => WakeOnScale(change.Key.Namespace, change.Old?.Spec.Replicas, change.New?.Spec.Replicas));
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void Wake(Pod? pod)
    {
        if (pod is null)
        {
            return;
        }

        foreach (PodDisruptionBudget budget in _budgets.ListNamespace(pod.Metadata.Namespace))
        {
            if (budget.Spec.Selector?.Matches(pod.Metadata.Labels) == true)
            {
                _loop.Queue.Add(budget.Metadata.Key);
            }
        }
    }

    private void WakeOnScale(string ns, int? before, int? now)
    {
        if (before == now)
        {
            return;
        }

        foreach (PodDisruptionBudget budget in _budgets.ListNamespace(ns))
        {
            _loop.Queue.Add(budget.Metadata.Key);
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_budgets.Get(key) is not { } budget)
        {
            return;
        }

        Pod[] pods = budget.Spec.Selector is { } selector ? [.. _context.Pods.ListNamespace(key.Namespace).Where(pod => selector.Matches(pod.Metadata.Labels))] : [];
        (PodDisruptionBudgetStatus status, TimeSpan? wait) = DisruptionPlan.Make(budget, pods, owner => ScaleOf(key.Namespace, owner), _context.Now);
        if (await _context.Client.UpdateAsync(budget, budget with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _budgets.Observe(written);
        }

        if (wait is { } later)
        {
            _loop.Queue.AddAfter(key, later);
        }
    }

    private int? ScaleOf(string ns, OwnerReference owner)
    {
        ObjectKey key = new(ns, owner.Name);
        switch (owner.Kind)
        {
            case "ReplicaSet" when _replicaSets.Get(key) is { } set:
                return set.Metadata.Controller is { Kind: "Deployment" } deployment && _deployments.Get(new ObjectKey(ns, deployment.Name)) is { } above
                    ? above.Spec.Replicas ?? 1
                    : set.Spec.Replicas ?? 1;
            case "StatefulSet":
                return _statefulSets.Get(key)?.Spec.Replicas;
            case "ReplicationController":
                return _replicationControllers.Get(key)?.Spec.Replicas;
            default:
                return null;
        }
    }
}
