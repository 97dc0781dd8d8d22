using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Net;

namespace Fairlead.Network;

/// <summary>An IPv4 or IPv6 address as a value of 24 bytes, so that a plan of 100,000 endpoints holds arrays and not objects.</summary>
public readonly record struct NetAddress : IComparable<NetAddress>
{
    private readonly ulong upper;
    private readonly ulong lower;

    private NetAddress(ulong upper, ulong lower, bool isIPv6)
    {
        this.upper = upper;
        this.lower = lower;
        IsIPv6 = isIPv6;
    }

    /// <summary>True for an IPv6 address, false for an IPv4 one.</summary>
    public bool IsIPv6 { get; }

    /// <summary>Length of the address on the wire: 4 or 16 bytes.</summary>
    public int Length => IsIPv6 ? 16 : 4;

    /// <summary>The address as the runtime's own type.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[Length];
        WriteTo(bytes);
        return new IPAddress(bytes);
    }

    /// <summary>Takes the runtime's own type.</summary>
    public static NetAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return Read(bytes[..written]);
    }

    /// <summary>Reads 4 or 16 bytes in network byte order.</summary>
    /// <exception cref="ArgumentException">Neither 4 nor 16 bytes.</exception>
    public static NetAddress Read(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => new(0, BinaryPrimitives.ReadUInt32BigEndian(bytes), false),
        16 => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), true),
        _ => throw new ArgumentException($"An address has 4 or 16 bytes, not {bytes.Length}.", nameof(bytes)),
    };

    /// <summary>Writes <see cref="Length"/> bytes in network byte order.</summary>
    public void WriteTo(Span<byte> destination)
    {
        if (!IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)lower);
            return;
        }

        BinaryPrimitives.WriteUInt64BigEndian(destination, upper);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], lower);
    }

    /// <summary>
    /// Reads text the way the Kubernetes API does: an IPv4 octet with leading zeros is decimal (ParseIPSloppy), an
    /// IPv4-mapped IPv6 address is IPv4, a scope is refused.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NetAddress address)
    {
        address = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (!text.Contains(':', StringComparison.Ordinal))
        {
            return TryParseIPv4(text, out address);
        }

        if (text.Contains('%', StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal)
            || !IPAddress.TryParse(text, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        address = From(parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is not an address.</exception>
    public static NetAddress Parse(string text) =>
        TryParse(text, out NetAddress address) ? address : throw new FormatException($"\"{text}\" is not an IP address.");

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out NetAddress address)
    {
        address = default;
        uint value = 0;
        int octets = 0, octet = -1;
        foreach (char c in text)
        {
            if (c == '.')
            {
                if (octet < 0 || ++octets > 3)
                {
                    return false;
                }

                value = (value << 8) | (uint)octet;
                octet = -1;
            }
            else if (!char.IsAsciiDigit(c) || (octet = (octet < 0 ? 0 : octet * 10) + (c - '0')) > 255)
            {
                return false;
            }
        }

        if (octets != 3 || octet < 0)
        {
            return false;
        }

        address = new(0, (value << 8) | (uint)octet, false);
        return true;
    }

    /// <summary>The first address of the prefix of the given length that this address is in.</summary>
    public NetAddress Mask(int prefixLength)
    {
        if (!IsIPv6)
        {
            return new(0, prefixLength == 0 ? 0 : lower & (uint.MaxValue << (32 - prefixLength)), false);
        }

        return prefixLength switch
        {
            0 => new(0, 0, true),
            <= 64 => new(upper & (ulong.MaxValue << (64 - prefixLength)), 0, true),
            _ => new(upper, lower & (ulong.MaxValue << (128 - prefixLength)), true),
        };
    }

    /// <summary>The last address of the prefix of the given length that this address is in.</summary>
    public NetAddress Last(int prefixLength)
    {
        if (!IsIPv6)
        {
            return new(0, prefixLength == 32 ? lower : (uint)lower | (uint.MaxValue >> prefixLength), false);
        }

        return prefixLength switch
        {
            128 => this,
            >= 64 => new(upper, prefixLength == 64 ? ulong.MaxValue : lower | (ulong.MaxValue >> (prefixLength - 64)), true),
            _ => new(upper | (ulong.MaxValue >> prefixLength), ulong.MaxValue, true),
        };
    }

    /// <summary>The address after this one; false for the last address of the family.</summary>
    public bool TryNext(out NetAddress next)
    {
        if (!IsIPv6)
        {
            next = new(0, lower + 1, false);
            return lower != uint.MaxValue;
        }

        ulong low = unchecked(lower + 1);
        ulong high = low == 0 ? unchecked(upper + 1) : upper;
        next = new(high, low, true);
        return low != 0 || high != 0;
    }

    /// <summary>The address before this one; false for the first address of the family.</summary>
    public bool TryPrevious(out NetAddress previous)
    {
        if (!IsIPv6)
        {
            previous = new(0, lower - 1, false);
            return lower != 0;
        }

        previous = new(lower == 0 ? unchecked(upper - 1) : upper, unchecked(lower - 1), true);
        return lower != 0 || upper != 0;
    }

    /// <summary>IPv4 before IPv6, then by number.</summary>
    public int CompareTo(NetAddress other)
    {
        int order = IsIPv6.CompareTo(other.IsIPv6);
        order = order != 0 ? order : upper.CompareTo(other.upper);
        return order != 0 ? order : lower.CompareTo(other.lower);
    }

    /// <inheritdoc/>
    public override string ToString() => ToIPAddress().ToString();

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(NetAddress left, NetAddress right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(NetAddress left, NetAddress right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(NetAddress left, NetAddress right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(NetAddress left, NetAddress right) => left.CompareTo(right) >= 0;
}
