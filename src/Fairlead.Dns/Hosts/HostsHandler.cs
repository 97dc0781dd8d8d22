using Fairlead.Dns.Corefile;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Hosts;

/// <summary>Answers from hosts files, addresses and the names of addresses; the file is read again when it has changed.</summary>
internal sealed class HostsHandler : IQueryHandler, IDisposable
{
    private readonly HostsOptions options;
    private readonly IQueryHandler next;
    private readonly ILogger logger;
    private readonly ITimer? timer;
    private HostsTable table;
    private string? lastProblem;
    private (DateTime Written, long Length) version;

    public HostsHandler(HostsOptions options, IQueryHandler next, TimeProvider time, ILogger logger)
    {
        (this.options, this.next, this.logger) = (options, next, logger);
        table = HostsTable.Read(options.Lines);
        Read();
        timer = options.Reload > TimeSpan.Zero ? time.CreateTimer(_ => Read(), null, options.Reload, options.Reload) : null;
    }

    /// <summary>How many names there are.</summary>
    public int Count => Volatile.Read(ref table).Count;

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer)
    {
        if (question.Class != RecordClass.Internet || !Zones.Contain(options.Zones, question.Name))
        {
            return next.TryAnswer(question, response, out answer);
        }

        HostsTable hosts = Volatile.Read(ref table);
        if (hosts.Addresses(question.Name) is { } addresses)
        {
            answer = Write(question, addresses, response);
            return true;
        }

        if (!options.NoReverse && hosts.Names(question.Name) is { } names)
        {
            answer = Write(question, names, response);
            return true;
        }

        if (options.Fallthrough.Applies(question.Name))
        {
            return next.TryAnswer(question, response, out answer);
        }

        answer = Responses.Write(question, ResponseCode.NameError, response, AnswerOrigin.Hosts);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) => next.ResolveAsync(query, response, cancellationToken);

    private Answer Write(in Question question, List<NetAddress> addresses, Span<byte> response)
    {
        MessageWriter writer = new(response);
        writer.TryWriteQuestion(question.Section[..^4], question.Type, question.Class);
        ushort count = 0;
        foreach (NetAddress address in addresses)
        {
            RecordType type = address.IsIPv6 ? RecordType.Aaaa : RecordType.A;
            if ((question.Type == type || question.Type == RecordType.Any) && writer.TryWriteAddress(question.Section[..^4], options.Ttl, address))
            {
                count++;
            }
        }

        return Finish(ref writer, count);
    }

    private Answer Write(in Question question, List<DnsName> names, Span<byte> response)
    {
        MessageWriter writer = new(response);
        writer.TryWriteQuestion(question.Section[..^4], question.Type, question.Class);
        ushort count = 0;
        foreach (DnsName name in names)
        {
            if (question.Type is RecordType.Ptr or RecordType.Any && writer.TryWriteName(question.Section[..^4], RecordType.Ptr, options.Ttl, name.Wire))
            {
                count++;
            }
        }

        return Finish(ref writer, count);
    }

    private static Answer Finish(ref MessageWriter writer, ushort count)
    {
        writer.WriteHeader(new(0, HeaderFlags.Response | HeaderFlags.Authoritative | HeaderFlags.RecursionAvailable, 1, count));
        return new(writer.Length, AnswerOrigin.Hosts);
    }

    private void Read()
    {
        try
        {
            FileInfo file = new(options.Path);
            (DateTime, long) found = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
            if (found == version && found != default)
            {
                return;
            }

            HostsTable read = HostsTable.Read(options.Lines, file.Exists ? File.ReadLines(options.Path) : []);
            if (found != version || version == default)
            {
                version = found;
                Volatile.Write(ref table, read);
                if (file.Exists)
                {
                    ForwardLog.HostsRead(logger, options.Path, read.Count);
                }
            }

            lastProblem = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (lastProblem != e.Message)
            {
                lastProblem = e.Message;
                ForwardLog.HostsFailed(logger, options.Path, e.Message);
            }
        }
    }

    public void Dispose() => timer?.Dispose();
}
