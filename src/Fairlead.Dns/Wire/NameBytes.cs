using System.Runtime.InteropServices;

namespace Fairlead.Dns.Wire;

/// <summary>Names as they stand on the wire, uncompressed: labels of a length byte and so many bytes, and a zero at the end (RFC 1035 section 3.1).</summary>
public static class NameBytes
{
    /// <summary>The longest name, with its final zero.</summary>
    public const int MaxLength = 255;

    /// <summary>The longest label.</summary>
    public const int MaxLabelLength = 63;

    /// <summary>The name of the root.</summary>
    public static ReadOnlySpan<byte> Root => [0];

    /// <summary>
    /// Measures the uncompressed name at the start of <paramref name="bytes"/>. False where it is none: cut off, too long, or with a label of another kind (a pointer).
    /// </summary>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        int position = 0;
        while ((uint)position < (uint)bytes.Length && position < MaxLength)
        {
            int label = bytes[position];
            if (label == 0)
            {
                length = position + 1;
                return true;
            }

            if (label > MaxLabelLength)
            {
                break;
            }

            position += label + 1;
        }

        length = 0;
        return false;
    }

    /// <summary>
    /// Lower-cases A to Z (RFC 4343). A whole name can be given: a length is below 64 and no letter.
    /// </summary>
    /// <param name="source">What to lower-case.</param>
    /// <param name="destination">At least as long; may be the same memory.</param>
    public static void ToLower(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        destination = destination[..source.Length];
        while (source.Length >= sizeof(ulong))
        {
            ulong eight = MemoryMarshal.Read<ulong>(source);

            // Bit 7 of each byte: set from 'A' on in one, from 'Z' + 1 on in the other; a byte of 128 or more is no letter.
            ulong low = eight & 0x7f7f_7f7f_7f7f_7f7f;
            ulong fromA = low + 0x3f3f_3f3f_3f3f_3f3f;
            ulong afterZ = low + 0x2525_2525_2525_2525;
            ulong letters = fromA & ~afterZ & ~eight & 0x8080_8080_8080_8080;
            MemoryMarshal.Write(destination, eight | (letters >> 2));
            source = source[sizeof(ulong)..];
            destination = destination[sizeof(ulong)..];
        }

        for (int i = 0; i < source.Length; i++)
        {
            byte value = source[i];
            destination[i] = (byte)(value - 'A') <= 'Z' - 'A' ? (byte)(value | 0x20) : value;
        }
    }

    /// <summary>Whether two names are the same, whatever the case of their letters.</summary>
    public static bool AreEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != right.Length)
        {
            return false;
        }

        Span<byte> lower = stackalloc byte[2 * MaxLength];
        if (left.Length > MaxLength)
        {
            return left.SequenceEqual(right);
        }

        ToLower(left, lower);
        ToLower(right, lower[MaxLength..]);
        return lower[..left.Length].SequenceEqual(lower.Slice(MaxLength, right.Length));
    }

    /// <summary>Whether a name is a zone's or below it. Both lower-cased, both whole.</summary>
    public static bool IsWithin(ReadOnlySpan<byte> name, ReadOnlySpan<byte> zone)
    {
        int front = name.Length - zone.Length;
        if (front < 0 || !name[front..].SequenceEqual(zone))
        {
            return false;
        }

        // "notcluster.local" ends as "cluster.local" does only inside a label: the end must start where a label starts.
        int position = 0;
        while (position < front)
        {
            position += name[position] + 1;
        }

        return position == front;
    }

    /// <summary>How many labels a whole name has; the root has none.</summary>
    public static int CountLabels(ReadOnlySpan<byte> name)
    {
        int labels = 0;
        for (int position = 0; name[position] != 0; position += name[position] + 1)
        {
            labels++;
        }

        return labels;
    }

    /// <summary>A hash of lower-cased bytes: good enough to spread names over buckets, and quick for those of 30 bytes.</summary>
    public static uint Hash(ReadOnlySpan<byte> name)
    {
        ulong hash = (ulong)name.Length * 0x9e37_79b9_7f4a_7c15 ^ Seed;
        while (name.Length >= sizeof(ulong))
        {
            hash = (hash ^ MemoryMarshal.Read<ulong>(name)) * 0xff51_afd7_ed55_8ccd;
            hash ^= hash >> 32;
            name = name[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (int i = 0; i < name.Length; i++)
        {
            rest = (rest << 8) | name[i];
        }

        hash = (hash ^ rest) * 0xc4ce_b9fe_1a85_ec53;
        return (uint)(hash ^ (hash >> 32));
    }

    /// <summary>Another one in each process: nobody outside can choose names that all fall into one bucket.</summary>
    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64();
}
