using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>A new size for one replica set.</summary>
internal readonly record struct Resize(ReplicaSet Set, int Replicas);

/// <summary>How a rollout moves: which set may grow or shrink next, so that never more than the surge is too many and never more than allowed is missing.</summary>
internal static class RollingUpdate
{
    /// <summary>The surge and the allowed absence as numbers; one of them is at least 1, or nothing could ever move.</summary>
    public static (int Surge, int Unavailable) Limits(Deployment deployment)
    {
        if (deployment.Spec.Strategy?.Type == "Recreate")
        {
            return (0, 0);
        }

        int replicas = deployment.Spec.Replicas ?? 1;
        RollingUpdateDeployment? parameters = deployment.Spec.Strategy?.RollingUpdate;
        int surge = (parameters?.MaxSurge ?? "25%").Of(replicas, roundUp: true);
        int unavailable = (parameters?.MaxUnavailable ?? "25%").Of(replicas, roundUp: false);
        if (surge == 0 && unavailable == 0)
        {
            unavailable = 1;
        }

        return (surge, Math.Min(unavailable, replicas));
    }

    /// <summary>How large the newest set may be now.</summary>
    public static int NewestSize(Deployment deployment, IEnumerable<ReplicaSet> all, int current)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        if (deployment.Spec.Strategy?.Type == "Recreate")
        {
            return wanted;
        }

        int room = wanted + Limits(deployment).Surge - all.Sum(Size);
        return room <= 0 ? current : current + Math.Min(room, wanted - current);
    }

    /// <summary>The next step towards the newest set.</summary>
    /// <param name="deployment">What is wanted.</param>
    /// <param name="newest">The set of the current template.</param>
    /// <param name="old">The other sets, oldest first.</param>
    /// <returns>The sets to resize; empty where the rollout has to wait, or is done.</returns>
    public static IReadOnlyList<Resize> Step(Deployment deployment, ReplicaSet newest, IReadOnlyList<ReplicaSet> old)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        int size = Size(newest);
        int next = size > wanted ? wanted : NewestSize(deployment, [newest, .. old], size);
        return next != size ? [new Resize(newest, next)] : Shrink(deployment, newest, old);
    }

    private static List<Resize> Shrink(Deployment deployment, ReplicaSet newest, IReadOnlyList<ReplicaSet> old)
    {
        int leastAvailable = (deployment.Spec.Replicas ?? 1) - Limits(deployment).Unavailable;
        int budget = old.Sum(Size) + Size(newest) - leastAvailable - (Size(newest) - newest.Status.AvailableReplicas);
        if (budget <= 0)
        {
            return [];
        }

        // Pods that do not serve anyway go first, whatever the rollout's pace.
        Dictionary<ReplicaSet, int> sizes = [];
        foreach (ReplicaSet set in old)
        {
            int idle = Math.Min(budget, Math.Max(Size(set) - set.Status.AvailableReplicas, 0));
            sizes[set] = Size(set) - idle;
            budget -= idle;
        }

        int spare = old.Sum(set => set.Status.AvailableReplicas) + newest.Status.AvailableReplicas - leastAvailable;
        foreach (ReplicaSet set in old)
        {
            int less = Math.Min(Math.Max(spare, 0), sizes[set]);
            sizes[set] -= less;
            spare -= less;
        }

        return [.. old.Where(set => sizes[set] != Size(set)).Select(set => new Resize(set, sizes[set]))];
    }

    public static int Size(ReplicaSet set) => set.Spec.Replicas ?? 1;
}
