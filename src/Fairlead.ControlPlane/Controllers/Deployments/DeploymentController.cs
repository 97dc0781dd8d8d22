using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>Rolls deployments: one replica set per template, grown and shrunk step by step.</summary>
internal sealed class DeploymentController : IController
{
    private const int DefaultHistoryLimit = 10;

    private readonly ControllerContext _context;
    private readonly Informer<Deployment> _deployments;
    private readonly Informer<ReplicaSet> _sets;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public DeploymentController(ControllerContext context)
    {
        _context = context;
        _deployments = context.Informer<Deployment>();
        _sets = context.Informer<ReplicaSet>();
        _events = context.Events("deployment-controller");
        _loop = new ReconcileLoop(context, "deployment", ReconcileAsync);
        _loop.OnEach(_deployments);
        _loop.On(_sets, OnSet);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnSet(InformerChange<ReplicaSet> change)
    {
        Wake(change.Old);
        Wake(change.New);
    }

    private void Wake(ReplicaSet? set)
    {
        if (set is null)
        {
            return;
        }

        if (set.Metadata.Controller is { } owner)
        {
            if (owner.Kind == "Deployment")
            {
                _loop.Queue.Add(new ObjectKey(set.Metadata.Namespace, owner.Name));
            }

            return;
        }

        foreach (Deployment deployment in _deployments.ListNamespace(set.Metadata.Namespace))
        {
            if (deployment.Spec.Selector?.Matches(set.Metadata.Labels) == true)
            {
                _loop.Queue.Add(deployment.Metadata.Key);
            }
        }
    }

    /// <summary>Only Recreate waits for pods; every other step follows from the sets' status.</summary>
    private void OnPod(InformerChange<Pod> change)
    {
        if (change is { New: null, Old: { } gone }
            && gone.Metadata.Controller is { Kind: "ReplicaSet" } owner
            && _sets.Get(new ObjectKey(gone.Metadata.Namespace, owner.Name))?.Metadata.Controller is { Kind: "Deployment" } deployment)
        {
            _loop.Queue.Add(new ObjectKey(gone.Metadata.Namespace, deployment.Name));
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_deployments.Get(key) is not { } deployment || deployment.Spec.Selector is not { IsEmpty: false } selector)
        {
            return;
        }

        List<ReplicaSet> owned = await Ownership.ClaimAsync(_context, _sets, deployment, selector, _sets.ListNamespace(key.Namespace), cancellationToken).ConfigureAwait(false);
        owned.Sort((left, right) => Comparer<(DateTimeOffset?, string)>.Default.Compare((left.Metadata.CreationTimestamp, left.Metadata.Name), (right.Metadata.CreationTimestamp, right.Metadata.Name)));
        ReplicaSet? newest = owned.Find(set => TemplateHash.Same(set.Spec.Template, deployment.Spec.Template));
        List<ReplicaSet> old = [.. owned.Where(set => set != newest)];
        Rollout rollout = new(_context, _sets, _events, deployment, newest, old);
        if (!deployment.Metadata.IsDeleting)
        {
            await AdvanceAsync(rollout, cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync(rollout, cancellationToken).ConfigureAwait(false);
    }

    private async Task AdvanceAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        rollout.NotePause(_context.Now);
        if (rollout.Deployment.Spec.Paused || ProportionalScale.IsDue(rollout.Deployment, rollout.All))
        {
            if (rollout.Newest is not null)
            {
                await rollout.EnsureNewestAsync(cancellationToken).ConfigureAwait(false);
            }

            await rollout.ResizeAsync(ProportionalScale.Plan(rollout.Deployment, rollout.Newest, rollout.Old), cancellationToken).ConfigureAwait(false);
            if (rollout.Deployment.Spec.Paused)
            {
                await CleanUpAsync(rollout, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        if (rollout.Deployment.Spec.Strategy?.Type == "Recreate" && rollout.Old.Count > 0)
        {
            Resize[] down = [.. rollout.Old.Where(set => RollingUpdate.Size(set) > 0).Select(set => new Resize(set, 0))];
            if (down.Length > 0)
            {
                await rollout.ResizeAsync(down, cancellationToken).ConfigureAwait(false);
                return;
            }

            if (rollout.Old.SelectMany(set => _context.Pods.ByIndex(PodIndex.Owner, set.Metadata.Uid)).Any(pod => !PodState.IsTerminal(pod)))
            {
                return;
            }
        }

        if (!await rollout.EnsureNewestAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        IReadOnlyList<Resize> step = RollingUpdate.Step(rollout.Deployment, rollout.Newest!, rollout.Old);
        await rollout.ResizeAsync(step, cancellationToken).ConfigureAwait(false);
        if (step.Count == 0 && DeploymentProgress.IsComplete(rollout.Deployment, DeploymentProgress.Count(rollout.Deployment, rollout.Newest, rollout.Old, _context.Now)))
        {
            await CleanUpAsync(rollout, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes the oldest sets beyond the history that is to be kept.</summary>
    private async Task CleanUpAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        int keep = rollout.Deployment.Spec.RevisionHistoryLimit ?? DefaultHistoryLimit;
        IEnumerable<ReplicaSet> surplus = rollout.Old
            .Where(set => !_sets.IsDeleting(set))
            .OrderByDescending(Revision.Of)
            .Skip(keep)
            .Where(set => RollingUpdate.Size(set) == 0 && set.Status.Replicas == 0 && set.Metadata.Generation <= set.Status.ObservedGeneration);
        foreach (ReplicaSet set in surplus.ToArray())
        {
            try
            {
                await _context.Client.DeleteAsync<ReplicaSet>(set.Metadata.Key, new DeleteOptions { Preconditions = new Preconditions { Uid = set.Metadata.Uid } }, cancellationToken).ConfigureAwait(false);
                _sets.ObserveDelete(set);
            }
            catch (KubernetesException e) when (e.IsNotFound || e.IsConflict)
            {
                // Somebody else was faster.
            }
        }
    }

    private async Task WriteAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        Deployment deployment = rollout.Deployment;
        DeploymentStatus status = DeploymentProgress.Count(deployment, rollout.Newest, rollout.Old, _context.Now);
        status = status with { CollisionCount = rollout.Collisions > 0 ? rollout.Collisions : null };
        if (!deployment.Spec.Paused)
        {
            status = DeploymentProgress.Judge(deployment, status, rollout.Newest, rollout.Old, _context.Now);
        }

        if (await _context.Client.UpdateAsync(rollout.Stored, rollout.Stored with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _deployments.Observe(written);
        }

        if (DeploymentProgress.UntilOverdue(deployment, status, _context.Now) is { } wait)
        {
            _loop.Queue.AddAfter(deployment.Metadata.Key, wait);
        }
    }
}
