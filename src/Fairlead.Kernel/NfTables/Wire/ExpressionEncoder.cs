using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Writes expressions as NFTA_EXPR_NAME and NFTA_EXPR_DATA. All numbers are in network order.</summary>
internal static class ExpressionEncoder
{
    private const uint PortSpecified = 2; // NF_NAT_RANGE_PROTO_SPECIFIED

    /// <summary>A list of expressions (NFTA_RULE_EXPRESSIONS, NFTA_SET_ELEM_EXPRESSIONS …).</summary>
    internal static void WriteList(ref NetlinkMessageWriter writer, ushort attribute, ValueList<Expression> expressions)
    {
        NetlinkNest list = writer.BeginNested(attribute);
        foreach (Expression expression in expressions)
        {
            Write(ref writer, ListAttribute.Element, expression);
        }

        writer.EndNested(list);
    }

    /// <summary>One expression in an attribute.</summary>
    internal static void Write(ref NetlinkMessageWriter writer, ushort attribute, Expression expression)
    {
        NetlinkNest outer = writer.BeginNested(attribute);
        writer.WriteString(ExpressionAttribute.Name, Name(expression));
        if (expression is UnknownExpression unknown)
        {
            writer.WriteBytes(ExpressionAttribute.Data | 0x8000, unknown.Attributes.Span);
        }
        else
        {
            NetlinkNest data = writer.BeginNested(ExpressionAttribute.Data);
            WriteAttributes(ref writer, expression);
            writer.EndNested(data);
        }

        writer.EndNested(outer);
    }

    /// <summary>The kernel's name of an expression.</summary>
    internal static string Name(Expression expression) => expression switch
    {
        PayloadLoad or PayloadStore => "payload",
        MetaLoad or MetaStore => "meta",
        ConntrackLoad or ConntrackStore => "ct",
        FibLoad => "fib",
        SocketLoad => "socket",
        NumberGenerator => "numgen",
        HashLoad => "hash",
        ImmediateData or ImmediateVerdict => "immediate",
        Compare => "cmp",
        CompareRange => "range",
        Bitwise or BitShift => "bitwise",
        ByteOrderChange => "byteorder",
        Lookup => "lookup",
        DynamicSet => "dynset",
        Counter => "counter",
        Limit => "limit",
        Quota => "quota",
        ConnectionLimit => "connlimit",
        ObjectReference or ObjectMapReference => "objref",
        Log => "log",
        Reject => "reject",
        NoTrack => "notrack",
        Nat => "nat",
        Masquerade => "masq",
        Redirect => "redir",
        UnknownExpression unknown => unknown.Name,
        _ => throw new InvalidOperationException($"no wire name for {expression.GetType()}"),
    };

    /// <summary>What lies in NFTA_EXPR_DATA; for named objects, in NFTA_OBJ_DATA.</summary>
    internal static void WriteAttributes(ref NetlinkMessageWriter writer, Expression expression)
    {
        switch (expression)
        {
            case PayloadLoad load:
                WriteRegister(ref writer, PayloadAttribute.Destination, load.Destination);
                writer.WriteUInt32BigEndian(PayloadAttribute.Base, (uint)load.Base);
                writer.WriteUInt32BigEndian(PayloadAttribute.Offset, load.Offset);
                writer.WriteUInt32BigEndian(PayloadAttribute.Length, load.Length);
                break;
            case PayloadStore store:
                WriteRegister(ref writer, PayloadAttribute.Source, store.Source);
                writer.WriteUInt32BigEndian(PayloadAttribute.Base, (uint)store.Base);
                writer.WriteUInt32BigEndian(PayloadAttribute.Offset, store.Offset);
                writer.WriteUInt32BigEndian(PayloadAttribute.Length, store.Length);
                writer.WriteUInt32BigEndian(PayloadAttribute.ChecksumType, store.ChecksumType);
                writer.WriteUInt32BigEndian(PayloadAttribute.ChecksumOffset, store.ChecksumOffset);
                writer.WriteUInt32BigEndian(PayloadAttribute.ChecksumFlags, store.ChecksumFlags);
                break;
            case MetaLoad load:
                writer.WriteUInt32BigEndian(MetaAttribute.Key, (uint)load.Key);
                WriteRegister(ref writer, MetaAttribute.Destination, load.Destination);
                break;
            case MetaStore store:
                writer.WriteUInt32BigEndian(MetaAttribute.Key, (uint)store.Key);
                WriteRegister(ref writer, MetaAttribute.Source, store.Source);
                break;
            case ConntrackLoad load:
                writer.WriteUInt32BigEndian(ConntrackAttribute.Key, (uint)load.Key);
                WriteRegister(ref writer, ConntrackAttribute.Destination, load.Destination);
                if (load.Direction is { } direction)
                {
                    writer.WriteByte(ConntrackAttribute.Direction, (byte)direction);
                }

                break;
            case ConntrackStore store:
                writer.WriteUInt32BigEndian(ConntrackAttribute.Key, (uint)store.Key);
                WriteRegister(ref writer, ConntrackAttribute.Source, store.Source);
                break;
            case FibLoad fib:
                WriteRegister(ref writer, FibAttribute.Destination, fib.Destination);
                writer.WriteUInt32BigEndian(FibAttribute.Result, (uint)fib.Result);
                writer.WriteUInt32BigEndian(FibAttribute.Flags, (uint)fib.Flags);
                break;
            case SocketLoad socket:
                writer.WriteUInt32BigEndian(SocketAttribute.Key, (uint)socket.Key);
                WriteRegister(ref writer, SocketAttribute.Destination, socket.Destination);
                break;
            case NumberGenerator numbers:
                WriteRegister(ref writer, NumberGeneratorAttribute.Destination, numbers.Destination);
                writer.WriteUInt32BigEndian(NumberGeneratorAttribute.Modulus, numbers.Modulus);
                writer.WriteUInt32BigEndian(NumberGeneratorAttribute.Type, numbers.Random ? 1u : 0u);
                writer.WriteUInt32BigEndian(NumberGeneratorAttribute.Offset, numbers.Offset);
                break;
            case HashLoad hash:
                WriteHash(ref writer, hash);
                break;
            case ImmediateData immediate:
                WriteRegister(ref writer, ImmediateAttribute.Destination, immediate.Destination);
                WriteData(ref writer, ImmediateAttribute.Data, immediate.Data);
                break;
            case ImmediateVerdict immediate:
                writer.WriteUInt32BigEndian(ImmediateAttribute.Destination, 0);
                WriteVerdict(ref writer, ImmediateAttribute.Data, immediate.Verdict);
                break;
            case Compare compare:
                WriteRegister(ref writer, CompareAttribute.Source, compare.Source);
                writer.WriteUInt32BigEndian(CompareAttribute.Operation, (uint)compare.Operator);
                WriteData(ref writer, CompareAttribute.Data, compare.Data);
                break;
            case CompareRange range:
                WriteRegister(ref writer, RangeAttribute.Source, range.Source);
                writer.WriteUInt32BigEndian(RangeAttribute.Operation, range.Inverted ? 1u : 0u);
                WriteData(ref writer, RangeAttribute.FromData, range.From);
                WriteData(ref writer, RangeAttribute.ToData, range.To);
                break;
            case Bitwise bitwise:
                WriteRegister(ref writer, BitwiseAttribute.Source, bitwise.Source);
                WriteRegister(ref writer, BitwiseAttribute.Destination, bitwise.Destination);
                writer.WriteUInt32BigEndian(BitwiseAttribute.Length, (uint)bitwise.Mask.Length);
                WriteData(ref writer, BitwiseAttribute.Mask, bitwise.Mask);
                WriteData(ref writer, BitwiseAttribute.Xor, bitwise.Xor);
                break;
            case BitShift shift:
                WriteRegister(ref writer, BitwiseAttribute.Source, shift.Source);
                WriteRegister(ref writer, BitwiseAttribute.Destination, shift.Destination);
                writer.WriteUInt32BigEndian(BitwiseAttribute.Operation, shift.Right ? 2u : 1u);
                writer.WriteUInt32BigEndian(BitwiseAttribute.Length, shift.Length);
                WriteData(ref writer, BitwiseAttribute.Data, Scalar.Number(shift.Bits));
                break;
            case ByteOrderChange change:
                WriteRegister(ref writer, ByteOrderAttribute.Source, change.Source);
                WriteRegister(ref writer, ByteOrderAttribute.Destination, change.Destination);
                writer.WriteUInt32BigEndian(ByteOrderAttribute.Operation, change.ToNetwork ? 1u : 0u);
                writer.WriteUInt32BigEndian(ByteOrderAttribute.Length, change.Length);
                writer.WriteUInt32BigEndian(ByteOrderAttribute.Size, change.Size);
                break;
            case Lookup lookup:
                WriteLookup(ref writer, lookup);
                break;
            case DynamicSet dynamic:
                WriteDynamicSet(ref writer, dynamic);
                break;
            case Counter counter:
                writer.WriteUInt64BigEndian(CounterAttribute.Bytes, counter.Bytes);
                writer.WriteUInt64BigEndian(CounterAttribute.Packets, counter.Packets);
                break;
            case Limit limit:
                writer.WriteUInt64BigEndian(LimitAttribute.Rate, limit.Rate);
                writer.WriteUInt64BigEndian(LimitAttribute.Unit, limit.Unit);
                writer.WriteUInt32BigEndian(LimitAttribute.Burst, limit.Burst);
                writer.WriteUInt32BigEndian(LimitAttribute.Type, limit.OfBytes ? 1u : 0u);
                writer.WriteUInt32BigEndian(LimitAttribute.Flags, limit.Over ? 1u : 0u);
                break;
            case Quota quota:
                writer.WriteUInt64BigEndian(QuotaAttribute.Bytes, quota.Bytes);
                writer.WriteUInt64BigEndian(QuotaAttribute.Consumed, quota.Consumed);
                writer.WriteUInt32BigEndian(QuotaAttribute.Flags, quota.Over ? 1u : 0u);
                break;
            case ConnectionLimit limit:
                writer.WriteUInt32BigEndian(ConnectionLimitAttribute.Count, limit.Count);
                writer.WriteUInt32BigEndian(ConnectionLimitAttribute.Flags, limit.Over ? 1u : 0u);
                break;
            case ObjectReference reference:
                writer.WriteUInt32BigEndian(ObjectReferenceAttribute.ImmediateType, (uint)reference.Type);
                writer.WriteString(ObjectReferenceAttribute.ImmediateName, reference.Name);
                break;
            case ObjectMapReference reference:
                WriteRegister(ref writer, ObjectReferenceAttribute.SetSource, reference.Source);
                writer.WriteString(ObjectReferenceAttribute.SetName, reference.Set);
                break;
            case Log log:
                WriteLog(ref writer, log);
                break;
            case Reject reject:
                writer.WriteUInt32BigEndian(RejectAttribute.Type, (uint)reject.Type);
                writer.WriteByte(RejectAttribute.IcmpCode, reject.Code);

                break;
            case NoTrack:
                break;
            case Nat nat:
                writer.WriteUInt32BigEndian(NatAttribute.Type, (uint)nat.Type);
                writer.WriteUInt32BigEndian(NatAttribute.Family, (uint)nat.Family);
                WriteRegister(ref writer, NatAttribute.AddressMin, nat.Address);
                WriteRegister(ref writer, NatAttribute.AddressMax, nat.AddressEnd);
                WriteRegister(ref writer, NatAttribute.PortMin, nat.Port);
                WriteRegister(ref writer, NatAttribute.PortMax, nat.PortEnd);
                WriteNatFlags(ref writer, NatAttribute.Flags, nat.Flags, nat.Port);
                break;
            case Masquerade masquerade:
                WriteRegister(ref writer, MasqueradeAttribute.PortMin, masquerade.Port);
                WriteRegister(ref writer, MasqueradeAttribute.PortMax, masquerade.PortEnd);
                WriteNatFlags(ref writer, MasqueradeAttribute.Flags, masquerade.Flags, masquerade.Port);
                break;
            case Redirect redirect:
                WriteRegister(ref writer, RedirectAttribute.PortMin, redirect.Port);
                WriteRegister(ref writer, RedirectAttribute.PortMax, redirect.PortEnd);
                WriteNatFlags(ref writer, RedirectAttribute.Flags, redirect.Flags, redirect.Port);
                break;
            case UnknownExpression:
            default:
                throw new InvalidOperationException($"no wire form for {expression.GetType()}");
        }
    }

    /// <summary>Bytes in NFTA_DATA_VALUE.</summary>
    internal static void WriteData(ref NetlinkMessageWriter writer, ushort attribute, DataValue value)
    {
        NetlinkNest nest = writer.BeginNested(attribute);
        writer.WriteBytes(DataAttribute.Value, value.Span);
        writer.EndNested(nest);
    }

    /// <summary>A verdict in NFTA_DATA_VERDICT.</summary>
    internal static void WriteVerdict(ref NetlinkMessageWriter writer, ushort attribute, Verdict verdict)
    {
        NetlinkNest data = writer.BeginNested(attribute);
        NetlinkNest nest = writer.BeginNested(DataAttribute.Verdict);
        writer.WriteUInt32BigEndian(VerdictAttribute.Code, (uint)verdict.Code);
        if (verdict.Chain is { } chain)
        {
            writer.WriteString(VerdictAttribute.Chain, chain);
        }

        writer.EndNested(nest);
        writer.EndNested(data);
    }

    private static void WriteRegister(ref NetlinkMessageWriter writer, ushort attribute, Register? register)
    {
        if (register is { } present)
        {
            writer.WriteUInt32BigEndian(attribute, present.ToWire());
        }
    }

    private static void WriteNatFlags(ref NetlinkMessageWriter writer, ushort attribute, NatFlags flags, Register? port)
    {
        uint bits = (uint)flags | (port is null ? 0 : PortSpecified);
        if (bits != 0)
        {
            writer.WriteUInt32BigEndian(attribute, bits);
        }
    }

    private static void WriteHash(ref NetlinkMessageWriter writer, HashLoad hash)
    {
        WriteRegister(ref writer, HashAttribute.Source, hash.Source);
        WriteRegister(ref writer, HashAttribute.Destination, hash.Destination);
        if (hash.Source is not null)
        {
            writer.WriteUInt32BigEndian(HashAttribute.Length, hash.Length);
        }

        writer.WriteUInt32BigEndian(HashAttribute.Modulus, hash.Modulus);
        if (hash.Seed is { } seed)
        {
            writer.WriteUInt32BigEndian(HashAttribute.Seed, seed);
        }

        if (hash.Offset != 0)
        {
            writer.WriteUInt32BigEndian(HashAttribute.Offset, hash.Offset);
        }

        writer.WriteUInt32BigEndian(HashAttribute.Type, hash.Source is null ? 1u : 0u);
    }

    private static void WriteLookup(ref NetlinkMessageWriter writer, Lookup lookup)
    {
        writer.WriteString(LookupAttribute.Set, lookup.Set);
        WriteRegister(ref writer, LookupAttribute.Source, lookup.Source);
        if (lookup.Result.IsVerdict)
        {
            writer.WriteUInt32BigEndian(LookupAttribute.Destination, 0);
        }

        WriteRegister(ref writer, LookupAttribute.Destination, lookup.Result.Register);
        if (lookup.Inverted)
        {
            writer.WriteUInt32BigEndian(LookupAttribute.Flags, 1);
        }
    }

    private static void WriteDynamicSet(ref NetlinkMessageWriter writer, DynamicSet dynamic)
    {
        WriteRegister(ref writer, DynamicSetAttribute.SourceKey, dynamic.Key);
        WriteRegister(ref writer, DynamicSetAttribute.SourceData, dynamic.Data);
        writer.WriteUInt32BigEndian(DynamicSetAttribute.Operation, (uint)dynamic.Operation);
        if (dynamic.Timeout is { } timeout)
        {
            writer.WriteUInt64BigEndian(DynamicSetAttribute.Timeout, (ulong)timeout.TotalMilliseconds);
        }

        writer.WriteString(DynamicSetAttribute.SetName, dynamic.Set);

        // One statement alone has the older attribute (kernels before 5.11 know no other).
        if (dynamic.Expressions.Count == 1)
        {
            Write(ref writer, DynamicSetAttribute.Expression, dynamic.Expressions[0]);
        }
        else if (dynamic.Expressions.Count > 1)
        {
            WriteList(ref writer, DynamicSetAttribute.Expressions, dynamic.Expressions);
        }

        uint flags = (dynamic.Inverted ? 1u : 0u) | (dynamic.Expressions.Count > 1 ? 2u : 0u);
        if (flags != 0)
        {
            writer.WriteUInt32BigEndian(DynamicSetAttribute.Flags, flags);
        }
    }

    private static void WriteLog(ref NetlinkMessageWriter writer, Log log)
    {
        if (log.Prefix is { } prefix)
        {
            writer.WriteString(LogAttribute.Prefix, prefix);
        }

        if (log.Group is { } group)
        {
            writer.WriteUInt16BigEndian(LogAttribute.Group, group);
        }

        if (log.SnapLength is { } length)
        {
            writer.WriteUInt32BigEndian(LogAttribute.SnapLength, length);
        }

        if (log.Threshold is { } threshold)
        {
            writer.WriteUInt16BigEndian(LogAttribute.Threshold, threshold);
        }

        if (log.Group is null)
        {
            writer.WriteUInt32BigEndian(LogAttribute.Level, log.Level);
        }

        if (log.Flags != 0)
        {
            writer.WriteUInt32BigEndian(LogAttribute.Flags, log.Flags);
        }
    }
}
