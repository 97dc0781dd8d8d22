using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Writes a transaction as one batch: BATCH_BEGIN, a message or more for each operation, BATCH_END. Remembers which operation each message belongs to.
/// </summary>
internal static class BatchEncoder
{
    /// <summary>Where a message of the batch comes from.</summary>
    /// <param name="Operation">The operation's place in the transaction; -1 for begin and end.</param>
    /// <param name="FirstElement">Of elements, the place of the first in this message.</param>
    internal readonly record struct Origin(int Operation, int FirstElement);

    internal static List<Origin> Write(ref NetlinkMessageWriter writer, Transaction transaction, uint? generation)
    {
        List<Origin> origins = new(transaction.Operations.Count + 2) { new(-1, 0) };
        WriteFrame(ref writer, NfTablesMessage.BatchBegin);
        if (generation is { } expected)
        {
            writer.WriteUInt32BigEndian(NfTablesMessage.BatchGeneration, expected);
        }

        uint setId = 0;
        for (int index = 0; index < transaction.Operations.Count; index++)
        {
            WriteOperation(ref writer, transaction.Table, transaction.Operations[index], index, origins, ref setId);
        }

        WriteFrame(ref writer, NfTablesMessage.BatchEnd);
        origins.Add(new(-1, 0));
        return origins;
    }

    /// <summary>nlmsghdr and nfgenmsg of a message about a family's objects.</summary>
    internal static void Begin(ref NetlinkMessageWriter writer, byte message, NetlinkFlags flags, TableFamily family)
    {
        writer.BeginMessage(NfTablesMessage.Type(message), flags);
        writer.Reserve(NfTablesMessage.FamilyHeaderSize)[0] = (byte)family;
    }

    /// <summary>The batch's first and last message name the subsystem in their resource id.</summary>
    private static void WriteFrame(ref NetlinkMessageWriter writer, ushort type)
    {
        writer.BeginMessage(type, NetlinkFlags.Request);
        writer.Reserve(NfTablesMessage.FamilyHeaderSize)[3] = NfTablesMessage.Subsystem;
    }

    private static void WriteOperation(ref NetlinkMessageWriter writer, TableId table, Operation operation, int index, List<Origin> origins, ref uint setId)
    {
        switch (operation)
        {
            case TableOperation step:
                WriteTable(ref writer, table, step, index, origins);
                return;
            case ChainOperation step:
                WriteChain(ref writer, table, step);
                break;
            case RuleOperation step:
                WriteRule(ref writer, table, step);
                break;
            case RuleRemoval step:
                Begin(ref writer, step.Verb == Verb.Destroy ? NfTablesMessage.DestroyRule : NfTablesMessage.DeleteRule, NetlinkFlags.Request, table.Family);
                writer.WriteString(RuleAttribute.Table, table.Name);
                writer.WriteString(RuleAttribute.Chain, step.Chain);
                writer.WriteUInt64BigEndian(RuleAttribute.Handle, step.Handle);
                break;
            case SetOperation step:
                WriteSet(ref writer, table, step, ++setId);
                break;
            case ElementOperation step:
                WriteElements(ref writer, table, step, index, origins);
                return;
            case ObjectOperation step:
                WriteObject(ref writer, table, step);
                break;
            default:
                throw new InvalidOperationException($"no wire form for {operation.GetType()}");
        }

        origins.Add(new Origin(index, 0));
    }

    private static void WriteTable(ref NetlinkMessageWriter writer, TableId table, TableOperation step, int index, List<Origin> origins)
    {
        switch (step.Verb)
        {
            case Verb.Add or Verb.Create:
                Begin(ref writer, NfTablesMessage.NewTable, Making(step.Verb), table.Family);
                ObjectEncoder.Table(ref writer, step.Table with { Id = table });
                break;
            case Verb.Flush:
                Begin(ref writer, NfTablesMessage.DeleteRule, NetlinkFlags.Request, table.Family);
                writer.WriteString(RuleAttribute.Table, table.Name);
                break;
            case Verb.Destroy:
                Begin(ref writer, NfTablesMessage.NewTable, NetlinkFlags.Request | NetlinkFlags.Create, table.Family);
                writer.WriteString(TableAttribute.Name, table.Name);
                origins.Add(new Origin(index, 0));
                goto case Verb.Delete;
            case Verb.Delete:
                Begin(ref writer, NfTablesMessage.DeleteTable, NetlinkFlags.Request, table.Family);
                writer.WriteString(TableAttribute.Name, table.Name);
                break;
            default:
                throw Unfit(step);
        }

        origins.Add(new Origin(index, 0));
    }

    private static void WriteChain(ref NetlinkMessageWriter writer, TableId table, ChainOperation step)
    {
        switch (step.Verb)
        {
            case Verb.Add or Verb.Create:
                Begin(ref writer, NfTablesMessage.NewChain, Making(step.Verb), table.Family);
                ObjectEncoder.Chain(ref writer, table, step.Chain);
                break;
            case Verb.Flush:
                Begin(ref writer, NfTablesMessage.DeleteRule, NetlinkFlags.Request, table.Family);
                writer.WriteString(RuleAttribute.Table, table.Name);
                writer.WriteString(RuleAttribute.Chain, step.Chain.Name);
                break;
            case Verb.Delete or Verb.Destroy:
                Begin(ref writer, step.Verb == Verb.Delete ? NfTablesMessage.DeleteChain : NfTablesMessage.DestroyChain, NetlinkFlags.Request, table.Family);
                writer.WriteString(ChainAttribute.Table, table.Name);
                writer.WriteString(ChainAttribute.Name, step.Chain.Name);
                break;
            default:
                throw Unfit(step);
        }
    }

    private static void WriteRule(ref NetlinkMessageWriter writer, TableId table, RuleOperation step)
    {
        NetlinkFlags flags = step.Verb switch
        {
            Verb.Add => NetlinkFlags.Create | NetlinkFlags.Append,
            Verb.Insert => NetlinkFlags.Create,
            Verb.Replace => NetlinkFlags.Replace,
            _ => throw Unfit(step),
        };
        Begin(ref writer, NfTablesMessage.NewRule, NetlinkFlags.Request | flags, table.Family);
        ObjectEncoder.Rule(ref writer, table, step.Rule);
        if (step.Handle != 0)
        {
            writer.WriteUInt64BigEndian(step.Verb == Verb.Replace ? RuleAttribute.Handle : RuleAttribute.Position, step.Handle);
        }
    }

    private static void WriteSet(ref NetlinkMessageWriter writer, TableId table, SetOperation step, uint id)
    {
        switch (step.Verb)
        {
            case Verb.Add or Verb.Create:
                Begin(ref writer, NfTablesMessage.NewSet, Making(step.Verb), table.Family);
                ObjectEncoder.Set(ref writer, table, step.Set, id);
                break;
            case Verb.Flush:
                Begin(ref writer, NfTablesMessage.DeleteElement, NetlinkFlags.Request, table.Family);
                writer.WriteString(ElementListAttribute.Table, table.Name);
                writer.WriteString(ElementListAttribute.Set, step.Set.Name);
                break;
            case Verb.Delete or Verb.Destroy:
                Begin(ref writer, step.Verb == Verb.Delete ? NfTablesMessage.DeleteSet : NfTablesMessage.DestroySet, NetlinkFlags.Request, table.Family);
                writer.WriteString(SetAttribute.Table, table.Name);
                writer.WriteString(SetAttribute.Name, step.Set.Name);
                break;
            default:
                throw Unfit(step);
        }
    }

    private static void WriteElements(ref NetlinkMessageWriter writer, TableId table, ElementOperation step, int index, List<Origin> origins)
    {
        (byte message, NetlinkFlags flags) = step.Verb switch
        {
            Verb.Add or Verb.Create => (NfTablesMessage.NewElement, Making(step.Verb)),
            Verb.Delete => (NfTablesMessage.DeleteElement, NetlinkFlags.Request),
            Verb.Destroy => (NfTablesMessage.DestroyElement, NetlinkFlags.Request),
            _ => throw Unfit(step),
        };
        bool keysOnly = step.Verb is Verb.Delete or Verb.Destroy;
        int element = 0;
        while (element < step.Elements.Count)
        {
            origins.Add(new Origin(index, element));
            Begin(ref writer, message, flags, table.Family);
            ElementEncoder.Write(ref writer, table, step.Set, step.Elements, keysOnly, ref element);
        }
    }

    private static void WriteObject(ref NetlinkMessageWriter writer, TableId table, ObjectOperation step)
    {
        switch (step.Verb)
        {
            case Verb.Add or Verb.Create:
                Begin(ref writer, NfTablesMessage.NewObject, Making(step.Verb), table.Family);
                ObjectEncoder.Object(ref writer, table, step.Object);
                break;
            case Verb.Delete or Verb.Destroy:
                Begin(ref writer, step.Verb == Verb.Delete ? NfTablesMessage.DeleteObject : NfTablesMessage.DestroyObject, NetlinkFlags.Request, table.Family);
                writer.WriteString(ObjectAttribute.Table, table.Name);
                writer.WriteString(ObjectAttribute.Name, step.Object.Name);
                writer.WriteUInt32BigEndian(ObjectAttribute.Type, (uint)step.Object.Type);
                break;
            default:
                throw Unfit(step);
        }
    }

    private static NetlinkFlags Making(Verb verb) =>
        NetlinkFlags.Request | NetlinkFlags.Create | (verb == Verb.Create ? NetlinkFlags.Exclusive : NetlinkFlags.None);

    private static InvalidOperationException Unfit(Operation operation) => new($"{operation.Verb} isn't something to do in {operation.GetType().Name}");
}
