using Fairlead.Kernel.NfTables;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>
/// Compares the table that a kernel holds with the plan. Used at start, to adopt what an agent before us left, and later to find
/// what others changed.
/// </summary>
public static class TableAudit
{
    /// <summary>The endpoints and slots that the kernel holds, for a plan that shall keep them.</summary>
    public static SlotMemory Remember(Ruleset? held)
    {
        SlotMemory memory = new();
        foreach (string name in (string[])[KernelNames.Endpoint, KernelNames.NodePortEndpoint])
        {
            foreach (bool ipv6 in (bool[])[false, true])
            {
                string map = KernelNames.Of(name, ipv6);
                foreach (Element element in held?.Elements.GetValueOrDefault(map) ?? [])
                {
                    if (Layout.Elements.TryReadEndpoint(MapElement.From(map, element), out FrontendKey key, out uint slot, out EndpointAddress endpoint))
                    {
                        memory.Add(key, slot, endpoint);
                    }
                }
            }
        }

        return memory;
    }

    /// <summary>How large the kernel's maps are; null if there is no table of ours.</summary>
    public static Capacity? CapacityOf(Ruleset? held)
    {
        if (held is null)
        {
            return null;
        }

        int Size(string name, bool ipv6) => (int)(held.FindSet(KernelNames.Of(name, ipv6))?.Size ?? 0);
        return new(
            Size(KernelNames.Service, false), Size(KernelNames.Endpoint, false),
            Size(KernelNames.Service, true), Size(KernelNames.Endpoint, true), Size(KernelNames.Affinity, false));
    }

    /// <summary>What is missing, foreign or changed.</summary>
    public static TableRepair Compare(Ruleset? held, NodePlan desired)
    {
        if (held is null)
        {
            return new() { NeedsNewTable = true, Reason = "there is no table" };
        }

        if (!HasLayout(held, desired, out string? why))
        {
            return new() { NeedsNewTable = true, Reason = why };
        }

        ILookup<string, Rule> heldRules = held.Rules.ToLookup(r => r.Rule.Chain, r => r.Rule.WithoutState());
        Dictionary<string, IReadOnlyList<Rule>> wanted = BaseLayout.Rules().GroupBy(r => r.Chain).ToDictionary(g => g.Key, g => (IReadOnlyList<Rule>)[.. g]);
        foreach (Treatment treatment in desired.OwnChains())
        {
            wanted[treatment.ChainName] = [.. TreatmentRules.Of(treatment)];
        }

        foreach (PolicyChain chain in desired.Policies.Chains.Values)
        {
            ILookup<string, Rule> rules = PolicyRules.Rules(chain).ToLookup(r => r.Chain);
            foreach (Chain one in PolicyRules.Chains(chain))
            {
                wanted[one.Name] = [.. rules[one.Name]];
            }
        }

        HashSet<string> heldChains = [.. held.Chains.Select(c => c.Chain.Name)];
        List<(string, IReadOnlyList<Rule>)> changed = [];
        foreach ((string chain, IReadOnlyList<Rule> rules) in wanted)
        {
            if (!heldChains.Contains(chain) || !rules.SequenceEqual(heldRules[chain]))
            {
                changed.Add((chain, rules));
            }
        }

        // A set that is there in another form is removed and made again, and so are the rules that look into it.
        Dictionary<string, Set> wantedSets = desired.Policies.Chains.Values.SelectMany(PolicyRules.Sets).ToDictionary(s => s.Name);
        HashSet<string> baseSets = [.. BaseLayout.Sets(desired.Capacity).Select(s => s.Name)];
        List<Set> foreignSets = [.. held.Sets.Select(s => s.Set).Where(s => !s.Anonymous && !baseSets.Contains(s.Name)
            && !(wantedSets.TryGetValue(s.Name, out Set? wantedSet) && s.Key.Equals(wantedSet.Key) && s.Interval == wantedSet.Interval))];
        HashSet<string> gone = [.. foreignSets.Select(s => s.Name)];
        HashSet<string> kept = [.. held.Sets.Select(s => s.Set.Name).Where(n => !gone.Contains(n))];
        List<Set> missingSets = [.. wantedSets.Values.Where(s => !kept.Contains(s.Name))];
        foreach (PolicyChain chain in desired.Policies.Chains.Values.Where(c => PolicyRules.Sets(c).Any(s => gone.Contains(s.Name))))
        {
            foreach (Chain one in PolicyRules.Chains(chain).Where(c => changed.TrueForAll(x => x.Item1 != c.Name)))
            {
                changed.Add((one.Name, wanted[one.Name]));
            }
        }

        (List<MapElement> removed, List<MapElement> added) = CompareElements(held, desired, gone);
        return new()
        {
            ChangedChains = changed,
            ForeignChains = [.. heldChains.Where(c => !wanted.ContainsKey(c))],
            ForeignSets = foreignSets,
            MissingSets = missingSets,
            RemovedElements = removed,
            AddedElements = added,
        };
    }

    /// <summary>Whether a set is one of a chain of policies, which come and go.</summary>
    private static bool IsOfPolicies(string set) => set.StartsWith("in-", StringComparison.Ordinal) || set.StartsWith("out-", StringComparison.Ordinal);

    private static bool HasLayout(Ruleset held, NodePlan desired, out string? why)
    {
        foreach (Set set in BaseLayout.Sets(desired.Capacity))
        {
            Set? found = held.FindSet(set.Name);
            if (found is null || found.Size != set.Size || !found.Key.Equals(set.Key) || found.Interval != set.Interval
                || found.Dynamic != set.Dynamic || (found as Map)?.Value != (set as Map)?.Value)
            {
                why = found is null ? $"set {set.Name} is missing" : $"set {set.Name} is another";
                return false;
            }
        }

        foreach (Chain chain in BaseLayout.Chains)
        {
            Chain? found = held.Chains.FirstOrDefault(c => c.Chain.Name == chain.Name)?.Chain;
            if (found is null || found.Base != chain.Base)
            {
                why = found is null ? $"chain {chain.Name} is missing" : $"chain {chain.Name} hangs elsewhere";
                return false;
            }
        }

        foreach (ListedSet set in held.Sets)
        {
            if (!set.Set.Anonymous && !IsOfPolicies(set.Set.Name) && !BaseLayout.Sets(desired.Capacity).Any(s => s.Name == set.Set.Name))
            {
                why = $"set {set.Set.Name} is foreign";
                return false;
            }
        }

        why = null;
        return true;
    }

    private static (List<MapElement> Removed, List<MapElement> Added) CompareElements(Ruleset held, NodePlan desired, HashSet<string> goneSets)
    {
        Dictionary<(string Set, DataValue Key, DataValue KeyEnd), MapElement> kernel = [];
        foreach ((string set, IReadOnlyList<Element> elements) in held.Elements)
        {
            if (set.Contains(KernelNames.Affinity, StringComparison.Ordinal) || goneSets.Contains(set))
            {
                continue;
            }

            foreach (Element element in elements)
            {
                kernel[(set, element.Key, element.KeyEnd)] = MapElement.From(set, element);
            }
        }

        List<MapElement> removed = [];
        List<MapElement> added = [];
        foreach (MapElement element in desired.AllElements())
        {
            if (!kernel.Remove((element.Set, element.Key, element.KeyEnd), out MapElement found))
            {
                added.Add(element);
            }
            else if (found != element)
            {
                removed.Add(found);
                added.Add(element);
            }
        }

        removed.AddRange(kernel.Values);
        return (removed, added);
    }
}

/// <summary>What must be done to a kernel's table so that it holds a plan.</summary>
public sealed class TableRepair
{
    /// <summary>The table is missing or not laid out as ours is.</summary>
    public bool NeedsNewTable { get; init; }

    /// <summary>Why a new table is needed.</summary>
    public string? Reason { get; init; }

    /// <summary>Chains that are missing or hold other rules.</summary>
    public IReadOnlyList<(string Chain, IReadOnlyList<Rule> Rules)> ChangedChains { get; init; } = [];

    /// <summary>Chains that the plan doesn't know.</summary>
    public IReadOnlyList<string> ForeignChains { get; init; } = [];

    /// <summary>Sets that the plan doesn't know, or knows in another form.</summary>
    public IReadOnlyList<Set> ForeignSets { get; init; } = [];

    /// <summary>Sets that are missing.</summary>
    public IReadOnlyList<Set> MissingSets { get; init; } = [];

    /// <summary>Elements that the plan doesn't know, or knows with other data.</summary>
    public IReadOnlyList<MapElement> RemovedElements { get; init; } = [];

    /// <summary>Elements that are missing, or have other data.</summary>
    public IReadOnlyList<MapElement> AddedElements { get; init; } = [];

    /// <summary>The kernel holds the plan.</summary>
    public bool IsEmpty => !NeedsNewTable && Count == 0;

    /// <summary>How many chains and elements are wrong; an element with other data counts once as removed and once as added.</summary>
    public int Count => ChangedChains.Count + ForeignChains.Count + ForeignSets.Count + MissingSets.Count + RemovedElements.Count + AddedElements.Count;
}
