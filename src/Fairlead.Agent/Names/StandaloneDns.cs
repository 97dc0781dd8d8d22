using System.Collections.Immutable;
using System.Net;
using Fairlead.Agent.Health;
using Fairlead.Dns;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Telemetry;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Names;

/// <summary>What an operator tells a DNS server that runs without an agent.</summary>
public sealed record StandaloneDnsOptions
{
    /// <summary>The cluster's zone.</summary>
    public required ClusterZoneOptions Zone { get; init; }

    /// <summary>Where to answer.</summary>
    public required ImmutableArray<IPEndPoint> Listen { get; init; }

    /// <summary>How many threads wait at each address.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>A Corefile to be followed; null: the cluster's zone, and everything else from the machine's resolvers.</summary>
    public string? Corefile { get; init; }

    /// <summary>Where metrics and readiness are served; null: nowhere.</summary>
    public IPEndPoint? MetricsAddress { get; init; }
}

/// <summary>The cluster's DNS without an agent: a Deployment of it takes CoreDNS's place.</summary>
public static class StandaloneDns
{
    /// <summary>Serves until cancelled; SERVFAIL until the zone is complete.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">An address can't be bound; the message names it.</exception>
    public static async Task RunAsync(StandaloneDnsOptions options, KubernetesClient client, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        DnsHandlers handlers = DnsHandlers.Create(options.Corefile, options.Zone, searchPath: false, logger, time);
        ClusterZoneFeed feed = new(client, handlers.Zone, handlers.NeedsPods, logger);
        DnsServer server = DnsServer.Start(new() { Listen = options.Listen, Threads = options.Threads }, handlers.First, logger, time);
        await using (handlers.ConfigureAwait(false))
        await using (server.ConfigureAwait(false))
        {
            List<Task> parts = [feed.RunAsync(stop.Token), WaitAsync(handlers, feed, stop.Token)];
            foreach (IPEndPoint address in Addresses(options, handlers.Configuration))
            {
                parts.Add(HealthServer.RunAsync(
                    address, () => new(IsAlive: true, IsReady: handlers.Zone.IsSynced, IsHealthy: true), () => DnsMetricsText.Write(server) + handlers.Metrics(), logger, stop.Token));
            }

            Task first = await Task.WhenAny(parts).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(parts).ConfigureAwait(false);
            await server.StopAsync().ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
    }

    private static async Task WaitAsync(DnsHandlers handlers, ClusterZoneFeed feed, CancellationToken cancellationToken)
    {
        await handlers.RunAsync(feed, cancellationToken).ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Where HTTP is asked for: by the option, and by the Corefile's <c>health</c>, <c>ready</c> and <c>prometheus</c>.</summary>
    private static IEnumerable<IPEndPoint> Addresses(StandaloneDnsOptions options, DnsConfiguration configuration) =>
        configuration.Servers.SelectMany(s => new[] { s.Health?.Address, s.Ready, s.Prometheus }).Append(options.MetricsAddress).OfType<IPEndPoint>().Distinct();
}
