using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Watching;

/// <summary>
/// Writes into the node's annotations how other nodes reach it. Only what the kernel has acknowledged is published: who reads it may send at once.
/// </summary>
internal sealed class NodePublisher(KubernetesClient client, ClusterWatcher watcher, AgentOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private NodePlan latest = NodePlan.Empty;

    /// <summary>Sees to it that others hear of this plan; returns at once.</summary>
    public void Publish(NodePlan committed)
    {
        Volatile.Write(ref latest, committed);
        wake.Writer.TryWrite(true);
    }

    /// <summary>Publishes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            TimeSpan retry = ShortestRetry;
            while (await wake.Reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await PublishAsync(Volatile.Read(ref latest), cancellationToken).ConfigureAwait(false);
                    retry = ShortestRetry;
                }
                catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
                {
                    Log.PublishFailed(logger, e.Message, retry.TotalMilliseconds);
                    await Task.Delay(retry, time, cancellationToken).ConfigureAwait(false);
                    retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                    wake.Writer.TryWrite(true);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task PublishAsync(NodePlan plan, CancellationToken cancellationToken)
    {
        if (watcher.FindNode(options.NodeName) is not { } node)
        {
            return; // it comes, and with it another plan
        }

        JsonObject changes = [];
        foreach ((string key, string? value) in NodeAnnotations.Of(options.Mode, options.VxlanId, plan.Overlays))
        {
            if (node.Metadata.Annotations.GetValueOrDefault(key) != value)
            {
                changes[key] = value;
            }
        }

        if (changes.Count > 0)
        {
            string text = string.Join(", ", changes.Select(change => $"{change.Key}={change.Value?.GetValue<string>() ?? "(none)"}"));
            await client.PatchAsync<Node>(node.Metadata.Key, Patch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = changes } }), cancellationToken: cancellationToken).ConfigureAwait(false);
            Log.Published(logger, text);
        }
    }
}
