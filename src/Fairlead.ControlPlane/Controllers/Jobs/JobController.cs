using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Jobs;

/// <summary>Runs pods for jobs until enough have succeeded, and cleans finished jobs up when their time is over.</summary>
internal sealed class JobController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<Job> _jobs;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public JobController(ControllerContext context)
    {
        _context = context;
        _jobs = context.Informer<Job>();
        _events = context.Events("job-controller");
        _loop = new ReconcileLoop(context, "job", ReconcileAsync);
        _loop.OnEach(_jobs);
        _loop.On(context.Pods, OnPod);
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private void OnPod(InformerChange<Pod> change)
    {
        if (change.Latest.Metadata.Controller is { Kind: "Job" } owner)
        {
            _loop.Queue.Add(new ObjectKey(change.Key.Namespace, owner.Name));
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_jobs.Get(key) is not { } job || job.Spec.Selector is not { IsEmpty: false } selector)
        {
            // A pod of a job that is gone must not be held by the job's finalizer.
            await ReleaseAsync(_context.Pods.ListNamespace(key.Namespace).Where(pod => pod.Metadata.Controller is { Kind: "Job" } owner && owner.Name == key.Name), cancellationToken).ConfigureAwait(false);
            return;
        }

        if (!string.IsNullOrEmpty(job.Spec.ManagedBy) && job.Spec.ManagedBy != "kubernetes.io/job-controller")
        {
            return;
        }

        IEnumerable<Pod> candidates = _context.Pods.ByIndex(PodIndex.Owner, job.Metadata.Uid);
        if (job.Spec.ManualSelector == true)
        {
            candidates = candidates.Concat(_context.Pods.ByIndex(PodIndex.Orphans, key.Namespace).Where(PodState.IsActive));
        }

        List<Pod> owned = await Ownership.ClaimAsync(_context, _context.Pods, job, selector, candidates, cancellationToken).ConfigureAwait(false);
        if (job.Metadata.IsDeleting)
        {
            await ReleaseAsync(owned, cancellationToken).ConfigureAwait(false);
        }
        else if (JobPlan.IsFinished(job))
        {
            await ReleaseAsync(owned.Where(PodState.IsTerminal), cancellationToken).ConfigureAwait(false);
            await ExpireAsync(job, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await RunAsync(job, owned, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(Job job, List<Pod> owned, CancellationToken cancellationToken)
    {
        JobPlan plan = JobPlan.Make(job, owned, _context.Pods.IsDeleting, _context.Now);

        // First the count, then the finalizers: a crash in between counts nothing twice and loses nothing.
        if (await _context.Client.UpdateAsync(job, job with { Status = plan.Status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _jobs.Observe(written);
            Announce(job, written, plan.Outcome);
        }

        await ReleaseAsync(plan.Release, cancellationToken).ConfigureAwait(false);
        JsonObject[] pods = [.. plan.Create.Select(index => JobPods.Describe(job, index))];
        KubernetesException? failure = await PodCreation.CreateAsync(_context, _events, job, pods, cancellationToken).ConfigureAwait(false);
        failure = await PodCreation.DeleteAsync(_context, _events, job, plan.Delete, cancellationToken).ConfigureAwait(false) ?? failure;
        if (plan.LookAgain is { } wait)
        {
            _loop.Queue.AddAfter(job.Metadata.Key, wait);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private void Announce(Job before, Job now, JobCondition? outcome)
    {
        switch (outcome)
        {
            case { Type: "Complete" }:
                _events.Normal(now, "Completed", "Job completed");
                break;
            case { Type: "Failed" }:
                _events.Warning(now, outcome.Reason!, outcome.Message!);
                break;
        }

        JobCondition? suspended = now.Status.Conditions.FirstOrDefault(condition => condition.Type == "Suspended");
        string? old = before.Status.Conditions.FirstOrDefault(condition => condition.Type == "Suspended")?.Status;
        if (suspended is not null && suspended.Status != old)
        {
            _events.Normal(now, suspended.Status == "True" ? "Suspended" : "Resumed", suspended.Message!);
        }
    }

    /// <summary>Lets pods go whose end is counted.</summary>
    private async Task ReleaseAsync(IEnumerable<Pod> pods, CancellationToken cancellationToken)
    {
        foreach (Pod pod in pods.Where(JobPods.IsTracked).ToArray())
        {
            string[] left = [.. pod.Metadata.Finalizers.Where(finalizer => finalizer != JobPods.TrackingFinalizer)];
            try
            {
                if (await _context.Client.UpdateAsync(pod, pod with { Metadata = pod.Metadata with { Finalizers = left } }, null, cancellationToken).ConfigureAwait(false) is { } written)
                {
                    _context.Pods.Observe(written);
                }
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                // Gone already.
            }
        }
    }

    /// <summary>Deletes a finished job, with its pods, when its time is over.</summary>
    private async Task ExpireAsync(Job job, CancellationToken cancellationToken)
    {
        if (job.Spec.TtlSecondsAfterFinished is not { } lifetime)
        {
            return;
        }

        DateTimeOffset? finished = job.Status.Conditions.FirstOrDefault(condition => condition is { Type: "Complete" or "Failed", Status: "True" })?.LastTransitionTime;
        TimeSpan left = (finished ?? _context.Now) + TimeSpan.FromSeconds(lifetime) - _context.Now;
        if (left > TimeSpan.Zero)
        {
            _loop.Queue.AddAfter(job.Metadata.Key, left);
            return;
        }

        DeleteOptions how = new() { PropagationPolicy = "Foreground", Preconditions = new Preconditions { Uid = job.Metadata.Uid } };
        await _context.Client.DeleteAsync<Job>(job.Metadata.Key, how, cancellationToken).ConfigureAwait(false);
    }
}
