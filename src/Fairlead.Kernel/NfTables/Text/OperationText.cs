using System.Text;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes operations as commands for nft.</summary>
internal static class OperationText
{
    private const int DescribedElements = 3;

    internal static string Describe(TableId table, Operation operation)
    {
        StringBuilder text = new();
        Write(text, table, operation, DescribedElements, static _ => null);
        return text.ToString();
    }

    internal static void Write(StringBuilder text, TableId table, Operation operation, int maxElements, Func<string, Set?> findSet)
    {
        string verb = Word(operation.Verb);
        switch (operation)
        {
            case TableOperation step:
                text.Append($"{verb} table {table}");
                if (operation.Verb is Verb.Add or Verb.Create && step.Table is { Comment: { } comment })
                {
                    text.Append($" {{ comment {NftWords.Quote(comment)}; }}");
                }

                break;
            case ChainOperation step:
                text.Append($"{verb} chain {table} {step.Chain.Name}");
                if (operation.Verb is Verb.Add or Verb.Create)
                {
                    WriteBlock(text, ChainText.Properties(step.Chain));
                }

                break;
            case RuleOperation step:
                string position = step.Handle == 0 ? "" : $" handle {step.Handle}";
                text.Append($"{verb} rule {table} {step.Rule.Chain}{position} {RuleText.Write(step.Rule, findSet)}");
                break;
            case RuleRemoval step:
                text.Append($"{verb} rule {table} {step.Chain} handle {step.Handle}");
                break;
            case SetOperation step:
                text.Append($"{verb} {Kind(step.Set)} {table} {step.Set.Name}");
                if (operation.Verb is Verb.Add or Verb.Create)
                {
                    WriteBlock(text, SetText.Properties(step.Set));
                }

                break;
            case ElementOperation step:
                WriteElements(text, table, step, maxElements);
                break;
            case ObjectOperation step:
                text.Append($"{verb} {NftWords.Of(step.Object.Type)} {table} {step.Object.Name}");
                if (operation.Verb is Verb.Add or Verb.Create)
                {
                    WriteBlock(text, ObjectText.Properties(step.Object));
                }

                break;
            default:
                text.Append(operation.GetType().Name);
                break;
        }
    }

    internal static string Kind(Set set) => set is Map ? "map" : "set";

    private static void WriteElements(StringBuilder text, TableId table, ElementOperation step, int maxElements)
    {
        text.Append($"{Word(step.Verb)} element {table} {step.Set.Name} {{ ");
        for (int index = 0; index < Math.Min(step.Elements.Count, maxElements); index++)
        {
            text.Append(index == 0 ? "" : ", ");
            SetText.WriteElement(text, step.Set, step.Elements[index], step.Verb is Verb.Delete or Verb.Destroy);
        }

        text.Append(step.Elements.Count > maxElements ? $", … {step.Elements.Count - maxElements} more }}" : " }");
    }

    private static void WriteBlock(StringBuilder text, IEnumerable<string> properties)
    {
        string content = string.Join("; ", properties);
        if (content.Length != 0)
        {
            text.Append($" {{ {content}; }}");
        }
    }

    private static string Word(Verb verb) => verb switch
    {
        Verb.Add => "add",
        Verb.Create => "create",
        Verb.Insert => "insert",
        Verb.Replace => "replace",
        Verb.Flush => "flush",
        Verb.Delete => "delete",
        Verb.Destroy => "destroy",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, null),
    };
}
