using Fairlead.Dns.Caching;
using Fairlead.Dns.Filtering;
using Fairlead.Dns.Forwarding;
using Fairlead.Dns.Hosts;
using Fairlead.Dns.Rewriting;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Microsoft.Extensions.Logging;

namespace Fairlead.Dns.Configured;

/// <summary>Makes the handler of the cluster's zones, in front of the next.</summary>
/// <param name="server">The block; its <see cref="ServerBlock.Kubernetes"/> is there.</param>
/// <param name="next">Who answers what isn't the cluster's, and what falls through.</param>
public delegate IQueryHandler ClusterHandlerFactory(ServerBlock server, IQueryHandler next);

/// <summary>
/// One server block at work: its handlers in CoreDNS's order (acl, any, rewrite, template, hosts, kubernetes, loop, forward), whatever the order of the lines. Only the cache
/// stands behind the cluster's zones rather than before all: those are in memory anyway, and the time that a Service takes to be seen isn't lengthened.
/// </summary>
internal sealed class ServerRow : IAsyncDisposable
{
    private const uint LocalhostTtl = 604800;

    private readonly List<IAsyncDisposable> parts = [];
    private readonly CancellationTokenSource ending = new();

    public ServerRow(ServerBlock server, ClusterHandlerFactory? cluster, TimeProvider time, ILogger logger)
    {
        Server = server;
        IQueryHandler row = new RefuseHandler();
        foreach (ForwardOptions forward in server.Forwards.Reverse())
        {
            ForwardHandler handler = new(forward, row, time, logger);
            Forwards.Insert(0, handler);
            Own(handler);
            row = handler;
        }

        if (!server.Forwards.IsEmpty)
        {
            // Without a cache, equal questions are still asked once.
            CacheOptions none = new() { Zones = [DnsName.Root], Success = default, Denial = default, ServerFailure = TimeSpan.Zero };
            row = Cache = new(server.Cache ?? none, server.ShufflesAnswers, row, time);
            parts.Add(Cache);
        }

        if (server.DetectsLoops && !server.Forwards.IsEmpty)
        {
            row = Loop = new(server, row, logger);
        }

        if (server.Kubernetes is not null && cluster is not null)
        {
            row = cluster(server, row);
        }

        if (server.Hosts is not null)
        {
            row = Hosts = Own(new HostsHandler(server.Hosts, row, time, logger));
        }

        if (server.AnswersLocalhost)
        {
            row = Own(new HostsHandler(Localhost, row, time, logger));
        }

        row = server.Templates.IsEmpty ? row : new TemplateHandler(server.Templates, row);
        row = server.Rewrites.IsEmpty ? row : new RewriteHandler(server.Rewrites, row);
        row = server.MinimizesAny ? new AnyHandler(row) : row;
        First = server.Access.IsEmpty ? row : new AccessHandler(server.Access, row);
    }

    public ServerBlock Server { get; }

    /// <summary>Who is asked first.</summary>
    public IQueryHandler First { get; }

    public List<ForwardHandler> Forwards { get; } = [];

    public CacheHandler? Cache { get; }

    public HostsHandler? Hosts { get; }

    public LoopHandler? Loop { get; }

    /// <summary>Starts what runs beside the questions: looking for loops.</summary>
    public void Start()
    {
        if (Loop is not null)
        {
            _ = Loop.ProbeAsync(ending.Token);
        }
    }

    private static HostsOptions Localhost => new()
    {
        Path = "/dev/null",
        Lines = ["127.0.0.1 localhost", "::1 localhost"],
        Zones = [DnsName.Parse("localhost"), DnsName.Parse("127.in-addr.arpa"), Corefile.Zones.Reverse(System.Net.IPAddress.IPv6Loopback)],
        Ttl = LocalhostTtl,
        Reload = TimeSpan.Zero,
    };

    private T Own<T>(T part)
        where T : IDisposable
    {
        parts.Add(new Disposing(part));
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync().ConfigureAwait(false);
        foreach (IAsyncDisposable part in parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }

        ending.Dispose();
    }

    private sealed class Disposing(IDisposable part) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
