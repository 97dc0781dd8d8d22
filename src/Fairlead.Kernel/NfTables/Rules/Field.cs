using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Something of a packet that rules compare, look up and store: <c>ip daddr</c>, <c>th dport</c>, <c>iifname</c>. Knows how it is loaded into registers
/// and what must be sure before (an IPv4 address is only looked for in IPv4 packets).
/// </summary>
public sealed class Field
{
    private readonly Func<Register, ValueList<Expression>> _load;

    private Field(DataType type, int length, Func<Register, ValueList<Expression>> load, ValueList<Expression> requires = default)
    {
        Type = type;
        Length = length;
        _load = load;
        Requires = requires;
    }

    /// <summary><c>ip saddr</c>.</summary>
    public static Field IpSource { get; } = Payload(DataType.Ipv4Address, PayloadBase.Network, 12, 4, OnlyFamily(TableFamily.Ipv4));

    /// <summary><c>ip daddr</c>.</summary>
    public static Field IpDestination { get; } = Payload(DataType.Ipv4Address, PayloadBase.Network, 16, 4, OnlyFamily(TableFamily.Ipv4));

    /// <summary><c>ip6 saddr</c>.</summary>
    public static Field Ip6Source { get; } = Payload(DataType.Ipv6Address, PayloadBase.Network, 8, 16, OnlyFamily(TableFamily.Ipv6));

    /// <summary><c>ip6 daddr</c>.</summary>
    public static Field Ip6Destination { get; } = Payload(DataType.Ipv6Address, PayloadBase.Network, 24, 16, OnlyFamily(TableFamily.Ipv6));

    /// <summary><c>th sport</c>: of whatever protocol has ports.</summary>
    public static Field SourcePort { get; } = Payload(DataType.Port, PayloadBase.Transport, 0, 2);

    /// <summary><c>th dport</c>: of whatever protocol has ports.</summary>
    public static Field DestinationPort { get; } = Payload(DataType.Port, PayloadBase.Transport, 2, 2);

    /// <summary><c>tcp sport</c>.</summary>
    public static Field TcpSourcePort { get; } = PortOf(IpProtocol.Tcp, 0);

    /// <summary><c>tcp dport</c>.</summary>
    public static Field TcpDestinationPort { get; } = PortOf(IpProtocol.Tcp, 2);

    /// <summary><c>udp sport</c>.</summary>
    public static Field UdpSourcePort { get; } = PortOf(IpProtocol.Udp, 0);

    /// <summary><c>udp dport</c>.</summary>
    public static Field UdpDestinationPort { get; } = PortOf(IpProtocol.Udp, 2);

    /// <summary><c>sctp dport</c>.</summary>
    public static Field SctpDestinationPort { get; } = PortOf(IpProtocol.Sctp, 2);

    /// <summary><c>icmp type</c>.</summary>
    public static Field IcmpType { get; } = Payload(DataType.IcmpType, PayloadBase.Transport, 0, 1, [.. OnlyFamily(TableFamily.Ipv4), .. OnlyProtocol(IpProtocol.Icmp)]);

    /// <summary><c>icmpv6 type</c>.</summary>
    public static Field IcmpV6Type { get; } = Payload(DataType.IcmpV6Type, PayloadBase.Transport, 0, 1, OnlyProtocol(IpProtocol.IcmpV6));

    /// <summary><c>tcp flags</c>.</summary>
    public static Field TcpFlags { get; } = Payload(DataType.TcpFlags, PayloadBase.Transport, 13, 1, OnlyProtocol(IpProtocol.Tcp));

    /// <summary><c>meta nfproto</c>: the family.</summary>
    public static Field Family { get; } = Meta(DataType.NetfilterProtocol, MetaKey.NetfilterProtocol, 1);

    /// <summary><c>meta l4proto</c>: the protocol behind the IP header, behind extension headers too.</summary>
    public static Field Protocol { get; } = Meta(DataType.Protocol, MetaKey.Layer4Protocol, 1);

    /// <summary><c>meta mark</c>.</summary>
    public static Field Mark { get; } = Meta(DataType.Mark, MetaKey.Mark, 4);

    /// <summary><c>iifname</c>: the link that the packet came in by.</summary>
    public static Field InputInterface { get; } = Meta(DataType.InterfaceName, MetaKey.InputName, 16);

    /// <summary><c>oifname</c>: the link that it goes out by.</summary>
    public static Field OutputInterface { get; } = Meta(DataType.InterfaceName, MetaKey.OutputName, 16);

    /// <summary><c>meta pkttype</c>.</summary>
    public static Field PacketType { get; } = Meta(DataType.PacketType, MetaKey.PacketType, 1);

    /// <summary><c>meta length</c>: bytes from the IP header on.</summary>
    public static Field PacketLength { get; } = Meta(DataType.Number, MetaKey.Length, 4);

    /// <summary><c>ct state</c>.</summary>
    public static Field ConntrackState { get; } = Conntrack(DataType.ConntrackState, ConntrackKey.State, 4);

    /// <summary><c>ct status</c>.</summary>
    public static Field ConntrackStatus { get; } = Conntrack(DataType.ConntrackStatus, ConntrackKey.Status, 4);

    /// <summary><c>ct mark</c>.</summary>
    public static Field ConntrackMark { get; } = Conntrack(DataType.Mark, ConntrackKey.Mark, 4);

    /// <summary><c>ct direction</c>.</summary>
    public static Field ConntrackDirection { get; } = Conntrack(DataType.ConntrackDirection, ConntrackKey.Direction, 1);

    /// <summary><c>ct original ip saddr</c>: who began the connection, before any translation.</summary>
    public static Field OriginalIpSource { get; } = Conntrack(DataType.Ipv4Address, ConntrackKey.SourceIpv4, 4, Expressions.ConntrackDirection.Original);

    /// <summary><c>ct original ip daddr</c>: whom it was begun with, before any translation.</summary>
    public static Field OriginalIpDestination { get; } = Conntrack(DataType.Ipv4Address, ConntrackKey.DestinationIpv4, 4, Expressions.ConntrackDirection.Original);

    /// <summary><c>ct original ip6 saddr</c>.</summary>
    public static Field OriginalIp6Source { get; } = Conntrack(DataType.Ipv6Address, ConntrackKey.SourceIpv6, 16, Expressions.ConntrackDirection.Original);

    /// <summary><c>ct original ip6 daddr</c>.</summary>
    public static Field OriginalIp6Destination { get; } = Conntrack(DataType.Ipv6Address, ConntrackKey.DestinationIpv6, 16, Expressions.ConntrackDirection.Original);

    /// <summary><c>ct original proto-dst</c>: the port that it was begun with.</summary>
    public static Field OriginalDestinationPort { get; } = Conntrack(DataType.Port, ConntrackKey.DestinationPort, 2, Expressions.ConntrackDirection.Original);

    /// <summary><c>ct original proto-src</c>: the port that it was begun from.</summary>
    public static Field OriginalSourcePort { get; } = Conntrack(DataType.Port, ConntrackKey.SourcePort, 2, Expressions.ConntrackDirection.Original);

    /// <summary><c>fib daddr type</c>: what the destination is to this node, see <see cref="FibAddressType"/>.</summary>
    public static Field DestinationAddressType { get; } = new(DataType.FibAddressType, 4, static register => [new FibLoad(register, FibResult.AddressType, FibInputs.Destination)]);

    /// <summary><c>fib saddr type</c>.</summary>
    public static Field SourceAddressType { get; } = new(DataType.FibAddressType, 4, static register => [new FibLoad(register, FibResult.AddressType, FibInputs.Source)]);

    /// <summary><c>socket transparent</c>: 1 where the socket that the packet is for takes addresses that aren't this node's, otherwise 0; no match where there is no socket.</summary>
    public static Field SocketTransparent { get; } = new(DataType.Number, 1, static register => [new SocketLoad(register, SocketKey.Transparent)]);

    /// <summary>
    /// <c>socket wildcard</c>: 0 where the packet is for a socket that is bound to its very address, 1 for one that is bound to any; no match where there is no
    /// socket, or only one of a TCP connection that is being opened or has ended.
    /// </summary>
    public static Field SocketWildcard { get; } = new(DataType.Number, 1, static register => [new SocketLoad(register, SocketKey.Wildcard)]);

    /// <summary><c>ether saddr</c>.</summary>
    public static Field EthernetSource { get; } = Payload(
        DataType.EthernetAddress, PayloadBase.Link, 6, 6,
        [new MetaLoad(Register.First, MetaKey.InputType), new Compare(Register.First, CompareOperator.Equal, DataValue.OfStruct((ushort)1))]);

    /// <summary>What its bytes mean.</summary>
    public DataType Type { get; }

    /// <summary>How many bytes.</summary>
    public int Length { get; }

    /// <summary>What is asked before, by way of the first register.</summary>
    internal ValueList<Expression> Requires { get; }

    /// <summary><c>numgen random mod N</c>: another number for each packet, all equally likely.</summary>
    public static Field RandomNumber(uint modulus) => new(DataType.Number, 4, register => [new NumberGenerator(register, Random: true, modulus)]);

    /// <summary><c>numgen inc mod N</c>: in turn.</summary>
    public static Field NextNumber(uint modulus) => new(DataType.Number, 4, register => [new NumberGenerator(register, Random: false, modulus)]);

    /// <summary><c>jhash … mod N</c>: the same number for the same fields.</summary>
    public static Field Hash(uint modulus, uint seed, params Field[] fields)
    {
        List<Expression> requires = [];
        foreach (Field field in fields)
        {
            requires.AddRange(field.Requires);
        }

        return new Field(DataType.Number, 4, Load, [.. requires]);

        ValueList<Expression> Load(Register register)
        {
            List<Expression> load = [];
            Register next = register;
            for (int index = 0; index < fields.Length; index++)
            {
                load.AddRange(fields[index].Load(next));
                if (index < fields.Length - 1)
                {
                    next = next.After(fields[index].Length);
                }
            }

            int length = ((next.Index - register.Index) * 4) + DataTypes.Padded(fields[^1].Length);
            return [.. load, new HashLoad(register, register, (uint)(fields.Length == 1 ? fields[0].Length : length), modulus, seed)];
        }
    }

    /// <summary>Any bytes of a header: <c>@th,16,16</c>.</summary>
    public static Field Raw(PayloadBase from, uint offset, uint length, DataType type = DataType.Unknown) => Payload(type, from, offset, length);

    /// <summary>Goes on with packets of one family only.</summary>
    internal static ValueList<Expression> OnlyFamily(TableFamily family) =>
        [new MetaLoad(Register.First, MetaKey.NetfilterProtocol), new Compare(Register.First, CompareOperator.Equal, new DataValue([(byte)family]))];

    /// <summary>Goes on with packets of one protocol only.</summary>
    internal static ValueList<Expression> OnlyProtocol(IpProtocol protocol) =>
        [new MetaLoad(Register.First, MetaKey.Layer4Protocol), new Compare(Register.First, CompareOperator.Equal, new DataValue([(byte)protocol]))];

    /// <summary>The expressions that bring it into registers.</summary>
    internal ValueList<Expression> Load(Register register) => _load(register);

    /// <summary>What all fields require, then all fields side by side from the first register on: a concatenation.</summary>
    internal static List<Expression> LoadAll(ReadOnlySpan<Field> fields)
    {
        List<Expression> expressions = [];
        AddRequired(expressions, fields);
        AddLoads(expressions, fields, 0);
        return [.. RuleParts.Join([[.. expressions]])];
    }

    /// <summary>Adds what fields require. It is asked by way of the first register, so before anything is loaded to stay.</summary>
    internal static void AddRequired(List<Expression> expressions, ReadOnlySpan<Field> fields)
    {
        foreach (Field field in fields)
        {
            expressions.AddRange(field.Requires);
        }
    }

    /// <summary>Adds the loads of fields side by side; returns the index of the register behind them.</summary>
    internal static int AddLoads(List<Expression> expressions, ReadOnlySpan<Field> fields, int register)
    {
        foreach (Field field in fields)
        {
            expressions.AddRange(field.Load(new Register(register)));
            register += DataTypes.Padded(field.Length) / 4;
        }

        return register <= Register.Count ? register : throw new ArgumentException($"{fields.Length} fields need {register} registers, there are {Register.Count}", nameof(fields));
    }

    private static Field Payload(DataType type, PayloadBase from, uint offset, uint length, ValueList<Expression> requires = default) =>
        new(type, (int)length, register => [new PayloadLoad(register, from, offset, length)], requires);

    private static Field PortOf(IpProtocol protocol, uint offset) => Payload(DataType.Port, PayloadBase.Transport, offset, 2, OnlyProtocol(protocol));

    private static Field Meta(DataType type, MetaKey key, int length) => new(type, length, register => [new MetaLoad(register, key)]);

    private static Field Conntrack(DataType type, ConntrackKey key, int length, ConntrackDirection? direction = null) =>
        new(type, length, register => [new ConntrackLoad(register, key, direction)]);
}
