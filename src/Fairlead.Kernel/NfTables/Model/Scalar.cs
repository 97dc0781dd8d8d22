using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>One field of a key or of data, in the byte order that the kernel compares: at most 16 bytes, without allocation.</summary>
public readonly struct Scalar : IEquatable<Scalar>
{
    private readonly Bytes _bytes;
    private readonly byte _length;

    private Scalar(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > 16)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes.Length, "a field has 1 to 16 bytes");
        }

        bytes.CopyTo(_bytes);
        _length = (byte)bytes.Length;
    }

    /// <summary>How many bytes.</summary>
    public int Length => _length;

    /// <summary>An address: 4 or 16 bytes. IPv4 mapped into IPv6 counts as IPv6.</summary>
    public static Scalar Address(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return new Scalar(bytes[..length]);
    }

    /// <summary>A port (<c>inet_service</c>).</summary>
    public static Scalar Port(ushort port)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return new Scalar(bytes);
    }

    /// <summary>A transport protocol (<c>inet_proto</c>).</summary>
    public static Scalar Protocol(IpProtocol protocol) => new([(byte)protocol]);

    /// <summary>A number of four bytes in the host's order: a slot, an interface's index, what numgen and hashes give.</summary>
    public static Scalar Number(uint number) => new(MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in number)));

    /// <summary>A packet's or connection's mark.</summary>
    public static Scalar Mark(uint mark) => Number(mark);

    /// <summary>A link's name (<c>ifname</c>), padded with zeros to IFNAMSIZ.</summary>
    public static Scalar InterfaceName(string name)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (Encoding.UTF8.GetByteCount(name) > 15)
        {
            throw new ArgumentException($"\"{name}\" is longer than the 15 bytes of an interface's name", nameof(name));
        }

        Encoding.UTF8.GetBytes(name, bytes);
        return new Scalar(bytes);
    }

    /// <summary>Any bytes, 1 to 16 of them.</summary>
    public static Scalar Raw(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Same bytes.</summary>
    public static bool operator ==(Scalar left, Scalar right) => left.Equals(right);

    /// <summary>The opposite of equal.</summary>
    public static bool operator !=(Scalar left, Scalar right) => !left.Equals(right);

    /// <summary>Writes the field without padding.</summary>
    public void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes)[.._length].CopyTo(destination);

    /// <inheritdoc/>
    public bool Equals(Scalar other) => _length == other._length && ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Scalar other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(((ReadOnlySpan<byte>)_bytes)[.._length]);
        return hash.ToHashCode();
    }

    /// <summary>The bytes in hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(((ReadOnlySpan<byte>)_bytes)[.._length]);

    [InlineArray(16)]
    private struct Bytes
    {
        private byte _first;
    }
}

/// <summary>Protocols behind the IP header (IANA protocol numbers).</summary>
public enum IpProtocol : byte
{
    /// <summary>ICMP.</summary>
    Icmp = 1,

    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,

    /// <summary>ICMPv6.</summary>
    IcmpV6 = 58,

    /// <summary>SCTP.</summary>
    Sctp = 132,
}
