using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Corefile;

/// <summary>Zones as a Corefile names them: domains, or ranges of addresses.</summary>
internal static class Zones
{
    public static readonly DnsName Reverse4 = DnsName.Parse("in-addr.arpa");
    public static readonly DnsName Reverse6 = DnsName.Parse("ip6.arpa");

    /// <summary>Reads a name, or a range of addresses, which means the reverse zones that hold them.</summary>
    /// <param name="text">A name with or without its final dot, or a range such as 10.0.0.0/24.</param>
    /// <returns>One zone for a name; for a range that ends within an octet (a nibble of IPv6), as many as it takes; null where the text is neither.</returns>
    public static ImmutableArray<DnsName>? TryParse(string text)
    {
        if (text.Contains('/'))
        {
            return IPNetwork.TryParse(text, out IPNetwork range) ? ReverseZones(range) : null;
        }

        return text.Length > 0 && DnsName.TryParse(text, out DnsName name) ? [name] : null;
    }

    /// <summary>The name under which an address's PTR record is found (RFC 1035, section 3.5; RFC 3596, section 2.5).</summary>
    public static DnsName Reverse(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return ReverseOf(bytes, bytes.Length == 4 ? 4 : 32);
    }

    /// <summary>Whether any of the zones holds a name.</summary>
    public static bool Contain(ImmutableArray<DnsName> zones, ReadOnlySpan<byte> name)
    {
        foreach (DnsName zone in zones)
        {
            if (NameBytes.IsWithin(name, zone.Wire))
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<DnsName> ReverseZones(IPNetwork range)
    {
        byte[] bytes = range.BaseAddress.GetAddressBytes();
        int bitsPerUnit = bytes.Length == 4 ? 8 : 4;
        int whole = range.PrefixLength / bitsPerUnit;
        int rest = range.PrefixLength % bitsPerUnit;
        if (rest == 0)
        {
            return [ReverseOf(bytes, whole)];
        }

        ImmutableArray<DnsName>.Builder zones = ImmutableArray.CreateBuilder<DnsName>();
        int count = 1 << (bitsPerUnit - rest);
        for (int i = 0; i < count; i++)
        {
            byte[] one = [.. bytes];
            if (bitsPerUnit == 8)
            {
                one[whole] += (byte)i;
            }
            else
            {
                one[whole / 2] += (byte)(whole % 2 == 0 ? i << 4 : i);
            }

            zones.Add(ReverseOf(one, whole + 1));
        }

        return zones.ToImmutable();
    }

    private static DnsName ReverseOf(byte[] bytes, int units)
    {
        StringBuilder name = new();
        for (int unit = units - 1; unit >= 0; unit--)
        {
            if (bytes.Length == 4)
            {
                name.Append(CultureInfo.InvariantCulture, $"{bytes[unit]}.");
            }
            else
            {
                name.Append(CultureInfo.InvariantCulture, $"{(unit % 2 == 0 ? bytes[unit / 2] >> 4 : bytes[unit / 2] & 15):x}.");
            }
        }

        return DnsName.Parse(name.Append(bytes.Length == 4 ? "in-addr.arpa" : "ip6.arpa").ToString());
    }
}
