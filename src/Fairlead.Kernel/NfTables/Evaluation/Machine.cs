using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>The kernel's packet machine: 16 registers and one rule at a time (net/netfilter/nf_tables_core.c, nft_do_chain).</summary>
internal sealed class Machine(Packet packet, Func<uint, uint> choose, Func<string, SetIndex?> findSet)
{
    private readonly byte[] _registers = new byte[Register.Count * 4];
    // What this packet did to dynamic sets: data that was added; null where it was deleted.
    private readonly Dictionary<(string Set, DataValue Key), DataValue?> _learned = [];

    /// <summary>What one expression does to the rule.</summary>
    private enum Step
    {
        /// <summary>The next expression.</summary>
        Next,

        /// <summary>The rule doesn't match.</summary>
        Break,

        /// <summary>The verdict is given.</summary>
        Decided,

        /// <summary>It can't be said.</summary>
        Unknown,
    }

    internal Packet Packet { get; private set; } = packet;

    internal List<PacketEffect> Effects { get; } = [];

    internal bool Translated { get; private set; }

    internal Reject? Rejected { get; private set; }

    internal string? Undecided { get; set; }

    private Verdict Verdict { get; set; }

    private string Reason { get; set; } = "";

    internal StepOutcome Run(ValueList<Expression> expressions)
    {
        Verdict = Verdict.Continue;
        for (int index = 0; index < expressions.Count; index++)
        {
            switch (Execute(expressions[index]))
            {
                case Step.Break:
                    return new StepOutcome.Passed(index);
                case Step.Decided:
                    return new StepOutcome.Decided(Verdict);
                case Step.Unknown:
                    return new StepOutcome.Undecided(index, Reason);
                default:
                    break;
            }
        }

        return new StepOutcome.Continued();
    }

    private Step Execute(Expression expression) => expression switch
    {
        PayloadLoad load => LoadPayload(load),
        MetaLoad load => LoadMeta(load),
        ConntrackLoad load => LoadConntrack(load),
        FibLoad load => LoadFib(load),
        NumberGenerator numbers => Store(numbers.Destination, numbers.Offset + (choose(numbers.Modulus) % Math.Max(1, numbers.Modulus))),
        ImmediateData immediate => Store(immediate.Destination, immediate.Data.Span),
        ImmediateVerdict immediate => Decide(immediate.Verdict),
        Compare compare => CompareWith(compare),
        CompareRange range => InRange(range),
        Bitwise bitwise => ChangeBits(bitwise),
        BitShift shift => Shift(shift),
        ByteOrderChange change => ChangeOrder(change),
        Lookup lookup => LookUp(lookup),
        DynamicSet dynamic => ChangeSet(dynamic),
        MetaStore store => StoreMeta(store),
        ConntrackStore store => StoreConntrack(store),
        Counter or ObjectReference { Type: ObjectType.Counter } => Step.Next,
        Limit limit => limit.Over ? Step.Break : Step.Next, // no rate is exceeded by one packet
        Quota quota => (quota.Consumed > quota.Bytes) == quota.Over ? Step.Next : Step.Break,
        Log log => Note(new PacketEffect.Logged(log)),
        NoTrack => Note(new PacketEffect.Untracked()),
        Reject reject => Refuse(reject),
        Nat nat => Translate(nat),
        Masquerade => HideSource(),
        Redirect redirect => RedirectHere(redirect),
        SocketLoad => Unknown("which sockets there are isn't known"),
        HashLoad => Unknown("the kernel's hash isn't computed here"),
        ConnectionLimit => Unknown("how many connections there are isn't known"),
        PayloadStore => Unknown("changing the packet's bytes isn't evaluated"),
        ObjectReference or ObjectMapReference => Unknown("the state of named objects isn't evaluated"),
        UnknownExpression unknown => Unknown($"expression {unknown.Name} isn't known"),
        _ => throw new InvalidOperationException($"no evaluation for {expression.GetType()}"),
    };

    private Step Unknown(string reason)
    {
        Reason = reason;
        return Step.Unknown;
    }

    private Step Decide(Verdict verdict)
    {
        Verdict = verdict;
        return verdict.Code == VerdictCode.Break ? Step.Break : Step.Decided;
    }

    private Step Note(PacketEffect effect)
    {
        Effects.Add(effect);
        return Step.Next;
    }

    private ReadOnlySpan<byte> At(Register register, int length) => _registers.AsSpan(register.Index * 4, Math.Clamp(length, 0, _registers.Length - (register.Index * 4)));

    private Step Store(Register register, ReadOnlySpan<byte> bytes)
    {
        Span<byte> target = _registers.AsSpan(register.Index * 4);
        if (bytes.Length > target.Length)
        {
            return Unknown($"{bytes.Length} bytes don't fit behind {register}");
        }

        // The kernel clears the rest of the last register.
        target[..Math.Min(target.Length, DataTypes.Padded(bytes.Length))].Clear();
        bytes.CopyTo(target);
        return Step.Next;
    }

    private Step Store(Register register, uint number) => Store(register, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in number)));

    private Step LoadPayload(PayloadLoad load)
    {
        if (load.Base is not (PayloadBase.Network or PayloadBase.Transport))
        {
            return Unknown("the link header isn't known");
        }

        byte[] header = load.Base == PayloadBase.Network ? Headers.Network(Packet) : Headers.Transport(Packet);
        return (ulong)load.Offset + load.Length <= (ulong)header.Length
            ? Store(load.Destination, header.AsSpan((int)load.Offset, (int)load.Length))
            : Unknown("bytes behind the headers aren't known");
    }

    private Step LoadMeta(MetaLoad load) => load.Key switch
    {
        MetaKey.Length => Store(load.Destination, Packet.Length),
        MetaKey.Mark => Store(load.Destination, Packet.Mark),
        MetaKey.Priority => Store(load.Destination, Packet.Priority),
        MetaKey.NetfilterProtocol => Store(load.Destination, [(byte)Packet.Family]),
        MetaKey.Layer4Protocol => Store(load.Destination, [(byte)Packet.Protocol]),
        MetaKey.InputName => LoadName(load.Destination, Packet.InputInterface),
        MetaKey.OutputName => LoadName(load.Destination, Packet.OutputInterface),
        _ => Unknown($"{Text.NftWords.Of(load.Key)} isn't known"),
    };

    /// <summary>Without a link the name is empty, which no rule's name equals.</summary>
    private Step LoadName(Register register, string? name) => name is null ? Store(register, new byte[16]) : Store(register, DataValue.Of(Scalar.InterfaceName(name)).Span);

    private Step LoadConntrack(ConntrackLoad load)
    {
        ConnectionTuple original = Packet.Original ?? Packet.Tuple;
        if (Packet.State == ConntrackStates.Untracked && load.Key != ConntrackKey.State)
        {
            return Step.Break;
        }

        if (load.Direction == ConntrackDirection.Reply)
        {
            return Unknown("the reply's addresses aren't known");
        }

        return load.Key switch
        {
            ConntrackKey.State => Store(load.Destination, (uint)Packet.State),
            ConntrackKey.Status => Store(load.Destination, (uint)Packet.Status),
            ConntrackKey.Mark => Store(load.Destination, Packet.ConntrackMark),
            ConntrackKey.Direction => Store(load.Destination, [(byte)Packet.Direction]),
            ConntrackKey.Protocol => Store(load.Destination, [(byte)Packet.Protocol]),
            ConntrackKey.NetworkProtocol => Store(load.Destination, [(byte)Packet.Family]),
            ConntrackKey.SourceIpv4 or ConntrackKey.SourceIpv6 or ConntrackKey.Source => LoadAddress(load, original.Source),
            ConntrackKey.DestinationIpv4 or ConntrackKey.DestinationIpv6 or ConntrackKey.Destination => LoadAddress(load, original.Destination),
            ConntrackKey.SourcePort => Store(load.Destination, DataValue.Of(Scalar.Port(original.SourcePort)).Span),
            ConntrackKey.DestinationPort => Store(load.Destination, DataValue.Of(Scalar.Port(original.DestinationPort)).Span),
            _ => Unknown($"{Text.NftWords.Of(load.Key, load.Direction)} isn't known"),
        };
    }

    private Step LoadAddress(ConntrackLoad load, IPAddress address)
    {
        DataValue value = Scalar.Address(address);
        bool fits = load.Key switch
        {
            ConntrackKey.SourceIpv4 or ConntrackKey.DestinationIpv4 => value.Length == 4,
            ConntrackKey.SourceIpv6 or ConntrackKey.DestinationIpv6 => value.Length == 16,
            _ => true,
        };
        return fits ? Store(load.Destination, value.Span) : Step.Break;
    }

    private Step LoadFib(FibLoad load)
    {
        if (load.Result != FibResult.AddressType)
        {
            return Unknown("where a route leads isn't known");
        }

        bool source = load.Flags.HasFlag(FibInputs.Source);
        FibAddressType? type = source ? Packet.SourceType : Packet.DestinationType;
        return type is { } known
            ? Store(load.Destination, (uint)known)
            : Unknown($"whether {(source ? Packet.Source : Packet.Destination)} is this node's own isn't known");
    }

    private Step CompareWith(Compare compare)
    {
        int order = At(compare.Source, compare.Data.Length).SequenceCompareTo(compare.Data.Span);
        bool holds = compare.Operator switch
        {
            CompareOperator.Equal => order == 0,
            CompareOperator.NotEqual => order != 0,
            CompareOperator.Less => order < 0,
            CompareOperator.LessOrEqual => order <= 0,
            CompareOperator.Greater => order > 0,
            CompareOperator.GreaterOrEqual => order >= 0,
            _ => false,
        };
        return holds ? Step.Next : Step.Break;
    }

    private Step InRange(CompareRange range)
    {
        ReadOnlySpan<byte> value = At(range.Source, range.From.Length);
        bool within = range.From.Span.SequenceCompareTo(value) <= 0 && value.SequenceCompareTo(range.To.Span) <= 0;
        return within != range.Inverted ? Step.Next : Step.Break;
    }

    private Step ChangeBits(Bitwise bitwise)
    {
        byte[] value = At(bitwise.Source, bitwise.Mask.Length).ToArray();
        for (int index = 0; index < value.Length; index++)
        {
            value[index] = (byte)((value[index] & bitwise.Mask.Span[index]) ^ bitwise.Xor.Span[index]);
        }

        return Store(bitwise.Destination, value);
    }

    private Step Shift(BitShift shift)
    {
        if (shift.Length != 4 || shift.Bits > 31)
        {
            return Unknown("only four bytes are shifted here");
        }

        uint value = MemoryMarshal.Read<uint>(At(shift.Source, 4));
        return Store(shift.Destination, shift.Right ? value >> (int)shift.Bits : value << (int)shift.Bits);
    }

    private Step ChangeOrder(ByteOrderChange change)
    {
        if (change.Size is not (2 or 4 or 8) || change.Length % change.Size != 0)
        {
            return Unknown($"numbers of {change.Size} bytes aren't turned here");
        }

        byte[] value = At(change.Source, (int)change.Length).ToArray();
        for (int index = 0; index + (int)change.Size <= value.Length; index += (int)change.Size)
        {
            value.AsSpan(index, (int)change.Size).Reverse();
        }

        return Store(change.Destination, value);
    }

    private Step LookUp(Lookup lookup)
    {
        if (findSet(lookup.Set) is not { } index)
        {
            return Unknown($"set {lookup.Set} isn't known");
        }

        DataValue key = new(At(lookup.Source, index.KeyLength));
        if (key.Length != index.KeyLength)
        {
            return Unknown($"the key of {lookup.Set} doesn't fit behind {lookup.Source}");
        }

        bool changed = _learned.TryGetValue((lookup.Set, key), out DataValue? learned);
        Element? element = changed ? null : index.Find(key);
        if ((learned is not null || element is not null) == lookup.Inverted)
        {
            return Step.Break;
        }

        if (lookup.Result.IsVerdict)
        {
            return element?.Verdict is { } verdict ? Decide(verdict) : Unknown($"an element of {lookup.Set} has no verdict");
        }

        return lookup.Result.Register is { } into ? Store(into, learned is { } data ? data.Span : element!.Data.Span) : Step.Next;
    }

    private Step ChangeSet(DynamicSet dynamic)
    {
        if (findSet(dynamic.Set) is not { } index)
        {
            return Unknown($"set {dynamic.Set} isn't known");
        }

        DataValue key = new(At(dynamic.Key, index.KeyLength));
        if (key.Length != index.KeyLength)
        {
            return Unknown($"the key of {dynamic.Set} doesn't fit behind {dynamic.Key}");
        }

        int length = (index.Set as Map)?.Value is MapValue.Data fields ? DataTypes.Length(fields.Fields) : 0;
        DataValue data = dynamic.Data is { } register && length != 0 ? new DataValue(At(register, length)) : default;
        bool isThere = _learned.TryGetValue((dynamic.Set, key), out DataValue? learned) ? learned is not null : index.Find(key) is not null;
        if (dynamic.Operation == DynamicSetOperation.Delete)
        {
            _learned[(dynamic.Set, key)] = null;
        }
        else if (!isThere)
        {
            _learned[(dynamic.Set, key)] = data; // one that is there keeps its data
        }

        return Note(new PacketEffect.SetChanged(dynamic.Set, dynamic.Operation, key, data));
    }

    private Step StoreMeta(MetaStore store)
    {
        switch (store.Key)
        {
            case MetaKey.Mark:
                Packet = Packet with { Mark = MemoryMarshal.Read<uint>(At(store.Source, 4)) };
                return Step.Next;
            case MetaKey.Priority:
                Packet = Packet with { Priority = MemoryMarshal.Read<uint>(At(store.Source, 4)) };
                return Step.Next;
            case MetaKey.Trace:
                return Note(new PacketEffect.Traced());
            default:
                return Unknown($"setting {Text.NftWords.Of(store.Key)} isn't evaluated");
        }
    }

    private Step StoreConntrack(ConntrackStore store)
    {
        if (store.Key != ConntrackKey.Mark)
        {
            return Unknown($"setting {Text.NftWords.Of(store.Key, null)} isn't evaluated");
        }

        Packet = Packet with { ConntrackMark = MemoryMarshal.Read<uint>(At(store.Source, 4)) };
        return Step.Next;
    }

    private Step Refuse(Reject reject)
    {
        if (reject.Type == RejectType.TcpReset && Packet.Protocol != IpProtocol.Tcp)
        {
            return Step.Break;
        }

        Rejected = reject;
        return Decide(Verdict.Drop);
    }

    private Step Translate(Nat nat)
    {
        if (nat.AddressEnd is not null || nat.PortEnd is not null || nat.Flags.HasFlag(NatFlags.NetworkMap))
        {
            return Unknown("which of a range of addresses or ports is taken isn't known");
        }

        if (nat.Family != Packet.Family)
        {
            return Step.Break;
        }

        int addressLength = nat.Family == TableFamily.Ipv6 ? 16 : 4;
        if (nat.Address is { } begin && At(begin, addressLength).Length != addressLength)
        {
            return Unknown($"an address doesn't fit behind {begin}");
        }

        IPAddress? address = nat.Address is { } from ? new IPAddress(At(from, addressLength)) : null;
        ushort? port = nat.Port is { } register ? BinaryPrimitives.ReadUInt16BigEndian(At(register, 2)) : null;
        ConnectionTuple original = Packet.Original ?? Packet.Tuple;
        if (nat.Type == NatType.Destination)
        {
            Effects.Add(new PacketEffect.DestinationTranslated(address, port));
            Packet = Packet with
            {
                Destination = address ?? Packet.Destination,
                DestinationPort = port ?? Packet.DestinationPort,
                DestinationType = address is null || address.Equals(Packet.Destination) ? Packet.DestinationType : null,
                Original = original,
                Status = Packet.Status | ConntrackStatuses.DestinationNat,
            };
        }
        else
        {
            Effects.Add(new PacketEffect.SourceTranslated(address, port));
            Packet = Packet with
            {
                Source = address ?? Packet.Source,
                SourcePort = port ?? Packet.SourcePort,
                SourceType = null,
                Original = original,
                Status = Packet.Status | ConntrackStatuses.SourceNat,
            };
        }

        Translated = true;
        return Decide(Verdict.Accept);
    }

    private Step HideSource()
    {
        Effects.Add(new PacketEffect.Masqueraded());
        Packet = Packet with { Original = Packet.Original ?? Packet.Tuple, Status = Packet.Status | ConntrackStatuses.SourceNat };
        Translated = true;
        return Decide(Verdict.Accept);
    }

    private Step RedirectHere(Redirect redirect)
    {
        if (redirect.PortEnd is not null)
        {
            return Unknown("which of a range of ports is taken isn't known");
        }

        ushort? port = redirect.Port is { } register ? BinaryPrimitives.ReadUInt16BigEndian(At(register, 2)) : null;
        Effects.Add(new PacketEffect.Redirected(port));
        Packet = Packet with
        {
            DestinationPort = port ?? Packet.DestinationPort,
            DestinationType = FibAddressType.Local,
            Original = Packet.Original ?? Packet.Tuple,
            Status = Packet.Status | ConntrackStatuses.DestinationNat,
        };
        Translated = true;
        return Decide(Verdict.Accept);
    }
}
