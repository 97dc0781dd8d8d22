using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Reads tables, chains, rules, sets and objects from the messages in which the kernel lists and announces them.</summary>
internal static class ObjectDecoder
{
    internal const uint MapToVerdict = 0xffffff00; // NFT_DATA_VERDICT

    internal static TableFamily Family(NetlinkMessage message) => (TableFamily)message.Header<byte>();

    internal static NetlinkAttributeReader Attributes(NetlinkMessage message) => message.Attributes(NfTablesMessage.FamilyHeaderSize);

    internal static ListedTable Table(NetlinkMessage message)
    {
        string name = "";
        TableFlags flags = TableFlags.None;
        string? comment = null;
        ulong handle = 0;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case TableAttribute.Name:
                    name = attribute.String;
                    break;
                case TableAttribute.Flags:
                    flags = (TableFlags)attribute.UInt32BigEndian;
                    break;
                case TableAttribute.UserData:
                    comment = UserData.ReadComment(attribute.Value);
                    break;
                case TableAttribute.Handle:
                    handle = attribute.UInt64BigEndian;
                    break;
                default:
                    break;
            }
        }

        return new ListedTable(new Table { Id = new TableId(Family(message), name), Flags = flags, Comment = comment }, handle);
    }

    internal static ListedChain Chain(NetlinkMessage message)
    {
        TableFamily family = Family(message);
        string table = "";
        string name = "";
        string type = "";
        BaseChain? hooked = null;
        ChainPolicy policy = ChainPolicy.Accept;
        string? comment = null;
        ulong handle = 0;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case ChainAttribute.Table:
                    table = attribute.String;
                    break;
                case ChainAttribute.Name:
                    name = attribute.String;
                    break;
                case ChainAttribute.Hook:
                    hooked = ReadHook(family, attribute);
                    break;
                case ChainAttribute.Policy:
                    policy = (ChainPolicy)attribute.UInt32BigEndian;
                    break;
                case ChainAttribute.Type:
                    type = attribute.String;
                    break;
                case ChainAttribute.UserData:
                    comment = UserData.ReadComment(attribute.Value);
                    break;
                case ChainAttribute.Handle:
                    handle = attribute.UInt64BigEndian;
                    break;
                default:
                    break;
            }
        }

        ChainType kind = type switch
        {
            "nat" => ChainType.Nat,
            "route" => ChainType.Route,
            _ => ChainType.Filter,
        };
        Chain chain = new() { Name = name, Base = hooked is null ? null : hooked with { Type = kind, Policy = policy }, Comment = comment };
        return new ListedChain(new TableId(family, table), chain, handle);
    }

    internal static ListedRule Rule(NetlinkMessage message)
    {
        string table = "";
        string chain = "";
        ValueList<Expression> expressions = [];
        string? comment = null;
        ulong handle = 0;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case RuleAttribute.Table:
                    table = attribute.String;
                    break;
                case RuleAttribute.Chain:
                    chain = attribute.String;
                    break;
                case RuleAttribute.Expressions:
                    expressions = ExpressionDecoder.ReadList(attribute);
                    break;
                case RuleAttribute.UserData:
                    comment = UserData.ReadComment(attribute.Value);
                    break;
                case RuleAttribute.Handle:
                    handle = attribute.UInt64BigEndian;
                    break;
                default:
                    break;
            }
        }

        return new ListedRule(new TableId(Family(message), table), new Rule { Chain = chain, Expressions = expressions, Comment = comment }, handle);
    }

    internal static ListedSet Set(NetlinkMessage message)
    {
        string table = "";
        ulong handle = 0;
        Map map = new() { Name = "", Key = [], Value = new MapValue.Verdicts() };
        SetFlags flags = SetFlags.None;
        uint keyType = 0;
        int keyLength = 0;
        uint dataType = 0;
        int dataLength = 0;
        ObjectType objectType = ObjectType.Unknown;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case SetAttribute.Table:
                    table = attribute.String;
                    break;
                case SetAttribute.Name:
                    map = map with { Name = attribute.String };
                    break;
                case SetAttribute.Flags:
                    flags = (SetFlags)attribute.UInt32BigEndian;
                    break;
                case SetAttribute.KeyType:
                    keyType = attribute.UInt32BigEndian;
                    break;
                case SetAttribute.KeyLength:
                    keyLength = (int)attribute.UInt32BigEndian;
                    break;
                case SetAttribute.DataType:
                    dataType = attribute.UInt32BigEndian;
                    break;
                case SetAttribute.DataLength:
                    dataLength = (int)attribute.UInt32BigEndian;
                    break;
                case SetAttribute.ObjectType:
                    objectType = (ObjectType)attribute.UInt32BigEndian;
                    break;
                case SetAttribute.Timeout:
                    map = map with { Timeout = ExpressionDecoder.Milliseconds(attribute.UInt64BigEndian) };
                    break;
                case SetAttribute.GarbageCollectionInterval:
                    map = map with { GarbageCollection = ExpressionDecoder.Milliseconds(attribute.UInt32BigEndian) };
                    break;
                case SetAttribute.Policy:
                    map = map with { Policy = (SetPolicy)attribute.UInt32BigEndian };
                    break;
                case SetAttribute.Description:
                    map = map with { Size = attribute.Nested.TryFind(SetDescriptionAttribute.Size, out NetlinkAttribute size) ? size.UInt32BigEndian : 0 };
                    break;
                case SetAttribute.UserData:
                    map = map with { Comment = SetUserData.ReadComment(attribute.Value), AutoMerge = SetUserData.ReadAutoMerge(attribute.Value) };
                    break;
                case SetAttribute.Expression:
                    map = map with { ElementExpressions = [ExpressionDecoder.Read(attribute)] };
                    break;
                case SetAttribute.Expressions:
                    map = map with { ElementExpressions = ExpressionDecoder.ReadList(attribute) };
                    break;
                case SetAttribute.Handle:
                    handle = attribute.UInt64BigEndian;
                    break;
                default:
                    break;
            }
        }

        MapValue? value = (flags & (SetFlags.Map | SetFlags.Objects)) switch
        {
            0 => null,
            SetFlags.Map when dataType == MapToVerdict => new MapValue.Verdicts(),
            SetFlags.Map => new MapValue.Data(DataTypes.Unpack(dataType, dataLength)),
            _ => new MapValue.Objects(objectType),
        };
        map = map with
        {
            Key = DataTypes.Unpack(keyType, keyLength),
            Anonymous = flags.HasFlag(SetFlags.Anonymous),
            Constant = flags.HasFlag(SetFlags.Constant),
            Interval = flags.HasFlag(SetFlags.Interval),
            Dynamic = flags.HasFlag(SetFlags.Evaluated),
            ElementTimeouts = flags.HasFlag(SetFlags.Timeout) && map.Timeout is null,
        };
        Set set = value is null ? WithoutValue(map) : map with { Value = value };
        return new ListedSet(new TableId(Family(message), table), set, handle);
    }

    internal static ListedObject Object(NetlinkMessage message)
    {
        string table = "";
        string name = "";
        ObjectType type = ObjectType.Unknown;
        NetlinkAttribute data = default;
        string? comment = null;
        ulong handle = 0;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case ObjectAttribute.Table:
                    table = attribute.String;
                    break;
                case ObjectAttribute.Name:
                    name = attribute.String;
                    break;
                case ObjectAttribute.Type:
                    type = (ObjectType)attribute.UInt32BigEndian;
                    break;
                case ObjectAttribute.Data:
                    data = attribute;
                    break;
                case ObjectAttribute.UserData:
                    comment = UserData.ReadComment(attribute.Value);
                    break;
                case ObjectAttribute.Handle:
                    handle = attribute.UInt64BigEndian;
                    break;
                default:
                    break;
            }
        }

        string kind = type switch
        {
            ObjectType.Counter => "counter",
            ObjectType.Quota => "quota",
            ObjectType.Limit => "limit",
            _ => $"object {(uint)type}",
        };
        StatefulObject named = new() { Name = name, Content = ExpressionDecoder.Read(kind, data), Comment = comment };
        return new ListedObject(new TableId(Family(message), table), named, handle);
    }

    internal static Generation Generation(NetlinkMessage message)
    {
        uint id = 0;
        uint process = 0;
        string? name = null;
        foreach (NetlinkAttribute attribute in Attributes(message))
        {
            switch (attribute.Type)
            {
                case GenerationAttribute.Id:
                    id = attribute.UInt32BigEndian;
                    break;
                case GenerationAttribute.ProcessPid:
                    process = attribute.UInt32BigEndian;
                    break;
                case GenerationAttribute.ProcessName:
                    name = attribute.String;
                    break;
                default:
                    break;
            }
        }

        return new Generation(id, process, name);
    }

    private static BaseChain ReadHook(TableFamily family, NetlinkAttribute attribute)
    {
        BaseChain hooked = new() { Type = ChainType.Filter, Hook = Hook.Prerouting, Priority = 0 };
        foreach (NetlinkAttribute part in attribute.Nested)
        {
            hooked = part.Type switch
            {
                HookAttribute.Number => hooked with { Hook = family == TableFamily.Netdev ? Hook.Ingress : (Hook)part.UInt32BigEndian },
                HookAttribute.Priority => hooked with { Priority = (int)part.UInt32BigEndian },
                HookAttribute.Device => hooked with { Device = part.String },
                _ => hooked,
            };
        }

        return hooked;
    }

    private static Set WithoutValue(Map map) => new()
    {
        Name = map.Name,
        Key = map.Key,
        Interval = map.Interval,
        Dynamic = map.Dynamic,
        ElementTimeouts = map.ElementTimeouts,
        Constant = map.Constant,
        Anonymous = map.Anonymous,
        AutoMerge = map.AutoMerge,
        Timeout = map.Timeout,
        GarbageCollection = map.GarbageCollection,
        Size = map.Size,
        Policy = map.Policy,
        ElementExpressions = map.ElementExpressions,
        Comment = map.Comment,
    };
}
