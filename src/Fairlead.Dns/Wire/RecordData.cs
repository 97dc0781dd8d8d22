using System.Buffers.Binary;

namespace Fairlead.Dns.Wire;

/// <summary>
/// A record's data without pointers, so that it can be put elsewhere. Only the types of RFC 1035 may have compressed names (RFC 3597 section 4);
/// SRV and a few others of its time are among those that some servers compress all the same. Data of types that aren't known is taken as it is.
/// </summary>
internal static class RecordData
{
    /// <summary>Room for all data that has names in it: two names, and what stands beside them, which is most in NAPTR's three strings.</summary>
    public const int MaxPlainLength = (2 * NameBytes.MaxLength) + 1024;

    private const int SoaNumbers = 20;

    /// <summary>Another name in the place of one that stands in a record.</summary>
    /// <param name="name">The name.</param>
    /// <param name="ofValue">Whether it stands in the record's data rather than being its owner.</param>
    public delegate DnsName NameMap(DnsName name, bool ofValue);

    /// <summary>Gives a record's data, uncompressed.</summary>
    /// <param name="message">The message that holds it.</param>
    /// <param name="record">The record.</param>
    /// <param name="map">What becomes of names; null: they stay.</param>
    /// <param name="buffer">At least <see cref="MaxPlainLength"/> bytes; what is given may point into it or into the message.</param>
    /// <param name="data">The data.</param>
    /// <returns>False where it isn't what its type has: an address of another length, a name that can't be read, or bytes behind it.</returns>
    public static bool TryExpand(ReadOnlySpan<byte> message, in WireRecord record, NameMap? map, Span<byte> buffer, out ReadOnlySpan<byte> data)
    {
        data = message.Slice(record.Data, record.DataLength);
        if (!HasRightSize(record) || !TryFindNames(record.Type, data, out int before, out int names))
        {
            return false;
        }

        if (names == 0)
        {
            return true;
        }

        data[..before].CopyTo(buffer);
        int length = before;
        MessageReader reader = new MessageReader(message[..record.End]).At(record.Data + before);
        for (int i = 0; i < names; i++)
        {
            Span<byte> name = buffer[length..];
            if (!reader.TryReadName(name, out int nameLength))
            {
                return false;
            }

            if (map is not null)
            {
                ReadOnlySpan<byte> mapped = map(DnsName.FromWire(name[..nameLength]), true).Wire;
                mapped.CopyTo(name);
                nameLength = mapped.Length;
            }

            length += nameLength;
        }

        ReadOnlySpan<byte> rest = message[reader.Position..record.End];
        if (rest.Length != (record.Type == RecordType.Soa ? SoaNumbers : 0))
        {
            return false;
        }

        rest.CopyTo(buffer[length..]);
        data = buffer[..(length + rest.Length)];
        return true;
    }

    /// <summary>Whether a type's data is one name and nothing else.</summary>
    public static bool IsName(RecordType type) => TryFindNames(type, default, out int before, out int names) && (before, names) == (0, 1);

    /// <summary>The first name in a record's data: an alias's target, a service's host.</summary>
    public static bool TryReadTarget(ReadOnlySpan<byte> message, in WireRecord record, out DnsName target)
    {
        target = default;
        Span<byte> name = stackalloc byte[NameBytes.MaxLength];
        ReadOnlySpan<byte> data = message.Slice(record.Data, record.DataLength);
        if (!TryFindNames(record.Type, data, out int before, out int names) || names == 0
            || !new MessageReader(message[..record.End]).At(record.Data + before).TryReadName(name, out int length))
        {
            return false;
        }

        target = DnsName.FromWire(name[..length]);
        return true;
    }

    /// <summary>How long an SOA says that "there is none" may be kept: the lesser of its own time and its last field (RFC 2308, section 5).</summary>
    public static uint NegativeTtl(ReadOnlySpan<byte> message, in WireRecord record) => record.DataLength < SoaNumbers + 2
        ? 0
        : Math.Min(record.Ttl, BinaryPrimitives.ReadUInt32BigEndian(message[(record.End - 4)..]));

    private static bool HasRightSize(in WireRecord record) => record.Class != RecordClass.Internet || record.Type switch
    {
        RecordType.A => record.DataLength == 4,
        RecordType.Aaaa => record.DataLength == 16,
        _ => true,
    };

    /// <summary>Where names stand in a record's data: after how many bytes, and how many.</summary>
    private static bool TryFindNames(RecordType type, ReadOnlySpan<byte> data, out int before, out int names)
    {
        (before, names) = (ushort)type switch
        {
            2 or 3 or 4 or 5 or 7 or 8 or 9 or 12 or 39 => (0, 1), // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
            6 or 14 or 17 => (0, 2), // SOA, MINFO, RP
            15 or 18 or 21 or 36 => (2, 1), // MX, AFSDB, RT, KX
            26 => (2, 2), // PX
            33 => (6, 1), // SRV
            35 => (Strings(data, 4, 3), 1), // NAPTR
            _ => (0, 0),
        };
        return before >= 0 && before <= data.Length;
    }

    private static int Strings(ReadOnlySpan<byte> data, int position, int count)
    {
        for (; count > 0; count--)
        {
            if (position >= data.Length)
            {
                return -1;
            }

            position += data[position] + 1;
        }

        return position;
    }
}
