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

    /// <summary>The rules of one chain, in their order.</summary>
    public IEnumerable<ListedRule> RulesOf(string chain) => Rules.Where(rule => rule.Rule.Chain == chain);

    /// <summary>A set or map by name; null where there is none.</summary>
    public Set? FindSet(string name) => Sets.FirstOrDefault(set => set.Set.Name == name)?.Set;

    /// <summary>The whole table as nft text, like <c>nft list table</c>.</summary>
    public override string ToString() => RulesetText.Write(this);
}
