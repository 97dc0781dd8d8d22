using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>An answer that several who asked the same get.</summary>
/// <param name="Message">The message as the first of them would have it.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="Ttl">What its records say; null: what they said.</param>
internal sealed record SharedAnswer(byte[] Message, AnswerOrigin Origin, uint? Ttl)
{
    public ResponseCode Code => (ResponseCode)(Message[3] & 15);

    /// <summary>Writes it with the client's own question.</summary>
    public Answer WriteTo(DnsQuery query, Span<byte> response)
    {
        Message.CopyTo(response);
        query.Section.Span.CopyTo(response[DnsHeader.Size..]);
        if (Ttl is { } ttl)
        {
            foreach (ushort position in AnswerShape.Of(Message).TtlPositions ?? [])
            {
                BinaryPrimitives.WriteUInt32BigEndian(response[position..], ttl);
            }
        }

        return new(Message.Length, Origin);
    }
}

/// <summary>The questions that are being asked: an equal one waits for the same answer, so that a thousand clients make one question.</summary>
internal sealed class SharedQuestions
{
    private readonly ConcurrentDictionary<Asked, TaskCompletionSource<SharedAnswer>> asking = new();
    private long shared;

    /// <summary>How many waited for another's answer.</summary>
    public long Shared => Interlocked.Read(ref shared);

    /// <summary>Asks, or waits with those who did. Who no longer waits doesn't end it for the others.</summary>
    public Task<SharedAnswer> AskAsync(DnsQuery query, Func<DnsQuery, Task<SharedAnswer>> ask)
    {
        Asked key = new(
            query.Name, query.Type, query.Class, query.Edns.DnssecOk, (query.Flags & (HeaderFlags.CheckingDisabled | HeaderFlags.RecursionDesired)), query.Transport == DnsTransport.Tcp);
        TaskCompletionSource<SharedAnswer> mine = new();
        TaskCompletionSource<SharedAnswer> one = asking.GetOrAdd(key, mine);
        if (one == mine)
        {
            _ = AskOnceAsync(key, mine, query, ask);
        }
        else
        {
            Interlocked.Increment(ref shared);
        }

        return one.Task;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever was thrown is thrown to each who waits.")]
    private async Task AskOnceAsync(Asked key, TaskCompletionSource<SharedAnswer> waiting, DnsQuery query, Func<DnsQuery, Task<SharedAnswer>> ask)
    {
        // Who comes after the answer asks anew: it may be one that isn't kept.
        try
        {
            SharedAnswer answer = await ask(query).ConfigureAwait(false);
            asking.TryRemove(key, out _);
            waiting.SetResult(answer);
        }
        catch (OperationCanceledException)
        {
            asking.TryRemove(key, out _);
            waiting.SetCanceled();
        }
        catch (Exception e)
        {
            asking.TryRemove(key, out _);
            waiting.SetException(e);
        }
    }

    private readonly record struct Asked(DnsName Name, RecordType Type, RecordClass Class, bool DnssecOk, HeaderFlags Flags, bool OverTcp);
}
