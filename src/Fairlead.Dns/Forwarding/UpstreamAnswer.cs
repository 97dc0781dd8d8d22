using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// Makes of what an upstream sent an answer to the question that was asked: what can't be read is refused, and what nobody asked for is left out, so that an upstream, or
/// who speaks in its name, can't say anything about other names.
/// </summary>
/// <remarks>
/// Records of another class than the question's are left out. In the answer section stay the records of the name and of what it is an alias for; in the authority section the SOA of "there is none", and what proves it to who asked for
/// signatures; in the additional section the addresses of hosts that the answer names.
/// </remarks>
internal static class UpstreamAnswer
{
    /// <summary>Longer chains of aliases than this are a mistake or worse.</summary>
    private const int MostAliases = 16;

    /// <summary>Writes the answer.</summary>
    /// <param name="message">What came; its header and question fit the query.</param>
    /// <param name="query">The query.</param>
    /// <param name="destination">Takes the answer.</param>
    /// <param name="length">How long it is.</param>
    /// <returns>False for a message that can't be read.</returns>
    public static bool TryWrite(ReadOnlySpan<byte> message, DnsQuery query, Span<byte> destination, out int length)
    {
        length = 0;
        MessageReader reader = new(message);
        Span<byte> name = stackalloc byte[NameBytes.MaxLength];
        if (!reader.TryReadHeader(out DnsHeader header) || header.Questions != 1 || !reader.TryReadQuestion(name, out _, out _, out _))
        {
            return false;
        }

        MessageReader answers = reader;
        if (!TryFollow(message, answers, header.Answers, query, out List<DnsName> chain, out List<DnsName> hosts))
        {
            return false;
        }

        // Written rather than appended: names that follow then point to the question's, which is in the client's own case.
        MessageWriter writer = new(destination);
        writer.TryWriteQuestion(query.Section.Span[..^4], query.Type, query.Class);
        Selection selection = new(query, chain, hosts);
        if (!TryCopy(message, ref reader, header.Answers, selection, Section.Answer, ref writer, out ushort answerCount)
            || !TryCopy(message, ref reader, header.Authorities, selection, Section.Authority, ref writer, out ushort authorityCount)
            || !TryCopy(message, ref reader, header.Additionals, selection, Section.Additional, ref writer, out ushort additionalCount))
        {
            return false;
        }

        HeaderFlags kept = header.Flags & (HeaderFlags.Truncated | HeaderFlags.AuthenticData | HeaderFlags.ResponseCodeMask);
        writer.WriteHeader(new(0, kept | HeaderFlags.Response | HeaderFlags.RecursionAvailable, 1, answerCount, authorityCount, additionalCount));
        length = writer.Length;
        return true;
    }

    /// <summary>Follows aliases from the name that was asked, in whatever order they stand.</summary>
    private static bool TryFollow(ReadOnlySpan<byte> message, MessageReader start, int count, DnsQuery query, out List<DnsName> chain, out List<DnsName> hosts)
    {
        chain = [query.Name];
        hosts = [];
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        for (int before = 0; before != chain.Count && chain.Count <= MostAliases;)
        {
            before = chain.Count;
            MessageReader reader = start;
            for (int i = 0; i < count; i++)
            {
                if (!reader.TryReadRecord(owner, out WireRecord record))
                {
                    return false;
                }

                if (record.Class == query.Class && record.Type is (RecordType.CName or RecordType.Srv or RecordType.MX or RecordType.NS) && Contains(chain, owner[..record.NameLength]))
                {
                    if (!RecordData.TryReadTarget(message, record, out DnsName target))
                    {
                        return false;
                    }

                    List<DnsName> names = record.Type == RecordType.CName ? chain : hosts;
                    if (!names.Contains(target))
                    {
                        names.Add(target);
                    }
                }
            }
        }

        return true;
    }

    private static bool TryCopy(
        ReadOnlySpan<byte> message, ref MessageReader reader, int count, in Selection selection, Section section, ref MessageWriter writer, out ushort copied)
    {
        copied = 0;
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadRecord(owner, out WireRecord record))
            {
                return false;
            }

            ReadOnlySpan<byte> name = owner[..record.NameLength];
            if (!selection.Takes(section, name, record))
            {
                continue;
            }

            // A time to live with its highest bit set counts as 0 (RFC 2181, section 8).
            uint ttl = record.Ttl > int.MaxValue ? 0 : record.Ttl;
            if (!RecordCopy.TryCopy(message, name, record, ttl, map: null, ref writer))
            {
                return false;
            }

            copied++;
        }

        return true;
    }

    private static bool Contains(List<DnsName> names, ReadOnlySpan<byte> name)
    {
        foreach (DnsName one in names)
        {
            if (NameBytes.AreEqual(one.Wire, name))
            {
                return true;
            }
        }

        return false;
    }

    private enum Section
    {
        Answer,
        Authority,
        Additional,
    }

    /// <summary>What an answer may hold.</summary>
    private readonly struct Selection(DnsQuery query, List<DnsName> chain, List<DnsName> hosts)
    {
        public bool Takes(Section section, ReadOnlySpan<byte> owner, in WireRecord record) => record.Class == query.Class && section switch
        {
            Section.Answer => AnswersQuestion(record.Type) && (Contains(chain, owner) || (record.Type is RecordType.DName or RecordType.RRSig && IsAbove(owner))),
            Section.Authority => (record.Type == RecordType.Soa && IsAbove(owner)) || (query.Edns.DnssecOk && IsProof(record.Type)),
            _ => record.Type is RecordType.A or RecordType.Aaaa && Contains(hosts, owner),
        };

        private bool AnswersQuestion(RecordType type) => type == query.Type || query.Type == RecordType.Any || type is RecordType.CName or RecordType.DName
            || (type == RecordType.RRSig && query.Edns.DnssecOk);

        private bool IsAbove(ReadOnlySpan<byte> owner)
        {
            Span<byte> lower = stackalloc byte[NameBytes.MaxLength];
            NameBytes.ToLower(owner, lower);
            foreach (DnsName name in chain)
            {
                if (NameBytes.IsWithin(name.Wire, lower[..owner.Length]))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool IsProof(RecordType type) => type is RecordType.RRSig or RecordType.NSec or RecordType.DS or (RecordType)50;
    }
}
