using Fairlead.Dns.Serving;

namespace Fairlead.Dns.Forwarding;

/// <summary>Asking a handler off the hot threads.</summary>
internal static class HandlerExtensions
{
    /// <summary>Answers at once where that is possible, and takes its time where it isn't.</summary>
    public static ValueTask<Answer> AnswerAsync(this IQueryHandler handler, DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) =>
        handler.TryAnswer(query.AsQuestion(), response.Span, out Answer answer) ? ValueTask.FromResult(answer) : handler.ResolveAsync(query, response, cancellationToken);
}
