using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Fairlead.Network;

namespace Fairlead.Dns.Wire;

/// <summary>
/// Writes a message into the caller's buffer, names compressed (RFC 1035 section 4.1.4). What doesn't fit isn't written: the call says false and the message ends
/// with the record before. The caller writes the header last, with the counts that it knows.
/// </summary>
public ref struct MessageWriter
{
    private const int MaxPointerTarget = 0x3fff;

    private readonly Span<byte> _buffer;
    private Suffixes _suffixes;
    private int _suffixCount;

    /// <summary>Writes into <paramref name="buffer"/>, behind the room of a header.</summary>
    /// <exception cref="ArgumentException">The buffer has no room for a header.</exception>
    public MessageWriter(Span<byte> buffer)
    {
        if (buffer.Length < DnsHeader.Size)
        {
            throw new ArgumentException($"A message has at least {DnsHeader.Size} bytes, not {buffer.Length}.", nameof(buffer));
        }

        _buffer = buffer;
        Length = DnsHeader.Size;
    }

    /// <summary>How long the message is.</summary>
    public int Length { get; private set; }

    /// <summary>What has been written.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[..Length];

    /// <summary>Writes the header.</summary>
    public readonly void WriteHeader(DnsHeader header) => header.WriteTo(_buffer);

    /// <summary>Writes a question; <paramref name="name"/> is whole, in any case.</summary>
    public bool TryWriteQuestion(scoped ReadOnlySpan<byte> name, RecordType type, RecordClass recordClass)
    {
        int start = Length;
        return TryWriteName(name, compress: true) && (TryWriteUInt16((ushort)type) & TryWriteUInt16((ushort)recordClass) || Undo(start));
    }

    /// <summary>Writes an address record: A or AAAA.</summary>
    public bool TryWriteAddress(scoped ReadOnlySpan<byte> name, uint ttl, NetAddress address)
    {
        int start = Length;
        if (!TryBegin(name, address.IsIPv6 ? RecordType.Aaaa : RecordType.A, ttl, out int data) || _buffer.Length - Length < address.Length)
        {
            return Undo(start);
        }

        address.WriteTo(_buffer[Length..]);
        Length += address.Length;
        return End(data);
    }

    /// <summary>Writes a record whose data is one name that may be compressed: NS, CNAME, PTR.</summary>
    public bool TryWriteName(scoped ReadOnlySpan<byte> name, RecordType type, uint ttl, scoped ReadOnlySpan<byte> target)
    {
        int start = Length;
        return TryBegin(name, type, ttl, out int data) && TryWriteName(target, compress: true) ? End(data) : Undo(start);
    }

    /// <summary>Writes an SRV record. Its target isn't compressed (RFC 2782).</summary>
    public bool TryWriteService(scoped ReadOnlySpan<byte> name, uint ttl, ushort priority, ushort weight, ushort port, scoped ReadOnlySpan<byte> target)
    {
        int start = Length;
        return TryBegin(name, RecordType.Srv, ttl, out int data)
            && TryWriteUInt16(priority) && TryWriteUInt16(weight) && TryWriteUInt16(port) && TryWriteName(target, compress: false) ? End(data) : Undo(start);
    }

    /// <summary>Writes a zone's start of authority.</summary>
    public bool TryWriteStartOfAuthority(scoped ReadOnlySpan<byte> name, uint ttl, in StartOfAuthority soa)
    {
        int start = Length;
        return TryBegin(name, RecordType.Soa, ttl, out int data)
            && TryWriteName(soa.Server.Wire, compress: true) && TryWriteName(soa.Mailbox.Wire, compress: true)
            && TryWriteUInt32(soa.Serial) && TryWriteUInt32(soa.Refresh) && TryWriteUInt32(soa.Retry) && TryWriteUInt32(soa.Expire) && TryWriteUInt32(soa.NegativeTtl)
            ? End(data) : Undo(start);
    }

    /// <summary>Writes a TXT record of one string.</summary>
    /// <exception cref="ArgumentException">The string is longer than 255 bytes.</exception>
    public bool TryWriteText(scoped ReadOnlySpan<byte> name, uint ttl, scoped ReadOnlySpan<byte> text)
    {
        if (text.Length > byte.MaxValue)
        {
            throw new ArgumentException($"A string of a TXT record has at most 255 bytes, not {text.Length}.", nameof(text));
        }

        Span<byte> data = stackalloc byte[text.Length + 1];
        data[0] = (byte)text.Length;
        text.CopyTo(data[1..]);
        return TryWriteRaw(name, RecordType.Txt, RecordClass.Internet, ttl, data);
    }

    /// <summary>Writes a record with data as it is; names in it must be uncompressed.</summary>
    public bool TryWriteRaw(scoped ReadOnlySpan<byte> name, RecordType type, RecordClass recordClass, uint ttl, scoped ReadOnlySpan<byte> bytes)
    {
        int start = Length;
        if (!TryBegin(name, type, ttl, out int data) || bytes.Length > ushort.MaxValue || _buffer.Length - Length < bytes.Length)
        {
            return Undo(start);
        }

        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(data - 8)..], (ushort)recordClass);
        bytes.CopyTo(_buffer[Length..]);
        Length += bytes.Length;
        return End(data);
    }

    /// <summary>Appends bytes that are records already, uncompressed or with pointers that are right where they come to stand.</summary>
    public bool TryAppend(scoped ReadOnlySpan<byte> records)
    {
        if (_buffer.Length - Length < records.Length)
        {
            return false;
        }

        records.CopyTo(_buffer[Length..]);
        Length += records.Length;
        return true;
    }

    /// <summary>Cuts the message back to a length that it had.</summary>
    public void Cut(int length) => Undo(length);

    private bool TryBegin(scoped ReadOnlySpan<byte> name, RecordType type, uint ttl, out int data)
    {
        data = 0;
        if (!TryWriteName(name, compress: true) || !TryWriteUInt16((ushort)type) || !TryWriteUInt16((ushort)RecordClass.Internet) || !TryWriteUInt32(ttl) || !TryWriteUInt16(0))
        {
            return false;
        }

        data = Length;
        return true;
    }

    private readonly bool End(int data)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[(data - 2)..], (ushort)(Length - data));
        return true;
    }

    /// <summary>Forgets what was written from a position on, also as a target of pointers. Always false.</summary>
    private bool Undo(int start)
    {
        Length = start;
        while (_suffixCount > 0 && _suffixes[_suffixCount - 1] >= start)
        {
            _suffixCount--;
        }

        return false;
    }

    private bool TryWriteName(scoped ReadOnlySpan<byte> name, bool compress)
    {
        int start = Length;
        while (name[0] != 0)
        {
            if (compress && TryFind(name, out int target))
            {
                return TryWriteUInt16((ushort)(0xc000 | target)) || Undo(start);
            }

            int label = name[0] + 1;
            if (_buffer.Length - Length < label)
            {
                return Undo(start);
            }

            if (Length <= MaxPointerTarget && _suffixCount < Suffixes.Capacity)
            {
                _suffixes[_suffixCount++] = (ushort)Length;
            }

            name[..label].CopyTo(_buffer[Length..]);
            Length += label;
            name = name[label..];
        }

        if (_buffer.Length == Length)
        {
            return Undo(start);
        }

        _buffer[Length++] = 0;
        return true;
    }

    /// <summary>Looks for a name among those that stand in the message already.</summary>
    private readonly bool TryFind(scoped ReadOnlySpan<byte> name, out int target)
    {
        Span<byte> candidate = stackalloc byte[NameBytes.MaxLength];
        for (int i = 0; i < _suffixCount; i++)
        {
            target = _suffixes[i];
            if (_buffer[target] == name[0] && new MessageReader(_buffer[..Length]).At(target).TryReadName(candidate, out int length)
                && NameBytes.AreEqual(candidate[..length], name))
            {
                return true;
            }
        }

        target = 0;
        return false;
    }

    private bool TryWriteUInt16(ushort value)
    {
        if (_buffer.Length - Length < sizeof(ushort))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_buffer[Length..], value);
        Length += sizeof(ushort);
        return true;
    }

    private bool TryWriteUInt32(uint value)
    {
        if (_buffer.Length - Length < sizeof(uint))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(_buffer[Length..], value);
        Length += sizeof(uint);
        return true;
    }

    /// <summary>Where labels start that a pointer may lead to. More than so many aren't looked for: an answer has few names.</summary>
    [InlineArray(Capacity)]
    private struct Suffixes
    {
        public const int Capacity = 64;
        private ushort _first;
    }
}
