using System.Buffers.Binary;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// Copies records from one message into another. Names in their data are read and written anew, as pointers of one message mean nothing in another; of types that aren't
/// known, data is copied as it is, since only those of RFC 1035 and a few of its time may be compressed (RFC 3597, section 4).
/// </summary>
internal static class RecordCopy
{
    /// <summary>Another name in the place of one that stands in a record.</summary>
    /// <param name="name">The name.</param>
    /// <param name="ofValue">Whether it stands in the record's data rather than being its owner.</param>
    public delegate DnsName NameMap(DnsName name, bool ofValue);

    /// <summary>Copies one record.</summary>
    /// <param name="message">The message that holds it.</param>
    /// <param name="owner">Its owner, uncompressed.</param>
    /// <param name="record">The record.</param>
    /// <param name="ttl">Its time to live in the copy.</param>
    /// <param name="map">What becomes of names; null: they stay.</param>
    /// <param name="writer">Takes the copy.</param>
    /// <returns>False where its data is malformed, or there is no room.</returns>
    public static bool TryCopy(ReadOnlySpan<byte> message, scoped ReadOnlySpan<byte> owner, in WireRecord record, uint ttl, NameMap? map, ref MessageWriter writer)
    {
        DnsName mapped = default;
        if (map is not null)
        {
            mapped = map(DnsName.FromWire(owner), false);
            owner = mapped.Wire;
        }

        ReadOnlySpan<byte> data = message.Slice(record.Data, record.DataLength);
        if (!TryFindNames(record.Type, data, out int before, out int names))
        {
            return false;
        }

        if (names == 0)
        {
            return writer.TryWriteRaw(owner, record.Type, record.Class, ttl, data);
        }

        // What isn't a name is at most the 20 bytes of an SOA, or NAPTR's three strings.
        Span<byte> copy = stackalloc byte[(2 * NameBytes.MaxLength) + 1024];
        data[..before].CopyTo(copy);
        int length = before;
        MessageReader reader = new MessageReader(message[..record.End]).At(record.Data + before);
        for (int i = 0; i < names; i++)
        {
            if (!TryReadName(ref reader, record, map, copy[length..], out int nameLength))
            {
                return false;
            }

            length += nameLength;
        }

        ReadOnlySpan<byte> rest = message[reader.Position..record.End];
        if (before == 0 && names == 1 && rest.IsEmpty && record.Class == RecordClass.Internet)
        {
            return writer.TryWriteName(owner, record.Type, ttl, copy[..length]);
        }

        if (rest.Length > copy.Length - length)
        {
            return false;
        }

        rest.CopyTo(copy[length..]);
        return writer.TryWriteRaw(owner, record.Type, record.Class, ttl, copy[..(length + rest.Length)]);
    }

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
    public static uint NegativeTtl(ReadOnlySpan<byte> message, in WireRecord record) => record.DataLength < 22
        ? 0
        : Math.Min(record.Ttl, BinaryPrimitives.ReadUInt32BigEndian(message[(record.End - 4)..]));

    private static bool TryReadName(ref MessageReader reader, in WireRecord record, NameMap? map, scoped Span<byte> destination, out int length)
    {
        Span<byte> name = stackalloc byte[NameBytes.MaxLength];
        if (!reader.TryReadName(name, out length) || reader.Position > record.End)
        {
            return false;
        }

        ReadOnlySpan<byte> result = map is null ? name[..length] : map(DnsName.FromWire(name[..length]), true).Wire;
        result.CopyTo(destination);
        length = result.Length;
        return true;
    }

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
