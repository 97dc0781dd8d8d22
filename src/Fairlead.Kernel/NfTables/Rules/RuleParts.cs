using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>Joins the parts of rules.</summary>
internal static class RuleParts
{
    /// <summary>The parts one behind another, without asking twice for a family or protocol: a repeated load and comparison of it is left out.</summary>
    internal static ValueList<Expression> Join(ReadOnlySpan<ValueList<Expression>> parts)
    {
        List<Expression> joined = [];
        List<(MetaLoad Load, Compare Compare)> asked = [];
        foreach (ValueList<Expression> part in parts)
        {
            for (int index = 0; index < part.Count; index++)
            {
                if (index + 1 < part.Count && part[index] is MetaLoad { Key: MetaKey.NetfilterProtocol or MetaKey.Layer4Protocol } load
                    && part[index + 1] is Compare { Operator: CompareOperator.Equal } compare && compare.Source == load.Destination)
                {
                    if (!asked.Contains((load, compare)))
                    {
                        asked.Add((load, compare));
                        joined.Add(load);
                        joined.Add(compare);
                    }

                    index++;
                }
                else
                {
                    joined.Add(part[index]);
                }
            }
        }

        return [.. joined];
    }

    internal static ValueList<Expression> WithoutState(ValueList<Expression> expressions)
    {
        Expression[] result = expressions.AsSpan().ToArray();
        for (int index = 0; index < result.Length; index++)
        {
            result[index] = result[index] switch
            {
                Counter => new Counter(),
                Quota quota => quota with { Consumed = 0 },
                Expression other => other,
            };
        }

        return [.. result];
    }
}
