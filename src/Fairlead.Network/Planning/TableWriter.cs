using Fairlead.Kernel.NfTables;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>Writes what must change as one nf_tables transaction: a packet sees the table before or after.</summary>
public static class TableWriter
{
    private const string TableComment = "Services and masquerade of this node; written by the fairlead agent";

    /// <summary>The transaction that a difference stands for.</summary>
    public static Transaction Write(NodePlanDiff diff, NodePlan desired)
    {
        if (diff.NeedsNewTable)
        {
            return WriteNewTable(desired);
        }

        Transaction transaction = new(KernelNames.Table);
        Dictionary<string, Set> sets = Sets(desired, diff.Policies.Sets);
        Elements(diff.RemovedElements(), sets, (set, elements) => transaction.Delete(set, elements));
        foreach (string chain in diff.RemovedChains)
        {
            transaction.FlushChain(chain).DeleteChain(chain);
        }

        diff.Policies.WriteRemovals(transaction);
        AddChains(transaction, diff.AddedTreatments);
        diff.Policies.WriteAdditions(transaction);
        Elements(diff.AddedElements(), sets, (set, elements) => transaction.Add(set, elements));
        return transaction;
    }

    /// <summary>The transaction that puts a table with all of the plan in the place of whatever table of that name there is.</summary>
    public static Transaction WriteNewTable(NodePlan desired)
    {
        Transaction transaction = new Transaction(KernelNames.Table).DestroyTable().AddTable(TableComment);
        Dictionary<string, Set> sets = Sets(desired, PolicySets(desired));
        foreach (Set set in sets.Values)
        {
            transaction.Add(set);
        }

        foreach (Chain chain in BaseLayout.Chains)
        {
            transaction.Add(chain);
        }

        foreach (Rule rule in BaseLayout.Rules())
        {
            transaction.Add(rule);
        }

        AddChains(transaction, desired.OwnChains());
        foreach (Chain chain in desired.Policies.Chains.Values.SelectMany(PolicyRules.Chains))
        {
            transaction.Add(chain);
        }

        foreach (Rule rule in desired.Policies.Chains.Values.SelectMany(PolicyRules.Rules))
        {
            transaction.Add(rule);
        }

        Elements(desired.AllElements(), sets, (set, elements) => transaction.Add(set, elements));
        return transaction;
    }

    /// <summary>The transaction that mends what an audit found.</summary>
    public static Transaction Write(TableRepair repair, NodePlan desired)
    {
        if (repair.NeedsNewTable)
        {
            return WriteNewTable(desired);
        }

        Transaction transaction = new(KernelNames.Table);
        Dictionary<string, Set> sets = Sets(desired, PolicySets(desired));
        Elements(repair.RemovedElements, sets, (set, elements) => transaction.Delete(set, elements));
        foreach ((string chain, _) in repair.ChangedChains)
        {
            transaction.Add(BaseLayout.Chains.FirstOrDefault(c => c.Name == chain) ?? Chain.Regular(chain)).FlushChain(chain);
        }

        foreach (string chain in repair.ForeignChains)
        {
            transaction.FlushChain(chain);
        }

        foreach (string chain in repair.ForeignChains)
        {
            transaction.DeleteChain(chain);
        }

        foreach (Set set in repair.ForeignSets)
        {
            transaction.Delete(set);
        }

        foreach (Set set in repair.MissingSets)
        {
            transaction.Add(set);
        }

        foreach ((_, IReadOnlyList<Rule> rules) in repair.ChangedChains)
        {
            foreach (Rule rule in rules)
            {
                transaction.Add(rule);
            }
        }

        Elements(repair.AddedElements, sets, (set, elements) => transaction.Add(set, elements));
        return transaction;
    }

    private static void AddChains(Transaction transaction, IEnumerable<Treatment> treatments)
    {
        foreach (Treatment treatment in treatments)
        {
            transaction.Add(Chain.Regular(treatment.ChainName));
            foreach (Rule rule in TreatmentRules.Of(treatment))
            {
                transaction.Add(rule);
            }
        }
    }

    private static void Elements(IEnumerable<MapElement> elements, Dictionary<string, Set> sets, Action<Set, IReadOnlyList<Element>> write)
    {
        Dictionary<string, List<Element>> bySet = [];
        foreach (MapElement element in elements)
        {
            if (!bySet.TryGetValue(element.Set, out List<Element>? list))
            {
                bySet.Add(element.Set, list = []);
            }

            list.Add(element.ToElement());
        }

        foreach ((string set, List<Element> list) in bySet)
        {
            write(sets[set], list);
        }
    }

    private static IEnumerable<Set> PolicySets(NodePlan plan) => plan.Policies.Chains.Values.SelectMany(PolicyRules.Sets);

    private static Dictionary<string, Set> Sets(NodePlan plan, IEnumerable<Set> ofPolicies)
    {
        Dictionary<string, Set> sets = BaseLayout.Sets(plan.Capacity).ToDictionary(s => s.Name);
        foreach (Set set in ofPolicies)
        {
            sets[set.Name] = set;
        }

        return sets;
    }
}
