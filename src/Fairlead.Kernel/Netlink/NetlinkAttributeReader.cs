using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Fairlead.Kernel.Netlink;

/// <summary>
/// Walks attributes: <c>foreach (NetlinkAttribute attribute in message.Attributes(headerSize))</c>. Every length is checked here, once;
/// an attribute of unknown type is one like any other, and its reader passes over it.
/// </summary>
public ref struct NetlinkAttributeReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads from <paramref name="bytes"/>.</summary>
    public NetlinkAttributeReader(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
        Current = default;
    }

    /// <summary>The attribute that <see cref="MoveNext"/> came to.</summary>
    public NetlinkAttribute Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly NetlinkAttributeReader GetEnumerator() => this;

    /// <summary>Goes on to the next attribute; false at the end.</summary>
    /// <exception cref="InvalidDataException">A header is cut off, or a length points outside the buffer.</exception>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length < NetlinkControl.AttributeHeaderSize)
        {
            throw new InvalidDataException($"netlink attribute header cut off after {_rest.Length} bytes");
        }

        ushort length = MemoryMarshal.Read<ushort>(_rest);
        if (length < NetlinkControl.AttributeHeaderSize || length > _rest.Length)
        {
            throw new InvalidDataException($"netlink attribute says that it has {length} bytes, {_rest.Length} are there");
        }

        Current = new NetlinkAttribute(MemoryMarshal.Read<ushort>(_rest[2..]), _rest[NetlinkControl.AttributeHeaderSize..length]);
        _rest = _rest[Math.Min(NetlinkControl.Align(length), _rest.Length)..];
        return true;
    }

    /// <summary>Looks for the first attribute of a type among those not yet read; false where there is none.</summary>
    public readonly bool TryFind(ushort type, out NetlinkAttribute attribute)
    {
        foreach (NetlinkAttribute candidate in this)
        {
            if (candidate.Type == type)
            {
                attribute = candidate;
                return true;
            }
        }

        attribute = default;
        return false;
    }
}

/// <summary>One attribute: its type and its value, a view into the receive buffer. Each getter throws <see cref="InvalidDataException"/> where the value is too short for it.</summary>
public readonly ref struct NetlinkAttribute
{
    private readonly ushort _type;

    internal NetlinkAttribute(ushort type, ReadOnlySpan<byte> value)
    {
        _type = type;
        Value = value;
    }

    /// <summary>nla_type without its two flag bits.</summary>
    public ushort Type => (ushort)(_type & NetlinkControl.TypeMask);

    /// <summary>NLA_F_NESTED. Older families nest without it: absence says nothing.</summary>
    public bool IsMarkedNested => (_type & NetlinkControl.NestedFlag) != 0;

    /// <summary>The value's bytes.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>One byte.</summary>
    public byte Byte => NetlinkBytes.Read<byte>(Value);

    /// <summary>Two bytes in host order.</summary>
    public ushort UInt16 => NetlinkBytes.Read<ushort>(Value);

    /// <summary>Two bytes in network order.</summary>
    public ushort UInt16BigEndian => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(UInt16) : UInt16;

    /// <summary>Four bytes in host order.</summary>
    public uint UInt32 => NetlinkBytes.Read<uint>(Value);

    /// <summary>Four bytes in network order.</summary>
    public uint UInt32BigEndian => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(UInt32) : UInt32;

    /// <summary>Four bytes in host order, signed.</summary>
    public int Int32 => NetlinkBytes.Read<int>(Value);

    /// <summary>Eight bytes in host order.</summary>
    public ulong UInt64 => NetlinkBytes.Read<ulong>(Value);

    /// <summary>Eight bytes in network order.</summary>
    public ulong UInt64BigEndian => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(UInt64) : UInt64;

    /// <summary>UTF-8 up to the first NUL or the end.</summary>
    public string String
    {
        get
        {
            int end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }

    /// <summary>The attributes inside this one.</summary>
    public NetlinkAttributeReader Nested => new(Value);

    /// <summary>A struct as it lies in memory at the front of the value.</summary>
    public T Struct<T>()
        where T : unmanaged => NetlinkBytes.Read<T>(Value);
}
