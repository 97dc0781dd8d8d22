using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Fairlead.Dns.Wire;

/// <summary>
/// A whole domain name, lower-cased, in wire form. The case that a client wrote is kept by the message that it stands in, never by this.
/// </summary>
public readonly struct DnsName : IEquatable<DnsName>, IComparable<DnsName>
{
    private readonly byte[]? _wire;

    private DnsName(byte[] wire) => _wire = wire;

    /// <summary>The root: no label.</summary>
    public static DnsName Root => default;

    /// <summary>The name as it stands on the wire, uncompressed, with its final zero.</summary>
    public ReadOnlySpan<byte> Wire => _wire is null ? NameBytes.Root : _wire;

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot => Wire.Length == 1;

    /// <summary>How many labels; the root has none.</summary>
    public int LabelCount => NameBytes.CountLabels(Wire);

    /// <summary>The name without its first label; the root stays the root.</summary>
    public DnsName Parent => IsRoot ? this : new(Wire[(Wire[0] + 1)..].ToArray());

    /// <summary>Takes a whole uncompressed name, of any case.</summary>
    /// <exception cref="ArgumentException">The bytes are no name, or more than one.</exception>
    public static DnsName FromWire(ReadOnlySpan<byte> wire)
    {
        if (!NameBytes.TryMeasure(wire, out int length) || length != wire.Length)
        {
            throw new ArgumentException($"{Convert.ToHexString(wire)} is no domain name.", nameof(wire));
        }

        byte[] lower = new byte[length];
        NameBytes.ToLower(wire, lower);
        return new(lower);
    }

    /// <summary>
    /// Reads "www.example.com", with or without a final dot (all names here are absolute), with \DDD and \. as in zone files (RFC 1035 section 5.1).
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DnsName name)
    {
        name = default;
        Span<byte> wire = stackalloc byte[NameBytes.MaxLength];
        if (text is null || !NameText.TryEncode(text, wire, out int length))
        {
            return false;
        }

        name = FromWire(wire[..length]);
        return true;
    }

    /// <summary>As <see cref="TryParse"/>.</summary>
    /// <exception cref="FormatException">The text is no domain name.</exception>
    public static DnsName Parse(string text) =>
        TryParse(text, out DnsName name) ? name : throw new FormatException($"\"{text}\" is not a domain name.");

    /// <summary>This name below another: "www" below "example.com".</summary>
    /// <exception cref="ArgumentException">Together they are longer than a name may be.</exception>
    public DnsName Below(DnsName zone)
    {
        byte[] wire = [.. Wire[..^1], .. zone.Wire];
        return wire.Length <= NameBytes.MaxLength ? new(wire) : throw new ArgumentException($"{this} below {zone} is longer than {NameBytes.MaxLength} bytes.", nameof(zone));
    }

    /// <summary>Whether this is the zone's name or below it.</summary>
    public bool IsWithin(DnsName zone) => NameBytes.IsWithin(Wire, zone.Wire);

    /// <inheritdoc/>
    public bool Equals(DnsName other) => Wire.SequenceEqual(other.Wire);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is DnsName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)NameBytes.Hash(Wire);

    /// <summary>By bytes; an order to sort by, not DNSSEC's.</summary>
    public int CompareTo(DnsName other) => Wire.SequenceCompareTo(other.Wire);

    /// <summary>With a final dot, and escapes where a byte isn't plain text.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Wire.Length);
        NameText.Append(Wire, text);
        return text.ToString();
    }

    /// <summary>By <see cref="Equals(DnsName)"/>.</summary>
    public static bool operator ==(DnsName left, DnsName right) => left.Equals(right);

    /// <summary>By <see cref="Equals(DnsName)"/>.</summary>
    public static bool operator !=(DnsName left, DnsName right) => !left.Equals(right);

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(DnsName left, DnsName right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(DnsName left, DnsName right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(DnsName left, DnsName right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(DnsName left, DnsName right) => left.CompareTo(right) >= 0;
}
