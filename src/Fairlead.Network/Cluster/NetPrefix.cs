using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Fairlead.Network;

/// <summary>An address range in CIDR notation, always with its host bits zero.</summary>
public readonly record struct NetPrefix
{
    /// <summary>The prefix of <paramref name="length"/> bits that holds <paramref name="address"/>.</summary>
    public NetPrefix(NetAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(address.Length * 8), nameof(length));
        Address = address.Mask(length);
        Length = length;
    }

    /// <summary>The first address.</summary>
    public NetAddress Address { get; }

    /// <summary>Number of leading bits that all addresses share.</summary>
    public int Length { get; }

    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Address.IsIPv6;

    /// <summary>The last address.</summary>
    public NetAddress Last => Address.Last(Length);

    /// <summary>True if the address is of the same family and in the range.</summary>
    public bool Contains(NetAddress address) => address.IsIPv6 == IsIPv6 && address.Mask(Length) == Address;

    /// <summary>True if the two ranges share an address.</summary>
    public bool Overlaps(NetPrefix other) => Length <= other.Length ? Contains(other.Address) : other.Contains(Address);

    /// <summary>The range that holds this address alone.</summary>
    public static NetPrefix Single(NetAddress address) => new(address, address.Length * 8);

    /// <summary>Reads <c>10.0.0.0/8</c> or <c>fd00::/64</c>; host bits are cleared, as the API does.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NetPrefix prefix)
    {
        prefix = default;
        int slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0
            || !NetAddress.TryParse(text![..slash], out NetAddress address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            || length > address.Length * 8)
        {
            return false;
        }

        prefix = new(address, length);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is not a CIDR.</exception>
    public static NetPrefix Parse(string text) =>
        TryParse(text, out NetPrefix prefix) ? prefix : throw new FormatException($"\"{text}\" is not a CIDR such as 10.0.0.0/8.");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
