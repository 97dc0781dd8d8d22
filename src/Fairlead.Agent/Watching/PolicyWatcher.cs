using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Watching;

/// <summary>Watches pods, namespaces and policies, and writes what they mean for the network into a feed.</summary>
internal sealed class PolicyWatcher
{
    /// <summary>How soon a kind that the API doesn't have is asked for again.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly ILogger logger;
    private readonly Informer<NetworkPod> pods;
    private readonly Informer<Namespace> namespaces;
    private readonly Informer<NetworkPolicy> policies;
    private readonly Informer<ClusterNetworkPolicy> clusterPolicies;
    private readonly TaskCompletionSource noSuchKind = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PolicyWatcher(KubernetesClient client, ClusterFeed feed, ILogger logger, Action<PlanProblem> report)
    {
        this.logger = logger;
        pods = Watch(new Informer<NetworkPod>(client, NetworkPod.ResourceKind));
        pods.Changed += c => feed.Apply(c.Key, c.New is null ? null : PolicyReader.Read(c.New, report));
        namespaces = Watch(new Informer<Namespace>(client, Namespace.ResourceKind));
        namespaces.Changed += c => feed.ApplyNamespace(c.Latest.Metadata.Name, c.New?.Metadata.Labels);
        policies = Watch(new Informer<NetworkPolicy>(client, NetworkPolicy.ResourceKind));
        policies.Changed += c => feed.Apply(c.Key, c.New is null ? null : PolicyReader.Read(c.New, report));

        // The kind comes with a CRD, which may come later or never.
        clusterPolicies = new(client, ClusterNetworkPolicy.ResourceKind, new InformerOptions { ShortestRetry = TimeSpan.FromSeconds(1), LongestRetry = s_patience });
        clusterPolicies.Changed += c => feed.Apply(new ObjectKey("", c.Latest.Metadata.Name), c.New is null ? null : PolicyReader.Read(c.New, report));
        clusterPolicies.Failed += e =>
        {
            if (e is KubernetesException { IsNotFound: true })
            {
                noSuchKind.TrySetResult();
            }
            else
            {
                Log.WatchFailed(logger, clusterPolicies.Definition.Plural, e.Message);
            }
        };
    }

    /// <summary>Whether all of it has been seen: before that, nothing may be opened.</summary>
    public bool IsSynced => pods.IsSynced && namespaces.IsSynced && policies.IsSynced && (clusterPolicies.IsSynced || noSuchKind.Task.IsCompleted);

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => Task.WhenAll(
        pods.WaitForSyncAsync(cancellationToken),
        namespaces.WaitForSyncAsync(cancellationToken),
        policies.WaitForSyncAsync(cancellationToken),
        Task.WhenAny(clusterPolicies.WaitForSyncAsync(cancellationToken), noSuchKind.Task));

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        pods.RunAsync(cancellationToken), namespaces.RunAsync(cancellationToken), policies.RunAsync(cancellationToken), clusterPolicies.RunAsync(cancellationToken));

    private Informer<T> Watch<T>(Informer<T> informer)
        where T : class, IKubernetesObject
    {
        informer.Failed += e => Log.WatchFailed(logger, informer.Definition.Plural, e.Message);
        return informer;
    }
}
