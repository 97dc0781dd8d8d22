using System.Collections.Immutable;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Configured;

/// <summary>Answers as a Corefile says on one port, and can change to another Corefile between two questions.</summary>
public sealed class ConfiguredHandler : IQueryHandler, IAsyncDisposable
{
    /// <summary>How long questions that are on their way may still need what they were given to.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly RefuseHandler Refuse = new();

    private readonly int port;
    private readonly ClusterHandlerFactory? cluster;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly QueryLines? lines;
    private State state;

    /// <summary>Makes the handlers of all server blocks of a port.</summary>
    /// <param name="configuration">What the Corefile says.</param>
    /// <param name="port">The port whose blocks are meant.</param>
    /// <param name="cluster">Makes the handler of the cluster's zones; null: they are refused, or forwarded.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <param name="lines">Writes what <c>log</c> asks for; null: nothing is written.</param>
    public ConfiguredHandler(DnsConfiguration configuration, int port, ClusterHandlerFactory? cluster, TimeProvider time, ILogger logger, QueryLines? lines = null)
    {
        (this.port, this.cluster, this.time, this.logger, this.lines) = (port, cluster, time, logger, lines);
        state = Build(configuration);
    }

    /// <summary>What it answers by.</summary>
    public DnsConfiguration Configuration => Volatile.Read(ref state).Configuration;

    /// <summary>What keeps it from forwarding, such as a loop; empty when all is well.</summary>
    public IEnumerable<string> Problems => Rows.Select(r => r.Loop?.Problem).OfType<string>();

    /// <summary>Lines of <c>log</c> that were left out.</summary>
    public long LinesDropped => lines?.Dropped ?? 0;

    internal ImmutableArray<ServerRow> Rows => Volatile.Read(ref state).Rows;

    /// <summary>Starts what runs beside the questions, such as looking for loops. Call it once the server listens.</summary>
    public void Start()
    {
        foreach (ServerRow row in Rows)
        {
            row.Start();
        }
    }

    /// <summary>Answers by another Corefile from the next question on. Caches begin anew.</summary>
    public void Use(DnsConfiguration configuration)
    {
        State old = Interlocked.Exchange(ref state, Build(configuration));
        Start();
        _ = DisposeLaterAsync(old);
    }

    /// <inheritdoc/>
    public bool TryAnswer(in Question question, Span<byte> response, out Answer answer) => First(question.Name).TryAnswer(question, response, out answer);

    /// <inheritdoc/>
    public ValueTask<Answer> ResolveAsync(DnsQuery query, Memory<byte> response, CancellationToken cancellationToken) =>
        First(query.Name.Wire).ResolveAsync(query, response, cancellationToken);

    /// <inheritdoc/>
    public bool WritesLog => Volatile.Read(ref state).WritesLog;

    /// <inheritdoc/>
    public void Note(in AnsweredQuery query)
    {
        if (lines is not null && Find(query.Name) is { } row)
        {
            lines.Note(row.Server.Logs, query);
        }
    }

    private IQueryHandler First(ReadOnlySpan<byte> name) => Find(name)?.First ?? Refuse;

    private ServerRow? Find(ReadOnlySpan<byte> name)
    {
        foreach ((DnsName zone, ServerRow row) in Volatile.Read(ref state).Zones)
        {
            if (NameBytes.IsWithin(name, zone.Wire))
            {
                return row;
            }
        }

        return null;
    }

    private State Build(DnsConfiguration configuration)
    {
        ImmutableArray<ServerRow> rows = [.. configuration.Servers.Where(s => s.Port == port).Select(s => new ServerRow(s, cluster, time, logger))];
        return new(configuration, rows, [.. rows.SelectMany(r => r.Server.Zones, (r, zone) => (zone, r)).OrderByDescending(z => z.zone.LabelCount)]) { WritesLog = lines is not null && rows.Any(r => !r.Server.Logs.IsEmpty) };
    }

    private async Task DisposeLaterAsync(State old)
    {
        await Task.Delay(Grace, time).ConfigureAwait(false);
        await old.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Volatile.Read(ref state).DisposeAsync();

    private sealed record State(DnsConfiguration Configuration, ImmutableArray<ServerRow> Rows, (DnsName Zone, ServerRow Row)[] Zones) : IAsyncDisposable
    {
        public bool WritesLog { get; init; }

        public async ValueTask DisposeAsync()
        {
            foreach (ServerRow row in Rows)
            {
                await row.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
