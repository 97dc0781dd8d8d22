using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Reads elements as the kernel lists them, and joins the two halves of ranges.</summary>
internal static class ElementDecoder
{
    /// <summary>One element as the kernel has it.</summary>
    /// <param name="Element">Key and content.</param>
    /// <param name="IsEnd">It is only where a range has ended.</param>
    internal readonly record struct WireElement(Element Element, bool IsEnd);

    /// <summary>Adds the elements of one message (a dump has many) to <paramref name="elements"/>; returns table and set.</summary>
    internal static (TableId Table, string Set) Read(NetlinkMessage message, List<WireElement> elements)
    {
        string table = "";
        string set = "";
        foreach (NetlinkAttribute attribute in ObjectDecoder.Attributes(message))
        {
            switch (attribute.Type)
            {
                case ElementListAttribute.Table:
                    table = attribute.String;
                    break;
                case ElementListAttribute.Set:
                    set = attribute.String;
                    break;
                case ElementListAttribute.Elements:
                    foreach (NetlinkAttribute element in attribute.Nested)
                    {
                        elements.Add(ReadOne(element));
                    }

                    break;
                default:
                    break;
            }
        }

        return (new TableId(ObjectDecoder.Family(message), table), set);
    }

    /// <summary>The elements of a set, ranges whole: those of one field in ascending order, all others as they came.</summary>
    internal static IReadOnlyList<Element> Join(Set set, List<WireElement> wire)
    {
        if (!ElementEncoder.IsPairs(set))
        {
            return wire.ConvertAll(static item => item.Element);
        }

        // Where one range ends and the next begins at once, both halves have the same key: the end comes first.
        List<WireElement> sorted = [.. wire.Where(static item => !item.Element.CatchAll)];
        sorted.Sort(static (left, right) =>
        {
            int order = left.Element.Key.Span.SequenceCompareTo(right.Element.Key.Span);
            return order != 0 ? order : right.IsEnd.CompareTo(left.IsEnd);
        });
        List<Element> joined = [.. wire.Where(static item => item.Element.CatchAll).Select(static item => item.Element)];
        for (int index = 0; index < sorted.Count; index++)
        {
            WireElement begin = sorted[index];
            if (begin.IsEnd)
            {
                continue;
            }

            DataValue last = index + 1 < sorted.Count && sorted[index + 1].IsEnd
                ? sorted[index + 1].Element.Key.Decrement()
                : Prefixes.Last(begin.Element.Key, 0);
            joined.Add(last == begin.Element.Key ? begin.Element : begin.Element with { KeyEnd = last });
        }

        return joined;
    }

    private static WireElement ReadOne(NetlinkAttribute attribute)
    {
        DataValue key = default;
        DataValue keyEnd = default;
        DataValue data = default;
        Verdict? verdict = null;
        ElementFlags flags = ElementFlags.None;
        TimeSpan? timeout = null;
        TimeSpan? expiration = null;
        string? comment = null;
        string? named = null;
        ValueList<Expression> expressions = [];
        foreach (NetlinkAttribute part in attribute.Nested)
        {
            switch (part.Type)
            {
                case ElementAttribute.Key:
                    key = ExpressionDecoder.ReadValue(part);
                    break;
                case ElementAttribute.KeyEnd:
                    keyEnd = ExpressionDecoder.ReadValue(part);
                    break;
                case ElementAttribute.Data:
                    data = ExpressionDecoder.ReadValue(part);
                    verdict = ExpressionDecoder.ReadVerdict(part);
                    break;
                case ElementAttribute.Flags:
                    flags = (ElementFlags)part.UInt32BigEndian;
                    break;
                case ElementAttribute.Timeout:
                    timeout = ExpressionDecoder.Milliseconds(part.UInt64BigEndian);
                    break;
                case ElementAttribute.Expiration:
                    expiration = ExpressionDecoder.Milliseconds(part.UInt64BigEndian);
                    break;
                case ElementAttribute.UserData:
                    comment = UserData.ReadComment(part.Value);
                    break;
                case ElementAttribute.Object:
                    named = part.String;
                    break;
                case ElementAttribute.Expression:
                    expressions = [ExpressionDecoder.Read(part)];
                    break;
                case ElementAttribute.Expressions:
                    expressions = ExpressionDecoder.ReadList(part);
                    break;
                default:
                    break;
            }
        }

        Element element = new()
        {
            Key = key,
            KeyEnd = keyEnd == key ? default : keyEnd,
            Data = data,
            Verdict = verdict,
            CatchAll = flags.HasFlag(ElementFlags.CatchAll),
            Timeout = timeout,
            Expiration = expiration,
            Comment = comment,
            ObjectName = named,
            Expressions = expressions,
        };
        return new WireElement(element, flags.HasFlag(ElementFlags.IntervalEnd));
    }
}
