using Fairlead.Dns.Corefile;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Forwarding;

/// <summary>
/// Asks upstreams: over UDP, and TCP where the answer is truncated; the next one where one is silent, within four seconds altogether; none that is known to be down as long as
/// there are others. Names that it doesn't take are the next handler's.
/// </summary>
internal sealed class ForwardHandler : IQueryHandler, IDisposable
{
    /// <summary>A resolver's own patience is 5 s (resolv.conf(5), timeout): SERVFAIL comes before that ends.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <summary>A datagram may be lost: the first is given up for early.</summary>
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LaterTimeout = TimeSpan.FromSeconds(2);

    private readonly ForwardOptions options;
    private readonly Upstream[] upstreams;
    private readonly UpstreamIdentity identity;
    private readonly IQueryHandler next;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private int turn = -1;
    private int asking;
    private long rejects;
    private long allDown;

    public ForwardHandler(ForwardOptions options, IQueryHandler next, TimeProvider time, ILogger logger)
    {
        (this.options, this.next, this.time, this.logger) = (options, next, time, logger);
        identity = new(options.Tls);
        upstreams = [.. options.Upstreams.Select(u => new Upstream(u, options, identity, time, logger))];
    }

    public IReadOnlyList<Upstream> Upstreams => upstreams;

    /// <summary>Questions that wait for upstreams.</summary>
    public int Asking => Volatile.Read(ref asking);

    /// <summary>Questions refused because too many were asked at once.</summary>
    public long Rejects => Interlocked.Read(ref rejects);

    /// <summary>Questions for which no upstream was healthy.</summary>
    public long AllDown => Interlocked.Read(ref allDown);

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        if (!options.Takes(question.Name))
        {
            return next.TryAnswer(question, response, out answer);
        }

        answer = default;
        return false;
    }

    /// <inheritdoc/>
    public async ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
    {
        if (!options.Takes(query.Name.Wire))
        {
            return await next.AnswerAsync(query, response, cancellationToken).ConfigureAwait(false);
        }

        int now = Interlocked.Increment(ref asking);
        try
        {
            if (options.MaximumConcurrent > 0 && now > options.MaximumConcurrent)
            {
                Interlocked.Increment(ref rejects);
                return Responses.Write(query, ResponseCode.Refused, response.Span);
            }

            Answer answer = await AskAsync(query, response, cancellationToken).ConfigureAwait(false);
            ResponseCode code = (ResponseCode)(response.Span[3] & 15);
            return options.NextCodes.Contains(code) && next is ForwardHandler
                ? await next.AnswerAsync(query, response, cancellationToken).ConfigureAwait(false)
                : answer;
        }
        finally
        {
            Interlocked.Decrement(ref asking);
        }
    }

    private async ValueTask<Answer> AskAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken)
    {
        Upstream[] order = Order();
        long started = time.GetTimestamp();
        byte[] section = UpstreamQuery.Section(query);
        ResponseBuffer raw = new();
        int length = 0;
        string problem = upstreams.Length == 0 ? "there is no upstream to ask" : "no upstream is healthy";
        try
        {
            int most = !Array.Exists(order, u => u.IsHealthy) ? 1 : options.MaximumAttempts > 0 ? options.MaximumAttempts : Math.Max(order.Length, 3);
            for (int attempt = 0; order.Length > 0 && attempt < most; attempt++)
            {
                TimeSpan left = Patience - time.GetElapsedTime(started);
                TimeSpan timeout = attempt == 0 ? FirstTimeout : LaterTimeout;
                if (left <= TimeSpan.Zero)
                {
                    break;
                }

                // An answer that the attempt before gave is written over.
                length = 0;
                Upstream upstream = order[attempt % order.Length];
                try
                {
                    length = await ExchangeAsync(upstream, query, section, raw, response, timeout < left ? timeout : left, cancellationToken).ConfigureAwait(false);
                    if (!options.FailoverCodes.Contains((ResponseCode)(response.Span[3] & 15)))
                    {
                        break;
                    }
                }
                catch (UpstreamException e)
                {
                    upstream.Statistics.Failed();
                    problem = e.Message;
                }
            }
        }
        finally
        {
            raw.Release();
        }

        if (length > 0)
        {
            return new(length, AnswerOrigin.Upstream);
        }

        ForwardLog.NoAnswer(logger, query.Name.ToString(), Mnemonics.NameOf(query.Type), problem);
        return Responses.Write(query, ResponseCode.ServerFailure, response.Span, AnswerOrigin.Upstream);
    }

    /// <summary>One upstream, with what its answers ask for: TCP where one is truncated, no EDNS where it isn't understood.</summary>
    private async Task<int> ExchangeAsync(
        Upstream upstream, DnsQuery query, byte[] section, ResponseBuffer raw, Memory<byte> response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        bool stream = upstream.Address.IsTls || options.Protocol == UpstreamProtocol.ForceTcp
            || (options.Protocol == UpstreamProtocol.AsAsked && query.Transport == DnsTransport.Tcp);
        int truncated = 0;
        for (bool withEdns = true; ;)
        {
            byte[] message = UpstreamQuery.Message(section, query.Flags, query.Edns.DnssecOk, withEdns);
            int length;
            try
            {
                length = stream
                    ? await upstream.AskStreamAsync(message, section, raw.Memory, timeout, cancellationToken).ConfigureAwait(false)
                    : await upstream.AskDatagramAsync(message, section, raw.Memory, timeout, cancellationToken).ConfigureAwait(false);
            }
            catch (UpstreamException) when (truncated > 0)
            {
                // Its TCP doesn't work: the client may try itself.
                return truncated;
            }

            DnsHeader.TryRead(raw.GetSpan(), out DnsHeader header);
            if (withEdns && header.Code is ResponseCode.FormatError or ResponseCode.NotImplemented)
            {
                withEdns = false;
                continue;
            }

            if (!UpstreamAnswer.TryWrite(raw.GetSpan()[..length], query, response.Span, out int written))
            {
                throw new UpstreamException(upstream.Address, "an answer that can't be read");
            }

            if ((header.Flags & HeaderFlags.Truncated) != 0 && !stream)
            {
                (stream, truncated) = (true, written);
                continue;
            }

            upstream.Statistics.Answered(header.Code, time.GetElapsedTime(started));
            return written;
        }
    }

    /// <summary>Whom to ask, in order: as the policy says, without those that are down as long as there are others.</summary>
    private Upstream[] Order()
    {
        Upstream[] healthy = Array.TrueForAll(upstreams, u => u.IsHealthy) ? upstreams : [.. upstreams.Where(u => u.IsHealthy)];
        if (healthy.Length == 0 && upstreams.Length > 0)
        {
            Interlocked.Increment(ref allDown);
            if (options.FailsFast)
            {
                return [];
            }

            // Health checks may be what is broken.
            healthy = upstreams;
        }

        if (healthy.Length < 2 || options.Policy == UpstreamPolicy.Sequential)
        {
            return healthy;
        }

        int first = (int)((uint)(options.Policy == UpstreamPolicy.RoundRobin ? Interlocked.Increment(ref turn) : Random.Shared.Next()) % (uint)healthy.Length);
        Upstream[] order = new Upstream[healthy.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = healthy[(first + i) % order.Length];
        }

        return order;
    }

    public void Dispose()
    {
        foreach (Upstream upstream in upstreams)
        {
            upstream.Dispose();
        }

        identity.Dispose();
    }
}
