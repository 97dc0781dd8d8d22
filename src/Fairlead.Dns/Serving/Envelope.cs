using System.Buffers.Binary;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>What every answer gets before it goes: the client's identifier and flags, EDNS, and a cut where it is too long.</summary>
internal static class Envelope
{
    private const HeaderFlags FromClient = HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled;

    /// <summary>How much a client takes.</summary>
    public static int Limit(in Edns edns, DnsTransport transport) => transport switch
    {
        DnsTransport.Udp => edns.IsPresent ? Math.Min(edns.UdpSize, Edns.SafeUdpSize) : Edns.ClassicUdpSize,
        _ => ushort.MaxValue,
    };

    /// <summary>Finishes a message in place.</summary>
    /// <param name="buffer">The message, with room behind it for an OPT record.</param>
    /// <param name="length">How long it is.</param>
    /// <param name="id">The client's identifier.</param>
    /// <param name="clientFlags">The client's flags.</param>
    /// <param name="reply">The OPT record to add; none where the client has none.</param>
    /// <param name="limit">How long the whole may be.</param>
    /// <returns>How long it is now.</returns>
    public static int Finish(Span<byte> buffer, int length, ushort id, HeaderFlags clientFlags, in Edns reply, int limit)
    {
        int options = reply.IsPresent ? reply.Length : 0;
        if (length + options > limit)
        {
            length = Cut(buffer, length, limit - options);
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer, id);
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(buffer[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], (ushort)((flags & (ushort)~FromClient) | (ushort)(clientFlags & FromClient)));
        if (reply.IsPresent)
        {
            reply.WriteTo(buffer[length..]);
            BinaryPrimitives.WriteUInt16BigEndian(buffer[10..], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(buffer[10..]) + 1));
        }

        return length + options;
    }

    /// <summary>Takes all records out: "ask again over TCP".</summary>
    public static int Empty(Span<byte> buffer, int sectionLength)
    {
        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(buffer[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], (ushort)(flags | (ushort)HeaderFlags.Truncated));
        buffer[6..DnsHeader.Size].Clear();
        return DnsHeader.Size + sectionLength;
    }

    /// <summary>
    /// Cuts a message behind the last record that has room, and says so (TC) where an answer or authority record went. Additional records may go unsaid (RFC 2181 section 9).
    /// </summary>
    private static int Cut(Span<byte> buffer, int length, int limit)
    {
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        MessageReader reader = new(buffer[..length]);
        if (!reader.TryReadHeader(out DnsHeader header))
        {
            return length;
        }

        for (int i = 0; i < header.Questions; i++)
        {
            reader.TryReadQuestion(owner, out _, out _, out _);
        }

        int end = reader.Position;
        Span<int> counts = [header.Answers, header.Authorities, header.Additionals];
        Span<int> kept = [0, 0, 0];
        bool full = false;
        for (int section = 0; section < counts.Length && !full; section++)
        {
            for (; kept[section] < counts[section]; kept[section]++)
            {
                if (!reader.TryReadRecord(owner, out _) || reader.Position > limit)
                {
                    full = true;
                    break;
                }

                end = reader.Position;
            }
        }

        bool truncated = kept[0] < header.Answers || kept[1] < header.Authorities;
        (header with
        {
            Flags = header.Flags | (truncated ? HeaderFlags.Truncated : 0),
            Answers = (ushort)kept[0],
            Authorities = (ushort)kept[1],
            Additionals = (ushort)kept[2],
        }).WriteTo(buffer);
        return end;
    }
}
