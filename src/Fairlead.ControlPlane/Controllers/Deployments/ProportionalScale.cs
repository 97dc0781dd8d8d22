using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Deployments;

/// <summary>What happens to the sets when a deployment is scaled, also in the middle of a rollout: each gets its share.</summary>
internal static class ProportionalScale
{
    /// <summary>Whether a deployment was scaled since its sets were last sized.</summary>
    public static bool IsDue(Deployment deployment, IEnumerable<ReplicaSet> all) => all.Any(set =>
        RollingUpdate.Size(set) > 0
        && Revision.Number(set, Revision.DesiredReplicasAnnotation) is { } desired
        && desired != (deployment.Spec.Replicas ?? 1));

    /// <param name="deployment">What is wanted.</param>
    /// <param name="newest">The set of the current template, if there is one yet.</param>
    /// <param name="old">The other sets, oldest first.</param>
    public static IReadOnlyList<Resize> Plan(Deployment deployment, ReplicaSet? newest, IReadOnlyList<ReplicaSet> old)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        List<ReplicaSet> all = newest is null ? [.. old] : [.. old, newest];
        List<ReplicaSet> active = [.. all.Where(set => RollingUpdate.Size(set) > 0)];
        ReplicaSet? only = active.Count switch
        {
            0 => newest ?? (old.Count > 0 ? old[^1] : null),
            1 => active[0],
            _ => null,
        };
        if (only is not null)
        {
            return [new Resize(only, wanted)];
        }

        if (active.Count == 0)
        {
            return [];
        }

        if (newest is not null && IsSaturated(deployment, newest))
        {
            return [.. active.Where(set => set != newest).Select(set => new Resize(set, 0))];
        }

        return deployment.Spec.Strategy?.Type == "Recreate" ? [] : Share(deployment, active);
    }

    private static List<Resize> Share(Deployment deployment, List<ReplicaSet> active)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        int most = wanted > 0 ? wanted + RollingUpdate.Limits(deployment).Surge : 0;
        int toAdd = most - active.Sum(RollingUpdate.Size);

        // The largest set takes the rest; between equals, the newer one when growing and the older one when shrinking.
        IOrderedEnumerable<ReplicaSet> bySize = active.OrderByDescending(RollingUpdate.Size);
        List<ReplicaSet> ordered = [.. toAdd > 0 ? bySize.ThenByDescending(Created) : bySize.ThenBy(Created)];
        int added = 0;
        int[] sizes = new int[ordered.Count];
        for (int i = 0; i < ordered.Count; i++)
        {
            int share = toAdd == 0 ? 0 : Portion(deployment, ordered[i], most, toAdd - added);
            sizes[i] = RollingUpdate.Size(ordered[i]) + share;
            added += share;
        }

        sizes[0] = Math.Max(sizes[0] + toAdd - added, 0);
        return [.. ordered.Select((set, i) => new Resize(set, sizes[i]))];
    }

    private static int Portion(Deployment deployment, ReplicaSet set, int most, int left)
    {
        int size = RollingUpdate.Size(set);
        int fraction;
        if ((deployment.Spec.Replicas ?? 1) == 0)
        {
            fraction = -size;
        }
        else
        {
            int before = Revision.Number(set, Revision.MaxReplicasAnnotation) ?? deployment.Status.Replicas;
            double scaled = before == 0 ? size : (double)size * most / before;
            fraction = (int)Math.Round(scaled, MidpointRounding.AwayFromZero) - size;
        }

        return left > 0 ? Math.Min(fraction, left) : Math.Max(fraction, left);
    }

    private static bool IsSaturated(Deployment deployment, ReplicaSet newest)
    {
        int wanted = deployment.Spec.Replicas ?? 1;
        return RollingUpdate.Size(newest) == wanted
            && Revision.Number(newest, Revision.DesiredReplicasAnnotation) == wanted
            && newest.Status.AvailableReplicas == wanted;
    }

    private static DateTimeOffset Created(ReplicaSet set) => set.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue;
}
