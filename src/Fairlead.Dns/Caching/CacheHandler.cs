using System.Threading.Channels;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>
/// Keeps answers and gives them again, as long as they are true: from the hot threads, without a lock and without an allocation. Equal questions that come while one is being
/// asked wait for its answer. What is asked for often is fetched again before it runs out, and what ran out is given where nobody answers (RFC 8767).
/// </summary>
internal sealed class CacheHandler : IQueryHandler, IAsyncDisposable
{
    /// <summary>How long a client is made to wait before it gets an old answer (RFC 8767, section 5: client response timer).</summary>
    private static readonly TimeSpan StalePatience = TimeSpan.FromSeconds(1.8);

    /// <summary>What an old answer's records say (RFC 8767, section 4), where the upstreams are known to be silent.</summary>
    private const uint StaleTtl = 30;

    /// <summary>After a failure, an upstream isn't asked again for so long while an old answer is given (RFC 8767, section 5: failure recheck timer).</summary>
    private static readonly TimeSpan StaleRecheck = TimeSpan.FromSeconds(5);

    private readonly CacheOptions options;
    private readonly IQueryHandler next;
    private readonly TimeProvider time;
    private readonly bool rotates;
    private readonly CacheTable success;
    private readonly CacheTable denial;
    private readonly SharedQuestions asked = new();
    private readonly Channel<CacheEntry> refreshes = Channel.CreateBounded<CacheEntry>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly CancellationTokenSource ending = new();
    private readonly Task refreshing;
    private readonly long ticksPerSecond;
    private readonly long staleTicks;
    private readonly long prefetchGap;
    private uint turn;

    /// <summary>Keeps what the next handler answers.</summary>
    /// <param name="options">How.</param>
    /// <param name="rotates">Whether addresses are given in changing order.</param>
    /// <param name="next">Who answers what isn't kept.</param>
    /// <param name="time">The clock.</param>
    public CacheHandler(CacheOptions options, bool rotates, IQueryHandler next, TimeProvider time)
    {
        (this.options, this.rotates, this.next, this.time) = (options, rotates, next, time);
        success = new(options.Success.Capacity);
        denial = new(options.Denial.Capacity);
        ticksPerSecond = time.TimestampFrequency;
        staleTicks = Ticks(options.ServeStale);
        prefetchGap = Ticks(options.Prefetch?.Within ?? default);
        refreshing = RefreshAsync();
    }

    public CacheStatistics Statistics { get; } = new();

    public int SuccessCount => success.Count;

    public int DenialCount => denial.Count;

    public long SuccessEvictions => success.Evictions;

    public long DenialEvictions => denial.Evictions;

    /// <summary>Questions that waited for the answer of an equal one.</summary>
    public long Shared => asked.Shared;

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        if (!Zones.Contain(options.Zones, question.Name))
        {
            return next.TryAnswer(question, response, out answer);
        }

        CacheKey key = new(question);
        long now = time.GetTimestamp();
        CacheEntry? entry = Find(key, out bool isDenial);
        if (entry is not null && entry.Expires > now)
        {
            Statistics.Hit(isDenial);
            Touch(entry, now);
            uint left = (uint)((entry.Expires - now + ticksPerSecond - 1) / ticksPerSecond);
            answer = new(entry.WriteTo(question.Section, left, rotates ? turn++ : 0, response), AnswerOrigin.Cache);
            return true;
        }

        if (entry is not null && staleTicks > 0 && !options.VerifiesStale && entry.Expires + staleTicks > now)
        {
            Statistics.ServedStale();
            Refresh(entry);
            answer = new(entry.WriteTo(question.Section, 0, rotates ? turn++ : 0, response), AnswerOrigin.Stale);
            return true;
        }

        // What is in memory behind the cache isn't worth keeping twice.
        return next.TryAnswer(question, response, out answer);
    }

    /// <inheritdoc/>
    public async ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
    {
        if (!Zones.Contain(options.Zones, query.Name.Wire))
        {
            return await next.ResolveAsync(query, response, cancellationToken).ConfigureAwait(false);
        }

        // It may have come meanwhile. The buffer isn't touched before there is something to write.
        if (Find(new(query.AsQuestion()), out _) is { } known && known.Expires > time.GetTimestamp() && TryAnswer(query.AsQuestion(), response.Span, out Answer kept))
        {
            return kept;
        }

        Statistics.Miss();
        CacheEntry? old = FindStale(query);
        Task<SharedAnswer> asking = asked.AskAsync(query, AskAsync);
        SharedAnswer shared;
        try
        {
            shared = await asking.WaitAsync(old is null ? Timeout.InfiniteTimeSpan : StalePatience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return Stale(old!, query, response);
        }

        return old is not null && shared.Code == ResponseCode.ServerFailure ? Stale(old, query, response) : shared.WriteTo(query, response.Span);
    }

    /// <summary>Asks the next handler, and keeps what it says.</summary>
    private async Task<SharedAnswer> AskAsync(DnsQuery query)
    {
        ResponseBuffer buffer = new();
        try
        {
            Answer answer = await next.ResolveAsync(query, buffer.Memory, ending.Token).ConfigureAwait(false);
            byte[] message = buffer.GetSpan()[..answer.Length].ToArray();
            return new(message, answer.Origin, Keep(query, message));
        }
        finally
        {
            buffer.Release();
        }
    }

    /// <summary>Keeps an answer, if it may be.</summary>
    /// <returns>For how many seconds; null for one that isn't kept.</returns>
    private uint? Keep(DnsQuery query, byte[] message)
    {
        // What an upstream answers to who wants no recursion is what it happens to know, not what is true.
        AnswerShape shape = (query.Flags & HeaderFlags.RecursionDesired) != 0 ? AnswerShape.Of(message) : default;
        CacheLimits? limits = shape.Kind switch
        {
            AnswerKind.Success when !Zones.Contain(options.SuccessDisabled, query.Name.Wire) => options.Success,
            AnswerKind.Denial when !Zones.Contain(options.DenialDisabled, query.Name.Wire) => options.Denial,
            AnswerKind.Failure when options.ServerFailure > TimeSpan.Zero => options.Denial with { MaximumTtl = options.ServerFailure, MinimumTtl = options.ServerFailure },
            _ => null,
        };
        if (limits is not { } bounds)
        {
            return null;
        }

        CacheKey key = new(query.AsQuestion());
        long now = time.GetTimestamp();
        if (shape.Kind == AnswerKind.Failure && Find(key, out _) is { } old && old.Expires + staleTicks > now)
        {
            // An old answer is better than none, and says so for longer than the failure would be kept.
            return null;
        }

        uint seconds = Math.Clamp(shape.Ttl, (uint)bounds.MinimumTtl.TotalSeconds, (uint)Math.Max(bounds.MaximumTtl.TotalSeconds, 1));
        long lifetime = seconds * ticksPerSecond;
        CacheEntry entry = new(key, message, shape, now, now + lifetime, lifetime);
        bool isSuccess = shape.Kind == AnswerKind.Success;
        if (!(isSuccess ? success : denial).TryAdd(key, entry, now))
        {
            return null;
        }

        // The name came, or went: the other table's answer isn't true any more.
        (isSuccess ? denial : success).Remove(key);
        return seconds;
    }

    private CacheEntry? Find(in CacheKey key, out bool isDenial)
    {
        CacheEntry? entry = success.Find(key);
        isDenial = entry is null;
        return entry ?? denial.Find(key);
    }

    private CacheEntry? FindStale(DnsQuery query)
    {
        if (staleTicks == 0)
        {
            return null;
        }

        CacheKey key = new(query.AsQuestion());
        return Find(key, out _) is { } entry && entry.Expires + staleTicks > time.GetTimestamp() ? entry : null;
    }

    private Answer Stale(CacheEntry old, DnsQuery query, Memory<byte> response)
    {
        Statistics.ServedStale();
        return new(old.WriteTo(query.Section.Span, StaleTtl, 0, response.Span), AnswerOrigin.Stale);
    }

    private void Touch(CacheEntry entry, long now)
    {
        if (options.Prefetch is not { } prefetch)
        {
            entry.Use(now);
            return;
        }

        if (entry.Use(now, prefetchGap) >= prefetch.Amount && (entry.Expires - now) * 100 < Math.Max(entry.Lifetime * prefetch.Percentage, ticksPerSecond * 100))
        {
            Refresh(entry);
        }
    }

    private void Refresh(CacheEntry entry)
    {
        if (entry.TryBeginRefresh() && !refreshes.Writer.TryWrite(entry))
        {
            entry.EndRefresh();
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            await foreach (CacheEntry entry in refreshes.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
            {
                Statistics.Prefetched();
                _ = RefreshOneAsync(entry);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task RefreshOneAsync(CacheEntry entry)
    {
        try
        {
            SharedAnswer answer = await asked.AskAsync(entry.ToQuery(), AskAsync).ConfigureAwait(false);
            if (answer.Code == ResponseCode.ServerFailure)
            {
                await Task.Delay(StaleRecheck, time, ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            entry.EndRefresh();
        }
    }

    private long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * ticksPerSecond);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await refreshing.ConfigureAwait(false);
        ending.Dispose();
    }
}
