using System.Diagnostics;
using Fairlead.Dns.Telemetry;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>From a packet to its answer, for one thread: read, ask the handlers, wrap, count. Allocates nothing but for queries that take time.</summary>
internal sealed class QueryEngine
{
    private readonly IQueryHandler _handler;
    private readonly ServerShared _shared;
    private readonly AmplificationLimit _limit;
    private readonly byte[] _scratch = new byte[IQueryHandler.ResponseBufferSize + 64];
    private readonly byte[] _name = new byte[NameBytes.MaxLength];

    public QueryEngine(IQueryHandler handler, ServerShared shared, int ringCapacity)
    {
        _handler = handler;
        _shared = shared;
        _limit = new(shared.AmplificationBytesPerSecond);
        Statistics = new();
        Ring = new(ringCapacity);
        shared.Register(this);
    }

    public WorkerStatistics Statistics { get; }

    public QueryRing Ring { get; }

    /// <summary>Answers a packet.</summary>
    /// <param name="packet">What came.</param>
    /// <param name="sender">From whom.</param>
    /// <param name="transport">By which way.</param>
    /// <param name="received">When, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="now">When, in seconds of Unix time.</param>
    /// <param name="pending">The query where it takes time.</param>
    /// <returns>The answer, valid until the next call; empty where there is none, or none yet.</returns>
    public ReadOnlySpan<byte> Process(ReadOnlySpan<byte> packet, Sender sender, DnsTransport transport, long received, uint now, out PendingQuery? pending)
    {
        pending = null;
        NetAddress client = sender.Address;
        QueryVerdict verdict = QueryReader.Read(packet, _name, out ReadQuery read);
        if (verdict == QueryVerdict.Ignore)
        {
            Statistics.CountIgnored();
            return default;
        }

        bool isProven = transport == DnsTransport.Tcp;
        Edns reply = default;
        if (read.Edns.IsPresent)
        {
            reply = new() { IsPresent = true, UdpSize = Edns.SafeUdpSize, DnssecOk = read.Edns.DnssecOk, UpperCode = (byte)((int)read.Code >> 4) };
            if (read.Edns.Cookie.IsPresent)
            {
                bool isOurs = _shared.Cookies.IsOurs(read.Edns.Cookie, client, now);
                isProven |= isOurs;
                reply = reply with { Cookie = _shared.Cookies.Reply(read.Edns.Cookie, isOurs, client, now) };
            }
        }

        int limit = Envelope.Limit(read.Edns, transport);
        Answer answer;
        if (verdict == QueryVerdict.Error)
        {
            answer = WriteError(read);
        }
        else
        {
            Question question = new()
            {
                Name = read.Name,
                Section = read.Section,
                Type = read.Type,
                Class = read.Class,
                Flags = read.Header.Flags & (HeaderFlags.RecursionDesired | HeaderFlags.CheckingDisabled),
                Edns = read.Edns,
                Client = client,
                Transport = transport,
            };
            if (!_handler.TryAnswer(question, _scratch, out answer))
            {
                pending = new(question.ToQuery(), sender.Port, read.Header.Id, read.Header.Flags, reply, limit, received, packet.Length, isProven);
                return default;
            }
        }

        int length = Envelope.Finish(_scratch, answer.Length, read.Header.Id, read.Header.Flags, reply, limit);
        if (!isProven && !_limit.Allows(client, packet.Length, length, now))
        {
            Statistics.CountLimited();
            length = Envelope.Finish(_scratch, Envelope.Empty(_scratch, read.Section.Length), read.Header.Id, read.Header.Flags, reply, limit);
        }

        ResponseCode code = verdict == QueryVerdict.Error ? read.Code : (ResponseCode)(_scratch[3] & 0xf);
        long ticks = Stopwatch.GetTimestamp() - received;
        Statistics.Count(transport, client.IsIPv6, read.Type, packet.Length, code, answer.Origin, ticks, length);
        Ring.Write(received, client, read.Name, read.Type, code, answer.Origin, transport, ticks, length);
        if (_handler.WritesLog && !read.Section.IsEmpty)
        {
            _handler.Note(new()
            {
                Sender = sender,
                Transport = transport,
                Id = read.Header.Id,
                Flags = read.Header.Flags,
                Edns = read.Edns,
                RequestLength = packet.Length,
                Name = read.Name,
                Section = read.Section,
                Response = _scratch.AsSpan(0, length),
                Duration = Stopwatch.GetElapsedTime(0, ticks),
            });
        }

        return _scratch.AsSpan(0, length);
    }

    /// <summary>Wraps the answer of a query that took time. The caller sees to it that one thread at a time does.</summary>
    /// <returns>How long it is.</returns>
    public int Finish(PendingQuery pending, Answer answer, Span<byte> message, uint now)
    {
        int length = Envelope.Finish(message, answer.Length, pending.Id, pending.Flags, pending.Reply, pending.Limit);
        if (!pending.IsProven && !_limit.Allows(pending.Query.Client, pending.RequestLength, length, now))
        {
            Statistics.CountLimited();
            length = Envelope.Finish(message, Envelope.Empty(message, pending.Query.Section.Length), pending.Id, pending.Flags, pending.Reply, pending.Limit);
        }

        ResponseCode code = (ResponseCode)(message[3] & 0xf);
        long ticks = Stopwatch.GetTimestamp() - pending.Received;
        DnsQuery query = pending.Query;
        Statistics.Count(query.Transport, query.Client.IsIPv6, query.Type, pending.RequestLength, code, answer.Origin, ticks, length);
        Ring.Write(pending.Received, query.Client, query.Name.Wire, query.Type, code, answer.Origin, query.Transport, ticks, length);
        if (_handler.WritesLog)
        {
            _handler.Note(new()
            {
                Sender = new(query.Client, pending.Port),
                Transport = query.Transport,
                Id = pending.Id,
                Flags = pending.Flags,
                Edns = query.Edns,
                RequestLength = pending.RequestLength,
                Name = query.Name.Wire,
                Section = query.Section.Span,
                Response = message[..length],
                Duration = Stopwatch.GetElapsedTime(0, ticks),
            });
        }

        return length;
    }

    /// <summary>The question comes back where it could be read; a broken one doesn't.</summary>
    private Answer WriteError(in ReadQuery read)
    {
        HeaderFlags flags = HeaderFlags.Response | HeaderFlags.RecursionAvailable | (read.Header.Flags & HeaderFlags.OpcodeMask) | (HeaderFlags)((int)read.Code & 0xf);
        bool repeats = !read.Section.IsEmpty;
        new DnsHeader(0, flags, (ushort)(repeats ? 1 : 0)).WriteTo(_scratch);
        read.Section.CopyTo(_scratch.AsSpan(DnsHeader.Size));
        return new(DnsHeader.Size + read.Section.Length, AnswerOrigin.Server);
    }
}
