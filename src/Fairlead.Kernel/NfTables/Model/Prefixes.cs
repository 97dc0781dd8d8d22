namespace Fairlead.Kernel.NfTables;

/// <summary>Prefixes as bits of values in network order.</summary>
internal static class Prefixes
{
    internal static DataValue Mask(int bytes, int prefixLength)
    {
        byte[] mask = new byte[bytes];
        for (int bit = 0; bit < prefixLength; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return DataValue.FromOwned(mask);
    }

    internal static DataValue Last(DataValue first, int prefixLength)
    {
        byte[] last = first.Span.ToArray();
        for (int bit = prefixLength; bit < last.Length * 8; bit++)
        {
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return DataValue.FromOwned(last);
    }

    /// <summary>The prefix length of a mask; null where its bits aren't all at the front.</summary>
    internal static int? Length(ReadOnlySpan<byte> mask)
    {
        int length = 0;
        bool ended = false;
        foreach (byte part in mask)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                bool set = (part & (1 << bit)) != 0;
                if (set && ended)
                {
                    return null;
                }

                ended |= !set;
                length += set ? 1 : 0;
            }
        }

        return length;
    }

    /// <summary>The prefix length of a range, where it is exactly one prefix.</summary>
    internal static int? Length(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        Span<byte> mask = stackalloc byte[first.Length];
        for (int index = 0; index < mask.Length; index++)
        {
            if ((first[index] & ~last[index]) != 0)
            {
                return null;
            }

            mask[index] = (byte)~(first[index] ^ last[index]);
        }

        if (Length(mask) is not { } length)
        {
            return null;
        }

        for (int index = 0; index < mask.Length; index++)
        {
            if ((first[index] & ~mask[index]) != 0)
            {
                return null;
            }
        }

        return length;
    }
}
