using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>The end of the row where nothing else is configured: REFUSED.</summary>
public sealed class RefuseHandler : IQueryHandler
{
    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        answer = Responses.Write(question, ResponseCode.Refused, response);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Responses.Write(query, ResponseCode.Refused, response.Span));
}
