using System.Threading.Channels;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Names;

/// <summary>
/// Names this node's server as an endpoint of the DNS Service, where that Service has no selector: while another node's server is away, its pods are served here. A
/// Service with a selector has pods of its own behind it, and is left alone.
/// </summary>
internal sealed class DnsEndpoint
{
    private static readonly TimeSpan NodePeriod = TimeSpan.FromSeconds(0.5);

    private readonly KubernetesClient client;
    private readonly DnsOptions options;
    private readonly string nodeName;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly StateCache<Service, Service> ours;
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>An endpoint; nothing is published before <see cref="RunAsync"/>.</summary>
    public DnsEndpoint(KubernetesClient client, Reflector<Service> services, DnsOptions options, string nodeName, ILogger logger, TimeProvider time)
    {
        (this.client, this.options, this.nodeName, this.logger, this.time) = (client, options, nodeName, logger, time);
        services.Add(ours = new(service => IsOurs(service) ? service : null, (_, _, _) => signal.Writer.TryWrite(true)));
    }

    /// <summary>Waits until the node's object is there and has an address: on a new node the agent may be sooner than the kubelet that makes it.</summary>
    public async Task<Node> WaitForNodeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Node? node = null;
            await TryAsync(async () => node = await client.FindAsync<Node>(new ObjectKey("", nodeName), cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            if (node is not null && node.Status.Addresses.Any(a => a.Type == "InternalIP"))
            {
                return node;
            }

            await Task.Delay(NodePeriod, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps the slices as they should be until cancelled; then says that this node no longer serves.</summary>
    /// <param name="node">The node's object.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(Node node, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await signal.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                await TryAsync(() => PublishAsync(node, ready: true, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        // A new agent beside this one has named the node already, and goes on serving.
        if (ServersBeside.Any(options.Addresses, DnsOptions.Port))
        {
            return;
        }

        using CancellationTokenSource last = new(TimeSpan.FromSeconds(1), time);
        await TryAsync(() => PublishAsync(node, ready: false, last.Token), last.Token).ConfigureAwait(false);
    }

    private async Task PublishAsync(Node node, bool ready, CancellationToken cancellationToken)
    {
        foreach ((_, Service service) in ours.List())
        {
            foreach (EndpointSlice slice in Slices(service, node, options, nodeName, ready))
            {
                EndpointSlice? held = await client.FindAsync<EndpointSlice>(slice.Metadata.Key, cancellationToken).ConfigureAwait(false);
                if (held is null)
                {
                    await client.CreateAsync(slice, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await client.UpdateAsync(held, held with { Endpoints = slice.Endpoints, Ports = slice.Ports }, cancellationToken: cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    private bool IsOurs(Service service) => service.Spec.Selector.Count == 0
        && options.Addresses.Any(a => service.Spec.ClusterIP == a.ToString() || service.Spec.ClusterIPs.Contains(a.ToString()));

    /// <summary>The slices of a Service on this node, one for each family that both have.</summary>
    internal static IEnumerable<EndpointSlice> Slices(Service service, Node node, DnsOptions options, string nodeName, bool ready)
    {
        foreach (bool ipv6 in (bool[])[false, true])
        {
            NetAddress[] addresses = [.. node.Status.Addresses
                .Where(a => a.Type == "InternalIP" && NetAddress.TryParse(a.Address, out NetAddress address) && address.IsIPv6 == ipv6)
                .Select(a => NetAddress.Parse(a.Address))];
            if (addresses.Length == 0 || !options.Addresses.Any(a => a.IsIPv6 == ipv6))
            {
                continue;
            }

            yield return new()
            {
                Metadata = new()
                {
                    Name = $"{service.Metadata.Name}-{nodeName}{(ipv6 ? "-ipv6" : "")}",
                    Namespace = service.Metadata.Namespace,
                    Labels = new Dictionary<string, string>
                    {
                        [Annotations.ServiceName] = service.Metadata.Name,
                        [Annotations.ManagedBy] = Annotations.AgentManager,
                    },

                    // A node that is removed takes its endpoint along.
                    OwnerReferences = [new() { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = node.Metadata.Uid }],
                },
                AddressType = ipv6 ? "IPv6" : "IPv4",
                Endpoints = [new() { Addresses = [addresses[0].ToString()], NodeName = nodeName, Conditions = new(ready, ready, !ready) }],
                Ports = [.. service.Spec.Ports.Where(p => p.Port == DnsOptions.Port)
                    .Select(p => new EndpointSlicePort { Name = p.Name ?? "", Protocol = p.Protocol ?? "TCP", Port = options.EndpointPort })],
            };
        }
    }

    private async Task TryAsync(Func<Task> publish, CancellationToken cancellationToken)
    {
        try
        {
            await publish().ConfigureAwait(false);
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The Service's next change tries again; this node's own pods don't need the slice.
            Telemetry.Log.EndpointNotPublished(logger, e.Message);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
