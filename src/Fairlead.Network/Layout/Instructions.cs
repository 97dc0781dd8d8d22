using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>Instructions of our rules, with the registers chosen so that one lookup's result is the next one's key.</summary>
internal sealed class Instructions(bool ipv6)
{
    private readonly List<Expression> expressions = [];

    public int AddressRegisters => ipv6 ? 4 : 1;

    private static Register R(int index) => new(index);

    /// <summary><c>meta nfproto ipv4</c>: what nft needs to name the fields of a header.</summary>
    public Instructions Family() => Add(new MetaLoad(R(0), MetaKey.NetfilterProtocol), new Compare(R(0), CompareOperator.Equal, Scalar.Raw([ipv6 ? (byte)10 : (byte)2])));

    public Instructions SourceAddress(int register) =>
        Add(new PayloadLoad(R(register), PayloadBase.Network, ipv6 ? 8u : 12u, ipv6 ? 16u : 4u));

    public Instructions DestinationAddress(int register) =>
        Add(new PayloadLoad(R(register), PayloadBase.Network, ipv6 ? 24u : 16u, ipv6 ? 16u : 4u));

    public Instructions Protocol(int register) => Add(new MetaLoad(R(register), MetaKey.Layer4Protocol));

    public Instructions DestinationPort(int register) => Add(new PayloadLoad(R(register), PayloadBase.Transport, 2, 2));

    /// <summary>The frontend's key from <paramref name="register"/> on; returns through <paramref name="next"/> the register behind it.</summary>
    public Instructions Frontend(int register, bool nodePort, out int next)
    {
        if (!nodePort)
        {
            DestinationAddress(register);
            register += AddressRegisters;
        }

        next = register + 2;
        return Protocol(register).DestinationPort(register + 1);
    }

    /// <summary>The address of a packet's other end: of who sends what a pod receives, of who receives what it sends.</summary>
    public Instructions PeerAddress(bool ingress, int register) => ingress ? SourceAddress(register) : DestinationAddress(register);

    public Instructions RandomSlot(int register, int count, int offset) =>
        Add(new NumberGenerator(R(register), Random: true, (uint)count, (uint)offset));

    public Instructions In(string set, int register) => Add(new Lookup(KernelNames.Of(set, ipv6), R(register)));

    /// <summary>As <see cref="In(string, int)"/>, of a set for both families.</summary>
    public Instructions InBoth(string set, int register) => Add(new Lookup(set, R(register)));

    public Instructions NotIn(string set, int register) => Add(new Lookup(KernelNames.Of(set, ipv6), R(register), Inverted: true));

    public Instructions Map(string map, int register, int result) =>
        Add(new Lookup(KernelNames.Of(map, ipv6), R(register), LookupResult.Into(R(result))));

    public Instructions VerdictMap(string map, int register) => Add(new Lookup(KernelNames.Of(map, ipv6), R(register), LookupResult.Verdict));

    /// <summary>
    /// <c>meta priority set</c>: the packet's queueing priority carries a number from one statement to the next, because nft has no words for a map's
    /// result as another one's key. Forwarding sets the priority anew, and our chains clear it.
    /// </summary>
    public Instructions SetPriority(int register = 0) => Add(new MetaStore(MetaKey.Priority, R(register)));

    public Instructions Priority(int register) => Add(new MetaLoad(R(register), MetaKey.Priority));

    public Instructions ClearPriority() => Add(new ImmediateData(R(0), Scalar.Number(0)), new MetaStore(MetaKey.Priority, R(0)));

    public Instructions HasPriority() => Add(new MetaLoad(R(0), MetaKey.Priority), new Compare(R(0), CompareOperator.NotEqual, Scalar.Number(0)));

    public Instructions Remember(string map, int key, int data, int seconds) => Add(new DynamicSet(
        KernelNames.Of(map, ipv6), DynamicSetOperation.Update, R(key), R(data), TimeSpan.FromSeconds(seconds)));

    /// <summary>The kernel wants data named for a map, though only the key counts.</summary>
    public Instructions Forget(string map, int key, int data) =>
        Add(new DynamicSet(KernelNames.Of(map, ipv6), DynamicSetOperation.Delete, R(key), R(data)));

    public Instructions SourceIsLocal() => Add(
        new FibLoad(R(0), FibResult.AddressType, FibInputs.Source),
        new Compare(R(0), CompareOperator.Equal, Scalar.Number((uint)FibAddressType.Local)));

    public Instructions DestinationIsLocal() => Add(
        new FibLoad(R(0), FibResult.AddressType, FibInputs.Destination),
        new Compare(R(0), CompareOperator.Equal, Scalar.Number((uint)FibAddressType.Local)));

    /// <summary><c>dnat to</c> the address in <paramref name="register"/> and the port behind it.</summary>
    public Instructions Translate(int register) => Add(new Nat(
        NatType.Destination, ipv6 ? TableFamily.Ipv6 : TableFamily.Ipv4, R(register), Port: R(register + AddressRegisters)));

    public Instructions SetMasqueradeMark() => Add(
        new MetaLoad(R(0), MetaKey.Mark),
        new Bitwise(R(0), R(0), Scalar.Mark(~KernelNames.MasqueradeMark), Scalar.Mark(KernelNames.MasqueradeMark)),
        new MetaStore(MetaKey.Mark, R(0)));

    public Instructions HasMasqueradeMark() => Add(
        new MetaLoad(R(0), MetaKey.Mark),
        new Bitwise(R(0), R(0), Scalar.Mark(KernelNames.MasqueradeMark), Scalar.Mark(0)),
        new Compare(R(0), CompareOperator.Equal, Scalar.Mark(KernelNames.MasqueradeMark)));

    public Instructions ClearMasqueradeMark() => Add(
        new MetaLoad(R(0), MetaKey.Mark),
        new Bitwise(R(0), R(0), Scalar.Mark(~KernelNames.MasqueradeMark), Scalar.Mark(0)),
        new MetaStore(MetaKey.Mark, R(0)));

    public Instructions DestinationWasTranslated() => Add(
        new ConntrackLoad(R(0), ConntrackKey.Status),
        new Bitwise(R(0), R(0), Scalar.Number((uint)ConntrackStatuses.DestinationNat), Scalar.Number(0)),
        new Compare(R(0), CompareOperator.NotEqual, Scalar.Number(0)));

    public Instructions HasState(ConntrackStates states) => Add(
        new ConntrackLoad(R(0), ConntrackKey.State),
        new Bitwise(R(0), R(0), Scalar.Number((uint)states), Scalar.Number(0)),
        new Compare(R(0), CompareOperator.NotEqual, Scalar.Number(0)));

    /// <summary><c>icmpv6 type 133-137</c>: neighbour discovery (RFC 4861), without which no address is found on a link.</summary>
    public Instructions IsNeighbourDiscovery() => Add(
        new MetaLoad(R(0), MetaKey.Layer4Protocol), new Compare(R(0), CompareOperator.Equal, Scalar.Raw([(byte)IpProtocol.IcmpV6])),
        new PayloadLoad(R(0), PayloadBase.Transport, 0, 1),
        new Compare(R(0), CompareOperator.GreaterOrEqual, Scalar.Raw([133])), new Compare(R(0), CompareOperator.LessOrEqual, Scalar.Raw([137])));

    public Instructions Log(string prefix) => Add(new Log(prefix, KernelNames.PolicyLogGroup, SnapLength: 96));

    public Instructions Masquerade() => Add(new Masquerade(NatFlags.FullyRandom));

    public Instructions Verdict(Verdict verdict) => Add(new ImmediateVerdict(verdict));

    public Instructions IsTcp() => Add(new MetaLoad(R(0), MetaKey.Layer4Protocol), new Compare(R(0), CompareOperator.Equal, Scalar.Raw([(byte)TransportProtocol.Tcp])));

    public Instructions Reset() => Add(new Reject(RejectType.TcpReset));

    public Instructions Reject() => Add(new Reject(RejectType.IcmpAny, RejectCode.PortUnreachable));

    public Rule In(string chain, string? comment = null) => new() { Chain = chain, Expressions = [.. expressions], Comment = comment };

    private Instructions Add(params ReadOnlySpan<Expression> more)
    {
        expressions.AddRange(more);
        return this;
    }
}
