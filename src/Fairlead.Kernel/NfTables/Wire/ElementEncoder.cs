using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Writes elements, as many messages as they need.</summary>
internal static class ElementEncoder
{
    /// <summary>
    /// A nested attribute's length has 16 bits. One element takes at most about 1,000 bytes (two keys, data, a comment, a chain's name), so that
    /// a list which is longer than this is full.
    /// </summary>
    private const int FullList = 60_000;

    /// <summary>
    /// Writes elements from <paramref name="index"/> on into the open message, behind its family header, and moves the index behind what found room.
    /// Deletions say keys only.
    /// </summary>
    internal static void Write(ref NetlinkMessageWriter writer, TableId table, Set set, IReadOnlyList<Element> elements, bool keysOnly, ref int index)
    {
        writer.WriteString(ElementListAttribute.Table, table.Name);
        writer.WriteString(ElementListAttribute.Set, set.Name);
        NetlinkNest list = writer.BeginNested(ElementListAttribute.Elements);
        bool pairs = IsPairs(set);
        while (index < elements.Count && writer.NestedLength(list) < FullList)
        {
            Element element = elements[index];
            if (pairs && !element.CatchAll)
            {
                DataValue end = Last(element).Increment();
                WriteOne(ref writer, keysOnly ? null : element, element.Key, default, ElementFlags.None, openEnd: end.IsEmpty);
                if (!end.IsEmpty)
                {
                    // Only the beginning has a timeout, data and a comment; the kernel takes the end away with it.
                    WriteOne(ref writer, null, end, default, ElementFlags.IntervalEnd, openEnd: false);
                }
            }
            else
            {
                WriteOne(ref writer, keysOnly ? null : element, element.Key, element.KeyEnd, element.CatchAll ? ElementFlags.CatchAll : ElementFlags.None, openEnd: false);
            }

            index++;
        }

        writer.EndNested(list);
    }

    /// <summary>Ranges of one field are two elements each, one where it begins and one where it has ended; ranges of concatenations are one with two keys.</summary>
    internal static bool IsPairs(Set set) => set.Interval && set.Key.Count == 1;

    /// <summary>How many elements of the kernel's one of ours becomes.</summary>
    internal static int WireCount(Set set, Element element) => !IsPairs(set) || element.CatchAll || Last(element).Increment().IsEmpty ? 1 : 2;

    private static DataValue Last(Element element) => element.KeyEnd.IsEmpty ? element.Key : element.KeyEnd;

    private static void WriteOne(ref NetlinkMessageWriter writer, Element? content, DataValue key, DataValue keyEnd, ElementFlags flags, bool openEnd)
    {
        NetlinkNest nest = writer.BeginNested(ListAttribute.Element);
        if (flags != ElementFlags.None)
        {
            writer.WriteUInt32BigEndian(ElementAttribute.Flags, (uint)flags);
        }

        if (content?.Timeout is { } timeout)
        {
            writer.WriteUInt64BigEndian(ElementAttribute.Timeout, (ulong)timeout.TotalMilliseconds);
        }

        if (content?.Expiration is { } expiration)
        {
            writer.WriteUInt64BigEndian(ElementAttribute.Expiration, (ulong)expiration.TotalMilliseconds);
        }

        if (!key.IsEmpty)
        {
            ExpressionEncoder.WriteData(ref writer, ElementAttribute.Key, key);
        }

        if (!keyEnd.IsEmpty)
        {
            ExpressionEncoder.WriteData(ref writer, ElementAttribute.KeyEnd, keyEnd);
        }

        if (content is not null)
        {
            WriteContent(ref writer, content, openEnd);
        }

        writer.EndNested(nest);
    }

    private static void WriteContent(ref NetlinkMessageWriter writer, Element content, bool openEnd)
    {
        if (content.Verdict is { } verdict)
        {
            ExpressionEncoder.WriteVerdict(ref writer, ElementAttribute.Data, verdict);
        }
        else if (!content.Data.IsEmpty)
        {
            ExpressionEncoder.WriteData(ref writer, ElementAttribute.Data, content.Data);
        }

        WriteUserData(ref writer, content.Comment, openEnd);
        if (content.Expressions.Count == 1)
        {
            ExpressionEncoder.Write(ref writer, ElementAttribute.Expression, content.Expressions[0]);
        }
        else if (!content.Expressions.IsEmpty)
        {
            ExpressionEncoder.WriteList(ref writer, ElementAttribute.Expressions, content.Expressions);
        }

        if (content.ObjectName is { } name)
        {
            writer.WriteString(ElementAttribute.Object, name);
        }
    }

    private static void WriteUserData(ref NetlinkMessageWriter writer, string? comment, bool openEnd)
    {
        if (comment is null && !openEnd)
        {
            return;
        }

        Span<byte> data = stackalloc byte[UserData.MaxCommentBytes + 16];
        int length = comment is null ? 0 : UserData.WriteComment(data, UserData.Comment, comment);
        if (openEnd)
        {
            ReadOnlySpan<byte> flags = [UserData.ElementFlags, 4, 1, 0, 0, 0];
            flags.CopyTo(data[length..]);
            length += flags.Length;
        }

        writer.WriteBytes(ElementAttribute.UserData, data[..length]);
    }
}
