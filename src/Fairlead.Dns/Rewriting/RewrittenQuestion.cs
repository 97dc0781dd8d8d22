using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Rewriting;

/// <summary>What the rules make of one question, and how its answer is turned back.</summary>
internal sealed class RewrittenQuestion
{
    private readonly DnsQuery asked;
    private readonly List<NameRewrite> renamed = [];
    private TtlRewrite? lifetime;

    public RewrittenQuestion(DnsQuery asked) => Query = this.asked = asked;

    /// <summary>What is asked instead.</summary>
    public DnsQuery Query { get; private set; }

    /// <summary>A rule gave something that is no name.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether the answer has to be turned back.</summary>
    public bool ChangesAnswer => Query != asked || lifetime is not null;

    /// <summary>Applies a rule.</summary>
    /// <returns>Whether it did anything.</returns>
    public bool Apply(RewriteRule rule)
    {
        switch (rule)
        {
            case TypeRewrite type when Query.Type == type.From:
                Ask(Query.Name, type.To, Query.Class);
                return true;
            case ClassRewrite recordClass when Query.Class == recordClass.From:
                Ask(Query.Name, Query.Type, recordClass.To);
                return true;
            case TtlRewrite ttl when ttl.Match.Rewrite(Query.Name.ToString(), "") is not null:
                lifetime = ttl;
                return true;
            case NameRewrite name when name.Match.Rewrite(Query.Name.ToString(), name.To) is { } to:
                if (!DnsName.TryParse(to, out DnsName renamedTo))
                {
                    Failed = true;
                    return true;
                }

                renamed.Add(name);
                Ask(renamedTo, Query.Type, Query.Class);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Turns an answer to <see cref="Query"/> into one to what was asked.</summary>
    public bool TryRestore(ReadOnlySpan<byte> message, DnsQuery query, Span<byte> response, out int length)
    {
        length = 0;
        MessageReader reader = new(message);
        Span<byte> owner = stackalloc byte[NameBytes.MaxLength];
        if (!reader.TryReadHeader(out DnsHeader header) || !reader.TryReadQuestion(owner, out _, out _, out _))
        {
            return false;
        }

        MessageWriter writer = new(response);
        writer.TryWriteQuestion(query.Section.Span[..^4], query.Type, query.Class);
        for (int i = 0; i < header.Answers + header.Authorities + header.Additionals; i++)
        {
            if (!reader.TryReadRecord(owner, out WireRecord record))
            {
                return false;
            }

            uint ttl = lifetime is null || i >= header.Answers ? record.Ttl : Math.Clamp(record.Ttl, lifetime.Least, lifetime.Most);
            if (!RecordCopy.TryCopy(message, owner[..record.NameLength], record, ttl, i < header.Answers ? Restore : null, ref writer))
            {
                return false;
            }
        }

        writer.WriteHeader(header with { Id = 0 });
        length = writer.Length;
        return true;
    }

    private void Ask(DnsName name, RecordType type, RecordClass recordClass) => Query = DnsQuery.For(name, type) with
    {
        Section = (byte[])[.. name.Wire, (byte)((ushort)type >> 8), (byte)type, (byte)((ushort)recordClass >> 8), (byte)recordClass],
        Class = recordClass,
        Flags = Query.Flags,
        Edns = Query.Edns,
        Client = Query.Client,
        Transport = Query.Transport,
    };

    /// <summary>
    /// A name of the answer as the client should see it: what a rule says of answers, and else the name that was asked where it is the one that was asked instead. A client takes
    /// only records of the name that it asked for, so the latter is done for every kind of rule.
    /// </summary>
    private DnsName Restore(DnsName name, bool ofValue)
    {
        string text = name.ToString();
        foreach (NameRewrite rule in renamed)
        {
            foreach (AnswerRewrite answer in rule.Answers)
            {
                if (answer.OfValue == ofValue && answer.Pattern.Match(text) is { Success: true } match && DnsName.TryParse(NameMatch.Fill(answer.To, match), out DnsName changed))
                {
                    return changed;
                }
            }
        }

        bool restores = !ofValue || renamed.Any(r => r.RestoresAnswer);
        return restores && renamed.Count > 0 && name == Query.Name ? asked.Name : name;
    }
}
