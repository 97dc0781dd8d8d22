using System.Buffers.Binary;
using System.Net;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>Cuts a range into blocks of one size and finds the first that is free. No I/O, no state.</summary>
internal static class CidrAllocator
{
    /// <summary>The first block of <paramref name="range"/> that overlaps none of <paramref name="taken"/>; null where the range is full.</summary>
    public static IPNetwork? FirstFree(IPNetwork range, int prefixLength, IReadOnlyCollection<IPNetwork> taken)
    {
        int bits = range.BaseAddress.GetAddressBytes().Length * 8;
        if (prefixLength < range.PrefixLength || prefixLength > bits)
        {
            return null;
        }

        UInt128 block = UInt128.One << (bits - prefixLength);
        UInt128 first = Number(range.BaseAddress);
        UInt128 end = first + (UInt128.One << (bits - range.PrefixLength)) - 1;
        UInt128 candidate = first;
        (UInt128 Start, UInt128 End)[] occupied = [.. taken
            .Where(network => network.BaseAddress.AddressFamily == range.BaseAddress.AddressFamily)
            .Select(network => (Number(network.BaseAddress), Number(network.BaseAddress) + (UInt128.One << (bits - network.PrefixLength)) - 1))
            .OrderBy(network => network.Item1)];
        foreach ((UInt128 start, UInt128 last) in occupied)
        {
            if (last < candidate)
            {
                continue;
            }

            if (start > candidate + block - 1)
            {
                break;
            }

            // The next block that begins after what is taken.
            candidate = first + (((last - first) / block) + 1) * block;
        }

        return candidate + block - 1 <= end && candidate >= first ? new IPNetwork(Address(candidate, bits), prefixLength) : null;
    }

    private static UInt128 Number(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress Address(UInt128 number, int bits)
    {
        byte[] bytes = new byte[bits / 8];
        if (bits == 32)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)number);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        }

        return new IPAddress(bytes);
    }
}
