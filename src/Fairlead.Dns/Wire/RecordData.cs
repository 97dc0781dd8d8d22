namespace Fairlead.Dns.Wire;

/// <summary>
/// A record's data without pointers, so that it can be put elsewhere. Only the types of RFC 1035 may have compressed names (RFC 3597 section 4);
/// SRV is among those that some servers compress all the same.
/// </summary>
public static class RecordData
{
    /// <summary>Room for the largest data that has names in it: SOA's.</summary>
    public const int MaxPlainLength = (2 * NameBytes.MaxLength) + 20;

    /// <summary>Gives a record's data, uncompressed.</summary>
    /// <param name="reader">A reader of the message that the record stands in.</param>
    /// <param name="record">The record.</param>
    /// <param name="buffer">At least <see cref="MaxPlainLength"/> bytes; what is given may point into it or into the message.</param>
    /// <param name="data">The data.</param>
    /// <returns>False where a name in it can't be read.</returns>
    public static bool TryExpand(in MessageReader reader, in WireRecord record, Span<byte> buffer, out ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> wire = reader.Data(record);
        (int before, int names) = record.Type switch
        {
            RecordType.NS or RecordType.CName or RecordType.Ptr or RecordType.DName => (0, 1),
            RecordType.MX => (2, 1),
            RecordType.Srv => (6, 1),
            RecordType.Soa => (0, 2),
            _ => (0, 0),
        };
        if (names == 0)
        {
            data = wire;
            return true;
        }

        data = default;
        if (wire.Length < before)
        {
            return false;
        }

        wire[..before].CopyTo(buffer);
        int length = before;
        MessageReader inside = reader.At(record.Data + before);
        for (int i = 0; i < names; i++)
        {
            if (!inside.TryReadName(buffer[length..], out int name))
            {
                return false;
            }

            length += name;
        }

        int rest = record.End - inside.Position;
        if (rest < 0 || rest > buffer.Length - length)
        {
            return false;
        }

        wire[^rest..].CopyTo(buffer[length..]);
        data = buffer[..(length + rest)];
        return true;
    }
}
