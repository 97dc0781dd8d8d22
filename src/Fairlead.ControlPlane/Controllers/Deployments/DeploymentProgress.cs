using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>A deployment's status and conditions, in the words that kubectl rollout status reads.</summary>
internal static class DeploymentProgress
{
    public const string Progressing = "Progressing";
    public const string Available = "Available";
    public const string ReplicaFailure = "ReplicaFailure";

    public static DeploymentCondition? Condition(DeploymentStatus status, string type) => status.Conditions.FirstOrDefault(condition => condition.Type == type);

    /// <summary>Counts, and whether the deployment is available.</summary>
    public static DeploymentStatus Count(Deployment deployment, ReplicaSet? newest, IReadOnlyList<ReplicaSet> old, DateTimeOffset now)
    {
        List<ReplicaSet> all = newest is null ? [.. old] : [.. old, newest];
        int available = all.Sum(set => set.Status.AvailableReplicas);
        DeploymentStatus status = deployment.Status with
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = all.Sum(set => set.Status.Replicas),
            UpdatedReplicas = newest?.Status.Replicas ?? 0,
            ReadyReplicas = all.Sum(set => set.Status.ReadyReplicas),
            AvailableReplicas = available,
            UnavailableReplicas = Math.Max(all.Sum(RollingUpdate.Size) - available, 0),
            TerminatingReplicas = all.Sum(set => set.Status.TerminatingReplicas ?? 0),
        };
        bool enough = available >= (deployment.Spec.Replicas ?? 1) - RollingUpdate.Limits(deployment).Unavailable;
        return enough
            ? With(status, Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : With(status, Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now);
    }

    /// <summary>The status with the rollout's progress judged against what it was before.</summary>
    public static DeploymentStatus Judge(Deployment deployment, DeploymentStatus status, ReplicaSet? newest, IReadOnlyList<ReplicaSet> old, DateTimeOffset now)
    {
        status = CopyFailure(status, newest, old, now);
        if (deployment.Spec.ProgressDeadlineSeconds is not { } deadline || deadline == int.MaxValue)
        {
            return Without(status, Progressing);
        }

        DeploymentCondition? before = Condition(deployment.Status, Progressing);
        string name = newest is null ? $"Deployment \"{deployment.Metadata.Name}\"" : $"ReplicaSet \"{newest.Metadata.Name}\"";
        if (status.Replicas == status.UpdatedReplicas && before?.Reason == "NewReplicaSetAvailable")
        {
            return status;
        }

        if (IsComplete(deployment, status))
        {
            return With(status, Progressing, "True", "NewReplicaSetAvailable", $"{name} has successfully progressed.", now);
        }

        if (HasMoved(deployment.Status, status))
        {
            return With(Without(status, Progressing), Progressing, "True", "ReplicaSetUpdated", $"{name} is progressing.", now, before?.Status == "True" ? before.LastTransitionTime : null);
        }

        // A deadline that the last template missed says nothing about the next one: kubectl rollout undo must not fail on it.
        if (before?.Reason == "ProgressDeadlineExceeded" && deployment.Status.ObservedGeneration < deployment.Metadata.Generation)
        {
            return With(status, Progressing, "True", "ReplicaSetUpdated", $"{name} is progressing.", now);
        }

        return IsOverdue(before, deadline, now)
            ? With(status, Progressing, "False", "ProgressDeadlineExceeded", $"{name} has timed out progressing.", now)
            : status;
    }

    public static bool IsComplete(Deployment deployment, DeploymentStatus status)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        return status.UpdatedReplicas == wanted && status.Replicas == wanted && status.AvailableReplicas == wanted && status.ObservedGeneration >= deployment.Metadata.Generation;
    }

    /// <summary>After how long a rollout that does not move has to be called overdue; null where nothing is to be waited for.</summary>
    public static TimeSpan? UntilOverdue(Deployment deployment, DeploymentStatus status, DateTimeOffset now)
    {
        if (deployment.Spec.ProgressDeadlineSeconds is not { } deadline || deadline == int.MaxValue
            || Condition(status, Progressing) is not { Status: not "False" } progressing
            || progressing.Reason is "NewReplicaSetAvailable" or "DeploymentPaused"
            || IsComplete(deployment, status))
        {
            return null;
        }

        TimeSpan left = (progressing.LastUpdateTime ?? now) + TimeSpan.FromSeconds(deadline) - now;
        return left > TimeSpan.Zero ? left + TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(1);
    }

    /// <summary>Sets a condition; the transition time moves only with the status, nothing moves where status and reason stay.</summary>
    public static DeploymentStatus With(DeploymentStatus status, string type, string value, string reason, string message, DateTimeOffset now, DateTimeOffset? since = null)
    {
        DeploymentCondition? old = Condition(status, type);
        if (old is not null && old.Status == value && old.Reason == reason)
        {
            return status;
        }

        DeploymentCondition condition = new()
        {
            Type = type,
            Status = value,
            Reason = reason,
            Message = message,
            LastUpdateTime = now,
            LastTransitionTime = since ?? (old?.Status == value ? old.LastTransitionTime : now),
        };
        return status with { Conditions = [.. status.Conditions.Where(other => other.Type != type), condition] };
    }

    private static DeploymentStatus Without(DeploymentStatus status, string type) =>
        Condition(status, type) is null ? status : status with { Conditions = [.. status.Conditions.Where(other => other.Type != type)] };

    private static DeploymentStatus CopyFailure(DeploymentStatus status, ReplicaSet? newest, IReadOnlyList<ReplicaSet> old, DateTimeOffset now)
    {
        IEnumerable<ReplicaSet> newestFirst = newest is null ? old : old.Prepend(newest);
        ReplicaSetCondition? failure = newestFirst.SelectMany(set => set.Status.Conditions).FirstOrDefault(condition => condition.Type == ReplicaFailure);
        return failure is null
            ? Without(status, ReplicaFailure)
            : With(status, ReplicaFailure, failure.Status, failure.Reason ?? "", failure.Message ?? "", now);
    }

    private static bool HasMoved(DeploymentStatus before, DeploymentStatus now) =>
        now.UpdatedReplicas > before.UpdatedReplicas
        || now.Replicas - now.UpdatedReplicas < before.Replicas - before.UpdatedReplicas
        || now.ReadyReplicas > before.ReadyReplicas
        || now.AvailableReplicas > before.AvailableReplicas;

    private static bool IsOverdue(DeploymentCondition? progressing, int deadline, DateTimeOffset now) => progressing switch
    {
        null or { Reason: "NewReplicaSetAvailable" } => false,
        { Reason: "ProgressDeadlineExceeded" } => true,
        _ => (progressing.LastUpdateTime ?? now) + TimeSpan.FromSeconds(deadline) < now,
    };
}
