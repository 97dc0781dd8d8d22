using System.Buffers.Binary;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// Reads the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding). Every length is checked here, once:
/// any bytes give values or <see cref="InvalidDataException"/>.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;
    private int _wireType;

    /// <summary>Number of the field that <see cref="Next"/> moved to.</summary>
    public int Number { get; private set; }

    /// <summary>The field carries bytes: a string, a message or packed numbers.</summary>
    public readonly bool IsBytes => _wireType == 2;

    /// <summary>Moves to the next field; its value must then be read or skipped.</summary>
    public bool Next()
    {
        if (_rest.Length == 0)
        {
            return false;
        }

        ulong tag = Varint();
        _wireType = (int)(tag & 7);
        ulong number = tag >> 3;
        if (number is 0 or > 0x1FFF_FFFF)
        {
            throw new InvalidDataException($"proto: illegal tag {number} (wire type {_wireType})");
        }

        Number = (int)number;
        return true;
    }

    /// <summary>A varint field.</summary>
    public ulong ReadVarint()
    {
        Expect(0);
        return Varint();
    }

    /// <summary>A 64-bit field.</summary>
    public double ReadDouble()
    {
        Expect(1);
        return BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(Take(8)));
    }

    /// <summary>The bytes of a string, message or packed field.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(2);
        return Take(Varint());
    }

    /// <summary>Passes over a field that nobody knows.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                Take(Varint());
                break;
            case 5:
                Take(4);
                break;
            default:
                throw new InvalidDataException($"proto: illegal wireType {_wireType}");
        }
    }

    private readonly void Expect(int wireType)
    {
        if (_wireType != wireType)
        {
            throw new InvalidDataException($"proto: wrong wireType = {_wireType} for field {Number}");
        }
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (_rest.Length == 0)
            {
                throw new InvalidDataException("unexpected EOF");
            }

            byte b = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("proto: integer overflow");
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new InvalidDataException("unexpected EOF");
        }

        ReadOnlySpan<byte> taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }
}
