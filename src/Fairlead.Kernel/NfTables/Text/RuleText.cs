using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>
/// Writes a rule as nft text, by following what lies in which register. What nft adds by itself (that a packet is IPv4 before
/// <c>ip daddr</c> is looked at) is left out again, as nft does.
/// </summary>
internal sealed class RuleText
{
    private readonly Func<string, Set?> _findSet;
    private readonly Func<string, string?> _inline;
    private readonly List<string> _pieces = [];
    private readonly Operand?[] _registers = new Operand?[Register.Count];
    private int _familyPiece = -1;
    private int _protocolPiece = -1;
    private int _linkPiece = -1;
    private IpProtocol? _protocol;

    private RuleText(Func<string, Set?> findSet, Func<string, string?> inline)
    {
        _findSet = findSet;
        _inline = inline;
    }

    /// <summary>The rule's statements, without its comment.</summary>
    internal static string Write(ValueList<Expression> expressions, Func<string, Set?> findSet) => Write(expressions, findSet, static _ => null);

    /// <summary>The rule's statements; sets without a name of their own are written in braces where <paramref name="inline"/> has their elements.</summary>
    internal static string Write(ValueList<Expression> expressions, Func<string, Set?> findSet, Func<string, string?> inline)
    {
        RuleText text = new(findSet, inline);
        for (int index = 0; index < expressions.Count; index++)
        {
            Expression? next = index + 1 < expressions.Count ? expressions[index + 1] : null;
            if (expressions[index] is Compare { Operator: CompareOperator.GreaterOrEqual } first
                && next is Compare { Operator: CompareOperator.LessOrEqual } last && first.Source == last.Source)
            {
                text.WriteRange(first.Source, "", first.Data, last.Data);
                index++;
            }
            else
            {
                text.Step(expressions[index]);
                text.Settle(expressions[index]);
            }
        }

        return string.Join(' ', text._pieces.Where(static piece => piece.Length != 0));
    }

    /// <summary>The rule with its comment.</summary>
    internal static string Write(Rule rule, Func<string, Set?> findSet) => Write(rule, findSet, static _ => null);

    /// <summary>The rule with its comment, sets without a name in braces.</summary>
    internal static string Write(Rule rule, Func<string, Set?> findSet, Func<string, string?> inline)
    {
        string text = Write(rule.Expressions, findSet, inline);
        return rule.Comment is { } comment ? $"{text} comment {NftWords.Quote(comment)}" : text;
    }

    private void Step(Expression expression)
    {
        switch (expression)
        {
            case PayloadLoad load:
                Put(load.Destination, Operand.OfPayload(load.Base, load.Offset, load.Length, _protocol));
                break;
            case MetaLoad load:
                Put(load.Destination, new Operand(NftWords.Of(load.Key), NftWords.TypeOf(load.Key), NftWords.LengthOf(load.Key)));
                break;
            case ConntrackLoad load:
                Put(load.Destination, new Operand(NftWords.Of(load.Key, load.Direction), NftWords.TypeOf(load.Key), NftWords.LengthOf(load.Key)));
                break;
            case FibLoad fib:
                Put(fib.Destination, Operand.OfFib(fib));
                break;
            case SocketLoad socket:
                Put(socket.Destination, Operand.OfSocket(socket));
                break;
            case NumberGenerator numbers:
                Put(numbers.Destination, new Operand($"numgen {(numbers.Random ? "random" : "inc")} mod {numbers.Modulus}{Offset(numbers.Offset)}", DataType.Number, 4));
                break;
            case HashLoad hash:
                Put(hash.Destination, Hash(hash));
                break;
            case ImmediateData immediate:
                Put(immediate.Destination, new Operand(immediate.Data.ToString(), DataType.Unknown, immediate.Data.Length) { Constant = immediate.Data });
                break;
            case ImmediateVerdict immediate:
                Say(NftWords.Of(immediate.Verdict));
                break;
            case Compare compare:
                WriteCompare(compare);
                break;
            case CompareRange range:
                WriteRange(range.Source, range.Inverted ? "!= " : "", range.From, range.To);
                break;
            case Bitwise bitwise:
                Put(bitwise.Destination, Masked(bitwise));
                break;
            case BitShift shift:
                Operand shifted = At(shift.Source);
                Put(shift.Destination, shifted with { Text = $"{shifted.Text} {(shift.Right ? ">>" : "<<")} {shift.Bits}" });
                break;
            case ByteOrderChange change:
                Put(change.Destination, At(change.Source) with { Turned = !At(change.Source).Turned });
                break;
            case Lookup lookup:
                WriteLookup(lookup);
                break;
            case DynamicSet dynamic:
                WriteDynamicSet(dynamic);
                break;
            case MetaStore store:
                Say($"{NftWords.Of(store.Key)} set {Value(store.Source, NftWords.TypeOf(store.Key))}");
                break;
            case ConntrackStore store:
                Say($"{NftWords.Of(store.Key, null)} set {Value(store.Source, NftWords.TypeOf(store.Key))}");
                break;
            case PayloadStore store:
                Operand target = Operand.OfPayload(store.Base, store.Offset, store.Length, _protocol);
                Need(target);
                Say($"{target.Text} set {Value(store.Source, target.Type)}");
                break;
            case ObjectMapReference reference:
                Say($"{NftWords.Of((_findSet(reference.Set) as Map)?.Value is MapValue.Objects objects ? objects.Type : ObjectType.Counter)} name {Key(reference.Source, reference.Set)} map @{reference.Set}");
                break;
            case Nat nat:
                WriteNat(nat);
                break;
            case Masquerade masquerade:
                Say($"masquerade{PortsAfterTo(masquerade.Port, masquerade.PortEnd)}{Flags(masquerade.Flags)}");
                break;
            case Redirect redirect:
                Say($"redirect{PortsAfterTo(redirect.Port, redirect.PortEnd)}{Flags(redirect.Flags)}");
                break;
            default:
                Say(StatementText.Write(expression));
                break;
        }
    }

    /// <summary>A statement has run for what was asked before it: those conditions must stay where they are, whatever later words imply.</summary>
    private void Settle(Expression expression)
    {
        if (expression is Counter or Limit or Quota or ConnectionLimit or Log or ObjectReference or ObjectMapReference or DynamicSet or MetaStore or ConntrackStore or PayloadStore or NoTrack or UnknownExpression)
        {
            _familyPiece = _protocolPiece = _linkPiece = -1;
        }
    }

    private string Named(string set) => _inline(set) ?? $"@{set}";

    private void Say(string text) => _pieces.Add(text);

    private void Put(Register register, Operand operand) => _registers[register.Index] = operand;

    private Operand At(Register register) => _registers[register.Index] ?? new Operand($"[{register}]", DataType.Unknown, 0);

    /// <summary>What the operand's own words imply needn't be said before.</summary>
    private void Need(Operand operand)
    {
        Forget(operand.NeedsFamily, ref _familyPiece);
        Forget(operand.NeedsProtocol, ref _protocolPiece);
        Forget(operand.NeedsLink, ref _linkPiece);
    }

    private void Forget(bool needed, ref int piece)
    {
        if (needed && piece >= 0)
        {
            _pieces[piece] = "";
            piece = -1;
        }
    }

    private Operand Hash(HashLoad hash)
    {
        string seed = hash.Seed is { } value ? $" seed 0x{value:x}" : "";
        string text = hash.Source is { } source
            ? $"jhash {Concatenation(source, (int)hash.Length)} mod {hash.Modulus}{seed}{Offset(hash.Offset)}"
            : $"symhash mod {hash.Modulus}{Offset(hash.Offset)}";
        return new Operand(text, DataType.Number, 4);
    }

    private static string Offset(uint offset) => offset == 0 ? "" : $" offset {offset}";

    private Operand Masked(Bitwise bitwise)
    {
        Operand operand = At(bitwise.Source);
        bool plain = bitwise.Xor.Span.IndexOfAnyExcept((byte)0) < 0;
        if (plain)
        {
            return operand with { Mask = bitwise.Mask };
        }

        // (x & ~bits) ^ bits is x | bits.
        string bits = ValueText.Write(operand.Type, bitwise.Xor.Span);
        Span<byte> kept = bitwise.Mask.Span.ToArray();
        for (int index = 0; index < kept.Length; index++)
        {
            kept[index] |= bitwise.Xor.Span[index];
        }

        bool all = kept.IndexOfAnyExcept((byte)0xff) < 0;
        bool or = all && !Overlaps(bitwise.Mask.Span, bitwise.Xor.Span);
        string text = or ? $"{operand.Text} | {bits}"
            : bitwise.Mask.Span.IndexOfAnyExcept((byte)0xff) < 0 ? $"{operand.Text} ^ {bits}"
            : $"{operand.Text} & {ValueText.Write(operand.Type, bitwise.Mask.Span)} ^ {bits}";
        return operand with { Text = text };
    }

    private static bool Overlaps(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (int index = 0; index < Math.Min(left.Length, right.Length); index++)
        {
            if ((left[index] & right[index]) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private void WriteCompare(Compare compare)
    {
        Operand operand = At(compare.Source);
        Need(operand);
        if (compare.Operator == CompareOperator.Equal && operand.Mask.IsEmpty)
        {
            Remember(operand, compare.Data);
        }

        if (!operand.Mask.IsEmpty)
        {
            Say(WriteMasked(operand, compare));
            return;
        }

        string how = compare.Operator == CompareOperator.Equal ? "" : $"{NftWords.Of(compare.Operator)} ";
        bool part = operand.Type is DataType.Ipv4Address or DataType.Ipv6Address && compare.Data.Length < DataTypes.Length(operand.Type);
        if (part)
        {
            // nft compares prefixes of whole bytes by loading fewer bytes.
            byte[] whole = new byte[DataTypes.Length(operand.Type)];
            compare.Data.Span.CopyTo(whole);
            Say($"{operand.Text} {how}{ValueText.Write(operand.Type, whole)}/{compare.Data.Length * 8}");
            return;
        }

        Say($"{operand.Text} {how}{Constant(operand, compare.Data)}");
    }

    private void Remember(Operand operand, DataValue value)
    {
        switch (operand.Text)
        {
            case "meta nfproto":
                _familyPiece = _pieces.Count;
                break;
            case "meta l4proto" when value.Length == 1:
                _protocolPiece = _pieces.Count;
                _protocol = (IpProtocol)value.Span[0];
                break;
            case "meta iiftype":
                _linkPiece = _pieces.Count;
                break;
            default:
                break;
        }
    }

    private static string WriteMasked(Operand operand, Compare compare)
    {
        bool address = operand.Type is DataType.Ipv4Address or DataType.Ipv6Address;
        if (address && compare.Operator is CompareOperator.Equal or CompareOperator.NotEqual && Prefixes.Length(operand.Mask.Span) is { } length)
        {
            return $"{operand.Text} {(compare.Operator == CompareOperator.NotEqual ? "!= " : "")}{ValueText.Write(operand.Type, compare.Data.Span)}/{length}";
        }

        bool zero = compare.Data.Span.IndexOfAnyExcept((byte)0) < 0;
        ReadOnlySpan<string> words = operand.Type switch
        {
            DataType.ConntrackState => ValueText.ConntrackStateWords,
            DataType.ConntrackStatus => ValueText.ConntrackStatusWords,
            DataType.TcpFlags => ValueText.TcpFlagWords,
            _ => [],
        };
        if (words.IsEmpty)
        {
            string zeroMask = operand.Type == DataType.Mark && zero ? "0x00000000" : ValueText.Write(operand.Type, compare.Data.Span);
            return $"{operand.Text} & {ValueText.Write(operand.Type, operand.Mask.Span)} {NftWords.Of(compare.Operator)} {zeroMask}";
        }

        uint mask = Number(operand.Mask.Span);
        return zero && compare.Operator == CompareOperator.NotEqual && operand.Type != DataType.TcpFlags
            ? $"{operand.Text} {ValueText.Bits(mask, words, ",")}"
            : $"{operand.Text} & ({ValueText.Bits(mask, words, " | ")}) {NftWords.Of(compare.Operator)} {ValueText.Bits(Number(compare.Data.Span), words, " | ")}";
    }

    private static uint Number(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        1 => bytes[0],
        4 => MemoryMarshal.Read<uint>(bytes),
        _ => 0,
    };

    private static string Constant(Operand operand, DataValue value) => operand.Turned && value.Length == 4
        ? BinaryPrimitives.ReadUInt32BigEndian(value.Span).ToString()
        : ValueText.Write(operand.Type, value.Span);

    private void WriteRange(Register register, string how, DataValue first, DataValue last)
    {
        Operand operand = At(register);
        Need(operand);
        Say($"{operand.Text} {how}{Constant(operand, first)}-{Constant(operand, last)}");
    }

    private void WriteLookup(Lookup lookup)
    {
        string key = Key(lookup.Source, lookup.Set);
        if (lookup.Result.IsVerdict)
        {
            Say($"{key} vmap {Named(lookup.Set)}");
        }
        else if (lookup.Result.Register is { } into)
        {
            int length = (_findSet(lookup.Set) as Map)?.Value is MapValue.Data data ? DataTypes.Length(data.Fields) : 0;
            Put(into, new Operand($"{key} map {Named(lookup.Set)}", DataType.Unknown, length) { IsMap = true });
        }
        else
        {
            Say($"{key} {(lookup.Inverted ? "!= " : "")}{Named(lookup.Set)}");
        }
    }

    private void WriteDynamicSet(DynamicSet dynamic)
    {
        string verb = dynamic.Operation switch
        {
            DynamicSetOperation.Add => "add",
            DynamicSetOperation.Update => "update",
            _ => "delete",
        };
        string content = Key(dynamic.Key, dynamic.Set);
        foreach (Expression expression in dynamic.Expressions)
        {
            content += $" {StatementText.Write(expression)}";
        }

        if (dynamic.Timeout is { } timeout)
        {
            content += $" timeout {NftWords.Of(timeout)}";
        }

        if (dynamic.Data is { } data)
        {
            ValueList<DataType> types = (_findSet(dynamic.Set) as Map)?.Value is MapValue.Data known ? known.Fields : [];
            content += $" : {Values(data, types)}";
        }

        Say($"{verb} @{dynamic.Set} {{ {content} }}");
    }

    /// <summary>What a set is asked for: as many fields as its key has, or where we don't know the set, as many as lie side by side.</summary>
    private string Key(Register register, string set)
    {
        ValueList<DataType> types = _findSet(set)?.Key ?? [];
        int length = types.IsEmpty ? 0 : DataTypes.Length(types);
        return Concatenation(register, length == 0 ? Register.Count * 4 : length);
    }

    private string Concatenation(Register register, int length)
    {
        List<string> parts = [];
        int index = register.Index;
        for (int end = index + ((length + 3) / 4); index < Math.Min(end, Register.Count) && _registers[index] is { Constant.IsEmpty: true } operand; index += Math.Max(1, DataTypes.Padded(operand.WholeLength) / 4))
        {
            Need(operand);
            parts.Add(operand.Text);
        }

        return parts.Count == 0 ? $"[{register}]" : string.Join(" . ", parts);
    }

    private string Values(Register register, ValueList<DataType> types)
    {
        if (At(register).Constant.IsEmpty)
        {
            return types.IsEmpty ? At(register).Text : Concatenation(register, DataTypes.Length(types));
        }

        List<string> parts = [];
        int index = register.Index;
        foreach (DataType type in types)
        {
            if (index >= Register.Count)
            {
                break;
            }

            parts.Add(Value(new Register(index), type));
            index += DataTypes.Padded(DataTypes.Length(type)) / 4;
        }

        return parts.Count == 0 ? At(register).Text : string.Join(" . ", parts);
    }

    private string Value(Register register, DataType type)
    {
        Operand operand = At(register);
        Need(operand);
        return !operand.Constant.IsEmpty ? ValueText.Write(type, operand.Constant.Span)
            : operand.Mask.IsEmpty ? operand.Text
            : $"{operand.Text} & {ValueText.Write(operand.Type, operand.Mask.Span)}";
    }

    private void WriteNat(Nat nat)
    {
        DataType type = nat.Family == TableFamily.Ipv6 ? DataType.Ipv6Address : DataType.Ipv4Address;
        string verb = nat.Type == NatType.Source ? "snat" : "dnat";
        string target = "";
        if (nat.Address is { } address)
        {
            Operand operand = At(address);
            Need(operand);
            string text = Value(address, type);
            text = nat.AddressEnd is { } last ? $"{text}-{Value(last, type)}" : text;
            bool portInMap = operand.IsMap;
            target = portInMap || nat.Port is null ? text : $"{(type == DataType.Ipv6Address ? $"[{text}]" : text)}:{Ports(nat.Port, nat.PortEnd)}";
        }
        else if (nat.Port is not null)
        {
            target = $":{Ports(nat.Port, nat.PortEnd)}";
        }

        Say($"{verb} {NftWords.Of(nat.Family)} to {target}{Flags(nat.Flags)}");
    }

    private string PortsAfterTo(Register? first, Register? last) => first is null ? "" : $" to :{Ports(first, last)}";

    private string Ports(Register? first, Register? last)
    {
        string text = first is { } register ? Value(register, DataType.Port) : "";
        return last is { } end ? $"{text}-{Value(end, DataType.Port)}" : text;
    }

    private static string Flags(NatFlags flags)
    {
        List<string> words = [];
        foreach ((NatFlags bit, string word) in (ReadOnlySpan<(NatFlags, string)>)[(NatFlags.Random, "random"), (NatFlags.FullyRandom, "fully-random"), (NatFlags.Persistent, "persistent")])
        {
            if (flags.HasFlag(bit))
            {
                words.Add(word);
            }
        }

        return words.Count == 0 ? "" : $" {string.Join(',', words)}";
    }
}
