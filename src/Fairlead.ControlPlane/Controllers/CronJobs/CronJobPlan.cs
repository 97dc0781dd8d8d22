using Fairlead.ControlPlane.Controllers.Jobs;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.CronJobs;

/// <summary>What a cron job needs next.</summary>
/// <param name="Due">The time for which a job has to be made now, or null.</param>
/// <param name="Replace">Jobs that have to go before.</param>
/// <param name="Surplus">Finished jobs beyond the history that is kept.</param>
/// <param name="Note">A remark for the events, or null: reason and sentence.</param>
/// <param name="LookAgain">When the next time comes.</param>
internal sealed record CronJobPlan(DateTimeOffset? Due, IReadOnlyList<Job> Replace, IReadOnlyList<Job> Surplus, (string Reason, string Message)? Note, TimeSpan? LookAgain)
{
    /// <summary>More missed times than this mean a broken clock rather than a pause.</summary>
    private const int MostMissed = 100;

    public static CronJobPlan Make(CronJob cron, CronSchedule schedule, IReadOnlyList<Job> owned, DateTimeOffset now)
    {
        List<Job> surplus =
        [
            .. Beyond(owned, "Complete", cron.Spec.SuccessfulJobsHistoryLimit ?? 3),
            .. Beyond(owned, "Failed", cron.Spec.FailedJobsHistoryLimit ?? 1),
        ];
        TimeSpan? wait = schedule.Next(now) - now;
        if (cron.Spec.Suspend == true || cron.Metadata.IsDeleting)
        {
            return new CronJobPlan(null, [], surplus, null, null);
        }

        DateTimeOffset from = cron.Status.LastScheduleTime ?? cron.Metadata.CreationTimestamp ?? now;
        if (cron.Spec.StartingDeadlineSeconds is { } deadline && now.AddSeconds(-deadline) > from)
        {
            from = now.AddSeconds(-deadline);
        }

        (DateTimeOffset? due, int missed) = Latest(schedule, from, now);
        if (due is null)
        {
            return new CronJobPlan(null, [], surplus, null, wait);
        }

        (string, string)? note = missed > MostMissed
            ? ("TooManyMissedTimes", $"too many missed start times: {missed}. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
            : null;
        Job[] active = [.. owned.Where(job => !JobPlan.IsFinished(job) && !job.Metadata.IsDeleting)];
        return (cron.Spec.ConcurrencyPolicy, active.Length) switch
        {
            ("Forbid", > 0) => new CronJobPlan(null, [], surplus, ("JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid"), wait),
            ("Replace", > 0) => new CronJobPlan(due, active, surplus, note, wait),
            _ => new CronJobPlan(due, [], surplus, note, wait),
        };
    }

    /// <summary>The last time in (from, now], and how many there were.</summary>
    private static (DateTimeOffset? Time, int Count) Latest(CronSchedule schedule, DateTimeOffset from, DateTimeOffset now)
    {
        DateTimeOffset? latest = null;
        int count = 0;
        for (DateTimeOffset? next = schedule.Next(from); next <= now; next = schedule.Next(next.Value))
        {
            latest = next;
            count++;
            if (count > MostMissed * 10)
            {
                // From here a closer start finds the same last time sooner.
                return Latest(schedule, next.Value + ((now - next.Value) * 0.99), now) is var (time, more) ? (time ?? latest, count + more) : (latest, count);
            }
        }

        return (latest, count);
    }

    private static IEnumerable<Job> Beyond(IReadOnlyList<Job> owned, string type, int keep) => owned
        .Where(job => job.Status.Conditions.Any(condition => condition.Type == type && condition.Status == "True"))
        .OrderByDescending(job => job.Status.StartTime ?? job.Metadata.CreationTimestamp)
        .Skip(keep);
}
