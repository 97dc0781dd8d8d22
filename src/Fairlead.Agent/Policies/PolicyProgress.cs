using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Policies;

/// <summary>
/// Tells the cluster how far this node is: one number, the newest resourceVersion of a policy that its kernel holds, in a Lease that nobody watches. A policy
/// is in force on a node whose number is as high as the policy's own.
/// </summary>
internal sealed class PolicyProgress(KubernetesClient client, string nodeName, ILogger logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim wake = new(0, 1);
    private ImmutableDictionary<ObjectKey, PolicyState>? seen;
    private ulong reached;

    /// <summary>The kernel holds what this state asks for; returns at once.</summary>
    public void Notice(ClusterState? state)
    {
        if (state is null || ReferenceEquals(state.Policies, seen))
        {
            return;
        }

        seen = state.Policies;
        ulong newest = 0;
        foreach (PolicyState policy in seen.Values)
        {
            newest = Math.Max(newest, ulong.TryParse(policy.Revision, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision) ? revision : 0);
        }

        if (newest > Volatile.Read(ref reached))
        {
            Volatile.Write(ref reached, newest);
            try
            {
                wake.Release();
            }
            catch (SemaphoreFullException)
            {
                // It is awake already.
            }
        }
    }

    /// <summary>Writes what changed, once a second at most.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync(cancellationToken).ConfigureAwait(false);
                await WriteAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(s_least, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        string number = Volatile.Read(ref reached).ToString(CultureInfo.InvariantCulture);
        ObjectKey key = new(PolicyLease.Namespace, PolicyLease.Prefix + nodeName);
        try
        {
            JsonObject change = new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [PolicyLease.Annotation] = number } } };
            try
            {
                await client.PatchAsync<Lease>(key, Patch.Merge(change), cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                await client.CreateAsync(
                    new Lease
                    {
                        Metadata = new() { Namespace = key.Namespace, Name = key.Name, Annotations = new Dictionary<string, string> { [PolicyLease.Annotation] = number } },
                        Spec = new() { HolderIdentity = nodeName },
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
        {
            // Only "fairlead policy status" asks for it; the next change tries again.
            Log.PolicyWarning(logger, $"can't tell how far this node is with policies ({key}): {e.Message}");
        }
    }

    public void Dispose() => wake.Dispose();
}
