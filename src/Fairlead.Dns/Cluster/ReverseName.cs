using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>Names of addresses: 5.0.200.10.in-addr.arpa (RFC 1035 section 3.5), and nibbles below ip6.arpa (RFC 3596 section 2.5).</summary>
internal static class ReverseName
{
    private const int NibbleLength = 2;

    /// <summary>Where IPv4's reverse names end.</summary>
    public static ReadOnlySpan<byte> IPv4Zone => "\u0007in-addr\u0004arpa\0"u8;

    /// <summary>Where IPv6's reverse names end.</summary>
    public static ReadOnlySpan<byte> IPv6Zone => "\u0003ip6\u0004arpa\0"u8;

    /// <summary>Reads a whole name that is one address's; false for anything else, also for a name above addresses.</summary>
    public static bool TryRead(ReadOnlySpan<byte> name, out NetAddress address)
    {
        address = default;
        return name.EndsWith(IPv4Zone) ? TryReadIPv4(name[..^IPv4Zone.Length], out address)
            : name.EndsWith(IPv6Zone) && TryReadIPv6(name[..^IPv6Zone.Length], out address);
    }

    private static bool TryReadIPv4(ReadOnlySpan<byte> labels, out NetAddress address)
    {
        address = default;
        Span<byte> octets = stackalloc byte[4];
        for (int i = 3; i >= 0; i--)
        {
            if (labels.IsEmpty || labels[0] >= labels.Length || !DecimalOctet.TryRead(labels.Slice(1, labels[0]), out octets[i]))
            {
                return false;
            }

            labels = labels[(labels[0] + 1)..];
        }

        address = NetAddress.Read(octets);
        return labels.IsEmpty;
    }

    private static bool TryReadIPv6(ReadOnlySpan<byte> labels, out NetAddress address)
    {
        address = default;
        if (labels.Length != 32 * NibbleLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < 32; i++)
        {
            int digit = labels[(i * NibbleLength) + 1] switch
            {
                >= (byte)'0' and <= (byte)'9' and var c => c - '0',
                >= (byte)'a' and <= (byte)'f' and var c => c - 'a' + 10,
                _ => -1,
            };
            if (labels[i * NibbleLength] != 1 || digit < 0)
            {
                return false;
            }

            int at = 15 - (i / 2);
            bytes[at] |= (byte)(i % 2 == 0 ? digit : digit << 4);
        }

        address = NetAddress.Read(bytes);
        return true;
    }
}
