using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Disruption;

/// <summary>How many pods of a budget may be evicted now.</summary>
internal static class DisruptionPlan
{
    /// <summary>An eviction that was allowed and never became a deletion is forgotten after this time.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(2);

    /// <param name="budget">The budget.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="scaleOf">The wanted number of replicas of a pod's controller; null where it has none that scales.</param>
    /// <param name="now">The time.</param>
    /// <returns>The status, and when it has to be looked at again.</returns>
    public static (PodDisruptionBudgetStatus Status, TimeSpan? LookAgain) Make(PodDisruptionBudget budget, IReadOnlyList<Pod> pods, Func<OwnerReference, int?> scaleOf, DateTimeOffset now)
    {
        Dictionary<string, DateTimeOffset> disrupted = budget.Status.DisruptedPods
            .Where(entry => now - entry.Value < Forgotten && pods.Any(pod => pod.Metadata.Name == entry.Key && !pod.Metadata.IsDeleting))
            .ToDictionary();
        Pod[] living = [.. pods.Where(pod => !PodState.IsTerminal(pod))];
        int healthy = living.Count(pod => !pod.Metadata.IsDeleting && !disrupted.ContainsKey(pod.Metadata.Name) && PodState.IsReady(pod));
        (int expected, int desired, string? problem) = Wanted(budget, living, scaleOf);
        int allowed = problem is null ? Math.Max(healthy - desired, 0) : 0;
        (string status, string reason) = problem is not null ? ("False", "SyncFailed") : allowed > 0 ? ("True", "SufficientPods") : ("False", "InsufficientPods");
        Condition? old = budget.Status.Conditions.FirstOrDefault(condition => condition.Type == "DisruptionAllowed");
        Condition condition = new()
        {
            Type = "DisruptionAllowed",
            Status = status,
            Reason = reason,
            Message = problem ?? "",
            ObservedGeneration = budget.Metadata.Generation,
            LastTransitionTime = old?.Status == status ? old.LastTransitionTime : now,
        };
        PodDisruptionBudgetStatus result = budget.Status with
        {
            ObservedGeneration = budget.Metadata.Generation,
            CurrentHealthy = healthy,
            DesiredHealthy = desired,
            ExpectedPods = expected,
            DisruptionsAllowed = allowed,
            DisruptedPods = disrupted,
            Conditions = [.. budget.Status.Conditions.Where(other => other.Type != condition.Type), condition],
        };
        return (result, disrupted.Count > 0 ? disrupted.Values.Min() + Forgotten - now : null);
    }

    private static (int Expected, int Desired, string? Problem) Wanted(PodDisruptionBudget budget, Pod[] pods, Func<OwnerReference, int?> scaleOf)
    {
        if (budget.Spec.MaxUnavailable is { } unavailable)
        {
            (int expected, string? problem) = Expected(pods, scaleOf);
            return (expected, Math.Max(expected - unavailable.Of(expected, roundUp: true), 0), problem);
        }

        IntOrString least = budget.Spec.MinAvailable ?? 1;
        if (least.Text is null)
        {
            return (pods.Length, least.Number, null);
        }

        (int all, string? missing) = Expected(pods, scaleOf);
        return (all, least.Of(all, roundUp: true), missing);
    }

    /// <summary>The sum of what the pods' controllers want: pods that do not exist yet count.</summary>
    private static (int Count, string? Problem) Expected(Pod[] pods, Func<OwnerReference, int?> scaleOf)
    {
        Dictionary<string, int> scales = [];
        foreach (Pod pod in pods)
        {
            if (pod.Metadata.Controller is not { } owner)
            {
                return (pods.Length, $"found no controller ref for pod \"{pod.Metadata.Name}\"");
            }

            if (scales.ContainsKey(owner.Uid))
            {
                continue;
            }

            if (scaleOf(owner) is not { } scale)
            {
                return (pods.Length, $"found no scale for the {owner.Kind} of pod \"{pod.Metadata.Name}\"");
            }

            scales[owner.Uid] = scale;
        }

        return (scales.Values.Sum(), null);
    }
}
