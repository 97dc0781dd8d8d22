using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Fairlead.Dns;

/// <summary>The name of a zone as configuration has it: absolute, lower case, with its final dot.</summary>
/// <param name="Text">The name, such as <c>cluster.local.</c> or <c>.</c>.</param>
public readonly record struct ZoneName(string Text)
{
    /// <summary>The root: every name is in it.</summary>
    public static ZoneName Root { get; } = new(".");

    /// <summary>How many labels it has; 0 for the root.</summary>
    public int Labels => Text.Length == 1 ? 0 : Text.AsSpan().Count('.');

    /// <summary>Whether a name is this zone's apex or below it.</summary>
    /// <param name="name">An absolute name in lower case.</param>
    public bool Contains(ReadOnlySpan<char> name) => Text.Length == 1
        || (name.EndsWith(Text) && (name.Length == Text.Length || name[^(Text.Length + 1)] == '.'));

    /// <summary>Reads a name, or a range of addresses, which means the reverse zones that hold them.</summary>
    /// <param name="text">A name with or without its final dot, or a range such as 10.0.0.0/24.</param>
    /// <returns>One zone for a name; for a range that ends within an octet (a nibble of IPv6), as many as it takes; null where the text is neither.</returns>
    public static ImmutableArray<ZoneName>? TryParse(string text)
    {
        if (text.Contains('/'))
        {
            return IPNetwork.TryParse(text, out IPNetwork range) ? ReverseZones(range) : null;
        }

        string absolute = text.EndsWith('.') ? text : text + ".";
        return absolute == "." || IsName(absolute) ? [new ZoneName(absolute.ToLowerInvariant())] : null;
    }

    /// <summary>The name under which an address's PTR record is found (RFC 1035, section 3.5; RFC 3596, section 2.5).</summary>
    public static ZoneName Reverse(IPAddress address) => new(ReverseOf(address.GetAddressBytes(), Units(address.AddressFamily)));

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool IsName(string absolute) => absolute.Length <= 254
        && absolute[..^1].Split('.').All(label => label.Length is > 0 and <= 63 && label.All(c => c is > ' ' and < '\x7f'));

    private static int Units(AddressFamily family) => family == AddressFamily.InterNetwork ? 4 : 32;

    private static ImmutableArray<ZoneName> ReverseZones(IPNetwork range)
    {
        byte[] bytes = range.BaseAddress.GetAddressBytes();
        int bitsPerUnit = bytes.Length == 4 ? 8 : 4;
        int whole = range.PrefixLength / bitsPerUnit;
        int rest = range.PrefixLength % bitsPerUnit;
        if (rest == 0)
        {
            return [new(ReverseOf(bytes, whole))];
        }

        ImmutableArray<ZoneName>.Builder zones = ImmutableArray.CreateBuilder<ZoneName>();
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

            zones.Add(new(ReverseOf(one, whole + 1)));
        }

        return zones.ToImmutable();
    }

    private static string ReverseOf(byte[] bytes, int units)
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

        return name.Append(bytes.Length == 4 ? "in-addr.arpa." : "ip6.arpa.").ToString();
    }
}
