using System.Buffers.Binary;
using System.Security.Cryptography;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// The questions that wait for answers on one socket, by their number. An answer belongs to a question only when number, name, type and class are right; all else is
/// passed over and the waiting goes on, so that a guess must hit all of it, and the port, before the true answer comes (RFC 5452).
/// </summary>
internal sealed class PendingQuestions
{
    private readonly Dictionary<ushort, Pending> waiting = [];
    private readonly Lock gate = new();
    private Exception? failure;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    /// <summary>Puts a number into a query's first bytes that no other waiting one has, and waits for its answer from now on.</summary>
    /// <param name="query">The query's bytes.</param>
    /// <param name="section">Its question: the name in lower case, type, class.</param>
    /// <param name="response">Takes the answer.</param>
    /// <exception cref="UpstreamException">The socket has failed.</exception>
    public Pending Add(Span<byte> query, ReadOnlyMemory<byte> section, Memory<byte> response)
    {
        Pending pending = new(section, response);
        lock (gate)
        {
            if (failure is not null)
            {
                throw failure;
            }

            do
            {
                RandomNumberGenerator.Fill(query[..2]);
                pending.Id = BinaryPrimitives.ReadUInt16BigEndian(query);
            }
            while (!waiting.TryAdd(pending.Id, pending));
        }

        return pending;
    }

    /// <summary>Gives an answer to the question that it belongs to.</summary>
    /// <returns>False where it belongs to none.</returns>
    public bool TryComplete(ReadOnlySpan<byte> message)
    {
        if (!DnsHeader.TryRead(message, out DnsHeader header) || (header.Flags & HeaderFlags.Response) == 0 || header.Questions != 1)
        {
            return false;
        }

        Pending? pending;
        lock (gate)
        {
            if (!waiting.TryGetValue(header.Id, out pending) || !pending.Asks(message))
            {
                return false;
            }

            waiting.Remove(header.Id);
        }

        pending.Complete(message);
        return true;
    }

    /// <summary>Waits for an answer, for so long; afterwards nothing writes into its buffer any more.</summary>
    /// <exception cref="TimeoutException">None came.</exception>
    public async Task<int> WaitAsync(Pending pending, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await pending.Task.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (gate)
            {
                if (waiting.TryGetValue(pending.Id, out Pending? other) && other == pending)
                {
                    waiting.Remove(pending.Id);
                    throw;
                }
            }

            // The answer is being copied at this very moment.
            return await pending.Task.ConfigureAwait(false);
        }
    }

    /// <summary>The socket has failed: all who wait learn it, and so does who comes later.</summary>
    public void Fail(Exception error)
    {
        Pending[] all;
        lock (gate)
        {
            failure ??= error;
            all = [.. waiting.Values];
            waiting.Clear();
        }

        foreach (Pending pending in all)
        {
            pending.Fail(error);
        }
    }

    /// <summary>One question that waits.</summary>
    public sealed class Pending(ReadOnlyMemory<byte> section, Memory<byte> response)
    {
        private readonly TaskCompletionSource<int> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Its number.</summary>
        public ushort Id { get; set; }

        /// <summary>Ends with the length of the answer.</summary>
        public Task<int> Task => completion.Task;

        public bool Asks(ReadOnlySpan<byte> message)
        {
            Span<byte> name = stackalloc byte[NameBytes.MaxLength];
            MessageReader reader = new MessageReader(message).At(DnsHeader.Size);
            return reader.TryReadQuestion(name, out int length, out RecordType type, out RecordClass recordClass)
                && NameBytes.AreEqual(name[..length], section.Span[..^4])
                && (ushort)type == BinaryPrimitives.ReadUInt16BigEndian(section.Span[^4..])
                && (ushort)recordClass == BinaryPrimitives.ReadUInt16BigEndian(section.Span[^2..]);
        }

        public void Complete(ReadOnlySpan<byte> message)
        {
            if (message.Length <= response.Length)
            {
                message.CopyTo(response.Span);
                completion.TrySetResult(message.Length);
            }
        }

        public void Fail(Exception error) => completion.TrySetException(error);
    }
}
