using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ReplicaSets;

/// <summary>What a replica set needs: pods to make, pods to delete, and the status as it is now.</summary>
/// <param name="Create">How many pods are missing.</param>
/// <param name="Delete">The pods that are too many, first to go first.</param>
/// <param name="Status">What is true of the pods that exist.</param>
/// <param name="LookAgain">After how long a ready pod becomes available, where one is on its way.</param>
internal sealed record ReplicaSetPlan(int Create, IReadOnlyList<Pod> Delete, ReplicaSetStatus Status, TimeSpan? LookAgain)
{
    /// <summary>More than this many pods are never made or deleted in one go.</summary>
    private const int Burst = 500;

    /// <param name="set">The set.</param>
    /// <param name="owned">All pods that belong to it, whatever their state.</param>
    /// <param name="related">Pods of the same owner (the deployment's other sets too), for spreading deletions over nodes.</param>
    /// <param name="isDeleting">Whether a pod is known to go.</param>
    /// <param name="now">The time.</param>
    public static ReplicaSetPlan Make(ReplicaSet set, IReadOnlyList<Pod> owned, IEnumerable<Pod> related, Func<Pod, bool> isDeleting, DateTimeOffset now)
    {
        List<Pod> active = [.. owned.Where(pod => !PodState.IsTerminal(pod) && !isDeleting(pod))];
        int wanted = set.Spec.Replicas ?? 1;
        int difference = set.Metadata.IsDeleting ? 0 : active.Count - wanted;
        List<Pod> delete = [];
        if (difference > 0)
        {
            delete = [.. active.Order(new PodDeletionOrder(related)).Take(Math.Min(difference, Burst))];
        }

        int ready = 0, available = 0, labelled = 0;
        TimeSpan? lookAgain = null;
        foreach (Pod pod in active)
        {
            if (set.Spec.Template.Metadata.Labels.All(label => pod.Metadata.Labels.TryGetValue(label.Key, out string? value) && value == label.Value))
            {
                labelled++;
            }

            if (PodState.UntilAvailable(pod, set.Spec.MinReadySeconds, now) is not { } left)
            {
                continue;
            }

            ready++;
            if (left == TimeSpan.Zero)
            {
                available++;
            }
            else if (lookAgain is null || left < lookAgain)
            {
                lookAgain = left;
            }
        }

        ReplicaSetStatus status = set.Status with
        {
            Replicas = active.Count,
            FullyLabeledReplicas = labelled,
            ReadyReplicas = ready,
            AvailableReplicas = available,
            TerminatingReplicas = owned.Count(pod => !PodState.IsTerminal(pod) && isDeleting(pod)),
            ObservedGeneration = set.Metadata.Generation,
        };
        return new ReplicaSetPlan(Math.Min(Math.Max(-difference, 0), Burst), delete, status, lookAgain);
    }

    /// <summary>The status with or without the condition that pods could not be made or deleted.</summary>
    /// <param name="status">The status.</param>
    /// <param name="failure">What went wrong, or null.</param>
    /// <param name="creating">Whether it went wrong while making pods.</param>
    /// <param name="now">The time.</param>
    public static ReplicaSetStatus WithFailure(ReplicaSetStatus status, string? failure, bool creating, DateTimeOffset now)
    {
        ReplicaSetCondition? old = status.Conditions.FirstOrDefault(condition => condition.Type == "ReplicaFailure");
        if (failure is null && old is null)
        {
            return status;
        }

        if (failure is not null && old is not null)
        {
            return status;
        }

        List<ReplicaSetCondition> conditions = [.. status.Conditions.Where(condition => condition.Type != "ReplicaFailure")];
        if (failure is not null)
        {
            conditions.Add(new ReplicaSetCondition
            {
                Type = "ReplicaFailure",
                Status = "True",
                Reason = creating ? "FailedCreate" : "FailedDelete",
                Message = failure,
                LastTransitionTime = now,
            });
        }

        return status with { Conditions = conditions };
    }
}
