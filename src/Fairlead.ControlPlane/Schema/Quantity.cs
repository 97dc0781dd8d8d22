using System.Globalization;
using System.Numerics;

namespace Fairlead.ControlPlane.Schema;

/// <summary>
/// An amount such as <c>500m</c>, <c>1.5Gi</c> or <c>1e3</c>, exact to a billionth. Canonical text has no fraction and the largest
/// suffix that keeps it so (k8s.io/apimachinery/pkg/api/resource).
/// </summary>
internal readonly struct Quantity : IEquatable<Quantity>, IComparable<Quantity>
{
    /// <summary>What the API answers when the text isn't an amount at all.</summary>
    public const string FormatError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    private const string SuffixError = "unable to parse quantity's suffix";
    private static readonly Int128 _most = (Int128)long.MaxValue * 1_000_000_000;
    private static readonly string[] _decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] _binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

    private readonly Form _form;

    private Quantity(Int128 nano, Form form)
    {
        Nano = nano;
        _form = form;
    }

    private enum Form : byte
    {
        Decimal,
        Binary,
        Exponent,
    }

    /// <summary>The amount in billionths.</summary>
    public Int128 Nano { get; }

    public static bool operator ==(Quantity left, Quantity right) => left.Equals(right);

    public static bool operator !=(Quantity left, Quantity right) => !left.Equals(right);

    public static bool operator <(Quantity left, Quantity right) => left.Nano < right.Nano;

    public static bool operator >(Quantity left, Quantity right) => left.Nano > right.Nano;

    public static bool operator <=(Quantity left, Quantity right) => left.Nano <= right.Nano;

    public static bool operator >=(Quantity left, Quantity right) => left.Nano >= right.Nano;

    /// <summary>Parses an amount; more precision than billionths rounds away from zero, more than 2^63-1 is that.</summary>
    /// <returns>Null, or what the API answers.</returns>
    public static string? TryParse(ReadOnlySpan<char> text, out Quantity quantity)
    {
        quantity = default;
        int at = 0;
        bool negative = false;
        if (at < text.Length && text[at] is '+' or '-')
        {
            negative = text[at++] == '-';
        }

        int start = at;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
        {
            at++;
        }

        ReadOnlySpan<char> number = text[start..at];
        ReadOnlySpan<char> suffix = text[at..];
        int dot = number.IndexOf('.');
        ReadOnlySpan<char> whole = dot < 0 ? number : number[..dot];
        ReadOnlySpan<char> fraction = dot < 0 ? [] : number[(dot + 1)..];
        if ((whole.Length == 0 && fraction.Length == 0) || fraction.Contains('.'))
        {
            return FormatError;
        }

        if (!Suffix(suffix, out int twos, out int tens, out Form form))
        {
            foreach (char c in suffix)
            {
                if (!"eEinumkKMGTP+-0123456789".Contains(c, StringComparison.Ordinal))
                {
                    return FormatError;
                }
            }

            return SuffixError;
        }

        // Beyond these the result is the cap, or a billionth, whatever the digits say.
        tens = Math.Clamp(tens, -60, 60);
        BigInteger digits = whole.Length + fraction.Length <= 18
            ? ParseShort(whole, fraction)
            : BigInteger.Parse(string.Concat("0", whole, fraction), NumberStyles.None, CultureInfo.InvariantCulture);
        int scale = tens - fraction.Length + 9;
        digits <<= twos;
        if (scale >= 0)
        {
            digits *= BigInteger.Pow(10, scale);
        }
        else
        {
            digits = BigInteger.DivRem(digits, BigInteger.Pow(10, -scale), out BigInteger rest);
            digits += rest.IsZero ? 0 : 1;
        }

        Int128 nano = digits > (BigInteger)_most ? _most : (Int128)digits;
        quantity = new Quantity(negative ? -nano : nano, form);
        return null;
    }

    /// <summary>The canonical text of an amount, as the API returns it.</summary>
    public override string ToString()
    {
        if (Nano == 0)
        {
            return "0";
        }

        Form form = _form;
        Int128 unit = 1_000_000_000;
        if (form == Form.Binary && (Nano % unit != 0 || Int128.Abs(Nano) < 1024 * unit))
        {
            form = Form.Decimal;
        }

        if (form == Form.Binary)
        {
            Int128 value = Nano / unit;
            int power = 0;
            while (value % 1024 == 0 && power < _binarySuffixes.Length - 1)
            {
                value /= 1024;
                power++;
            }

            return value.ToString(CultureInfo.InvariantCulture) + _binarySuffixes[power];
        }

        Int128 mantissa = Nano;
        int thousands = -3;
        while (mantissa % 1000 == 0 && thousands < 6)
        {
            mantissa /= 1000;
            thousands++;
        }

        string digits = mantissa.ToString(CultureInfo.InvariantCulture);
        return form == Form.Decimal ? digits + _decimalSuffixes[thousands + 3]
            : thousands == 0 ? digits
            : string.Create(CultureInfo.InvariantCulture, $"{digits}e{thousands * 3}");
    }

    public bool Equals(Quantity other) => Nano == other.Nano;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => Nano.GetHashCode();

    public int CompareTo(Quantity other) => Nano.CompareTo(other.Nano);

    private static BigInteger ParseShort(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction)
    {
        long value = 0;
        foreach (char c in whole)
        {
            value = (value * 10) + (c - '0');
        }

        foreach (char c in fraction)
        {
            value = (value * 10) + (c - '0');
        }

        return value;
    }

    private static bool Suffix(ReadOnlySpan<char> suffix, out int twos, out int tens, out Form form)
    {
        (twos, tens, form) = (0, 0, Form.Decimal);
        switch (suffix)
        {
            case "":
                return true;
            case "n":
                tens = -9;
                return true;
            case "u":
                tens = -6;
                return true;
            case "m":
                tens = -3;
                return true;
            case "k":
                tens = 3;
                return true;
            case "M":
                tens = 6;
                return true;
            case "G":
                tens = 9;
                return true;
            case "T":
                tens = 12;
                return true;
            case "P":
                tens = 15;
                return true;
            case "E":
                tens = 18;
                return true;
        }

        if (suffix.Length == 2 && suffix[1] == 'i' && "KMGTPE".IndexOf(suffix[0], StringComparison.Ordinal) is >= 0 and int power)
        {
            twos = 10 * (power + 1);
            form = Form.Binary;
            return true;
        }

        form = Form.Exponent;
        return suffix[0] is 'e' or 'E'
            && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out tens);
    }
}
