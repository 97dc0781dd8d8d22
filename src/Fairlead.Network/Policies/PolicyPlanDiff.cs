using Fairlead.Kernel.NfTables;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>What of policies must change in the kernel.</summary>
internal sealed class PolicyPlanDiff
{
    private readonly List<MapElement> removed = [];
    private readonly List<MapElement> added = [];
    private readonly List<(PolicyChain? Before, PolicyChain? After)> chains = [];

    /// <param name="before">The plan in the kernel.</param>
    /// <param name="after">The plan that shall be there.</param>
    /// <param name="follows">The one was made from the other.</param>
    public PolicyPlanDiff(PolicyPlan before, PolicyPlan after, bool follows)
    {
        if (ReferenceEquals(before, after))
        {
            return;
        }

        Compare(before.Guards, after.Guards);
        IEnumerable<ObjectKey> pods = follows && after.Changed is { } c ? c.Pods : before.Pods.Keys.Union(after.Pods.Keys);
        List<MapElement> had = [], has = [];
        foreach (ObjectKey key in pods)
        {
            had.AddRange(before.Pods.TryGetValue(key, out PlannedPod? old) ? before.PodElements(old) : []);
            has.AddRange(after.Pods.TryGetValue(key, out PlannedPod? now) ? after.PodElements(now) : []);
        }

        Compare(had, has);
        foreach (string name in follows && after.Changed is { } d ? d.Chains : before.Chains.Keys.Union(after.Chains.Keys))
        {
            PolicyChain? old = before.Chains.GetValueOrDefault(name), now = after.Chains.GetValueOrDefault(name);
            if (!ReferenceEquals(old, now))
            {
                Add(old, now);
            }
        }
    }

    public IReadOnlyList<MapElement> Removed => removed;

    public IReadOnlyList<MapElement> Added => added;

    /// <summary>Nothing changes.</summary>
    public bool IsEmpty => removed.Count == 0 && added.Count == 0 && chains.Count == 0;

    /// <summary>The sets that elements are removed from or added to, and that the table's layout doesn't know.</summary>
    public IEnumerable<Set> Sets => chains.SelectMany(c => SetsOf(c.Before).Concat(SetsOf(c.After)));

    /// <summary>Empties and removes chains that go or get other rules, and the sets that nobody looks into any more.</summary>
    public void WriteRemovals(Transaction transaction)
    {
        foreach ((PolicyChain? before, PolicyChain? after) in chains)
        {
            foreach (Chain chain in ChainsOf(before).Where(_ => !HasSameRules(before, after)))
            {
                transaction.FlushChain(chain.Name);
            }
        }

        foreach ((PolicyChain? before, PolicyChain? after) in chains)
        {
            foreach (Chain chain in ChainsOf(before).Except(ChainsOf(after)))
            {
                transaction.DeleteChain(chain.Name);
            }

            foreach (Set set in SetsOf(before).Except(SetsOf(after)))
            {
                transaction.Delete(set);
            }
        }
    }

    /// <summary>Makes sets, chains and rules; elements come after.</summary>
    public void WriteAdditions(Transaction transaction)
    {
        foreach ((PolicyChain? before, PolicyChain? after) in chains)
        {
            foreach (Set set in SetsOf(after).Except(SetsOf(before)))
            {
                transaction.Add(set);
            }

            foreach (Chain chain in ChainsOf(after).Except(ChainsOf(before)))
            {
                transaction.Add(chain);
            }
        }

        foreach ((PolicyChain? before, PolicyChain? after) in chains)
        {
            if (after is not null && !HasSameRules(before, after))
            {
                foreach (Rule rule in PolicyRules.Rules(after))
                {
                    transaction.Add(rule);
                }
            }
        }
    }

    private void Add(PolicyChain? before, PolicyChain? after)
    {
        bool sameRules = HasSameRules(before, after);
        int changes = removed.Count + added.Count;

        // Elements of sets that go with their chains go with the sets.
        HashSet<string> stay = [.. (after?.Clauses ?? []).Select(c => c.Set)];
        Compare([.. (before?.Clauses ?? []).Where(c => stay.Contains(c.Set)).SelectMany(c => c.Elements)], [.. after?.Elements() ?? []]);
        if (!sameRules || changes != removed.Count + added.Count)
        {
            chains.Add((before, after));
        }
    }

    private void Compare(IReadOnlyList<MapElement> before, IReadOnlyList<MapElement> after)
    {
        HashSet<MapElement> had = [.. before], has = [.. after];
        removed.AddRange(had.Where(e => !has.Contains(e)));
        added.AddRange(has.Where(e => !had.Contains(e)));
    }

    private static bool HasSameRules(PolicyChain? before, PolicyChain? after) => before is not null && after is not null && after.HasSameRules(before);

    private static IEnumerable<Chain> ChainsOf(PolicyChain? chain) => chain is null ? [] : PolicyRules.Chains(chain);

    private static IEnumerable<Set> SetsOf(PolicyChain? chain) => chain is null ? [] : PolicyRules.Sets(chain);
}
