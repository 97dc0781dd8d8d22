using System.Text;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes a whole table the way <c>nft list table</c> does.</summary>
internal static class RulesetText
{
    internal static string Write(Ruleset ruleset)
    {
        StringBuilder text = new();
        text.Append($"table {ruleset.Table.Id} {{\n");
        if (ruleset.Table.Comment is { } comment)
        {
            text.Append($"\tcomment {NftWords.Quote(comment)}\n");
        }

        foreach (ListedObject named in ruleset.Objects)
        {
            WriteBlock(text, $"{NftWords.Of(named.Object.Type)} {named.Object.Name}", ObjectText.Properties(named.Object));
        }

        foreach (ListedSet listed in ruleset.Sets.Where(static listed => !listed.Set.Anonymous))
        {
            Set set = listed.Set;
            IEnumerable<string> lines = SetText.Properties(set);
            if (ruleset.Elements.TryGetValue(set.Name, out IReadOnlyList<Element>? elements) && elements.Count != 0)
            {
                lines = lines.Append(Elements(set, elements));
            }

            WriteBlock(text, $"{OperationText.Kind(set)} {set.Name}", lines);
        }

        ILookup<string, ListedRule> rules = ruleset.Rules.ToLookup(static rule => rule.Rule.Chain);
        foreach (ListedChain listed in ruleset.Chains)
        {
            IEnumerable<string> lines = ChainText.Properties(listed.Chain).Select(static line => $"{line};")
                .Concat(rules[listed.Chain.Name].Select(rule => RuleText.Write(rule.Rule, ruleset.FindSet, name => Inline(ruleset, name))));
            WriteBlock(text, $"chain {listed.Chain.Name}", lines);
        }

        return text.Append("}\n").ToString();
    }

    /// <summary>The set of a rule's braces.</summary>
    private static string? Inline(Ruleset ruleset, string name)
    {
        if (ruleset.FindSet(name) is not { Anonymous: true } set || !ruleset.Elements.TryGetValue(name, out IReadOnlyList<Element>? elements))
        {
            return null;
        }

        StringBuilder text = new("{ ");
        foreach (Element element in elements)
        {
            text.Append(text.Length == 2 ? "" : ", ");
            SetText.WriteElement(text, set, element, keyOnly: false);
        }

        return text.Append(" }").ToString();
    }

    private static string Elements(Set set, IReadOnlyList<Element> elements)
    {
        StringBuilder text = new("elements = { ");
        for (int index = 0; index < elements.Count; index++)
        {
            text.Append(index == 0 ? "" : ",\n\t\t\t     ");
            SetText.WriteElement(text, set, elements[index], keyOnly: false);
        }

        return text.Append(" }").ToString();
    }

    private static void WriteBlock(StringBuilder text, string head, IEnumerable<string> lines)
    {
        text.Append($"\n\t{head} {{\n");
        foreach (string line in lines)
        {
            text.Append($"\t\t{line}\n");
        }

        text.Append("\t}\n");
    }
}
