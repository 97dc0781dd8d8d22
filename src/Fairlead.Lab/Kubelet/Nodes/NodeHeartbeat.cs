using System.Text.Json.Nodes;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Sandboxes;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet.Nodes;

/// <summary>Registers the node, then keeps it known to be alive: a Lease every ten seconds, the status when it changes and every five minutes.</summary>
internal sealed class NodeHeartbeat(NodeRuntimeOptions options, KubernetesClient client, PodNetwork network, Machine machine, EventRecorder events, ILogger logger)
{
    private const string LeaseNamespace = "kube-node-lease";
    private const int LeaseSeconds = 40;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StatusPeriod = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NetworkPeriod = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);

    /// <summary>Creates the Node, or brings one that is there up to date; returns once the API has it.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var delay = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                await TryRegisterAsync(cancellationToken).ConfigureAwait(false);
                await RenewLeaseAsync(cancellationToken).ConfigureAwait(false);
                events.Record(Reference, "Normal", "Starting", "Starting kubelet.");
                return;
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                logger.WillRetry("register node", failure.Message);
                await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
                delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry;
            }
        }
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (lease, status) = (options.TimeProvider.GetTimestamp(), options.TimeProvider.GetTimestamp());
        var problem = network.NotReady();
        while (true)
        {
            // The network's configuration often comes after the node: pods wait for it, so it is looked for more often while it is missing.
            await Task.Delay(problem is null ? Period : NetworkPeriod, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            try
            {
                var now = network.NotReady();
                if (now != problem || options.TimeProvider.GetElapsedTime(status) >= StatusPeriod)
                {
                    await UpdateStatusAsync(now, cancellationToken).ConfigureAwait(false);
                    (problem, status) = (now, options.TimeProvider.GetTimestamp());
                }

                if (options.TimeProvider.GetElapsedTime(lease) >= Period)
                {
                    await RenewLeaseAsync(cancellationToken).ConfigureAwait(false);
                    lease = options.TimeProvider.GetTimestamp();
                }
            }
            catch (KubernetesException gone) when (gone.IsNotFound)
            {
                await RegisterAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                logger.WillRetry("renew lease", failure.Message);
            }
        }
    }

    private ObjectReference Reference => new() { Kind = "Node", ApiVersion = "v1", Name = options.NodeName, Uid = options.NodeName };

    private DateTimeOffset Now => options.TimeProvider.GetUtcNow();

    private async Task TryRegisterAsync(CancellationToken cancellationToken)
    {
        var problem = network.NotReady();
        var node = NodeObject.Create(options, machine, problem, Now);
        try
        {
            _ = await client.CreateAsync<Node>(node, "", cancellationToken).ConfigureAwait(false);
            foreach (var state in (string[])["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", .. problem is null ? (string[])["NodeReady"] : []])
            {
                events.Record(Reference, "Normal", state, $"Node {options.NodeName} status is now: {state}");
            }
        }
        catch (KubernetesException exists) when (exists.IsAlreadyExists)
        {
            // A node that comes back keeps what others wrote on it.
            JsonObject change = new() { ["metadata"] = new JsonObject { ["labels"] = NodeObject.Labels(options) } };
            _ = await client.PatchAsync<Node>(new ObjectKey("", options.NodeName), Patch.Merge(change), null, cancellationToken).ConfigureAwait(false);
        }

        // A server may leave the status out of what is created.
        await UpdateStatusAsync(problem, cancellationToken).ConfigureAwait(false);
    }

    private async Task UpdateStatusAsync(string? problem, CancellationToken cancellationToken)
    {
        var key = new ObjectKey("", options.NodeName);
        var before = await client.GetAsync<Node>(key, cancellationToken).ConfigureAwait(false);
        var status = NodeObject.Status(options, machine, problem, before, Now);
        KeepForeignConditions(status, before);
        _ = await client.PatchAsync<Node>(key, Patch.Merge(new JsonObject { ["status"] = status }), "status", cancellationToken).ConfigureAwait(false);
        var wasReady = before.Status.Conditions.Any(static c => c is { Type: "Ready", Status: "True" });
        if (problem is null != wasReady)
        {
            events.Record(Reference, "Normal", problem is null ? "NodeReady" : "NodeNotReady", $"Node {options.NodeName} status is now: {(problem is null ? "NodeReady" : "NodeNotReady")}");
        }
    }

    /// <summary>A merge patch replaces lists whole; conditions that others wrote (the network's, for one) stay.</summary>
    private static void KeepForeignConditions(JsonObject status, Node before)
    {
        var conditions = (JsonArray)status["conditions"]!;
        var own = conditions.Select(static c => (string)c!["type"]!).ToHashSet(StringComparer.Ordinal);
        var written = (JsonObject)System.Text.Json.JsonSerializer.SerializeToNode(before.Status, KubernetesJson.TypeInfo<NodeStatus>())!;
        foreach (var condition in (written["conditions"] as JsonArray ?? []).OfType<JsonObject>().Where(c => !own.Contains((string)c["type"]!)))
        {
            conditions.Add(condition.DeepClone());
        }
    }

    private async Task RenewLeaseAsync(CancellationToken cancellationToken)
    {
        ObjectKey key = new(LeaseNamespace, options.NodeName);
        JsonObject spec = new()
        {
            ["holderIdentity"] = options.NodeName,
            ["leaseDurationSeconds"] = LeaseSeconds,
            ["renewTime"] = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture),
        };
        try
        {
            _ = await client.PatchAsync<Lease>(key, Patch.Merge(new JsonObject { ["spec"] = spec }), null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException missing) when (missing.IsNotFound)
        {
            JsonObject lease = new()
            {
                ["apiVersion"] = "coordination.k8s.io/v1",
                ["kind"] = "Lease",
                ["metadata"] = new JsonObject { ["name"] = options.NodeName, ["namespace"] = LeaseNamespace },
                ["spec"] = spec.DeepClone(),
            };
            _ = await client.CreateAsync<Lease>(lease, LeaseNamespace, cancellationToken).ConfigureAwait(false);
        }
    }
}
