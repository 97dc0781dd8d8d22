using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>Reads expressions as the kernel lists them. What it doesn't know it keeps; bytes that make no sense are an <see cref="InvalidDataException"/>.</summary>
internal static class ExpressionDecoder
{
    private const uint ImpliedNatFlags = 0x3; // NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_PROTO_SPECIFIED

    internal static ValueList<Expression> ReadList(NetlinkAttribute list)
    {
        List<Expression> expressions = [];
        foreach (NetlinkAttribute element in list.Nested)
        {
            if (element.Type == ListAttribute.Element)
            {
                expressions.Add(Read(element));
            }
        }

        return [.. expressions];
    }

    internal static Expression Read(NetlinkAttribute expression)
    {
        string name = "";
        NetlinkAttribute data = default;
        foreach (NetlinkAttribute attribute in expression.Nested)
        {
            switch (attribute.Type)
            {
                case ExpressionAttribute.Name:
                    name = attribute.String;
                    break;
                case ExpressionAttribute.Data:
                    data = attribute;
                    break;
                default:
                    break;
            }
        }

        return Read(name, data);
    }

    internal static Expression Read(string name, NetlinkAttribute data)
    {
        Numbers numbers = new(data);
        return name switch
        {
            "payload" => ReadPayload(numbers),
            "meta" when numbers.Has(MetaAttribute.Source) => new MetaStore((MetaKey)numbers[MetaAttribute.Key], numbers.Register(MetaAttribute.Source)),
            "meta" => new MetaLoad(numbers.Register(MetaAttribute.Destination), (MetaKey)numbers[MetaAttribute.Key]),
            "ct" => ReadConntrack(numbers, data),
            "fib" => new FibLoad(numbers.Register(FibAttribute.Destination), (FibResult)numbers[FibAttribute.Result], (FibInputs)numbers[FibAttribute.Flags]),
            "socket" when numbers[SocketAttribute.Key] <= (uint)SocketKey.Wildcard => new SocketLoad(numbers.Register(SocketAttribute.Destination), (SocketKey)numbers[SocketAttribute.Key]),
            "numgen" => new NumberGenerator(numbers.Register(NumberGeneratorAttribute.Destination), numbers[NumberGeneratorAttribute.Type] == 1, numbers[NumberGeneratorAttribute.Modulus], numbers[NumberGeneratorAttribute.Offset]),
            "hash" => ReadHash(numbers),
            "immediate" => ReadImmediate(data),
            "cmp" => new Compare(numbers.Register(CompareAttribute.Source), (CompareOperator)numbers[CompareAttribute.Operation], ReadValue(data, CompareAttribute.Data)),
            "range" => new CompareRange(numbers.Register(RangeAttribute.Source), numbers[RangeAttribute.Operation] == 1, ReadValue(data, RangeAttribute.FromData), ReadValue(data, RangeAttribute.ToData)),
            "bitwise" => ReadBitwise(numbers, data),
            "byteorder" => new ByteOrderChange(numbers.Register(ByteOrderAttribute.Source), numbers.Register(ByteOrderAttribute.Destination), numbers[ByteOrderAttribute.Operation] == 1, numbers[ByteOrderAttribute.Length], numbers[ByteOrderAttribute.Size]),
            "lookup" => ReadLookup(numbers, data),
            "dynset" => ReadDynamicSet(numbers, data),
            "counter" => new Counter(ReadUInt64(data, CounterAttribute.Packets), ReadUInt64(data, CounterAttribute.Bytes)),
            "limit" => new Limit(ReadUInt64(data, LimitAttribute.Rate), ReadUInt64(data, LimitAttribute.Unit), numbers[LimitAttribute.Burst], numbers[LimitAttribute.Type] == 1, (numbers[LimitAttribute.Flags] & 1) != 0),
            "quota" => new Quota(ReadUInt64(data, QuotaAttribute.Bytes), ReadUInt64(data, QuotaAttribute.Consumed), (numbers[QuotaAttribute.Flags] & 1) != 0),
            "connlimit" => new ConnectionLimit(numbers[ConnectionLimitAttribute.Count], (numbers[ConnectionLimitAttribute.Flags] & 1) != 0),
            "objref" when numbers.Has(ObjectReferenceAttribute.SetSource) => new ObjectMapReference(ReadString(data, ObjectReferenceAttribute.SetName), numbers.Register(ObjectReferenceAttribute.SetSource)),
            "objref" => new ObjectReference((ObjectType)numbers[ObjectReferenceAttribute.ImmediateType], ReadString(data, ObjectReferenceAttribute.ImmediateName)),
            "log" => ReadLog(data),
            "reject" => new Reject((RejectType)numbers[RejectAttribute.Type], ReadByte(data, RejectAttribute.IcmpCode)),
            "notrack" => new NoTrack(),
            "nat" => new Nat((NatType)numbers[NatAttribute.Type], (TableFamily)numbers[NatAttribute.Family], numbers.OptionalRegister(NatAttribute.AddressMin), SecondOf(numbers, NatAttribute.AddressMin, NatAttribute.AddressMax), numbers.OptionalRegister(NatAttribute.PortMin), SecondOf(numbers, NatAttribute.PortMin, NatAttribute.PortMax), ReadNatFlags(numbers[NatAttribute.Flags])),
            "masq" => new Masquerade(ReadNatFlags(numbers[MasqueradeAttribute.Flags]), numbers.OptionalRegister(MasqueradeAttribute.PortMin), SecondOf(numbers, MasqueradeAttribute.PortMin, MasqueradeAttribute.PortMax)),
            "redir" => new Redirect(ReadNatFlags(numbers[RedirectAttribute.Flags]), numbers.OptionalRegister(RedirectAttribute.PortMin), SecondOf(numbers, RedirectAttribute.PortMin, RedirectAttribute.PortMax)),
            _ => Unknown(name, data),
        };
    }

    /// <summary>The bytes of NFTA_DATA_VALUE inside an attribute.</summary>
    internal static DataValue ReadValue(NetlinkAttribute attribute) =>
        attribute.Nested.TryFind(DataAttribute.Value, out NetlinkAttribute value) ? new DataValue(value.Value) : default;

    /// <summary>The verdict of NFTA_DATA_VERDICT inside an attribute; null where there is none.</summary>
    internal static Verdict? ReadVerdict(NetlinkAttribute attribute)
    {
        return attribute.Nested.TryFind(DataAttribute.Verdict, out NetlinkAttribute verdict) ? ReadVerdictParts(verdict) : null;
    }

    /// <summary>Code and chain.</summary>
    internal static Verdict ReadVerdictParts(NetlinkAttribute verdict)
    {
        VerdictCode code = VerdictCode.Drop;
        string? chain = null;
        foreach (NetlinkAttribute part in verdict.Nested)
        {
            switch (part.Type)
            {
                case VerdictAttribute.Code:
                    code = (VerdictCode)part.UInt32BigEndian;
                    break;
                case VerdictAttribute.Chain:
                    chain = part.String;
                    break;
                default:
                    break;
            }
        }

        return new Verdict(code, chain);
    }

    private static UnknownExpression Unknown(string name, NetlinkAttribute data) => new(name, new DataValue(data.Value));

    private static DataValue ReadValue(NetlinkAttribute data, ushort type) => data.Nested.TryFind(type, out NetlinkAttribute value) ? ReadValue(value) : default;

    private static ulong ReadUInt64(NetlinkAttribute data, ushort type) => data.Nested.TryFind(type, out NetlinkAttribute value) ? value.UInt64BigEndian : 0;

    private static byte ReadByte(NetlinkAttribute data, ushort type) => data.Nested.TryFind(type, out NetlinkAttribute value) ? value.Byte : (byte)0;

    private static string ReadString(NetlinkAttribute data, ushort type) => data.Nested.TryFind(type, out NetlinkAttribute value) ? value.String : "";

    private static NatFlags ReadNatFlags(uint flags) => (NatFlags)(flags & ~ImpliedNatFlags);

    /// <summary>The kernel lists the end of a range of one again as its end.</summary>
    private static Register? SecondOf(Numbers numbers, ushort first, ushort last)
    {
        Register? end = numbers.OptionalRegister(last);
        return end == numbers.OptionalRegister(first) ? null : end;
    }

    private static Expression ReadPayload(Numbers numbers)
    {
        PayloadBase from = (PayloadBase)numbers[PayloadAttribute.Base];
        uint offset = numbers[PayloadAttribute.Offset];
        uint length = numbers[PayloadAttribute.Length];
        return numbers.Has(PayloadAttribute.Source)
            ? new PayloadStore(numbers.Register(PayloadAttribute.Source), from, offset, length, numbers[PayloadAttribute.ChecksumType], numbers[PayloadAttribute.ChecksumOffset], numbers[PayloadAttribute.ChecksumFlags])
            : new PayloadLoad(numbers.Register(PayloadAttribute.Destination), from, offset, length);
    }

    private static Expression ReadConntrack(Numbers numbers, NetlinkAttribute data)
    {
        ConntrackKey key = (ConntrackKey)numbers[ConntrackAttribute.Key];
        if (numbers.Has(ConntrackAttribute.Source))
        {
            return new ConntrackStore(key, numbers.Register(ConntrackAttribute.Source));
        }

        ConntrackDirection? direction = data.Nested.TryFind(ConntrackAttribute.Direction, out NetlinkAttribute value) ? (ConntrackDirection)value.Byte : null;
        return new ConntrackLoad(numbers.Register(ConntrackAttribute.Destination), key, direction);
    }

    private static HashLoad ReadHash(Numbers numbers) => new(
        numbers.Register(HashAttribute.Destination),
        numbers.OptionalRegister(HashAttribute.Source),
        numbers[HashAttribute.Length],
        numbers[HashAttribute.Modulus],
        numbers.Has(HashAttribute.Seed) ? numbers[HashAttribute.Seed] : null,
        numbers[HashAttribute.Offset]);

    private static Expression ReadImmediate(NetlinkAttribute data)
    {
        Register? destination = null;
        DataValue value = default;
        Verdict? verdict = null;
        foreach (NetlinkAttribute attribute in data.Nested)
        {
            switch (attribute.Type)
            {
                case ImmediateAttribute.Destination:
                    destination = attribute.UInt32BigEndian is var register and not 0 ? Register.FromWire(register) : null;
                    break;
                case ImmediateAttribute.Data:
                    value = ReadValue(attribute);
                    verdict = ReadVerdict(attribute);
                    break;
                default:
                    break;
            }
        }

        return (destination, verdict) switch
        {
            (null, { } given) => new ImmediateVerdict(given),
            ({ } into, null) => new ImmediateData(into, value),
            _ => throw new InvalidDataException("nf_tables immediate with neither a verdict nor a register"),
        };
    }

    private static Expression ReadBitwise(Numbers numbers, NetlinkAttribute data)
    {
        Register source = numbers.Register(BitwiseAttribute.Source);
        Register destination = numbers.Register(BitwiseAttribute.Destination);
        switch (numbers[BitwiseAttribute.Operation])
        {
            case 0:
                DataValue mask = ReadValue(data, BitwiseAttribute.Mask);
                DataValue xor = ReadValue(data, BitwiseAttribute.Xor);
                return mask.Length == xor.Length
                    ? new Bitwise(source, destination, mask, xor)
                    : throw new InvalidDataException($"nf_tables bitwise with a mask of {mask.Length} and a xor of {xor.Length} bytes");
            case 1 or 2:
                DataValue bits = ReadValue(data, BitwiseAttribute.Data);
                return new BitShift(source, destination, numbers[BitwiseAttribute.Length], numbers[BitwiseAttribute.Operation] == 2, NetlinkBytes.Read<uint>(bits.Span));
            default:
                return Unknown("bitwise", data);
        }
    }

    private static Lookup ReadLookup(Numbers numbers, NetlinkAttribute data)
    {
        LookupResult result = !numbers.Has(LookupAttribute.Destination) ? LookupResult.None
            : numbers[LookupAttribute.Destination] == 0 ? LookupResult.Verdict
            : LookupResult.Into(numbers.Register(LookupAttribute.Destination));
        return new Lookup(ReadString(data, LookupAttribute.Set), numbers.Register(LookupAttribute.Source), result, (numbers[LookupAttribute.Flags] & 1) != 0);
    }

    private static DynamicSet ReadDynamicSet(Numbers numbers, NetlinkAttribute data)
    {
        string set = "";
        TimeSpan? timeout = null;
        ValueList<Expression> expressions = [];
        foreach (NetlinkAttribute attribute in data.Nested)
        {
            switch (attribute.Type)
            {
                case DynamicSetAttribute.SetName:
                    set = attribute.String;
                    break;
                case DynamicSetAttribute.Timeout:
                    timeout = Milliseconds(attribute.UInt64BigEndian);
                    break;
                case DynamicSetAttribute.Expression:
                    expressions = [Read(attribute)];
                    break;
                case DynamicSetAttribute.Expressions:
                    expressions = ReadList(attribute);
                    break;
                default:
                    break;
            }
        }

        return new DynamicSet(
            set,
            (DynamicSetOperation)numbers[DynamicSetAttribute.Operation],
            numbers.Register(DynamicSetAttribute.SourceKey),
            numbers.OptionalRegister(DynamicSetAttribute.SourceData),
            timeout,
            (numbers[DynamicSetAttribute.Flags] & 1) != 0,
            expressions);
    }

    private static Log ReadLog(NetlinkAttribute data)
    {
        Log log = new();
        foreach (NetlinkAttribute attribute in data.Nested)
        {
            log = attribute.Type switch
            {
                LogAttribute.Prefix => log with { Prefix = attribute.String },
                LogAttribute.Group => log with { Group = attribute.UInt16BigEndian },
                LogAttribute.SnapLength when attribute.UInt32BigEndian != 0 => log with { SnapLength = attribute.UInt32BigEndian },
                LogAttribute.Threshold when attribute.UInt16BigEndian != 0 => log with { Threshold = attribute.UInt16BigEndian },
                LogAttribute.Level => log with { Level = attribute.UInt32BigEndian },
                LogAttribute.Flags => log with { Flags = attribute.UInt32BigEndian },
                _ => log,
            };
        }

        return log;
    }

    /// <summary>Times are in milliseconds on the wire; 0 says that there is none.</summary>
    internal static TimeSpan? Milliseconds(ulong value) => value switch
    {
        0 => null,
        > long.MaxValue / TimeSpan.TicksPerMillisecond => TimeSpan.MaxValue,
        _ => new TimeSpan((long)value * TimeSpan.TicksPerMillisecond),
    };
}
