using System.Net;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>What rules do with a packet, each a part for <see cref="Rule.Of"/>.</summary>
public static class Statement
{
    /// <summary><c>accept</c>.</summary>
    public static ValueList<Expression> Accept => Give(Verdict.Accept);

    /// <summary><c>drop</c>.</summary>
    public static ValueList<Expression> Drop => Give(Verdict.Drop);

    /// <summary><c>return</c>.</summary>
    public static ValueList<Expression> Return => Give(Verdict.Return);

    /// <summary><c>notrack</c>.</summary>
    public static ValueList<Expression> NoTrack => [new NoTrack()];

    /// <summary><c>meta nftrace set 1</c>: from here on the kernel tells each step of the packet (<see cref="NfTablesMonitor"/>).</summary>
    public static ValueList<Expression> Trace => [new ImmediateData(Register.First, new DataValue([1])), new MetaStore(MetaKey.Trace, Register.First)];

    /// <summary>A verdict.</summary>
    public static ValueList<Expression> Give(Verdict verdict) => [new ImmediateVerdict(verdict)];

    /// <summary><c>jump chain</c>.</summary>
    public static ValueList<Expression> Jump(string chain) => Give(Verdict.Jump(chain));

    /// <summary><c>goto chain</c>.</summary>
    public static ValueList<Expression> Goto(string chain) => Give(Verdict.Goto(chain));

    /// <summary><c>ip daddr vmap @pods</c>: the verdict that the map has for the fields; the next rule where it has none.</summary>
    public static ValueList<Expression> VerdictMap(string map, params ReadOnlySpan<Field> fields) =>
        [.. Field.LoadAll(fields), new Lookup(map, Register.First, LookupResult.Verdict)];

    /// <summary><c>counter</c>.</summary>
    public static ValueList<Expression> Count() => [new Counter()];

    /// <summary><c>counter name "x"</c>.</summary>
    public static ValueList<Expression> Count(string counter) => [new ObjectReference(ObjectType.Counter, counter)];

    /// <summary><c>limit rate 5/second burst 3 packets</c>.</summary>
    public static ValueList<Expression> Limit(ulong packets, TimeSpan per, uint burst = 5) => [new Limit(packets, (ulong)per.TotalSeconds, burst)];

    /// <summary><c>log prefix "x" group 5 snaplen 64</c>.</summary>
    public static ValueList<Expression> LogTo(ushort group, string? prefix = null, uint? snapLength = null) => [new Log(prefix, group, snapLength)];

    /// <summary><c>reject</c>: answers that nobody listens at the port, in the packet's family; a TCP packet is reset where <paramref name="resetTcp"/> is its rule's.</summary>
    public static ValueList<Expression> Reject(bool resetTcp = false) =>
        [resetTcp ? new Reject(RejectType.TcpReset) : new Reject(RejectType.IcmpAny, RejectCode.PortUnreachable)];

    /// <summary><c>reject with icmpx admin-prohibited</c>.</summary>
    public static ValueList<Expression> RejectProhibited() => [new Reject(RejectType.IcmpAny, RejectCode.AdminProhibited)];

    /// <summary><c>masquerade</c>.</summary>
    public static ValueList<Expression> Masquerade(NatFlags flags = NatFlags.None) => [new Masquerade(flags)];

    /// <summary><c>dnat ip to 10.0.0.1:80</c>. A port needs a protocol, asked before.</summary>
    public static ValueList<Expression> DestinationNat(IPAddress address, ushort? port = null, NatFlags flags = NatFlags.None) => Translate(NatType.Destination, address, port, flags);

    /// <summary><c>snat ip to 10.0.0.1</c>.</summary>
    public static ValueList<Expression> SourceNat(IPAddress address, ushort? port = null, NatFlags flags = NatFlags.None) => Translate(NatType.Source, address, port, flags);

    /// <summary><c>redirect to :80</c>: to this node itself.</summary>
    public static ValueList<Expression> Redirect(ushort port) => [new ImmediateData(Register.First, Scalar.Port(port)), new Redirect(NatFlags.None, Register.First)];

    /// <summary>
    /// <c>dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @endpoint</c>, of a map to address and port. The next rule where the map
    /// has nothing for the fields.
    /// </summary>
    /// <param name="family">Of the addresses in the map: IPv4 or IPv6.</param>
    /// <param name="map">A map to <c>ipv4_addr . inet_service</c> or <c>ipv6_addr . inet_service</c>.</param>
    /// <param name="fields">The key.</param>
    public static ValueList<Expression> DestinationNatMap(TableFamily family, string map, params ReadOnlySpan<Field> fields) =>
    [
        .. Field.LoadAll(fields),
        new Lookup(map, Register.First, LookupResult.Into(Register.First)),
        new Nat(NatType.Destination, family, Register.First, Port: Register.First.After(family == TableFamily.Ipv6 ? 16 : 4)),
    ];

    /// <summary><c>snat ip to ip saddr map @public</c>, of a map to addresses; the port stays. The next rule where the map has nothing for the fields.</summary>
    /// <param name="type">Which end is translated.</param>
    /// <param name="family">Of the addresses in the map: IPv4 or IPv6.</param>
    /// <param name="map">A map to <c>ipv4_addr</c> or <c>ipv6_addr</c>.</param>
    /// <param name="fields">The key.</param>
    public static ValueList<Expression> AddressMap(NatType type, TableFamily family, string map, params ReadOnlySpan<Field> fields) =>
        [.. Field.LoadAll(fields), new Lookup(map, Register.First, LookupResult.Into(Register.First)), new Nat(type, family, Register.First)];

    /// <summary><c>meta mark set 0x1</c>.</summary>
    public static ValueList<Expression> SetMark(uint mark) => [new ImmediateData(Register.First, Scalar.Mark(mark)), new MetaStore(MetaKey.Mark, Register.First)];

    /// <summary><c>meta mark set meta mark | 0x4000</c>: only the bits of the mask change.</summary>
    public static ValueList<Expression> SetMarkBits(uint mask, uint bits) =>
        [new MetaLoad(Register.First, MetaKey.Mark), ChangeBits(mask, bits), new MetaStore(MetaKey.Mark, Register.First)];

    /// <summary><c>ct mark set ct mark | 0x4000</c>: only the bits of the mask change.</summary>
    public static ValueList<Expression> SetConntrackMarkBits(uint mask, uint bits) =>
        [new ConntrackLoad(Register.First, ConntrackKey.Mark), ChangeBits(mask, bits), new ConntrackStore(ConntrackKey.Mark, Register.First)];

    /// <summary><c>ct mark set meta mark</c>: the connection remembers the packet's mark.</summary>
    public static ValueList<Expression> SaveMark() => [new MetaLoad(Register.First, MetaKey.Mark), new ConntrackStore(ConntrackKey.Mark, Register.First)];

    /// <summary><c>meta mark set ct mark</c>: the packet gets its connection's mark.</summary>
    public static ValueList<Expression> RestoreMark() => [new ConntrackLoad(Register.First, ConntrackKey.Mark), new MetaStore(MetaKey.Mark, Register.First)];

    /// <summary><c>update @set { ip saddr . th dport timeout 10m }</c>: adds the fields to a dynamic set, or lets them live anew.</summary>
    public static ValueList<Expression> Update(string set, TimeSpan? timeout, params ReadOnlySpan<Field> key) =>
        [.. Field.LoadAll(key), new DynamicSet(set, DynamicSetOperation.Update, Register.First, Timeout: timeout)];

    /// <summary><c>update @affinity { ip saddr . th dport timeout 3h : ip daddr . th dport }</c>: keeps some fields of the packet under others.</summary>
    /// <remarks>The data can't be what another map gave: nft has no words for that, and version 1.0.6 ends in an assertion when it lists such a rule.</remarks>
    /// <param name="map">The dynamic map that is written.</param>
    /// <param name="timeout">How long the element lives; null: what the map says.</param>
    /// <param name="key">Its key.</param>
    /// <param name="data">Its data.</param>
    public static ValueList<Expression> UpdateMap(string map, TimeSpan? timeout, ReadOnlySpan<Field> key, ReadOnlySpan<Field> data)
    {
        List<Expression> expressions = [];
        Field.AddRequired(expressions, key);
        Field.AddRequired(expressions, data);
        Register behind = BehindKey(Field.AddLoads(expressions, key, 0));
        Field.AddLoads(expressions, data, behind.Index);
        expressions.Add(new DynamicSet(map, DynamicSetOperation.Update, Register.First, behind, timeout));
        return RuleParts.Join([[.. expressions]]);
    }

    /// <summary><c>update @affinity { ip saddr . th dport timeout 3h : 10.200.0.11 . 8080 }</c>: keeps constant data under fields of the packet.</summary>
    /// <param name="map">The dynamic map that is written.</param>
    /// <param name="timeout">How long the element lives; null: what the map says.</param>
    /// <param name="key">Its key.</param>
    /// <param name="data">Its data.</param>
    public static ValueList<Expression> UpdateMap(string map, TimeSpan? timeout, ReadOnlySpan<Field> key, params ReadOnlySpan<Scalar> data)
    {
        List<Expression> expressions = Field.LoadAll(key);
        int register = key.ToArray().Sum(static field => DataTypes.Padded(field.Length) / 4);
        Register first = BehindKey(register);
        register = first.Index;
        foreach (Scalar scalar in data)
        {
            expressions.Add(new ImmediateData(new Register(register), scalar));
            register += DataTypes.Padded(scalar.Length) / 4;
        }

        expressions.Add(new DynamicSet(map, DynamicSetOperation.Update, Register.First, first, timeout));
        return RuleParts.Join([[.. expressions]]);
    }

    /// <summary>The next register that has one of the kernel's older names: nft 1.0.6 finds constant data nowhere else.</summary>
    private static Register BehindKey(int register) => new((register + 3) & ~3);

    private static Bitwise ChangeBits(uint mask, uint bits) => new(Register.First, Register.First, Scalar.Number(~mask), Scalar.Number(bits & mask));

    private static ValueList<Expression> Translate(NatType type, IPAddress address, ushort? port, NatFlags flags)
    {
        Scalar value = Scalar.Address(address);
        TableFamily family = value.Length == 4 ? TableFamily.Ipv4 : TableFamily.Ipv6;
        Register portRegister = Register.First.After(value.Length);
        return port is { } number
            ? [new ImmediateData(Register.First, value), new ImmediateData(portRegister, Scalar.Port(number)), new Nat(type, family, Register.First, Port: portRegister, Flags: flags)]
            : [new ImmediateData(Register.First, value), new Nat(type, family, Register.First, Flags: flags)];
    }
}
