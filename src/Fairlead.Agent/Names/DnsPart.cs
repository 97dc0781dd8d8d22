using System.Collections.Immutable;
using System.Net;
using Fairlead.Agent.Local;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Telemetry;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;
using IPAddress = System.Net.IPAddress;
using Log = Fairlead.Agent.Telemetry.Log;

namespace Fairlead.Agent.Names;

/// <summary>The cluster's DNS in the agent: the server, what feeds it, and how packets find it.</summary>
internal sealed class DnsPart : IAsyncDisposable
{
    private readonly DnsOptions options;
    private readonly string nodeName;
    private readonly KubernetesClient client;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly DnsHandlers handlers;
    private readonly ClusterZone zone;
    private readonly ClusterZoneFeed feed;
    private readonly DnsEndpoint endpoint;
    private readonly DnsServer server;

    /// <summary>A server that listens nowhere yet: while the zone isn't complete, packets must find other nodes' servers, as they do where no socket is bound.</summary>
    public DnsPart(AgentOptions agent, DnsOptions options, KubernetesClient client, ServiceReflectors services, ILogger logger, TimeProvider time)
    {
        (this.options, nodeName, this.client, this.logger, this.time) = (options, agent.NodeName, client, logger, time);
        handlers = DnsHandlers.Create(
            options.Corefile,
            new()
            {
                Zone = DnsName.Parse(options.Domain),
                Pods = options.Pods,
                Servers = options.Addresses,
                ReverseRanges = [.. agent.ServiceCidrs, .. agent.ClusterCidrs],
                NodeName = agent.NodeName,
            },
            options.SearchPath, logger, time);
        zone = handlers.Zone;
        feed = new(client, services, zone, handlers.NeedsPods, logger);
        endpoint = new(client, services.Services, options, nodeName, logger, time);
        server = DnsServer.Start(new() { Listen = [] }, handlers.First, logger, time);
        QueryLog = new(server, zone, time);
    }

    /// <summary>Whether everything has been seen.</summary>
    public bool IsReady => zone.IsSynced;

    /// <summary>The last queries.</summary>
    public QueryLog QueryLog { get; }

    /// <summary>The server's counters.</summary>
    public string Metrics() => DnsMetricsText.Write(server) + handlers.Metrics();

    /// <summary>Adds what the agent's local socket answers about DNS.</summary>
    public void AddTo(LocalRoutes routes) => routes
        .Stream("/dns/log", "text/plain; charset=utf-8", WriteLogAsync)
        .Text("/dns/top", _ => string.Join('\n', QueryLog.Talkers()));

    /// <summary>Serves until cancelled; then queries that were received are answered.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(feed.RunAsync(cancellationToken), ServeAsync(cancellationToken)).ConfigureAwait(false);
        await server.StopAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync().ConfigureAwait(false);
        await handlers.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Leads packets here once there are answers, and tells other nodes.</summary>
    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await feed.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
            DnsTable.Apply(options.Addresses, DnsOptions.Port);
            server.Listen([.. options.Addresses.Select(a => new IPEndPoint(a.ToIPAddress(), DnsOptions.Port))], Environment.ProcessorCount);
            Task following = handlers.RunAsync(feed, cancellationToken);
            Log.DnsServing(logger, string.Join(", ", options.Addresses), options.Domain);
            if (options.EndpointPort > 0)
            {
                Node node = await endpoint.WaitForNodeAsync(cancellationToken).ConfigureAwait(false);
                ImmutableArray<IPEndPoint> own = [.. node.Status.Addresses
                    .Where(a => a.Type == "InternalIP" && NetAddress.TryParse(a.Address, out _))
                    .Select(a => new IPEndPoint(IPAddress.Parse(a.Address), options.EndpointPort))];
                server.Listen(own, threads: 1);
                await endpoint.RunAsync(node, cancellationToken).ConfigureAwait(false);
            }

            await following.ConfigureAwait(false);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task WriteLogAsync(LocalRequest request)
    {
        await foreach (string line in QueryLog.LinesAsync(request.Has("follow"), request.Find("pod"), request.Aborted).ConfigureAwait(false))
        {
            await request.WriteLineAsync(line).ConfigureAwait(false);
        }
    }
}
