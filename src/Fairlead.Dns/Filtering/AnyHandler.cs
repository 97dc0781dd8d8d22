using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Filtering;

/// <summary>Answers ANY with one small record, as RFC 8482, section 4.2, has it (<c>any</c>): who lies about his address gains nothing.</summary>
internal sealed class AnyHandler(IQueryHandler next) : IQueryHandler
{
    private const uint Ttl = 8482;

    private static readonly byte[] Host = [7, .. "RFC8482"u8, 0];

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        if (question.Type != RecordType.Any)
        {
            return next.TryAnswer(question, response, out answer);
        }

        MessageWriter writer = new(response);
        writer.TryWriteQuestion(question.Section[..^4], question.Type, question.Class);
        writer.TryWriteRaw(question.Section[..^4], RecordType.HInfo, RecordClass.Internet, Ttl, Host);
        writer.WriteHeader(new(0, HeaderFlags.Response | HeaderFlags.RecursionAvailable, 1, 1));
        answer = new(writer.Length, AnswerOrigin.Server);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => next.ResolveAsync(query, response, cancellationToken);
}
