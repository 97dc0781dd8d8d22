using System.Buffers.Binary;

namespace Fairlead.Dns.Wire;

/// <summary>The first twelve bytes of a message (RFC 1035 section 4.1.1).</summary>
/// <param name="Id">What a client tells its answers apart by.</param>
/// <param name="Flags">Flags, opcode and the lower bits of the response code.</param>
/// <param name="Questions">How many questions follow.</param>
/// <param name="Answers">How many records answer.</param>
/// <param name="Authorities">How many records name the authority.</param>
/// <param name="Additionals">How many further records follow, EDNS's among them.</param>
public readonly record struct DnsHeader(ushort Id, HeaderFlags Flags, ushort Questions, ushort Answers = 0, ushort Authorities = 0, ushort Additionals = 0)
{
    /// <summary>How long a header is.</summary>
    public const int Size = 12;

    /// <summary>0 for a query, 4 for NOTIFY, 5 for UPDATE (RFC 6895).</summary>
    public int Opcode => ((int)Flags >> 11) & 0xf;

    /// <summary>The lower four bits of the response code; EDNS may hold more.</summary>
    public ResponseCode Code => (ResponseCode)(Flags & HeaderFlags.ResponseCodeMask);

    /// <summary>Reads a header.</summary>
    /// <returns>False where there are fewer than twelve bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, out DnsHeader header)
    {
        if (message.Length < Size)
        {
            header = default;
            return false;
        }

        header = new(
            BinaryPrimitives.ReadUInt16BigEndian(message),
            (HeaderFlags)BinaryPrimitives.ReadUInt16BigEndian(message[2..]),
            BinaryPrimitives.ReadUInt16BigEndian(message[4..]),
            BinaryPrimitives.ReadUInt16BigEndian(message[6..]),
            BinaryPrimitives.ReadUInt16BigEndian(message[8..]),
            BinaryPrimitives.ReadUInt16BigEndian(message[10..]));
        return true;
    }

    /// <summary>Writes twelve bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no room for them.</exception>
    public void WriteTo(Span<byte> message)
    {
        BinaryPrimitives.WriteUInt16BigEndian(message, Id);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], Questions);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], Answers);
        BinaryPrimitives.WriteUInt16BigEndian(message[8..], Authorities);
        BinaryPrimitives.WriteUInt16BigEndian(message[10..], Additionals);
    }
}
