using Fairlead.Kernel.Netlink;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Writes the attributes of tables, chains, rules, sets and objects: everything but elements.</summary>
internal static class ObjectEncoder
{
    private const uint MapToVerdict = 0xffffff00; // NFT_DATA_VERDICT

    internal static void Table(ref NetlinkMessageWriter writer, Table table)
    {
        writer.WriteString(TableAttribute.Name, table.Id.Name);
        writer.WriteUInt32BigEndian(TableAttribute.Flags, (uint)table.Flags);
        WriteComment(ref writer, TableAttribute.UserData, table.Comment);
    }

    internal static void Chain(ref NetlinkMessageWriter writer, TableId table, Chain chain)
    {
        writer.WriteString(ChainAttribute.Table, table.Name);
        writer.WriteString(ChainAttribute.Name, chain.Name);
        if (chain.Base is { } hooked)
        {
            NetlinkNest hook = writer.BeginNested(ChainAttribute.Hook);
            writer.WriteUInt32BigEndian(HookAttribute.Number, HookNumber(table.Family, hooked.Hook));
            writer.WriteUInt32BigEndian(HookAttribute.Priority, (uint)hooked.Priority);
            if (hooked.Device is { } device)
            {
                writer.WriteString(HookAttribute.Device, device);
            }

            writer.EndNested(hook);
            writer.WriteUInt32BigEndian(ChainAttribute.Policy, (uint)hooked.Policy);
            writer.WriteString(ChainAttribute.Type, Type(hooked.Type));
        }

        WriteComment(ref writer, ChainAttribute.UserData, chain.Comment);
    }

    internal static void Rule(ref NetlinkMessageWriter writer, TableId table, Rule rule)
    {
        writer.WriteString(RuleAttribute.Table, table.Name);
        writer.WriteString(RuleAttribute.Chain, rule.Chain);
        ExpressionEncoder.WriteList(ref writer, RuleAttribute.Expressions, rule.Expressions);
        WriteComment(ref writer, RuleAttribute.UserData, rule.Comment);
    }

    internal static void Set(ref NetlinkMessageWriter writer, TableId table, Set set, uint id)
    {
        writer.WriteString(SetAttribute.Table, table.Name);
        writer.WriteString(SetAttribute.Name, set.Name);
        writer.WriteUInt32BigEndian(SetAttribute.Flags, (uint)SetFlagsOf(set));
        writer.WriteUInt32BigEndian(SetAttribute.KeyType, DataTypes.Pack(set.Key));
        writer.WriteUInt32BigEndian(SetAttribute.KeyLength, (uint)DataTypes.Length(set.Key));
        switch ((set as Map)?.Value)
        {
            case MapValue.Verdicts:
                writer.WriteUInt32BigEndian(SetAttribute.DataType, MapToVerdict);
                writer.WriteUInt32BigEndian(SetAttribute.DataLength, 0);
                break;
            case MapValue.Data data:
                writer.WriteUInt32BigEndian(SetAttribute.DataType, DataTypes.Pack(data.Fields));
                writer.WriteUInt32BigEndian(SetAttribute.DataLength, (uint)DataTypes.Length(data.Fields));
                break;
            case MapValue.Objects objects:
                writer.WriteUInt32BigEndian(SetAttribute.ObjectType, (uint)objects.Type);
                break;
            default:
                break;
        }

        writer.WriteUInt32BigEndian(SetAttribute.Id, id);
        if (set.Timeout is { } timeout)
        {
            writer.WriteUInt64BigEndian(SetAttribute.Timeout, (ulong)timeout.TotalMilliseconds);
        }

        if (set.GarbageCollection is { } interval)
        {
            writer.WriteUInt32BigEndian(SetAttribute.GarbageCollectionInterval, (uint)interval.TotalMilliseconds);
        }

        if (set.Policy != SetPolicy.Performance)
        {
            writer.WriteUInt32BigEndian(SetAttribute.Policy, (uint)set.Policy);
        }

        WriteDescription(ref writer, set);
        writer.WriteBytes(SetAttribute.UserData, SetUserData.Write(set));
        if (set.ElementExpressions.Count == 1)
        {
            ExpressionEncoder.Write(ref writer, SetAttribute.Expression, set.ElementExpressions[0]);
        }
        else if (!set.ElementExpressions.IsEmpty)
        {
            ExpressionEncoder.WriteList(ref writer, SetAttribute.Expressions, set.ElementExpressions);
        }
    }

    internal static void Object(ref NetlinkMessageWriter writer, TableId table, StatefulObject named)
    {
        writer.WriteString(ObjectAttribute.Table, table.Name);
        writer.WriteString(ObjectAttribute.Name, named.Name);
        writer.WriteUInt32BigEndian(ObjectAttribute.Type, (uint)named.Type);
        NetlinkNest data = writer.BeginNested(ObjectAttribute.Data);
        ExpressionEncoder.WriteAttributes(ref writer, named.Content);
        writer.EndNested(data);
        WriteComment(ref writer, ObjectAttribute.UserData, named.Comment);
    }

    /// <summary>A netdev table counts its hooks from 0 anew.</summary>
    internal static uint HookNumber(TableFamily family, Hook hook) => family == TableFamily.Netdev ? 0 : (uint)hook;

    internal static string Type(ChainType type) => type switch
    {
        ChainType.Filter => "filter",
        ChainType.Nat => "nat",
        ChainType.Route => "route",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    private static SetFlags SetFlagsOf(Set set)
    {
        SetFlags flags = SetFlags.None;
        flags |= set.Anonymous ? SetFlags.Anonymous : 0;
        flags |= set.Constant ? SetFlags.Constant : 0;
        flags |= set.Interval ? SetFlags.Interval : 0;
        flags |= set.Interval && set.Key.Count > 1 ? SetFlags.Concatenation : 0;
        flags |= set.Timeout is not null || set.ElementTimeouts ? SetFlags.Timeout : 0;
        flags |= set.Dynamic ? SetFlags.Evaluated : 0;
        flags |= set.ElementExpressions.Count > 1 ? SetFlags.Expressions : 0;
        return flags | (set as Map)?.Value switch
        {
            MapValue.Objects => SetFlags.Objects,
            not null => SetFlags.Map,
            null => 0,
        };
    }

    /// <summary>How many elements to make room for, and for ranges of concatenations how long each field is.</summary>
    private static void WriteDescription(ref NetlinkMessageWriter writer, Set set)
    {
        bool fields = set.Interval && set.Key.Count > 1;
        if (set.Size == 0 && !fields)
        {
            return;
        }

        NetlinkNest description = writer.BeginNested(SetAttribute.Description);
        if (set.Size != 0)
        {
            writer.WriteUInt32BigEndian(SetDescriptionAttribute.Size, set.Size);
        }

        if (fields)
        {
            NetlinkNest list = writer.BeginNested(SetDescriptionAttribute.Concat);
            foreach (DataType field in set.Key)
            {
                NetlinkNest element = writer.BeginNested(ListAttribute.Element);
                writer.WriteUInt32BigEndian(SetFieldAttribute.Length, (uint)DataTypes.Length(field));
                writer.EndNested(element);
            }

            writer.EndNested(list);
        }

        writer.EndNested(description);
    }

    private static void WriteComment(ref NetlinkMessageWriter writer, ushort attribute, string? comment)
    {
        if (comment is not null)
        {
            Span<byte> data = stackalloc byte[UserData.MaxCommentBytes + 3];
            writer.WriteBytes(attribute, data[..UserData.WriteComment(data, UserData.Comment, comment)]);
        }
    }
}
