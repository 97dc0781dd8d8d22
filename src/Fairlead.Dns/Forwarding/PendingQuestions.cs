using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// The questions that wait for answers on one socket, by their number. An answer belongs to a question only when number, name, type and class are right; all else is
/// passed over and the waiting goes on, so that a guess must hit all of it, and the port, before the true answer comes (RFC 5452).
/// </summary>
internal sealed class PendingQuestions
{
    private const int NumbersAtATime = 64;

    private readonly Dictionary<ushort, Pending> waiting = [];
    private readonly Lock gate = new();
    private readonly ushort[] numbers = new ushort[NumbersAtATime];
    private int drawn = NumbersAtATime;
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
                pending.Id = Draw();
            }
            while (!waiting.TryAdd(pending.Id, pending));

            BinaryPrimitives.WriteUInt16BigEndian(query, pending.Id);
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

        // Whoever tells of a failure may hold locks.
        foreach (Pending pending in all)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static failed => failed.Pending.Fail(failed.Error), (Pending: pending, Error: error), preferLocal: false);
        }
    }

    /// <summary>The next number; as many at a time as cost little more than one.</summary>
    private ushort Draw()
    {
        if (drawn == numbers.Length)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(numbers.AsSpan()));
            drawn = 0;
        }

        return numbers[drawn++];
    }

    /// <summary>One question that waits. Its answer is made on the thread that received it: another one would only have to be woken.</summary>
    public sealed class Pending(ReadOnlyMemory<byte> section, Memory<byte> response)
    {
        private readonly TaskCompletionSource<int> completion = new();

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
