using System.Collections.Immutable;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Watching;

/// <summary>Watches nodes, Services and endpoint slices, and writes what they mean for the network into a feed.</summary>
internal sealed class ClusterWatcher
{
    private readonly ClusterFeed feed;
    private readonly uint vxlanId;
    private readonly ILogger logger;
    private readonly Informer<Node> nodes;
    private readonly StateCache<Service, ServiceState> services;
    private readonly StateCache<EndpointSlice, EndpointSliceState> slices;
    private readonly Informer<ServiceCidr> ranges;
    private readonly PolicyWatcher? policies;
    private readonly Informer<ConfigMap> masquerade;
    private readonly TaskCompletionSource rangesRefused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource masqueradeRefused = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A watcher; nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The API.</param>
    /// <param name="serviceReflectors">Services and slices; whoever made them runs them. They may have more than is ours to serve.</param>
    /// <param name="feed">Where it is written.</param>
    /// <param name="vxlanId">Whose tunnel ends count.</param>
    /// <param name="logger">Hears of failures.</param>
    /// <param name="watchPolicies">Whether pods, namespaces and policies are watched, too.</param>
    public ClusterWatcher(KubernetesClient client, ServiceReflectors serviceReflectors, ClusterFeed feed, uint vxlanId, ILogger logger, bool watchPolicies = true)
    {
        (this.feed, this.vxlanId, this.logger) = (feed, vxlanId, logger);
        policies = watchPolicies ? new(client, feed, logger, Report) : null;
        nodes = Watch(new Informer<Node>(client, Node.ResourceKind), OnNode);

        serviceReflectors.Services.Add(services = new(service => ClusterReader.Read(service, Report), (key, _, after) => feed.Apply(key, after)));
        serviceReflectors.Slices.Add(slices = new(slice => ClusterReader.Read(slice, Report), (_, before, after) => feed.Apply(before, after)));
        ranges = Watch(new Informer<ServiceCidr>(client, ServiceCidr.ResourceKind), _ => OnRanges());

        masquerade = Watch(new Informer<ConfigMap>(client, ConfigMap.ResourceKind, new()
        {
            Selection = new() { Namespace = MasqueradeExceptions.ConfigMap.Namespace, FieldSelector = $"metadata.name={MasqueradeExceptions.ConfigMap.Name}" },
        }), OnMasquerade);

        // Clusters before 1.33 don't have ServiceCIDRs, and roles made for kube-proxy may allow neither: then there is only what the options say.
        ranges.Failed += e => Refused(e, rangesRefused);
        masquerade.Failed += e => Refused(e, masqueradeRefused);
    }

    private static void Refused(Exception failure, TaskCompletionSource refused)
    {
        if (failure is KubernetesException)
        {
            refused.TrySetResult();
        }
    }

    /// <summary>Whether all that plans are made from has been seen.</summary>
    public bool IsSynced => nodes.IsSynced && services.IsSynced && slices.IsSynced && (ranges.IsSynced || rangesRefused.Task.IsCompleted)
        && (masquerade.IsSynced || masqueradeRefused.Task.IsCompleted) && policies?.IsSynced != false;

    /// <summary>Completes when all that plans are made from has been seen.</summary>
    public async Task WaitForSyncAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(nodes.WaitForSyncAsync(cancellationToken), services.WaitForSyncAsync(cancellationToken), slices.WaitForSyncAsync(cancellationToken),
            Task.WhenAny(ranges.WaitForSyncAsync(cancellationToken), rangesRefused.Task),
            Task.WhenAny(masquerade.WaitForSyncAsync(cancellationToken), masqueradeRefused.Task),
            policies?.WaitForSyncAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        Log.Synced(logger, nodes.Count, services.Count, slices.Count);
    }

    /// <summary>A node as the API has it; null: there is none.</summary>
    public Node? FindNode(string name) => nodes.Get(name);

    /// <summary>Watches until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        nodes.RunAsync(cancellationToken), ranges.RunAsync(cancellationToken), masquerade.RunAsync(cancellationToken), policies?.RunAsync(cancellationToken) ?? Task.CompletedTask);

    private Informer<T> Watch<T>(Informer<T> informer, Action<InformerChange<T>> handle)
        where T : class, IKubernetesObject
    {
        informer.Changed += handle;
        informer.Failed += e => Log.WatchFailed(logger, informer.Definition.Plural, e.Message);
        return informer;
    }

    private void OnNode(InformerChange<Node> change) =>
        feed.Apply(change.Latest.Metadata.Name, change.New is null ? null : ClusterReader.Read(change.New, Report, vxlanId));

    private void OnRanges()
    {
        ImmutableArray<NetPrefix>.Builder all = ImmutableArray.CreateBuilder<NetPrefix>();
        foreach (string text in ranges.List().Where(r => !r.Metadata.IsDeleting).SelectMany(r => r.Spec.Cidrs))
        {
            if (NetPrefix.TryParse(text, out NetPrefix prefix))
            {
                all.Add(prefix);
            }
        }

        feed.ApplyServiceCidrs(all.DrainToImmutable());
    }

    private void OnMasquerade(InformerChange<ConfigMap> change)
    {
        if (change.Key != MasqueradeExceptions.ConfigMap)
        {
            return;
        }

        try
        {
            feed.Apply(change.New is null ? null : MasqueradeExceptions.Read(change.New));
        }
        catch (InvalidDataException e)
        {
            // What was understood before goes on: a slip of the pen must not masquerade the whole cluster.
            Report(new("ConfigMap", MasqueradeExceptions.ConfigMap, "MasqueradeConfigInvalid", $"ConfigMap {MasqueradeExceptions.ConfigMap}: {e.Message}; what was in force stays in force."));
        }
    }

    private void Report(PlanProblem problem) => Log.Problem(logger, problem.Reason, problem.Message);
}
