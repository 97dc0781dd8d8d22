using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>What several controllers ask of pods.</summary>
internal static class PodState
{
    public static bool IsTerminal(Pod pod) => pod.Status.Phase is "Succeeded" or "Failed";

    /// <summary>Neither ended nor on its way out.</summary>
    public static bool IsActive(Pod pod) => !IsTerminal(pod) && !pod.Metadata.IsDeleting;

    public static PodCondition? Condition(Pod pod, string type)
    {
        foreach (PodCondition condition in pod.Status.Conditions)
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }

    public static bool IsReady(Pod pod) => Condition(pod, "Ready") is { Status: "True" };

    /// <summary>Ready for at least this long.</summary>
    public static bool IsAvailable(Pod pod, int minReadySeconds, DateTimeOffset now) => UntilAvailable(pod, minReadySeconds, now) == TimeSpan.Zero;

    /// <summary>How long until a ready pod is available; null where it is not ready.</summary>
    public static TimeSpan? UntilAvailable(Pod pod, int minReadySeconds, DateTimeOffset now)
    {
        if (Condition(pod, "Ready") is not { Status: "True" } ready)
        {
            return null;
        }

        if (minReadySeconds == 0)
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = (ready.LastTransitionTime ?? now) + TimeSpan.FromSeconds(minReadySeconds) - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
