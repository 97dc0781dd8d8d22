using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Cni;

/// <summary>An address with the length of its network's prefix, host bits kept: 10.200.0.5/24.</summary>
public readonly record struct AddressPrefix(IPAddress Address, int PrefixLength)
{
    /// <summary>0.0.0.0/0.</summary>
    public static AddressPrefix DefaultIPv4 { get; } = new(IPAddress.Any, 0);

    /// <summary>::/0.</summary>
    public static AddressPrefix DefaultIPv6 { get; } = new(IPAddress.IPv6Any, 0);

    /// <summary>Whether the address is of IPv6.</summary>
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>32 or 128.</summary>
    public int Width => IsIPv6 ? 128 : 32;

    /// <summary>Whether this is a default route's destination.</summary>
    public bool IsDefault => PrefixLength == 0;

    /// <summary>The same prefix with all host bits zero: 10.200.0.0/24.</summary>
    public AddressPrefix Network
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Address.TryWriteBytes(bytes, out int length);
            for (int i = 0; i < length; i++)
            {
                int bits = Math.Clamp(PrefixLength - (i * 8), 0, 8);
                bytes[i] &= (byte)(0xff << (8 - bits));
            }

            return new AddressPrefix(new IPAddress(bytes[..length]), PrefixLength);
        }
    }

    /// <summary>The last address of the network: 10.200.0.255.</summary>
    public IPAddress LastAddress
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Address.TryWriteBytes(bytes, out int length);
            for (int i = 0; i < length; i++)
            {
                int bits = Math.Clamp(PrefixLength - (i * 8), 0, 8);
                bytes[i] |= (byte)~(0xff << (8 - bits));
            }

            return new IPAddress(bytes[..length]);
        }
    }

    /// <summary>Whether the address lies in this network.</summary>
    public bool Contains(IPAddress address) =>
        address.AddressFamily == Address.AddressFamily
        && new AddressPrefix(address, PrefixLength).Network.Address.Equals(Network.Address);

    /// <summary>Whether the two networks share an address.</summary>
    public bool Overlaps(AddressPrefix other) =>
        PrefixLength <= other.PrefixLength ? Contains(other.Address) : other.Contains(Address);

    /// <summary>Reads "10.200.0.5/24" or "fd00::5/64"; the length must be there.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out AddressPrefix prefix)
    {
        prefix = default;
        int slash = text?.IndexOf('/') ?? -1;
        if (text is null || slash < 0 || !TryParseAddress(text[..slash], out IPAddress? address))
        {
            return false;
        }

        if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            || length > (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32))
        {
            return false;
        }

        prefix = new AddressPrefix(address, length);
        return true;
    }

    /// <summary>Reads an address strictly: four decimal numbers without leading zeros, or IPv6 without zone and brackets (an IPv4-mapped one is IPv4, as for the reference).</summary>
    public static bool TryParseAddress([NotNullWhen(true)] string? text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        if (!text.Contains(':'))
        {
            int parts = 0;
            foreach (Range range in text.AsSpan().Split('.'))
            {
                ReadOnlySpan<char> part = text.AsSpan()[range];
                parts++;
                if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    return false;
                }
            }

            return parts == 4 && IPAddress.TryParse(text, out address);
        }

        if (text.AsSpan().IndexOfAny("%[]") >= 0 || !IPAddress.TryParse(text, out address))
        {
            address = null;
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        return true;
    }

    /// <summary>"10.200.0.5/24".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");
}
