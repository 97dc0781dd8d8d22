using Fairlead.Kernel.NfTables.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>All of one table at one instant.</summary>
public sealed class Ruleset
{
    /// <summary>The state that it was read in.</summary>
    public required uint Generation { get; init; }

    /// <summary>The table.</summary>
    public required Table Table { get; init; }

    /// <summary>Its chains, in the order in which they were made.</summary>
    public required IReadOnlyList<ListedChain> Chains { get; init; }

    /// <summary>Its rules; those of one chain in their order.</summary>
    public required IReadOnlyList<ListedRule> Rules { get; init; }

    /// <summary>Its sets and maps.</summary>
    public required IReadOnlyList<ListedSet> Sets { get; init; }

    /// <summary>The elements by set.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<Element>> Elements { get; init; }

    /// <summary>Its named objects.</summary>
    public required IReadOnlyList<ListedObject> Objects { get; init; }

    /// <summary>
    /// What a transaction makes of an empty table, for printing and evaluating what isn't committed yet. Handles are counted from 1.
    /// </summary>
    /// <exception cref="NotSupportedException">It does more than adding.</exception>
    public static Ruleset Of(Transaction transaction)
    {
        Table table = new() { Id = transaction.Table };
        List<ListedChain> chains = [];
        List<ListedRule> rules = [];
        List<ListedSet> sets = [];
        List<ListedObject> objects = [];
        Dictionary<string, List<Element>> elements = [];
        ulong handle = 0;
        foreach (Operation operation in transaction.Operations)
        {
            handle++;
            switch (operation)
            {
                case TableOperation { Verb: Verb.Add or Verb.Create } step:
                    table = step.Table;
                    break;
                case TableOperation { Verb: Verb.Destroy }:
                    break;
                case ChainOperation { Verb: Verb.Add or Verb.Create } step:
                    chains.Add(new ListedChain(transaction.Table, step.Chain, handle));
                    break;
                case RuleOperation { Verb: Verb.Add, Handle: 0 } step:
                    rules.Add(new ListedRule(transaction.Table, step.Rule, handle));
                    break;
                case RuleOperation { Verb: Verb.Insert, Handle: 0 } step:
                    rules.Insert(0, new ListedRule(transaction.Table, step.Rule, handle));
                    break;
                case SetOperation { Verb: Verb.Add or Verb.Create } step:
                    sets.Add(new ListedSet(transaction.Table, step.Set, handle));
                    elements.TryAdd(step.Set.Name, []);
                    break;
                case ElementOperation { Verb: Verb.Add or Verb.Create } step:
                    elements[step.Set.Name].AddRange(step.Elements);
                    break;
                case ObjectOperation { Verb: Verb.Add or Verb.Create } step:
                    objects.Add(new ListedObject(transaction.Table, step.Object, handle));
                    break;
                default:
                    throw new NotSupportedException($"what is left by `{operation.Describe(transaction.Table)}` depends on what was there");
            }
        }

        return new Ruleset
        {
            Generation = 0,
            Table = table,
            Chains = chains,
            Rules = rules,
            Sets = sets,
            Elements = elements.ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<Element>)pair.Value),
            Objects = objects,
        };
    }

    /// <summary>The rules of one chain, in their order.</summary>
    public IEnumerable<ListedRule> RulesOf(string chain) => Rules.Where(rule => rule.Rule.Chain == chain);

    /// <summary>A set or map by name; null where there is none.</summary>
    public Set? FindSet(string name) => Sets.FirstOrDefault(set => set.Set.Name == name)?.Set;

    /// <summary>The whole table as nft text, like <c>nft list table</c>.</summary>
    public override string ToString() => RulesetText.Write(this);
}
