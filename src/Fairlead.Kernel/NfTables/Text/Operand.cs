using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>What lies in registers from one on.</summary>
/// <param name="Text">How it is written.</param>
/// <param name="Type">Its type; of constants, that of whatever takes them.</param>
/// <param name="Length">Bytes that were loaded.</param>
internal sealed record Operand(string Text, DataType Type, int Length)
{
    /// <summary>Constant bytes.</summary>
    internal DataValue Constant { get; init; }

    /// <summary>The bits that are looked at.</summary>
    internal DataValue Mask { get; init; }

    /// <summary>A number turned into network order.</summary>
    internal bool Turned { get; init; }

    /// <summary>Which of the family's or protocol's words it needs before.</summary>
    internal bool NeedsFamily { get; init; }

    internal bool NeedsProtocol { get; init; }

    internal bool NeedsLink { get; init; }

    internal bool IsMap { get; init; }

    internal int WholeLength => Math.Max(Length, DataTypes.Length(Type));

    /// <summary>The words for bytes of a header. Those of the transport header depend on the protocol, where a condition before has made sure of it.</summary>
    internal static Operand OfPayload(PayloadBase from, uint offset, uint length, IpProtocol? protocol)
    {
        Operand Named(string text, DataType type) => new(text, type, (int)length) { NeedsFamily = from == PayloadBase.Network, NeedsLink = from == PayloadBase.Link };
        Operand Transport(string text, DataType type) => new(text, type, (int)length) { NeedsProtocol = protocol is not null, NeedsFamily = text.StartsWith("icmp", StringComparison.Ordinal) };
        string ports = protocol switch
        {
            IpProtocol.Tcp => "tcp",
            IpProtocol.Udp => "udp",
            IpProtocol.Sctp => "sctp",
            _ => "th",
        };
        return (from, offset, length) switch
        {
            (PayloadBase.Network, 12, <= 4) => Named("ip saddr", DataType.Ipv4Address),
            (PayloadBase.Network, 16, <= 4) => Named("ip daddr", DataType.Ipv4Address),
            (PayloadBase.Network, 9, 1) => Named("ip protocol", DataType.Protocol),
            (PayloadBase.Network, 8, 1) => Named("ip ttl", DataType.Number),
            (PayloadBase.Network, 8, <= 16) => Named("ip6 saddr", DataType.Ipv6Address),
            (PayloadBase.Network, 24, <= 16) => Named("ip6 daddr", DataType.Ipv6Address),
            (PayloadBase.Network, 6, 1) => Named("ip6 nexthdr", DataType.Protocol),
            (PayloadBase.Link, 0, 6) => Named("ether daddr", DataType.EthernetAddress),
            (PayloadBase.Link, 6, 6) => Named("ether saddr", DataType.EthernetAddress),
            (PayloadBase.Link, 12, 2) => Named("ether type", DataType.EthernetType),
            (PayloadBase.Transport, 0, 1) when protocol == IpProtocol.Icmp => Transport("icmp type", DataType.IcmpType),
            (PayloadBase.Transport, 1, 1) when protocol == IpProtocol.Icmp => Transport("icmp code", DataType.Number),
            (PayloadBase.Transport, 0, 1) when protocol == IpProtocol.IcmpV6 => Transport("icmpv6 type", DataType.IcmpV6Type),
            (PayloadBase.Transport, 1, 1) when protocol == IpProtocol.IcmpV6 => Transport("icmpv6 code", DataType.Number),
            (PayloadBase.Transport, 13, 1) when protocol == IpProtocol.Tcp => Transport("tcp flags", DataType.TcpFlags),
            (PayloadBase.Transport, 0, 2) => Transport($"{ports} sport", DataType.Port) with { NeedsProtocol = ports != "th" },
            (PayloadBase.Transport, 2, 2) => Transport($"{ports} dport", DataType.Port) with { NeedsProtocol = ports != "th" },
            _ => new Operand($"@{BaseWord(from)},{offset * 8},{length * 8}", DataType.Unknown, (int)length),
        };
    }

    private static string BaseWord(PayloadBase from) => from switch
    {
        PayloadBase.Link => "ll",
        PayloadBase.Network => "nh",
        PayloadBase.Transport => "th",
        _ => "ih",
    };

    /// <summary>The words for a question about the socket that a packet is for.</summary>
    internal static Operand OfSocket(SocketLoad socket) => socket.Key switch
    {
        SocketKey.Mark => new Operand("socket mark", DataType.Mark, 4),
        SocketKey.Wildcard => new Operand("socket wildcard", DataType.Number, 1),
        _ => new Operand("socket transparent", DataType.Number, 1),
    };

    /// <summary>The words for a question to the routing table.</summary>
    internal static Operand OfFib(FibLoad fib)
    {
        List<string> inputs = [];
        foreach ((FibInputs bit, string word) in (ReadOnlySpan<(FibInputs, string)>)[(FibInputs.Source, "saddr"), (FibInputs.Destination, "daddr"), (FibInputs.Mark, "mark"), (FibInputs.Input, "iif"), (FibInputs.Output, "oif")])
        {
            if (fib.Flags.HasFlag(bit))
            {
                inputs.Add(word);
            }
        }

        (string result, DataType type) = fib.Result switch
        {
            FibResult.AddressType => ("type", DataType.FibAddressType),
            FibResult.OutputName => ("oifname", DataType.InterfaceName),
            _ => ("oif", DataType.InterfaceIndex),
        };
        return new Operand($"fib {string.Join(" . ", inputs)} {result}", type, DataTypes.Length(type));
    }
}
