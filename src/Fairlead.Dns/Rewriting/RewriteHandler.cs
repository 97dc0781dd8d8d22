using System.Collections.Immutable;
using System.Text;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Rewriting;

/// <summary>
/// Asks something else than the client did, and gives the answer as if it hadn't: the question as it was asked, and records that carry the name that was asked. Questions that no
/// rule fits go on at once; the others are changed off the hot threads.
/// </summary>
internal sealed class RewriteHandler(ImmutableArray<RewriteRule> rules, IQueryHandler next) : IQueryHandler
{
    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        Span<char> text = stackalloc char[NameBytes.MaxLength];
        ReadOnlySpan<char> name = text[..0];
        foreach (RewriteRule rule in rules)
        {
            if (rule is NameRewrite or TtlRewrite && name.IsEmpty)
            {
                name = Text(question.Name, text);
            }

            if (rule.Fits(name, question.Type, question.Class))
            {
                answer = default;
                return false;
            }
        }

        return next.TryAnswer(question, response, out answer);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
    {
        RewrittenQuestion rewritten = new(query);
        foreach (RewriteRule rule in rules)
        {
            if (rewritten.Apply(rule) && !rule.Continues)
            {
                break;
            }
        }

        if (rewritten.Failed)
        {
            return Responses.Write(query, ResponseCode.ServerFailure, response.Span);
        }

        if (!rewritten.ChangesAnswer)
        {
            return await next.AnswerAsync(rewritten.Query, response, cancellationToken).ConfigureAwait(false);
        }

        ResponseBuffer buffer = new();
        try
        {
            Answer answer = await next.AnswerAsync(rewritten.Query, buffer.Memory, cancellationToken).ConfigureAwait(false);
            return rewritten.TryRestore(buffer.GetSpan()[..answer.Length], query, response.Span, out int length)
                ? answer with { Length = length }
                : Responses.Write(query, ResponseCode.ServerFailure, response.Span);
        }
        finally
        {
            buffer.Release();
        }
    }

    /// <summary>A name as rules see it: lower case, with its final dot. Bytes that aren't plain match nothing that a rule can say.</summary>
    private static ReadOnlySpan<char> Text(ReadOnlySpan<byte> name, Span<char> text)
    {
        int length = 0;
        for (int position = 0; name[position] != 0; position += name[position] + 1)
        {
            length += Encoding.Latin1.GetChars(name.Slice(position + 1, name[position]), text[length..]);
            text[length++] = '.';
        }

        if (length == 0)
        {
            text[length++] = '.';
        }

        return text[..length];
    }
}
