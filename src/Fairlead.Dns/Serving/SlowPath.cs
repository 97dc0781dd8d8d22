using System.Diagnostics.CodeAnalysis;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>Runs the queries that take time, on the thread pool, and hands each answer to whoever sends it.</summary>
internal sealed class SlowPath(IQueryHandler handler, ServerShared shared, int limit, CancellationToken stopping)
{
    private readonly QueryEngine _engine = new(handler, shared, 2048);
    private readonly Lock _gate = new();
    private int _running;

    /// <summary>How many queries are on their way.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Starts a query.</summary>
    /// <param name="pending">The query.</param>
    /// <param name="state">What <paramref name="send"/> needs.</param>
    /// <param name="send">Sends the answer; called once, on any thread, with memory that is the callee's only during the call.</param>
    public void Start<TState>(PendingQuery pending, TState state, SendAnswer<TState> send)
    {
        if (Interlocked.Increment(ref _running) > limit)
        {
            // Whoever waits for more than this will not be served by waiting longer.
            byte[] small = new byte[512];
            Send(pending, Responses.Write(pending.Query, ResponseCode.ServerFailure, small), small, state, send);
            Interlocked.Decrement(ref _running);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static work => work.Path.Run(work.Pending, work.State, work.Send), (Path: this, Pending: pending, State: state, Send: send), preferLocal: false);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A handler's defect must not take the node's names down.")]
    private async void Run<TState>(PendingQuery pending, TState state, SendAnswer<TState> send)
    {
        ResponseBuffer buffer = new();
        try
        {
            Answer answer = await handler.ResolveAsync(pending.Query, buffer.Memory, stopping).ConfigureAwait(false);
            Send(pending, answer, buffer.GetSpan(), state, send);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server ends. A client that hears nothing asks again, and the next server answers.
        }
        catch (Exception e)
        {
            // A handler's defect must not take the node's names down; it is told as what it is.
            shared.Fault(pending.Query, e);
            Send(pending, Responses.Write(pending.Query, ResponseCode.ServerFailure, buffer.GetSpan()), buffer.GetSpan(), state, send);
        }
        finally
        {
            buffer.Release();
            Interlocked.Decrement(ref _running);
        }
    }

    private void Send<TState>(PendingQuery pending, Answer answer, Span<byte> buffer, TState state, SendAnswer<TState> send)
    {
        int length;
        lock (_gate)
        {
            length = _engine.Finish(pending, answer, buffer, shared.Seconds());
        }

        try
        {
            send(state, buffer[..length]);
        }
        catch (ObjectDisposedException)
        {
            // The server ended while the answer was made.
        }
    }
}

/// <summary>Sends an answer.</summary>
internal delegate void SendAnswer<TState>(TState state, ReadOnlySpan<byte> message);
