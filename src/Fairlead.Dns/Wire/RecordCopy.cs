namespace Fairlead.Dns.Wire;

/// <summary>Copies records from one message into another: pointers of one mean nothing in the other, so names are read and written anew.</summary>
internal static class RecordCopy
{
    /// <summary>Copies one record.</summary>
    /// <param name="message">The message that holds it.</param>
    /// <param name="owner">Its owner, uncompressed.</param>
    /// <param name="record">The record.</param>
    /// <param name="ttl">Its time to live in the copy.</param>
    /// <param name="map">What becomes of names; null: they stay.</param>
    /// <param name="writer">Takes the copy.</param>
    /// <returns>False where its data is malformed, or there is no room.</returns>
    public static bool TryCopy(ReadOnlySpan<byte> message, scoped ReadOnlySpan<byte> owner, in WireRecord record, uint ttl, RecordData.NameMap? map, ref MessageWriter writer)
    {
        DnsName mapped = default;
        if (map is not null)
        {
            mapped = map(DnsName.FromWire(owner), false);
            owner = mapped.Wire;
        }

        Span<byte> buffer = stackalloc byte[RecordData.MaxPlainLength];
        if (!RecordData.TryExpand(message, record, map, buffer, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        // A name that is all of the data is written as one, so that it can be compressed.
        return RecordData.IsName(record.Type) && record.Class == RecordClass.Internet
            ? writer.TryWriteName(owner, record.Type, ttl, data)
            : writer.TryWriteRaw(owner, record.Type, record.Class, ttl, data);
    }
}
