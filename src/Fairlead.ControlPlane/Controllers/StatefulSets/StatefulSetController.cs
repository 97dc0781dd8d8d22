using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Revisions;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.StatefulSets;

/// <summary>Keeps the pods of stateful sets, each with its name and claims.</summary>
internal sealed class StatefulSetController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<StatefulSet> _sets;
    private readonly Informer<PersistentVolumeClaim> _claims;
    private readonly RevisionHistory _history;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public StatefulSetController(ControllerContext context)
    {
        _context = context;
        _sets = context.Informer<StatefulSet>();
        _claims = context.Informer<PersistentVolumeClaim>();
        _history = new RevisionHistory(context);
        _events = context.Events("statefulset-controller");
        _loop = new ReconcileLoop(context, "statefulset", ReconcileAsync);
        _loop.OnEach(_sets);
        _loop.On(_history.Informer, _ => { });
        _loop.On(_claims, _ => { });
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnPod(InformerChange<Pod> change)
    {
        if (change.Latest.Metadata.Controller is { Kind: "StatefulSet" } owner)
        {
            _loop.Queue.Add(new ObjectKey(change.Key.Namespace, owner.Name));
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_sets.Get(key) is not { } set || set.Spec.Selector is not { IsEmpty: false } selector || set.Metadata.IsDeleting)
        {
            return;
        }

        ControllerRevision update = await _history.EnsureAsync(set, set.Spec.Template, set.Status.CollisionCount ?? 0, cancellationToken).ConfigureAwait(false);
        ControllerRevision current = _history.Of(set).FirstOrDefault(revision => revision.Metadata.Name == set.Status.CurrentRevision) ?? update;
        IEnumerable<Pod> candidates = _context.Pods.ByIndex(PodIndex.Owner, set.Metadata.Uid)
            .Concat(_context.Pods.ByIndex(PodIndex.Orphans, key.Namespace).Where(pod => StatefulPod.Ordinal(set, pod.Metadata.Name) is not null));
        List<Pod> owned = await Ownership.ClaimAsync(_context, _context.Pods, set, selector, candidates, cancellationToken).ConfigureAwait(false);
        StatefulSetPlan plan = StatefulSetPlan.Make(set, owned, RevisionHistory.Hash(current), RevisionHistory.Hash(update), _context.Pods.IsDeleting, _context.Now);
        PodEventWords words = new(name => $"create Pod {name} in StatefulSet {set.Metadata.Name} successful", name => $"delete Pod {name} in StatefulSet {set.Metadata.Name} successful");
        foreach ((int ordinal, _) in plan.Create)
        {
            await EnsureClaimsAsync(set, ordinal, cancellationToken).ConfigureAwait(false);
        }

        JsonObject[] pods = [.. plan.Create.Select(create => create.Newest
            ? StatefulPod.Describe(set, set.Spec.Template, create.Ordinal, RevisionHistory.Hash(update))
            : StatefulPod.Describe(set, RevisionHistory.Template(current) ?? set.Spec.Template, create.Ordinal, RevisionHistory.Hash(current)))];
        KubernetesException? failure = await PodCreation.CreateAsync(_context, _events, set, pods, cancellationToken, words).ConfigureAwait(false);
        failure = await PodCreation.DeleteAsync(_context, _events, set, plan.Delete, cancellationToken, words).ConfigureAwait(false) ?? failure;
        if (await _context.Client.UpdateAsync(set, set with { Status = plan.Status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _sets.Observe(written);
        }

        HashSet<string> live = [RevisionHistory.Hash(update), RevisionHistory.Hash(current), .. owned.Select(pod => pod.Metadata.Labels.GetValueOrDefault(RevisionHistory.HashLabel) ?? "")];
        await _history.TruncateAsync(set, set.Spec.RevisionHistoryLimit, live, cancellationToken).ConfigureAwait(false);
        if (plan.LookAgain is { } wait)
        {
            _loop.Queue.AddAfter(key, wait);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private async Task EnsureClaimsAsync(StatefulSet set, int ordinal, CancellationToken cancellationToken)
    {
        foreach (PersistentVolumeClaim claim in StatefulPod.Claims(set, ordinal))
        {
            if (_claims.Get(claim.Metadata.Key) is not null)
            {
                continue;
            }

            try
            {
                _claims.Observe(await _context.Client.CreateAsync(claim, cancellationToken).ConfigureAwait(false));
                _events.Normal(set, "SuccessfulCreate", $"create Claim {claim.Metadata.Name} Pod {StatefulPod.Name(set, ordinal)} in StatefulSet {set.Metadata.Name} success");
            }
            catch (KubernetesException e) when (e.IsAlreadyExists)
            {
                // It was there from before: that is the point of it.
            }
        }
    }
}
