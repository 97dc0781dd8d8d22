using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Hosts;

/// <summary>Finds names in dictionaries by the bytes of a question, without making a <see cref="DnsName"/> of them.</summary>
internal sealed class NameComparer : IEqualityComparer<DnsName>, IAlternateEqualityComparer<ReadOnlySpan<byte>, DnsName>
{
    public static readonly NameComparer Instance = new();

    public bool Equals(DnsName x, DnsName y) => x == y;

    public int GetHashCode(DnsName obj) => obj.GetHashCode();

    public bool Equals(ReadOnlySpan<byte> alternate, DnsName other) => other.Wire.SequenceEqual(alternate);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)NameBytes.Hash(alternate);

    public DnsName Create(ReadOnlySpan<byte> alternate) => DnsName.FromWire(alternate);
}
