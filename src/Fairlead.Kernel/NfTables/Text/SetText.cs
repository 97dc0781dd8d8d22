using System.Text;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes what lies between the braces of a set or map.</summary>
internal static class SetText
{
    /// <summary>The set's own properties, one a line.</summary>
    internal static IEnumerable<string> Properties(Set set)
    {
        MapValue? value = (set as Map)?.Value;
        MapValue.Data? data = value as MapValue.Data;
        bool typeOf = SetUserData.NeedsTypeOf(set.Key) || (data is not null && SetUserData.NeedsTypeOf(data.Fields));
        string leads = value switch
        {
            MapValue.Verdicts => " : verdict",
            MapValue.Data => $" : {Types(data!.Fields, typeOf)}",
            MapValue.Objects objects => $" : {NftWords.Of(objects.Type)}",
            _ => "",
        };
        yield return $"{(typeOf ? "typeof" : "type")} {Types(set.Key, typeOf)}{leads}";
        if (set.Policy == SetPolicy.Memory)
        {
            yield return "policy memory";
        }

        if (set.Size != 0)
        {
            yield return $"size {set.Size}";
        }

        List<string> flags = [];
        AddIf(set.Constant, "constant");
        AddIf(set.Interval, "interval");
        AddIf(set.Dynamic, "dynamic");
        AddIf(set.ElementTimeouts || set.Timeout is not null, "timeout");
        if (flags.Count != 0)
        {
            yield return $"flags {string.Join(',', flags)}";
        }

        foreach (Expression expression in set.ElementExpressions.AsEnumerable())
        {
            yield return expression is Counter { Packets: 0, Bytes: 0 } ? "counter" : StatementText.Write(expression);
        }

        if (set.Timeout is { } timeout)
        {
            yield return $"timeout {NftWords.Of(timeout)}";
        }

        if (set.GarbageCollection is { } interval)
        {
            yield return $"gc-interval {NftWords.Of(interval)}";
        }

        if (set.AutoMerge)
        {
            yield return "auto-merge";
        }

        if (set.Comment is { } comment)
        {
            yield return $"comment {NftWords.Quote(comment)}";
        }

        void AddIf(bool condition, string word)
        {
            if (condition)
            {
                flags.Add(word);
            }
        }
    }

    /// <summary><c>10.32.0.1 . tcp . 443 timeout 5s comment "x" : goto lb-2</c>.</summary>
    internal static void WriteElement(StringBuilder text, Set set, Element element, bool keyOnly)
    {
        text.Append(element.CatchAll ? "*" : element.KeyEnd.IsEmpty ? ValueText.Write(set.Key, element.Key.Span) : ValueText.WriteRange(set.Key, element.Key.Span, element.KeyEnd.Span));
        if (keyOnly)
        {
            return;
        }

        foreach (Expression expression in element.Expressions)
        {
            text.Append(' ').Append(StatementText.Write(expression));
        }

        if (element.Timeout is { } timeout)
        {
            text.Append(" timeout ").Append(NftWords.Of(timeout));
        }

        if (element.Expiration is { } expiration)
        {
            text.Append(" expires ").Append(NftWords.Of(expiration));
        }

        if (element.Comment is { } comment)
        {
            text.Append(" comment ").Append(NftWords.Quote(comment));
        }

        switch ((set as Map)?.Value)
        {
            case MapValue.Verdicts when element.Verdict is { } verdict:
                text.Append(" : ").Append(NftWords.Of(verdict));
                break;
            case MapValue.Data data when !element.Data.IsEmpty:
                text.Append(" : ").Append(ValueText.Write(data.Fields, element.Data.Span));
                break;
            case MapValue.Objects when element.ObjectName is { } name:
                text.Append(" : ").Append(NftWords.Quote(name));
                break;
            default:
                break;
        }
    }

    private static string Types(ValueList<DataType> types, bool typeOf)
    {
        List<string> words = [];
        foreach (DataType type in types)
        {
            words.Add((typeOf ? SetUserData.TypeOfText(type) : DataTypes.Name(type)) ?? $"type-{(int)type}");
        }

        return string.Join(" . ", words);
    }
}
