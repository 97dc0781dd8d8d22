using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Jobs;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.CronJobs;

/// <summary>Makes jobs when they are due.</summary>
internal sealed class CronJobController : IController
{
    private const string ScheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    private readonly ControllerContext _context;
    private readonly Informer<CronJob> _crons;
    private readonly Informer<Job> _jobs;
    private readonly EventRecorder _events;
    private readonly ReconcileLoop _loop;

    public CronJobController(ControllerContext context)
    {
        _context = context;
        _crons = context.Informer<CronJob>();
        _jobs = context.Informer<Job>();
        _events = context.Events("cronjob-controller");
        _loop = new ReconcileLoop(context, "cronjob", ReconcileAsync);
        _loop.OnEach(_crons);
        _loop.On(_jobs, change =>
        {
            if (change.Latest.Metadata.Controller is { Kind: "CronJob" } owner)
            {
                _loop.Queue.Add(new ObjectKey(change.Key.Namespace, owner.Name));
            }
        });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_crons.Get(key) is not { } cron)
        {
            return;
        }

        CronSchedule schedule;
        try
        {
            schedule = CronSchedule.Parse(cron.Spec.Schedule, cron.Spec.TimeZone);
        }
        catch (FormatException e)
        {
            _events.Warning(cron, "UnparseableSchedule", $"unparseable schedule: {cron.Spec.Schedule}: {e.Message}");
            return;
        }

        Job[] owned = [.. _jobs.ListNamespace(key.Namespace).Where(job => job.Metadata.IsControlledBy(cron.Metadata.Uid))];
        NoteFinished(cron, owned);
        CronJobPlan plan = CronJobPlan.Make(cron, schedule, owned, _context.Now);
        if (plan.Note is { } note)
        {
            _events.Warning(cron, note.Reason, note.Message);
        }

        foreach (Job surplus in plan.Surplus.Concat(plan.Replace).Where(job => !_jobs.IsDeleting(job)))
        {
            await DeleteAsync(cron, surplus, cancellationToken).ConfigureAwait(false);
        }

        CronJobStatus status = cron.Status;
        if (plan.Due is { } due)
        {
            await CreateAsync(cron, due, cancellationToken).ConfigureAwait(false);
            status = status with { LastScheduleTime = due };
        }

        await WriteAsync(cron, status, cancellationToken).ConfigureAwait(false);
        if (plan.LookAgain is { } wait)
        {
            _loop.Queue.AddAfter(key, wait + TimeSpan.FromMilliseconds(10));
        }
    }

    private async Task CreateAsync(CronJob cron, DateTimeOffset due, CancellationToken cancellationToken)
    {
        // The name says the minute: two controllers, or one that is started again, cannot make it twice.
        string name = string.Create(CultureInfo.InvariantCulture, $"{cron.Metadata.Name}-{due.ToUnixTimeSeconds() / 60}");
        JobTemplateSpec template = cron.Spec.JobTemplate ?? new JobTemplateSpec();
        Job job = new()
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = cron.Metadata.Namespace,
                Labels = template.Metadata.Labels,
                Annotations = new Dictionary<string, string>(template.Metadata.Annotations)
                {
                    [ScheduledAnnotation] = due.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                },
                OwnerReferences = [OwnerReference.ControlledBy(cron)],
            },
            Spec = template.Spec ?? new Job().Spec,
        };
        try
        {
            JsonObject json = JsonSerializer.SerializeToNode(job, Job.ResourceKind.Item)!.AsObject();
            json.Remove("status");
            Job created = await _context.Client.CreateAsync<Job>(json, cron.Metadata.Namespace, cancellationToken).ConfigureAwait(false);
            _jobs.Observe(created);
            _events.Normal(cron, "SuccessfulCreate", $"Created job {name}");
        }
        catch (KubernetesException e) when (e.IsAlreadyExists)
        {
            // Made before, by this controller or another.
        }
        catch (KubernetesException e) when (!e.IsNamespaceTerminating)
        {
            _events.Warning(cron, "FailedCreate", $"Error creating job: {e.Status.Message}");
            throw;
        }
    }

    private async Task DeleteAsync(CronJob cron, Job job, CancellationToken cancellationToken)
    {
        try
        {
            await _context.Client.DeleteAsync<Job>(job.Metadata.Key, new DeleteOptions { PropagationPolicy = "Background" }, cancellationToken).ConfigureAwait(false);
            _jobs.ObserveDelete(job);
            _events.Normal(cron, "SuccessfulDelete", $"Deleted job {job.Metadata.Name}");
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }

    private void NoteFinished(CronJob cron, Job[] owned)
    {
        foreach (ObjectReference active in cron.Status.Active)
        {
            if (owned.FirstOrDefault(job => job.Metadata.Uid == active.Uid) is { } job && JobPlan.IsFinished(job))
            {
                string how = job.Status.Conditions.Any(condition => condition is { Type: "Complete", Status: "True" }) ? "Complete" : "Failed";
                _events.Normal(cron, "SawCompletedJob", $"Saw completed job: {job.Metadata.Name}, condition: {how}");
            }
        }
    }

    private async Task WriteAsync(CronJob cron, CronJobStatus status, CancellationToken cancellationToken)
    {
        Job[] owned = [.. _jobs.ListNamespace(cron.Metadata.Namespace).Where(job => job.Metadata.IsControlledBy(cron.Metadata.Uid))];
        DateTimeOffset?[] successes = [.. owned.Select(job => job.Status.CompletionTime), status.LastSuccessfulTime];
        status = status with
        {
            Active = [.. owned.Where(job => !JobPlan.IsFinished(job)).OrderBy(job => job.Metadata.Name, StringComparer.Ordinal).Select(job => Reference(job))],
            LastSuccessfulTime = successes.Max(),
        };
        if (await _context.Client.UpdateAsync(cron, cron with { Status = status }, "status", cancellationToken).ConfigureAwait(false) is { } written)
        {
            _crons.Observe(written);
        }
    }

    private static ObjectReference Reference(Job job) => new()
    {
        ApiVersion = "batch/v1",
        Kind = "Job",
        Namespace = job.Metadata.Namespace,
        Name = job.Metadata.Name,
        Uid = job.Metadata.Uid,
    };
}
