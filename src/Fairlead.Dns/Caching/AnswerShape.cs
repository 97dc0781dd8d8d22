using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>What kind of answer it is, as far as keeping goes (RFC 2308).</summary>
internal enum AnswerKind : byte
{
    /// <summary>Not to be kept: truncated, a referral, "there is none" without an SOA, an error.</summary>
    Unkept,

    /// <summary>With records.</summary>
    Success,

    /// <summary>NXDOMAIN, or no record of the type.</summary>
    Denial,

    /// <summary>SERVFAIL.</summary>
    Failure,
}

/// <summary>What the cache has to know of an answer: its kind, how long it says that it is true, and where its numbers stand.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Ttl">How many seconds it says that it is true: the least of its records, for a denial what the SOA says (RFC 2308, section 5).</param>
/// <param name="TtlPositions">Where times to live stand.</param>
/// <param name="RotateStart">Where the first of several addresses of one name stands, all of one size.</param>
/// <param name="RotateSize">That size.</param>
/// <param name="RotateCount">How many there are.</param>
internal readonly record struct AnswerShape(AnswerKind Kind, uint Ttl, ushort[] TtlPositions, int RotateStart, int RotateSize, int RotateCount)
{
    /// <summary>Reads an answer that a handler wrote.</summary>
    public static AnswerShape Of(ReadOnlySpan<byte> message)
    {
        MessageReader reader = new(message);
        Span<byte> name = stackalloc byte[NameBytes.MaxLength];
        if (!reader.TryReadHeader(out DnsHeader header) || header.Questions != 1 || !reader.TryReadQuestion(name, out _, out _, out _))
        {
            return default;
        }

        ushort[] positions = new ushort[header.Answers + header.Authorities + header.Additionals];
        uint least = uint.MaxValue;
        uint? negative = null;
        Rotation rotation = default;
        for (int i = 0; i < positions.Length; i++)
        {
            if (!reader.TryReadRecord(name, out WireRecord record))
            {
                return default;
            }

            positions[i] = (ushort)record.TtlPosition;
            least = Math.Min(least, record.Ttl);
            if (i < header.Answers)
            {
                rotation.Add(record);
            }
            else if (i < header.Answers + header.Authorities && record.Type == RecordType.Soa)
            {
                negative = RecordData.NegativeTtl(message, record);
            }
        }

        AnswerKind kind = (header.Flags & HeaderFlags.Truncated) != 0 ? AnswerKind.Unkept : header.Code switch
        {
            ResponseCode.NoError when header.Answers > 0 => AnswerKind.Success,
            ResponseCode.NoError or ResponseCode.NameError when negative is not null => AnswerKind.Denial,
            ResponseCode.ServerFailure => AnswerKind.Failure,
            _ => AnswerKind.Unkept,
        };
        uint ttl = kind == AnswerKind.Denial ? Math.Min(least, negative!.Value) : least;
        return new(kind, ttl, positions, rotation.Start, rotation.Size, rotation.Count);
    }

    /// <summary>The run of addresses at the end of an answer that may be given in any order.</summary>
    private struct Rotation
    {
        private RecordType type;

        public int Start { get; private set; }

        public int Size { get; private set; }

        public int Count { get; private set; }

        public void Add(in WireRecord record)
        {
            int size = record.End - record.Start;
            if (record.Type == type && size == Size && record.Start == Start + (Size * Count))
            {
                Count++;
            }
            else if (record.Type is RecordType.A or RecordType.Aaaa)
            {
                (type, Start, Size, Count) = (record.Type, record.Start, size, 1);
            }
            else
            {
                this = default;
            }
        }
    }
}
