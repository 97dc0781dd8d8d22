using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Cloud;

/// <summary>
/// What a cloud's controller manager does for its network: follows the nodes, writes a route for each pod CIDR into the router, and tells each node by its condition
/// NetworkUnavailable that its pods can be reached. Runs in the router's network namespace.
/// </summary>
public static class CloudRouteController
{
    private const string Condition = "NetworkUnavailable";

    // How long a route that somebody took away, or that the kernel refused, is missing at most.
    private static readonly TimeSpan s_resync = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled; the routes stay.</summary>
    /// <exception cref="Kernel.KernelException">There is no netlink socket to be had.</exception>
    public static async Task RunAsync(string kubeconfig, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ILogger logger = loggers.CreateLogger("cloud-routes");
        using var client = KubernetesClient.FromKubeconfig(kubeconfig);
        var nodes = new Informer<Node>(client, Node.ResourceKind);
        var changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        nodes.Changed += _ => changed.Writer.TryWrite(true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = nodes.RunAsync(stop.Token);
        using ITimer resync = time.CreateTimer(_ => changed.Writer.TryWrite(true), null, s_resync, s_resync);
        try
        {
            await nodes.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
            using var router = new CloudRouter();
            changed.Writer.TryWrite(true);
            await foreach (bool _ in changed.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await ReconcileAsync(nodes.List(), router, client, logger, time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task ReconcileAsync(IReadOnlyList<Node> nodes, CloudRouter router, KubernetesClient client, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<System.Net.IPNetwork, CloudRoute> desired = CloudRoutes.Plan(nodes);
        var refused = new HashSet<string>(StringComparer.Ordinal);
        foreach (string change in router.Reconcile(desired, (route, why) =>
        {
            refused.Add(route.Node);
            logger.RouteRefused(route.Node, why);
        }))
        {
            logger.RouteChanged(change);
        }

        foreach (Node node in nodes)
        {
            bool reachable = !refused.Contains(node.Metadata.Name) && desired.Values.Any(route => route.Node == node.Metadata.Name);
            string status = reachable ? "False" : "True";
            if (node.Status.Conditions.FirstOrDefault(condition => condition.Type == Condition)?.Status != status)
            {
                await TellAsync(client, node.Metadata.Name, status, time.GetUtcNow(), logger, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task TellAsync(KubernetesClient client, string node, string status, DateTimeOffset now, ILogger logger, CancellationToken cancellationToken)
    {
        string time = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var condition = new JsonObject
        {
            ["type"] = Condition,
            ["status"] = status,
            ["reason"] = status == "False" ? "RouteCreated" : "NoRouteCreated",
            ["message"] = status == "False" ? "RouteController created a route" : "RouteController could not create a route",
            ["lastHeartbeatTime"] = time,
            ["lastTransitionTime"] = time,
        };
        try
        {
            var change = new JsonObject { ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } };
            _ = await client.PatchAsync<Node>(new ObjectKey("", node), Patch.Strategic(change), "status", cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
        {
            // Said again at the next look.
            logger.ConditionRefused(node, failure.Message);
        }
    }
}

/// <summary>What the controller logs.</summary>
internal static partial class CloudLog
{
    [LoggerMessage(1, LogLevel.Information, "route {Change}")]
    public static partial void RouteChanged(this ILogger logger, string change);

    [LoggerMessage(2, LogLevel.Warning, "route to {Node} is refused, will be tried again: {Message}")]
    public static partial void RouteRefused(this ILogger logger, string node, string message);

    [LoggerMessage(3, LogLevel.Warning, "condition of node {Node} could not be written, will be tried again: {Message}")]
    public static partial void ConditionRefused(this ILogger logger, string node, string message);
}
