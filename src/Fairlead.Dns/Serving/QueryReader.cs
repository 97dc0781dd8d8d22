using System.Buffers.Binary;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>What a packet turned out to be.</summary>
internal enum QueryVerdict : byte
{
    /// <summary>Nothing to answer: too short, or an answer itself (answering those makes loops).</summary>
    Ignore,

    /// <summary>To be answered with <see cref="ReadQuery.Code"/>.</summary>
    Error,

    /// <summary>A question.</summary>
    Question,
}

/// <summary>A packet that was read.</summary>
internal ref struct ReadQuery
{
    public DnsHeader Header;
    public ResponseCode Code;
    public ReadOnlySpan<byte> Section;
    public ReadOnlySpan<byte> Name;
    public RecordType Type;
    public RecordClass Class;
    public Edns Edns;
}

/// <summary>Reads queries: what a server must refuse is refused here, so that handlers see only questions.</summary>
internal static class QueryReader
{
    private const int NotifyOpcode = 4;

    /// <summary>Reads a packet.</summary>
    /// <param name="packet">The whole message.</param>
    /// <param name="nameBuffer">At least <see cref="NameBytes.MaxLength"/> bytes, for the lower-cased name.</param>
    /// <param name="query">What was read; for an error as much as there was.</param>
    public static QueryVerdict Read(ReadOnlySpan<byte> packet, Span<byte> nameBuffer, out ReadQuery query)
    {
        query = default;
        if (!DnsHeader.TryRead(packet, out query.Header) || (query.Header.Flags & HeaderFlags.Response) != 0)
        {
            return QueryVerdict.Ignore;
        }

        if (query.Header.Opcode != 0)
        {
            // NOTIFY is for secondaries, UPDATE for primaries of zones that can be written; we are neither.
            return Error(ref query, query.Header.Opcode == NotifyOpcode ? ResponseCode.Refused : ResponseCode.NotImplemented);
        }

        // One question (RFC 9619), its name in full: there is nothing yet to point to.
        ReadOnlySpan<byte> rest = packet[DnsHeader.Size..];
        if (query.Header.Questions != 1 || !NameBytes.TryMeasure(rest, out int nameLength) || rest.Length < nameLength + 4)
        {
            return Error(ref query, ResponseCode.FormatError);
        }

        query.Section = rest[..(nameLength + 4)];
        NameBytes.ToLower(rest[..nameLength], nameBuffer);
        query.Name = nameBuffer[..nameLength];
        query.Type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(rest[nameLength..]);
        query.Class = (RecordClass)BinaryPrimitives.ReadUInt16BigEndian(rest[(nameLength + 2)..]);
        if (query.Header.Answers + query.Header.Authorities + query.Header.Additionals > 0
            && !TryReadRecords(packet, DnsHeader.Size + query.Section.Length, ref query))
        {
            return Error(ref query, ResponseCode.FormatError);
        }

        if (query.Edns.Version > 0)
        {
            return Error(ref query, ResponseCode.BadVersion);
        }

        return query.Type switch
        {
            RecordType.Axfr or RecordType.Ixfr => Error(ref query, ResponseCode.Refused),
            RecordType.Opt or RecordType.None => Error(ref query, ResponseCode.FormatError),
            _ => QueryVerdict.Question,
        };
    }

    /// <summary>Reads through all records for the OPT record, of which there may be one, among the additional ones.</summary>
    private static bool TryReadRecords(ReadOnlySpan<byte> packet, int position, ref ReadQuery query)
    {
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        MessageReader reader = new MessageReader(packet).At(position);
        int before = query.Header.Answers + query.Header.Authorities;
        int all = before + query.Header.Additionals;
        for (int i = 0; i < all; i++)
        {
            if (!reader.TryReadRecord(owner, out WireRecord record))
            {
                return false;
            }

            if (record.Type == RecordType.Opt && (i < before || query.Edns.IsPresent || !Edns.TryRead(packet, record, out query.Edns)))
            {
                return false;
            }
        }

        return true;
    }

    private static QueryVerdict Error(ref ReadQuery query, ResponseCode code)
    {
        query.Code = code;
        return QueryVerdict.Error;
    }
}
