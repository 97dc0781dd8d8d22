using Fairlead.ControlPlane.Controllers.Scheduling;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>When a pod has to leave a node because of its NoExecute taints.</summary>
internal static class TaintEviction
{
    /// <returns>The moment, which may have passed; null where the pod may stay.</returns>
    public static DateTimeOffset? Due(Pod pod, Node node, DateTimeOffset now)
    {
        DateTimeOffset? due = null;
        foreach (Taint taint in node.Spec.Taints)
        {
            if (taint.Effect != "NoExecute")
            {
                continue;
            }

            DateTimeOffset? leave = Leave(pod, taint, now);
            if (leave is not null && (due is null || leave < due))
            {
                due = leave;
            }
        }

        return due;
    }

    private static DateTimeOffset? Leave(Pod pod, Taint taint, DateTimeOffset now)
    {
        long? shortest = null;
        bool tolerated = false;
        foreach (Toleration toleration in pod.Spec.Tolerations)
        {
            if (!Taints.Tolerates(toleration, taint))
            {
                continue;
            }

            tolerated = true;
            if (toleration.TolerationSeconds is { } seconds && (shortest is null || seconds < shortest))
            {
                shortest = Math.Max(seconds, 0);
            }
        }

        if (!tolerated)
        {
            return now;
        }

        return shortest is { } wait ? (taint.TimeAdded ?? now) + TimeSpan.FromSeconds(Math.Min(wait, int.MaxValue)) : null;
    }
}
