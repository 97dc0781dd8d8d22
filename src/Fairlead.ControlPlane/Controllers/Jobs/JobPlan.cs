using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Jobs;

/// <summary>What a job needs next.</summary>
/// <param name="Create">One entry per pod to make: its index, or null where the job is not indexed.</param>
/// <param name="Delete">Pods to delete.</param>
/// <param name="Release">Pods whose end is counted with this status, and who may go then.</param>
/// <param name="Status">The status to write first.</param>
/// <param name="LookAgain">When something is due: a retry, a deadline.</param>
/// <param name="Outcome">The condition that ends the job, where it ends.</param>
internal sealed record JobPlan(
    IReadOnlyList<int?> Create,
    IReadOnlyList<Pod> Delete,
    IReadOnlyList<Pod> Release,
    JobStatus Status,
    TimeSpan? LookAgain,
    JobCondition? Outcome)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(10);

    public static bool IsFinished(Job job) => job.Status.Conditions.Any(condition => condition is { Type: "Complete" or "Failed", Status: "True" });

    /// <param name="job">A job that has not finished.</param>
    /// <param name="owned">All its pods.</param>
    /// <param name="isDeleting">Whether a pod is known to go.</param>
    /// <param name="now">The time.</param>
    public static JobPlan Make(Job job, IReadOnlyList<Pod> owned, Func<Pod, bool> isDeleting, DateTimeOffset now) => new Draft(job, owned, isDeleting, now).Plan();

    private sealed class Draft
    {
        private readonly Job _job;
        private readonly DateTimeOffset _now;
        private readonly List<Pod> _active;
        private readonly List<Pod> _failedPods;
        private readonly int _terminating;
        private readonly List<Pod> _newSucceeded;
        private readonly List<Pod> _newFailed;
        private readonly SortedSet<int> _completed;
        private readonly int _succeeded, _failed;
        private readonly JobStatus _counted;
        private readonly IReadOnlyList<Pod> _owned;

        public Draft(Job job, IReadOnlyList<Pod> owned, Func<Pod, bool> isDeleting, DateTimeOffset now)
        {
            (_job, _owned, _now) = (job, owned, now);
            _active = [.. owned.Where(pod => !PodState.IsTerminal(pod) && !isDeleting(pod))];
            _failedPods = [.. owned.Where(pod => JobPods.IsFailed(job, pod))];
            _terminating = owned.Count(pod => !PodState.IsTerminal(pod) && isDeleting(pod));
            _counted = Flush();
            HashSet<string> uncounted = [.. _counted.UncountedTerminatedPods?.Succeeded ?? [], .. _counted.UncountedTerminatedPods?.Failed ?? []];
            _newSucceeded = [.. owned.Where(pod => pod.Status.Phase == "Succeeded" && JobPods.IsTracked(pod) && !uncounted.Contains(pod.Metadata.Uid))];
            _newFailed = [.. _failedPods.Where(pod => JobPods.IsTracked(pod) && !uncounted.Contains(pod.Metadata.Uid) && PodFailureRules.Judge(job, pod).Action != "Ignore")];
            _completed = IndexSet.Parse(job.Status.CompletedIndexes, job.Spec.Completions ?? 0);
            if (JobPods.IsIndexed(job))
            {
                // An index counts once, however many pods completed it.
                foreach (Pod pod in owned.Where(pod => pod.Status.Phase == "Succeeded"))
                {
                    if (JobPods.Index(pod) is { } index && index < (job.Spec.Completions ?? 0))
                    {
                        _completed.Add(index);
                    }
                }
            }

            _succeeded = JobPods.IsIndexed(job) ? _completed.Count : _counted.Succeeded + (_counted.UncountedTerminatedPods?.Succeeded.Count ?? 0) + _newSucceeded.Count;
            _failed = _counted.Failed + (_counted.UncountedTerminatedPods?.Failed.Count ?? 0) + _newFailed.Count;
        }

        public JobPlan Plan()
        {
            JobStatus status = _counted with
            {
                StartTime = _job.Status.StartTime ?? (_job.Spec.Suspend == true ? null : _now),
                Active = _active.Count,
                Ready = _active.Count(PodState.IsReady),
                Terminating = _terminating,
                CompletedIndexes = IndexSet.Format(_completed),
                UncountedTerminatedPods = Uncounted(),
            };
            if (JobPods.IsIndexed(_job))
            {
                status = status with { Succeeded = _completed.Count };
            }

            Pod[] release = [.. _owned.Where(pod => JobPods.IsTracked(pod) && (PodState.IsTerminal(pod) || JobPods.IsFailed(_job, pod)))];
            if (Outcome() is { } outcome)
            {
                return End(status, release, outcome);
            }

            if (_job.Spec.Suspend == true)
            {
                status = With(status with { StartTime = null }, "Suspended", "True", "JobSuspended", "Job suspended");
                return new JobPlan([], _active, release, status, null, null);
            }

            if (status.Conditions.Any(condition => condition is { Type: "Suspended", Status: "True" }))
            {
                status = With(status with { StartTime = _now }, "Suspended", "False", "JobResumed", "Job resumed");
            }

            (List<int?> create, List<Pod> delete, TimeSpan? wait) = Balance();
            if (_job.Spec.ActiveDeadlineSeconds is { } deadline)
            {
                TimeSpan left = (status.StartTime ?? _now) + TimeSpan.FromSeconds(deadline) - _now;
                wait = wait is null || left < wait ? left : wait;
            }

            return new JobPlan(create, delete, release, status, wait, null);
        }

        private JobPlan End(JobStatus status, Pod[] release, JobCondition outcome)
        {
            bool complete = outcome.Type == "Complete";
            status = With(status, complete ? "SuccessCriteriaMet" : "FailureTarget", "True", outcome.Reason!, outcome.Message!);

            // The job is over when nothing of it runs and everything is counted.
            bool over = _active.Count == 0 && _terminating == 0 && release.Length == 0 && Uncounted() is null;
            if (over)
            {
                status = With(status, outcome.Type, "True", outcome.Reason!, outcome.Message!);
                status = complete ? status with { CompletionTime = _now } : status;
            }

            return new JobPlan([], _active, release, status, null, over ? outcome : null);
        }

        private JobCondition? Outcome()
        {
            JobCondition? decided = _job.Status.Conditions.FirstOrDefault(condition => condition is { Type: "SuccessCriteriaMet" or "FailureTarget", Status: "True" });
            if (decided is not null)
            {
                return decided with { Type = decided.Type == "SuccessCriteriaMet" ? "Complete" : "Failed" };
            }

            foreach (Pod pod in _failedPods)
            {
                if (PodFailureRules.Judge(_job, pod) is ("FailJob", { } message))
                {
                    return Failed("PodFailurePolicy", message);
                }
            }

            if (_failed > (_job.Spec.BackoffLimit ?? 6) || IsPastRestarts())
            {
                return Failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
            }

            if (_job.Spec.ActiveDeadlineSeconds is { } deadline && _job.Spec.Suspend != true && _job.Status.StartTime is { } start && _now >= start.AddSeconds(deadline))
            {
                return Failed("DeadlineExceeded", "Job was active longer than specified deadline");
            }

            bool complete = _job.Spec.Completions is { } wanted ? _succeeded >= wanted : _succeeded > 0 && _active.Count == 0;
            return complete ? new JobCondition { Type = "Complete", Reason = "CompletionsReached", Message = "Reached expected number of succeeded pods" } : null;
        }

        private static JobCondition Failed(string reason, string message) => new() { Type = "Failed", Reason = reason, Message = message };

        /// <summary>Where containers are restarted in place, their restarts are the failures.</summary>
        private bool IsPastRestarts()
        {
            if (_job.Spec.Template.Spec.RestartPolicy != "OnFailure")
            {
                return false;
            }

            int restarts = _active.Where(pod => pod.Status.Phase is "Running" or "Pending").Sum(pod => pod.Status.ContainerStatuses.Concat(pod.Status.InitContainerStatuses).Sum(status => status.RestartCount));
            int limit = _job.Spec.BackoffLimit ?? 6;
            return limit == 0 ? restarts > 0 : restarts >= limit;
        }

        private (List<int?> Create, List<Pod> Delete, TimeSpan? Wait) Balance()
        {
            int parallelism = _job.Spec.Parallelism ?? 1;
            int wanted = _job.Spec.Completions is { } completions
                ? Math.Min(completions - _succeeded, parallelism)
                : _succeeded > 0 ? Math.Min(_active.Count, parallelism) : parallelism;
            wanted = Math.Max(wanted, 0);
            if (_active.Count > wanted)
            {
                return ([], [.. _active.Order(new ReplicaSets.PodDeletionOrder(_active)).Take(_active.Count - wanted)], null);
            }

            int missing = wanted - _active.Count - (_job.Spec.PodReplacementPolicy == "Failed" ? _terminating : 0);
            if (missing <= 0)
            {
                return ([], [], null);
            }

            if (UntilRetry() is { } wait && wait > TimeSpan.Zero)
            {
                return ([], [], wait);
            }

            if (!JobPods.IsIndexed(_job))
            {
                return ([.. Enumerable.Repeat<int?>(null, missing)], [], null);
            }

            HashSet<int> taken = [.. _active.Select(JobPods.Index).OfType<int>(), .. _completed];
            return ([.. Enumerable.Range(0, _job.Spec.Completions ?? 0).Where(index => !taken.Contains(index)).Take(missing).Cast<int?>()], [], null);
        }

        /// <summary>After failures in a row: 10 s, 20 s, 40 s, up to 10 min.</summary>
        private TimeSpan? UntilRetry()
        {
            DateTimeOffset lastSuccess = _owned.Where(pod => pod.Status.Phase == "Succeeded").Select(pod => JobPods.EndOf(pod, _now)).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
            DateTimeOffset[] ends = [.. _owned.Where(pod => pod.Status.Phase == "Failed").Select(pod => JobPods.EndOf(pod, _now)).Where(end => end >= lastSuccess)];
            if (ends.Length == 0)
            {
                return null;
            }

            TimeSpan pause = TimeSpan.FromSeconds(Math.Min(FirstRetry.TotalSeconds * Math.Pow(2, Math.Min(ends.Length - 1, 20)), LongestRetry.TotalSeconds));
            return ends.Max() + pause - _now;
        }

        /// <summary>Moves into the counters what was noted as ended and whose pod has been let go.</summary>
        private JobStatus Flush()
        {
            HashSet<string> held = [.. _owned.Where(JobPods.IsTracked).Select(pod => pod.Metadata.Uid)];
            UncountedTerminatedPods noted = _job.Status.UncountedTerminatedPods ?? new UncountedTerminatedPods();
            string[] succeeded = [.. noted.Succeeded.Where(held.Contains)];
            string[] failed = [.. noted.Failed.Where(held.Contains)];
            return _job.Status with
            {
                Succeeded = JobPods.IsIndexed(_job) ? _job.Status.Succeeded : _job.Status.Succeeded + noted.Succeeded.Count - succeeded.Length,
                Failed = _job.Status.Failed + noted.Failed.Count - failed.Length,
                UncountedTerminatedPods = succeeded.Length + failed.Length > 0 ? new UncountedTerminatedPods { Succeeded = succeeded, Failed = failed } : null,
            };
        }

        private UncountedTerminatedPods? Uncounted()
        {
            IReadOnlyList<string> succeeded = [.. _counted.UncountedTerminatedPods?.Succeeded ?? [], .. JobPods.IsIndexed(_job) ? [] : _newSucceeded.Select(pod => pod.Metadata.Uid)];
            IReadOnlyList<string> failed = [.. _counted.UncountedTerminatedPods?.Failed ?? [], .. _newFailed.Select(pod => pod.Metadata.Uid)];
            return succeeded.Count + failed.Count > 0 ? new UncountedTerminatedPods { Succeeded = succeeded, Failed = failed } : null;
        }

        private JobStatus With(JobStatus status, string type, string value, string reason, string message)
        {
            JobCondition? old = status.Conditions.FirstOrDefault(condition => condition.Type == type);
            return old?.Status == value
                ? status
                : status with
                {
                    Conditions =
                    [
                        .. status.Conditions.Where(condition => condition.Type != type),
                        new JobCondition { Type = type, Status = value, Reason = reason, Message = message, LastProbeTime = _now, LastTransitionTime = _now },
                    ],
                };
        }
    }
}
