using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// Plans Services again, one at a time, and keeps count of what they share: who holds which frontend, how many use a
/// chain, which local endpoints there are. Of two Services that want one frontend the one whose name sorts first has it,
/// on every node alike, and the other gets it when that one lets go.
/// </summary>
internal sealed class ServicePieces(NodePlan previous, ClusterState cluster, string nodeName, string zone, SlotMemory? memory)
{
    private readonly ImmutableDictionary<ObjectKey, ServicePlan>.Builder services = previous.Services.ToBuilder();
    private readonly ImmutableDictionary<FrontendKey, ObjectKey>.Builder owners = previous.Owners.ToBuilder();
    private readonly ImmutableDictionary<FrontendKey, ImmutableSortedSet<ObjectKey>>.Builder waiting = previous.Waiting.ToBuilder();
    private readonly ImmutableDictionary<Treatment, int>.Builder treatments = previous.Treatments.ToBuilder();
    private readonly ImmutableDictionary<NetAddress, int>.Builder hairpins = previous.Hairpins.ToBuilder();
    private readonly ImmutableHashSet<ObjectKey>.Builder planned = ImmutableHashSet.CreateBuilder<ObjectKey>();
    private readonly Queue<ObjectKey> queue = new();

    public ImmutableDictionary<ObjectKey, ServicePlan> Services => services.ToImmutable();

    public ImmutableDictionary<FrontendKey, ObjectKey> Owners => owners.ToImmutable();

    public ImmutableDictionary<FrontendKey, ImmutableSortedSet<ObjectKey>> Waiting => waiting.ToImmutable();

    public ImmutableDictionary<Treatment, int> Treatments => treatments.ToImmutable();

    public ImmutableDictionary<NetAddress, int> Hairpins => hairpins.ToImmutable();

    public ImmutableHashSet<ObjectKey> Planned => planned.ToImmutable();

    public ImmutableSortedSet<ObjectKey> HealthChecked { get; private set; } = previous.HealthCheckedServices;

    public ElementCounts Counts { get; private set; } = previous.Counts;

    public IEnumerable<PlanProblem> Problems =>
        from key in planned
        let plan = services.GetValueOrDefault(key)
        where plan is not null
        from frontend in plan.Refused
        select new PlanProblem("Service", key, "FrontendTaken", $"{frontend} is held by Service {owners.GetValueOrDefault(frontend)}.");

    public void ReplanAll()
    {
        // In order of names, so that who has the first right to a frontend is planned first.
        Replan(cluster.Services.Keys.Concat(services.Keys.Where(k => !cluster.Services.ContainsKey(k))).Order());
    }

    public void Replan(IEnumerable<ObjectKey> keys)
    {
        foreach (ObjectKey key in keys)
        {
            queue.Enqueue(key);
        }

        while (queue.TryDequeue(out ObjectKey key))
        {
            ReplanOne(key);
        }
    }

    private void ReplanOne(ObjectKey key)
    {
        planned.Add(key);
        services.TryGetValue(key, out ServicePlan? before);
        ServicePlan? after = cluster.Services.TryGetValue(key, out ServiceState? service)
            ? ServicePlanner.Plan(
                service, cluster.Slices.GetValueOrDefault(key, []), nodeName, zone, before, memory,
                frontend => !owners.TryGetValue(frontend, out ObjectKey owner) || owner >= key)
            : null;

        Release(key, before, after);
        Claim(key, after);
        Counts = Counts.Plus(before, -1).Plus(after, 1);
        foreach (Treatment treatment in Used(before))
        {
            Count(treatments, treatment, -1);
        }

        foreach (Treatment treatment in Used(after))
        {
            Count(treatments, treatment, 1);
        }

        foreach (NetAddress address in before?.Hairpins ?? [])
        {
            Count(hairpins, address, -1);
        }

        foreach (NetAddress address in after?.Hairpins ?? [])
        {
            Count(hairpins, address, 1);
        }

        if ((after?.HealthCheckNodePort ?? 0) != (before?.HealthCheckNodePort ?? 0))
        {
            HealthChecked = after is { HealthCheckNodePort: not 0 } ? HealthChecked.Add(key) : HealthChecked.Remove(key);
        }

        if (after is null)
        {
            services.Remove(key);
        }
        else
        {
            services[key] = after;
        }
    }

    private void Release(ObjectKey key, ServicePlan? before, ServicePlan? after)
    {
        foreach (FrontendKey frontend in before?.Refused ?? [])
        {
            ImmutableSortedSet<ObjectKey> rest = waiting.GetValueOrDefault(frontend, []).Remove(key);
            if (rest.IsEmpty)
            {
                waiting.Remove(frontend);
            }
            else
            {
                waiting[frontend] = rest;
            }
        }

        foreach (FrontendPlan frontend in before?.Frontends ?? [])
        {
            bool keeps = false;
            foreach (FrontendPlan kept in after?.Frontends ?? [])
            {
                keeps |= kept.Key == frontend.Key;
            }

            // Who took it from us has it already.
            if (!keeps && owners.TryGetValue(frontend.Key, out ObjectKey owner) && owner == key)
            {
                owners.Remove(frontend.Key);
                foreach (ObjectKey next in waiting.GetValueOrDefault(frontend.Key, []))
                {
                    queue.Enqueue(next); // all of them: the first in line may be about to change its mind
                }
            }
        }
    }

    private void Claim(ObjectKey key, ServicePlan? after)
    {
        foreach (FrontendPlan frontend in after?.Frontends ?? [])
        {
            if (owners.TryGetValue(frontend.Key, out ObjectKey owner) && owner == key)
            {
                continue;
            }

            if (owners.ContainsKey(frontend.Key))
            {
                queue.Enqueue(owner);
            }

            owners[frontend.Key] = key;
        }

        foreach (FrontendKey frontend in after?.Refused ?? [])
        {
            waiting[frontend] = waiting.GetValueOrDefault(frontend, []).Add(key);
        }
    }

    private static IEnumerable<Treatment> Used(ServicePlan? plan)
    {
        foreach (FrontendPlan frontend in plan?.Frontends ?? [])
        {
            yield return frontend.Treatment;
            if (frontend.Treatment.Kind == TreatmentKind.BalanceLocally)
            {
                yield return frontend.Treatment.ForInsiders;
            }
        }
    }

    private static void Count<T>(ImmutableDictionary<T, int>.Builder counts, T item, int change)
        where T : notnull
    {
        int count = counts.GetValueOrDefault(item) + change;
        if (count == 0)
        {
            counts.Remove(item);
        }
        else
        {
            counts[item] = count;
        }
    }
}
