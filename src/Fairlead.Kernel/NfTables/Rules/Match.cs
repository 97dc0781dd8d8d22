using System.Net;
using System.Text;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>The conditions of rules, each a part for <see cref="Rule.Of"/>.</summary>
public static class Match
{
    /// <summary><c>ip daddr 10.0.0.1</c>.</summary>
    public static ValueList<Expression> Equal(Field field, DataValue value) => Compared(field, CompareOperator.Equal, value);

    /// <summary><c>ip daddr != 10.0.0.1</c>.</summary>
    public static ValueList<Expression> NotEqual(Field field, DataValue value) => Compared(field, CompareOperator.NotEqual, value);

    /// <summary><c>ip daddr 10.0.0.0/8</c>; of no length, only the family is asked.</summary>
    public static ValueList<Expression> Within(Field field, IPNetwork network) => Prefix(field, network, CompareOperator.Equal);

    /// <summary><c>ip daddr != 10.0.0.0/8</c>.</summary>
    public static ValueList<Expression> Outside(Field field, IPNetwork network) => Prefix(field, network, CompareOperator.NotEqual);

    /// <summary><c>tcp dport 30000-32767</c>, both ends included.</summary>
    public static ValueList<Expression> Range(Field field, DataValue first, DataValue last)
    {
        RequireNetworkOrder(field);
        return
        [
            .. field.Requires, .. field.Load(Register.First),
            new Compare(Register.First, CompareOperator.GreaterOrEqual, Checked(field, first)),
            new Compare(Register.First, CompareOperator.LessOrEqual, Checked(field, last)),
        ];
    }

    /// <summary><c>tcp dport != 30000-32767</c>.</summary>
    public static ValueList<Expression> NotRange(Field field, DataValue first, DataValue last)
    {
        RequireNetworkOrder(field);
        return [.. field.Requires, .. field.Load(Register.First), new CompareRange(Register.First, Inverted: true, Checked(field, first), Checked(field, last))];
    }

    /// <summary><c>meta mark &amp; 0x4000 != 0</c>: one of the bits is set.</summary>
    public static ValueList<Expression> AnyBit(Field field, uint bits) => Bits(field, bits, CompareOperator.NotEqual, 0);

    /// <summary><c>meta mark &amp; 0x4000 == 0</c>: none of the bits is set.</summary>
    public static ValueList<Expression> NoBit(Field field, uint bits) => Bits(field, bits, CompareOperator.Equal, 0);

    /// <summary><c>meta mark &amp; 0xff00 == 0x1200</c>.</summary>
    public static ValueList<Expression> Masked(Field field, uint mask, uint value) => Bits(field, mask, CompareOperator.Equal, value);

    /// <summary><c>ct state established,related</c>: one of them.</summary>
    public static ValueList<Expression> State(ConntrackStates states) => AnyBit(Field.ConntrackState, (uint)states);

    /// <summary><c>ct status dnat</c>: one of them.</summary>
    public static ValueList<Expression> Status(ConntrackStatuses statuses) => AnyBit(Field.ConntrackStatus, (uint)statuses);

    /// <summary><c>meta nfproto ipv4</c>.</summary>
    public static ValueList<Expression> Family(TableFamily family) => Field.OnlyFamily(family);

    /// <summary><c>meta l4proto tcp</c>.</summary>
    public static ValueList<Expression> Protocol(IpProtocol protocol) => Field.OnlyProtocol(protocol);

    /// <summary><c>iifname "eth0"</c>.</summary>
    public static ValueList<Expression> Input(string name) => Equal(Field.InputInterface, Scalar.InterfaceName(name));

    /// <summary><c>oifname "eth0"</c>.</summary>
    public static ValueList<Expression> Output(string name) => Equal(Field.OutputInterface, Scalar.InterfaceName(name));

    /// <summary><c>iifname "veth*"</c>: links whose names begin so.</summary>
    public static ValueList<Expression> NamePrefix(Field field, string prefix) =>
        [.. field.Load(Register.First), new Compare(Register.First, CompareOperator.Equal, new DataValue(Encoding.UTF8.GetBytes(prefix)))];

    /// <summary><c>iifname != "veth*"</c>.</summary>
    public static ValueList<Expression> NotNamePrefix(Field field, string prefix) =>
        [.. field.Load(Register.First), new Compare(Register.First, CompareOperator.NotEqual, new DataValue(Encoding.UTF8.GetBytes(prefix)))];

    /// <summary><c>ip saddr . tcp dport @name</c>.</summary>
    public static ValueList<Expression> InSet(string set, params ReadOnlySpan<Field> fields) =>
        [.. Field.LoadAll(fields), new Lookup(set, Register.First)];

    /// <summary><c>ip saddr . tcp dport != @name</c>.</summary>
    public static ValueList<Expression> NotInSet(string set, params ReadOnlySpan<Field> fields) =>
        [.. Field.LoadAll(fields), new Lookup(set, Register.First, Inverted: true)];

    private static ValueList<Expression> Compared(Field field, CompareOperator how, DataValue value) =>
        [.. field.Requires, .. field.Load(Register.First), new Compare(Register.First, how, Checked(field, value))];

    private static ValueList<Expression> Prefix(Field field, IPNetwork network, CompareOperator how)
    {
        DataValue address = Checked(field, Scalar.Address(network.BaseAddress));
        if (network.PrefixLength == field.Length * 8)
        {
            return Compared(field, how, address);
        }

        DataValue mask = Prefixes.Mask(field.Length, network.PrefixLength);
        return
        [
            .. field.Requires, .. field.Load(Register.First),
            new Bitwise(Register.First, Register.First, mask, new DataValue(new byte[field.Length])),
            new Compare(Register.First, how, address),
        ];
    }

    private static ValueList<Expression> Bits(Field field, uint mask, CompareOperator how, uint value)
    {
        DataValue Number(uint number) => field.Length switch
        {
            1 => new DataValue([(byte)number]),
            4 => Scalar.Number(number),
            _ => throw new ArgumentException($"bits of {field.Type} can't be compared", nameof(field)),
        };
        return
        [
            .. field.Requires, .. field.Load(Register.First),
            new Bitwise(Register.First, Register.First, Number(mask), Number(0)),
            new Compare(Register.First, how, Number(value)),
        ];
    }

    private static DataValue Checked(Field field, DataValue value) =>
        value.Length == field.Length ? value : throw new ArgumentException($"{field.Type} has {field.Length} bytes, the value has {value.Length}", nameof(value));

    /// <summary>The kernel compares byte by byte, which is the order of numbers in network order only.</summary>
    private static void RequireNetworkOrder(Field field)
    {
        if (DataTypes.Order(field.Type) == DataTypes.ByteOrder.Host || field.Type == DataType.Number)
        {
            throw new ArgumentException($"{field.Type} is in host order: it has no ranges", nameof(field));
        }
    }
}
