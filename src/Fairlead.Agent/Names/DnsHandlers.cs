using Fairlead.Dns;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Names;

/// <summary>
/// Who answers what, by a cluster's Corefile or by ours: the zone's options come from the <c>kubernetes</c> block, and what isn't the cluster's goes the way that the Corefile says.
/// A Corefile that changes is followed from the next query on; what the zone holds by it, as soon as that has been seen.
/// </summary>
internal sealed class DnsHandlers : IAsyncDisposable
{
    private const string ResolvConf = "/etc/resolv.conf";

    private readonly ConfiguredHandler handler;
    private readonly QueryLines lines;
    private readonly CorefileWatch? watch;
    private readonly ClusterZoneOptions otherwise;
    private readonly bool searchPath;

    private DnsHandlers(ClusterZone zone, ConfiguredHandler handler, QueryLines lines, CorefileWatch? watch, ClusterZoneOptions otherwise, bool searchPath)
    {
        (Zone, this.handler, this.lines, this.watch, this.otherwise, this.searchPath) = (zone, handler, lines, watch, otherwise, searchPath);
    }

    /// <summary>The cluster's zone.</summary>
    public ClusterZone Zone { get; }

    /// <summary>The first of the row.</summary>
    public IQueryHandler First => handler;

    /// <summary>What the Corefile says.</summary>
    public DnsConfiguration Configuration => handler.Configuration;

    /// <summary>A Corefile that changed is followed from now on.</summary>
    public event Action<DnsConfiguration>? Reloaded;

    /// <summary>Whether pods must be watched, to know whose search path a query goes.</summary>
    public bool NeedsPods => WalksSearchPaths(Configuration, searchPath);

    /// <summary>Makes the row.</summary>
    /// <param name="corefile">The Corefile; null: the cluster's zone, and everything else from the machine's own resolvers.</param>
    /// <param name="zone">What the zone is without a Corefile; with one, its name, TTL and pods come from there.</param>
    /// <param name="searchPath">Whether search paths are gone in one trip; a Corefile's <c>autopath</c> wants it too.</param>
    /// <param name="logger">Hears what goes wrong.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CorefileException">The Corefile can't be followed; the message names the line.</exception>
    public static DnsHandlers Create(string? corefile, ClusterZoneOptions zone, bool searchPath, ILogger logger, TimeProvider time)
    {
        CorefileWatch? watch = corefile is null ? null : new(corefile, time, logger);
        DnsConfiguration configuration = watch?.Load() ?? DnsConfiguration.Parse(Standard(zone), "the standard Corefile");
        ClusterZone held = new(Options(configuration, zone), time);
        QueryLines lines = new(new StreamWriter(Console.OpenStandardOutput()));
        ConfiguredHandler handler = new(
            configuration,
            DnsOptions.Port,
            (server, next) => new ClusterHandler(
                held,
                next,
                new() { IsEnabled = searchPath || server.Autopath is not null, HasHostDomains = SearchPathOptions.HasDomains(ResolvConf) },
                server.Kubernetes!.Fallthrough),
            time,
            logger,
            lines);
        return new(held, handler, lines, watch, zone, searchPath);
    }

    /// <summary>Cache, upstreams, hosts and loops in numbers.</summary>
    public string Metrics() => ConfiguredMetrics.Write(handler, watch);

    /// <summary>Looks for loops, and follows the Corefile, until cancelled. Call it once the server listens.</summary>
    /// <param name="feed">Who keeps the zone; hears of options that changed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(ClusterZoneFeed feed, CancellationToken cancellationToken)
    {
        void Use(DnsConfiguration configuration)
        {
            handler.Use(configuration);
            feed.Use(Options(configuration, otherwise), NeedsPods);
            Reloaded?.Invoke(configuration);
        }

        handler.Start();
        if (watch is not null)
        {
            try
            {
                await watch.RunAsync(handler.Configuration, Use, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
        }
    }

    private static bool WalksSearchPaths(DnsConfiguration configuration, bool always) => always || configuration.Servers.Any(s => s.Autopath is not null);

    /// <summary>What a Corefile says of the cluster's zone.</summary>
    private static ClusterZoneOptions Options(DnsConfiguration configuration, ClusterZoneOptions otherwise) =>
        configuration.Servers.Select(s => s.Kubernetes).FirstOrDefault(k => k is not null) is { } block ? otherwise.With(block) : otherwise;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await handler.DisposeAsync().ConfigureAwait(false);
        await lines.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>As the Corefile that clusters are installed with, but for what the agent itself serves (health, readiness, metrics).</summary>
    private static string Standard(ClusterZoneOptions zone) =>
        $$"""
        .:53 {
            kubernetes {{zone.Zone}} in-addr.arpa ip6.arpa {
                pods {{zone.Pods.ToString().ToLowerInvariant()}}
                fallthrough in-addr.arpa ip6.arpa
                ttl {{zone.Ttl}}
            }
            {{(File.Exists(ResolvConf) ? $"forward . {ResolvConf}" : "")}}
            cache 30
            loop
        }
        """;
}
