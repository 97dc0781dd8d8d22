using System.Buffers.Binary;
using System.Numerics;

namespace Fairlead.Dns.Serving;

/// <summary>SipHash-2-4 (Aumasson and Bernstein 2012): a keyed hash of short input that can't be guessed without the key. RFC 9018 makes cookies with it.</summary>
internal readonly struct SipHash(ulong firstKey, ulong secondKey)
{
    /// <summary>The hash.</summary>
    public ulong Of(ReadOnlySpan<byte> input)
    {
        ulong a = 0x736f6d6570736575 ^ firstKey;
        ulong b = 0x646f72616e646f6d ^ secondKey;
        ulong c = 0x6c7967656e657261 ^ firstKey;
        ulong d = 0x7465646279746573 ^ secondKey;
        ulong last = (ulong)input.Length << 56;
        while (input.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(input);
            d ^= word;
            Round(ref a, ref b, ref c, ref d);
            Round(ref a, ref b, ref c, ref d);
            a ^= word;
            input = input[sizeof(ulong)..];
        }

        for (int i = 0; i < input.Length; i++)
        {
            last |= (ulong)input[i] << (8 * i);
        }

        d ^= last;
        Round(ref a, ref b, ref c, ref d);
        Round(ref a, ref b, ref c, ref d);
        a ^= last;
        c ^= 0xff;
        for (int i = 0; i < 4; i++)
        {
            Round(ref a, ref b, ref c, ref d);
        }

        return a ^ b ^ c ^ d;
    }

    private static void Round(ref ulong a, ref ulong b, ref ulong c, ref ulong d)
    {
        a += b;
        b = BitOperations.RotateLeft(b, 13) ^ a;
        a = BitOperations.RotateLeft(a, 32);
        c += d;
        d = BitOperations.RotateLeft(d, 16) ^ c;
        a += d;
        d = BitOperations.RotateLeft(d, 21) ^ a;
        c += b;
        b = BitOperations.RotateLeft(b, 17) ^ c;
        c = BitOperations.RotateLeft(c, 32);
    }
}
