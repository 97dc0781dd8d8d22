using System.Globalization;

namespace Fairlead.Kernel.Route;

/// <summary>The hardware address of an Ethernet link: six bytes, written 0a:58:0a:c8:00:05.</summary>
/// <param name="Value">The bytes as a number, the first one highest.</param>
public readonly record struct MacAddress(ulong Value) : ISpanParsable<MacAddress>
{
    /// <summary>The length in bytes.</summary>
    public const int Size = 6;

    /// <summary>Takes the first six bytes.</summary>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public MacAddress(ReadOnlySpan<byte> bytes)
        : this(Combine(bytes))
    {
    }

    /// <summary>Whether a link can have it: neither zero nor that of a group (is_valid_ether_addr in linux/etherdevice.h).</summary>
    public bool IsValidForLink => Value != 0 && (Value >> 40 & 1) == 0;

    /// <summary>Reads "0a:58:0a:c8:00:05".</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out MacAddress result) ? result : throw new FormatException($"'{s}' is no hardware address");

    /// <summary>Reads "0a:58:0a:c8:00:05".</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static MacAddress Parse(string s, IFormatProvider? provider = null) => Parse(s.AsSpan(), provider);

    /// <summary>Reads "0a:58:0a:c8:00:05"; false where it is no such text.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result)
    {
        result = default;
        if (s.Length != 17)
        {
            return false;
        }

        ulong value = 0;
        for (int i = 0; i < Size; i++)
        {
            if ((i > 0 && s[(i * 3) - 1] != ':')
                || !byte.TryParse(s.Slice(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte part))
            {
                return false;
            }

            value = (value << 8) | part;
        }

        result = new MacAddress(value);
        return true;
    }

    /// <summary>Reads "0a:58:0a:c8:00:05"; false where it is no such text.</summary>
    public static bool TryParse(string? s, IFormatProvider? provider, out MacAddress result) => TryParse(s.AsSpan(), provider, out result);

    /// <summary>Writes the six bytes.</summary>
    public void WriteTo(Span<byte> bytes)
    {
        for (int i = 0; i < Size; i++)
        {
            bytes[i] = (byte)(Value >> (40 - (8 * i)));
        }
    }

    /// <summary>0a:58:0a:c8:00:05.</summary>
    public override string ToString() => string.Create(17, Value, static (text, value) =>
    {
        const string Digits = "0123456789abcdef";
        for (int i = 0; i < Size; i++)
        {
            byte part = (byte)(value >> (40 - (8 * i)));
            text[i * 3] = Digits[part >> 4];
            text[(i * 3) + 1] = Digits[part & 15];
            if (i < Size - 1)
            {
                text[(i * 3) + 2] = ':';
            }
        }
    });

    private static ulong Combine(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size)
        {
            throw new ArgumentException($"a hardware address has {Size} bytes, not {bytes.Length}", nameof(bytes));
        }

        ulong value = 0;
        foreach (byte part in bytes[..Size])
        {
            value = (value << 8) | part;
        }

        return value;
    }
}
