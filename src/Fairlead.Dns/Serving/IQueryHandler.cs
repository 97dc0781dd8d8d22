namespace Fairlead.Dns.Serving;

/// <summary>
/// Answers questions. Handlers stand in a row: rewriting and hosts, then the cluster's zones, then cache and upstreams. Each answers what is its own and gives the
/// rest to the next; the last one refuses.
/// </summary>
/// <remarks>
/// The server's threads call <see cref="TryAnswer"/> for every query that could be read, is a standard query of one question and asks for no transfer. Only when
/// that is false does <see cref="ResolveAsync"/> run, on the thread pool, and its answer is sent by the socket that the query came by.
/// </remarks>
public interface IQueryHandler
{
    /// <summary>How large the response buffers are: the largest message there can be.</summary>
    const int ResponseBufferSize = ushort.MaxValue;

    /// <summary>
    /// Answers at once from memory, or says that this takes time. Runs on a hot thread: it must not wait, lock or allocate, and is called by several threads at a time.
    /// </summary>
    /// <param name="question">The question. For a name rewritten, hand on a copy with another <see cref="Question.Name"/>.</param>
    /// <param name="response">At least <see cref="ResponseBufferSize"/> bytes. Overlaps nothing of the question.</param>
    /// <param name="answer">What was written.</param>
    /// <returns>False where <see cref="ResolveAsync"/> has to be asked; nothing counts of what was written then.</returns>
    bool TryAnswer(in Question question, Span<byte> response, out Answer answer);

    /// <summary>Answers, however long it takes; whoever can't find out answers SERVFAIL. Must not throw but for cancellation.</summary>
    /// <param name="query">The question.</param>
    /// <param name="response">At least <see cref="ResponseBufferSize"/> bytes, this call's own.</param>
    /// <param name="cancellationToken">The server ends, or nobody waits for the answer any more.</param>
    ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken);

    /// <summary>Whether <see cref="Note"/> is to be called.</summary>
    bool WritesLog => false;

    /// <summary>Hears of a query and its answer, on the thread that answers: it must not wait. Only the first handler of the row is asked.</summary>
    void Note(in AnsweredQuery query)
    {
    }
}
