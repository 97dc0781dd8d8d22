using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Policies;

/// <summary>
/// Tells the cluster how far this node is, in a Lease that nobody watches: the newest resourceVersion of a policy that its kernel holds, and a digest of all of them. A policy
/// is in force on a node whose number is as high as the policy's own, and a deleted one is gone where the digest is that of what the API has.
/// </summary>
internal sealed class PolicyProgress(KubernetesClient client, string nodeName, ILogger logger, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim wake = new(0, 1);
    private ImmutableDictionary<ObjectKey, PolicyState>? seen;

    /// <summary>The kernel holds what this state asks for; returns at once.</summary>
    public void Notice(ClusterState? state)
    {
        if (state is not null && !ReferenceEquals(Interlocked.Exchange(ref seen, state.Policies), state.Policies))
        {
            Wake();
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
                bool written = await WriteAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(written ? s_least : s_afterFailure, time, cancellationToken).ConfigureAwait(false);
                if (!written)
                {
                    Wake();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> WriteAsync(CancellationToken cancellationToken)
    {
        ImmutableDictionary<ObjectKey, PolicyState> policies = Volatile.Read(ref seen)!;
        Dictionary<string, string> annotations = new() { [PolicyLease.Annotation] = Newest(policies), [PolicyLease.DigestAnnotation] = PolicyDigest.Of(policies.Values) };
        ObjectKey key = new(PolicyLease.Namespace, PolicyLease.Prefix + nodeName);
        try
        {
            JsonObject change = new() { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject([.. annotations.Select(a => KeyValuePair.Create<string, JsonNode?>(a.Key, a.Value))]) } };
            try
            {
                await client.PatchAsync<Lease>(key, Patch.Merge(change), cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                await client.CreateAsync(
                    new Lease
                    {
                        Metadata = new() { Namespace = key.Namespace, Name = key.Name, Annotations = annotations },
                        Spec = new() { HolderIdentity = nodeName },
                    },
                    cancellationToken).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
        {
            // Only "fairlead policy status" asks for it.
            Log.PolicyWarning(logger, $"can't tell how far this node is with policies ({key}): {e.Message}");
            return false;
        }
    }

    private void Wake()
    {
        try
        {
            wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    /// <summary>The highest resourceVersion among policies.</summary>
    internal static string Newest(ImmutableDictionary<ObjectKey, PolicyState> policies) => policies.Values
        .Select(p => ulong.TryParse(p.Revision, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision) ? revision : 0)
        .DefaultIfEmpty().Max().ToString(CultureInfo.InvariantCulture);

    public void Dispose() => wake.Dispose();
}
