using System.Buffers.Binary;

namespace Fairlead.Dns.Wire;

/// <summary>
/// Walks a message: header, questions, records. Every length is checked here, once. Any bytes give values or false: a message of which something can't be
/// read is a FORMERR, and nothing of it should be used.
/// </summary>
public ref struct MessageReader
{
    private readonly ReadOnlySpan<byte> _message;

    /// <summary>Reads from the start of <paramref name="message"/>.</summary>
    public MessageReader(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>How far the message has been read.</summary>
    public int Position { get; private set; }

    /// <summary>Whether nothing is left. Bytes after the last record belong to nothing; some clients send them.</summary>
    public readonly bool IsAtEnd => Position >= _message.Length;

    /// <summary>Reads the header.</summary>
    public bool TryReadHeader(out DnsHeader header)
    {
        if (!DnsHeader.TryRead(_message[Position..], out header))
        {
            return false;
        }

        Position += DnsHeader.Size;
        return true;
    }

    /// <summary>Reads a question.</summary>
    /// <param name="name">At least <see cref="NameBytes.MaxLength"/> bytes, for the name: uncompressed, its case kept.</param>
    /// <param name="nameLength">How long it is.</param>
    /// <param name="type">What is asked for.</param>
    /// <param name="recordClass">In which class.</param>
    public bool TryReadQuestion(scoped Span<byte> name, out int nameLength, out RecordType type, out RecordClass recordClass)
    {
        type = default;
        recordClass = default;
        if (!TryReadName(name, out nameLength) || _message.Length - Position < 4)
        {
            return false;
        }

        type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(_message[Position..]);
        recordClass = (RecordClass)BinaryPrimitives.ReadUInt16BigEndian(_message[(Position + 2)..]);
        Position += 4;
        return true;
    }

    /// <summary>Reads a record. Names inside its data are still compressed: <see cref="At"/> reads them.</summary>
    /// <param name="name">At least <see cref="NameBytes.MaxLength"/> bytes, for the owner: uncompressed, its case kept.</param>
    /// <param name="record">The rest.</param>
    public bool TryReadRecord(scoped Span<byte> name, out WireRecord record)
    {
        record = default;
        int start = Position;
        if (!TryReadName(name, out int nameLength) || _message.Length - Position < 10)
        {
            return false;
        }

        ReadOnlySpan<byte> fixedPart = _message.Slice(Position, 10);
        int dataLength = BinaryPrimitives.ReadUInt16BigEndian(fixedPart[8..]);
        int data = Position + 10;
        if (dataLength > _message.Length - data)
        {
            return false;
        }

        record = new(
            start,
            nameLength,
            (RecordType)BinaryPrimitives.ReadUInt16BigEndian(fixedPart),
            (RecordClass)BinaryPrimitives.ReadUInt16BigEndian(fixedPart[2..]),
            Position + 4,
            BinaryPrimitives.ReadUInt32BigEndian(fixedPart[4..]),
            data,
            dataLength);
        Position = data + dataLength;
        return true;
    }

    /// <summary>Reads a name and follows its pointers. They may lead backwards only, so no message can make a loop (RFC 1035 section 4.1.4).</summary>
    /// <param name="name">At least <see cref="NameBytes.MaxLength"/> bytes.</param>
    /// <param name="length">How long the name is, uncompressed.</param>
    public bool TryReadName(scoped Span<byte> name, out int length)
    {
        length = 0;
        int position = Position, end = -1, limit = Position;
        while ((uint)position < (uint)_message.Length)
        {
            int label = _message[position];
            if (label >= 0xc0)
            {
                if (position + 1 >= _message.Length)
                {
                    return false;
                }

                end = end < 0 ? position + 2 : end;
                int target = ((label & 0x3f) << 8) | _message[position + 1];
                if (target >= limit || target < DnsHeader.Size)
                {
                    return false;
                }

                position = limit = target;
                continue;
            }

            if (label > NameBytes.MaxLabelLength || label >= _message.Length - position || length + label + 1 > NameBytes.MaxLength - (label == 0 ? 0 : 1))
            {
                return false;
            }

            _message.Slice(position, label + 1).CopyTo(name[length..]);
            length += label + 1;
            position += label + 1;
            if (label == 0)
            {
                Position = end < 0 ? position : end;
                return true;
            }
        }

        return false;
    }

    /// <summary>A reader of the same message at another position, for names inside a record's data.</summary>
    public readonly MessageReader At(int position) => this with { Position = position };

    /// <summary>A record's data as it stands in the message.</summary>
    public readonly ReadOnlySpan<byte> Data(in WireRecord record) => _message.Slice(record.Data, record.DataLength);
}
