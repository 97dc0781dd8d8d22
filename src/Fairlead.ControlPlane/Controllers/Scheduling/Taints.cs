using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>Taints and what tolerates them.</summary>
internal static class Taints
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    public const string Unschedulable = "node.kubernetes.io/unschedulable";

    /// <summary>Whether a toleration covers a taint. An empty key with Exists covers all; an empty effect covers all effects.</summary>
    public static bool Tolerates(Toleration toleration, Taint taint)
    {
        if (!string.IsNullOrEmpty(toleration.Effect) && toleration.Effect != taint.Effect)
        {
            return false;
        }

        if (!string.IsNullOrEmpty(toleration.Key) && toleration.Key != taint.Key)
        {
            return false;
        }

        return toleration.Operator switch
        {
            "Exists" => true,
            null or "" or "Equal" => !string.IsNullOrEmpty(toleration.Key) && (toleration.Value ?? "") == (taint.Value ?? ""),
            _ => false,
        };
    }

    public static bool IsTolerated(Pod pod, Taint taint) => pod.Spec.Tolerations.Any(toleration => Tolerates(toleration, taint));

    /// <summary>The first taint that keeps a pod away from a node.</summary>
    public static Taint? Forbidding(Pod pod, Node node)
    {
        foreach (Taint taint in node.Spec.Taints)
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && !IsTolerated(pod, taint))
            {
                return taint;
            }
        }

        return node.Spec.Unschedulable && !IsTolerated(pod, new Taint { Key = Unschedulable, Effect = "NoSchedule" })
            ? new Taint { Key = Unschedulable, Effect = "NoSchedule" }
            : null;
    }
}
