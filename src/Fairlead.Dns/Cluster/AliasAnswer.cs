using System.Buffers.Binary;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Cluster;

/// <summary>
/// "This name stands for that one, and that one has …": one message made of an alias and the answer to a question about its target. The records of the
/// answer are written anew, because their pointers were right only where they stood.
/// </summary>
internal static class AliasAnswer
{
    /// <summary>Writes the message.</summary>
    /// <param name="section">The question section as the client asked it.</param>
    /// <param name="name">The name in it, lower-cased.</param>
    /// <param name="target">What it stands for.</param>
    /// <param name="ttl">How long the alias may be kept.</param>
    /// <param name="inner">The answer to the question about the target; empty where there was none to ask.</param>
    /// <param name="response">The whole buffer.</param>
    /// <returns>The length; 0 where the inner answer can't be read.</returns>
    public static int Write(ReadOnlySpan<byte> section, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, uint ttl, ReadOnlySpan<byte> inner, Span<byte> response)
    {
        // Room is left for an OPT record.
        MessageWriter writer = new(response[..^64]);
        RecordType type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(section[^4..]);
        writer.TryWriteQuestion(section[..^4], type, (RecordClass)BinaryPrimitives.ReadUInt16BigEndian(section[^2..]));
        writer.TryWriteName(name, RecordType.CName, ttl, target);
        HeaderFlags flags = HeaderFlags.Response | HeaderFlags.RecursionAvailable;
        ushort answers = 1, authorities = 0;
        if (!inner.IsEmpty)
        {
            Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
            MessageReader reader = new(inner);
            if (!reader.TryReadHeader(out DnsHeader header))
            {
                return 0;
            }

            flags |= header.Flags & (HeaderFlags.ResponseCodeMask | HeaderFlags.Truncated);
            for (int i = 0; i < header.Questions; i++)
            {
                if (!reader.TryReadQuestion(owner, out _, out _, out _))
                {
                    return 0;
                }
            }

            if (!TryCopy(inner, ref reader, ref writer, header.Answers, out ushort copied, ref flags) || !TryCopy(inner, ref reader, ref writer, header.Authorities, out authorities, ref flags))
            {
                return 0;
            }

            answers += copied;
        }

        writer.WriteHeader(new(0, flags, 1, answers, authorities));
        return writer.Length;
    }

    private static bool TryCopy(ReadOnlySpan<byte> inner, ref MessageReader reader, ref MessageWriter writer, int count, out ushort copied, ref HeaderFlags flags)
    {
        copied = 0;
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        Span<byte> data = stackalloc byte[RecordData.MaxPlainLength];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadRecord(owner, out WireRecord record))
            {
                return false;
            }

            if (!RecordData.TryExpand(inner, record, map: null, data, out ReadOnlySpan<byte> plain))
            {
                return false;
            }

            if (!writer.TryWriteRaw(owner[..record.NameLength], record.Type, record.Class, record.Ttl, plain))
            {
                flags |= HeaderFlags.Truncated;
                return true;
            }

            copied++;
        }

        return true;
    }
}
