using System.Runtime.InteropServices;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// Bytes as they lie in the kernel's registers and in set elements: each field in its own byte order, padded to four bytes.
/// Compares by content.
/// </summary>
public readonly struct DataValue : IEquatable<DataValue>
{
    private readonly byte[]? _bytes;

    /// <summary>A copy of <paramref name="bytes"/>.</summary>
    public DataValue(ReadOnlySpan<byte> bytes) => _bytes = bytes.IsEmpty ? null : bytes.ToArray();

    private DataValue(byte[] owned) => _bytes = owned;

    /// <summary>How many bytes, the last field's padding not counted where it was made from one field alone.</summary>
    public int Length => _bytes is null ? 0 : _bytes.Length;

    /// <summary>Whether there is no byte: no value.</summary>
    public bool IsEmpty => _bytes is null;

    /// <summary>The bytes, without a copy.</summary>
    public ReadOnlySpan<byte> Span => _bytes;

    /// <summary>One field alone, in its own length (a port has two bytes).</summary>
    public static implicit operator DataValue(Scalar field) => Of(field);

    /// <summary>One field alone, in its own length (a port has two bytes).</summary>
    public static DataValue Of(Scalar field)
    {
        byte[] bytes = new byte[field.Length];
        field.CopyTo(bytes);
        return new DataValue(bytes);
    }

    /// <summary>Fields one behind another, each padded to four bytes: a concatenation, <c>ip daddr . meta l4proto . th dport</c>.</summary>
    public static DataValue Concat(params ReadOnlySpan<Scalar> fields)
    {
        if (fields.Length == 1)
        {
            return Of(fields[0]);
        }

        int length = 0;
        foreach (Scalar field in fields)
        {
            length += (field.Length + 3) & ~3;
        }

        byte[] bytes = new byte[length];
        int position = 0;
        foreach (Scalar field in fields)
        {
            field.CopyTo(bytes.AsSpan(position));
            position += (field.Length + 3) & ~3;
        }

        return new DataValue(bytes);
    }

    /// <summary>Same bytes.</summary>
    public static bool operator ==(DataValue left, DataValue right) => left.Equals(right);

    /// <summary>The opposite of equal.</summary>
    public static bool operator !=(DataValue left, DataValue right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(DataValue other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DataValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes in hexadecimal.</summary>
    public override string ToString() => $"0x{Convert.ToHexStringLower(Span)}";

    internal static DataValue FromOwned(byte[] bytes) => bytes.Length == 0 ? default : new DataValue(bytes);

    /// <summary>A number in network order one higher (the kernel's interval ends are exclusive); empty where it was the highest.</summary>
    internal DataValue Increment()
    {
        byte[] bytes = Span.ToArray();
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            if (++bytes[index] != 0)
            {
                return new DataValue(bytes);
            }
        }

        return default;
    }

    /// <summary>A number in network order one lower.</summary>
    internal DataValue Decrement()
    {
        byte[] bytes = Span.ToArray();
        for (int index = bytes.Length - 1; index >= 0; index--)
        {
            if (bytes[index]-- != 0)
            {
                break;
            }
        }

        return new DataValue(bytes);
    }

    internal static DataValue OfStruct<T>(in T value)
        where T : unmanaged => new(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));
}
