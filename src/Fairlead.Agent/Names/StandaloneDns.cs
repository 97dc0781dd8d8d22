using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using Fairlead.Agent.Health;
using Fairlead.Dns;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;
using IPAddress = System.Net.IPAddress;
using Log = Fairlead.Agent.Telemetry.Log;

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
        using CancellationTokenSource stop = new();
        DnsHandlers handlers = DnsHandlers.Create(options.Corefile, options.Zone with { Servers = Servers(options) }, searchPath: false, logger, time);
        ServiceReflectors services = new(client, (resource, message) => Log.WatchFailed(logger, resource, message));
        ClusterZoneFeed feed = new(client, services, handlers.Zone, handlers.NeedsPods, logger);
        DnsServer server = DnsServer.Start(new() { Listen = options.Listen, Threads = options.Threads }, handlers.First, logger, time);
        using HealthListeners listeners = new(
            () => new(IsAlive: true, IsReady: handlers.Zone.IsSynced && !cancellationToken.IsCancellationRequested, IsHealthy: true),
            () => DnsMetricsText.Write(server) + handlers.Metrics(),
            logger, time);
        handlers.Reloaded += configuration => listeners.Use(Addresses(options, configuration));
        listeners.Use(Addresses(options, handlers.Configuration));
        await using (handlers.ConfigureAwait(false))
        await using (server.ConfigureAwait(false))
        {
            Task[] parts =
            [
                services.RunAsync(stop.Token), feed.RunAsync(stop.Token), FollowAsync(handlers, feed, stop.Token), listeners.RunAsync(mustServe: true, stop.Token),
                EndAsync(handlers, logger, time, cancellationToken, stop.Token),
            ];
            Task first = await Task.WhenAny(parts).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(parts).ConfigureAwait(false);
            await server.StopAsync().ConfigureAwait(false);
            await first.ConfigureAwait(false);
        }
    }

    private static async Task FollowAsync(DnsHandlers handlers, ClusterZoneFeed feed, CancellationToken cancellationToken)
    {
        await handlers.RunAsync(feed, cancellationToken).ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Waits until the server is told to end, and then as long as <c>lameduck</c> says: who has chosen this server goes on being answered, and readiness tells others not to.</summary>
    private static async Task EndAsync(DnsHandlers handlers, ILogger logger, TimeProvider time, CancellationToken toldToEnd, CancellationToken stopped)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(toldToEnd, stopped);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TimeSpan lameDuck = handlers.Configuration.Servers.Select(s => s.Health?.LameDuck ?? TimeSpan.Zero).DefaultIfEmpty().Max();
        if (lameDuck > TimeSpan.Zero && !stopped.IsCancellationRequested)
        {
            Log.LameDuck(logger, lameDuck.TotalSeconds);
            await Task.Delay(lameDuck, time, stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What <c>ns.dns.ZONE</c> has: where the server listens, or, where that is everywhere, the machine's own addresses.</summary>
    private static ImmutableArray<NetAddress> Servers(StandaloneDnsOptions options)
    {
        NetAddress[] told = [.. options.Listen.Select(e => e.Address).Where(a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any)).Select(a => NetAddress.Parse(a.ToString()))];
        return told.Length > 0
            ? [.. told.Distinct()]
            : [.. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(i => i.GetIPProperties().UnicastAddresses)
                .Select(u => u.Address)
                .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal)
                .Select(a => NetAddress.Parse(a.ToString()))
                .Distinct()];
    }

    /// <summary>Where HTTP is asked for: by the option, and by the Corefile's <c>health</c>, <c>ready</c> and <c>prometheus</c>.</summary>
    private static IEnumerable<IPEndPoint> Addresses(StandaloneDnsOptions options, DnsConfiguration configuration) =>
        configuration.Servers.SelectMany(s => new[] { s.Health?.Address, s.Ready, s.Prometheus }).Append(options.MetricsAddress).OfType<IPEndPoint>().Distinct();
}
