using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Controllers.GarbageCollection;

/// <summary>Deletes what has lost all its owners, and carries out foreground and orphaning deletions.</summary>
/// <remarks>Watches the metadata of every resource that can be deleted; custom resources are found when their definitions come.</remarks>
internal sealed class GarbageCollector : IController
{
    private static readonly TimeSpan DiscoveryPause = TimeSpan.FromMilliseconds(100);
    private static readonly ResourceDefinition CustomResources = new("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);

    private readonly ControllerContext _context;
    private readonly ILogger _log;
    private readonly OwnershipGraph _graph = new();
    private readonly ReconcileLoop<string> _loop;
    private readonly ConcurrentDictionary<(string Group, string Plural), Informer<PartialObject>> _informers = [];
    private readonly ConcurrentDictionary<(string ApiVersion, string Kind), ResourceDefinition> _kinds = [];
    private readonly Channel<bool> _discover = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GarbageCollector(ControllerContext context)
    {
        _context = context;
        _log = context.Logger("garbagecollector");
        _loop = new ReconcileLoop<string>(context, "garbagecollector", ReconcileAsync, workers: 10);
        _loop.After(_synced.Task.WaitAsync);
    }

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(WatchAllAsync(cancellationToken), _loop.RunAsync(cancellationToken));

    /// <summary>Finds resources and watches each; looks again whenever a custom resource definition changes.</summary>
    private async Task WatchAllAsync(CancellationToken cancellationToken)
    {
        List<Task> running = [];
        while (!cancellationToken.IsCancellationRequested)
        {
            IReadOnlyList<(ResourceDefinition Definition, ApiResource Resource)> found;
            try
            {
                found = await _context.Client.DiscoverAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                Log.WatchFailed(_log, "discovery", e.Message);
                await Task.Delay(DiscoveryPause, _context.Time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            List<Informer<PartialObject>> fresh = [];
            foreach ((ResourceDefinition definition, ApiResource resource) in found)
            {
                if (resource.Name.Contains('/', StringComparison.Ordinal) || resource.Kind == "Event")
                {
                    continue;
                }

                _kinds[(definition.ApiVersion, definition.Kind)] = definition;
                if (!resource.Verbs.Contains("delete") || !resource.Verbs.Contains("list") || !resource.Verbs.Contains("watch") || _informers.ContainsKey((definition.Group, definition.Plural)))
                {
                    continue;
                }

                Informer<PartialObject> informer = Watch(definition);
                fresh.Add(informer);
                running.Add(informer.RunAsync(cancellationToken));
            }

            await Task.WhenAll(fresh.Select(informer => informer.WaitForSyncAsync(cancellationToken))).ConfigureAwait(false);
            _synced.TrySetResult();
            await _discover.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);

            // A definition is served a moment after it is stored; several come together.
            await Task.Delay(DiscoveryPause, _context.Time, cancellationToken).ConfigureAwait(false);
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private Informer<PartialObject> Watch(ResourceDefinition definition)
    {
        Informer<PartialObject> informer = new(_context.Client, PartialObject.Of(definition), new InformerOptions { LongestRetry = TimeSpan.FromSeconds(30) });
        _informers[(definition.Group, definition.Plural)] = informer;
        informer.Failed += error => Log.WatchFailed(_log, definition.Plural, error.Message);
        informer.Changed += change =>
        {
            foreach (string uid in _graph.Apply(definition, change))
            {
                _loop.Queue.Add(uid);
            }

            if (definition.Group == CustomResources.Group && definition.Plural == CustomResources.Plural)
            {
                _discover.Writer.TryWrite(true);
            }
        };
        return informer;
    }

    private async Task ReconcileAsync(string uid, CancellationToken cancellationToken)
    {
        if (_graph.Get(uid) is not { } node)
        {
            return;
        }

        if (node.WaitsForDependents)
        {
            await FinishForegroundAsync(node, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (node.OrphansDependents)
        {
            await OrphanAsync(node, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (node.Owners.Count == 0 || node.Item.Metadata.IsDeleting)
        {
            return;
        }

        OwnerState[] states = new OwnerState[node.Owners.Count];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = await StateAsync(node, node.Owners[i], cancellationToken).ConfigureAwait(false);
        }

        Disposal disposal = Disposal.Decide(node, states, _graph.Dependents(uid).Count > 0);
        switch (disposal.Action)
        {
            case DisposalAction.DropReferences:
                await PatchAsync(node, "ownerReferences", JsonSerializer.SerializeToNode(disposal.Remaining, KubernetesJson.TypeInfo<IReadOnlyList<OwnerReference>>()), cancellationToken).ConfigureAwait(false);
                break;
            case DisposalAction.Delete:
                DeleteOptions how = new() { PropagationPolicy = disposal.Propagation, Preconditions = new Preconditions { Uid = uid } };
                await IgnoreGoneAsync(() => _context.Client.DeleteAsync(node.Resource, node.Item.Metadata.Key, how, cancellationToken)).ConfigureAwait(false);
                break;
        }
    }

    private async Task FinishForegroundAsync(GraphNode node, CancellationToken cancellationToken)
    {
        IReadOnlyList<GraphNode> dependents = _graph.Dependents(node.Uid);
        bool blocked = false;
        foreach (GraphNode dependent in dependents)
        {
            _loop.Queue.Add(dependent.Uid);
            blocked |= dependent.Owners.Any(owner => owner.Uid == node.Uid && owner.BlockOwnerDeletion == true);
        }

        if (!blocked)
        {
            await DropFinalizerAsync(node, GraphNode.ForegroundFinalizer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task OrphanAsync(GraphNode node, CancellationToken cancellationToken)
    {
        foreach (GraphNode dependent in _graph.Dependents(node.Uid))
        {
            OwnerReference[] others = [.. dependent.Owners.Where(owner => owner.Uid != node.Uid)];
            await PatchAsync(dependent, "ownerReferences", JsonSerializer.SerializeToNode<IReadOnlyList<OwnerReference>>(others, KubernetesJson.TypeInfo<IReadOnlyList<OwnerReference>>()), cancellationToken).ConfigureAwait(false);
        }

        await DropFinalizerAsync(node, GraphNode.OrphanFinalizer, cancellationToken).ConfigureAwait(false);
    }

    private Task DropFinalizerAsync(GraphNode node, string finalizer, CancellationToken cancellationToken)
    {
        string[] left = [.. node.Item.Metadata.Finalizers.Where(other => other != finalizer)];
        return PatchAsync(node, "finalizers", JsonSerializer.SerializeToNode(left, KubernetesJson.TypeInfo<string[]>()), cancellationToken);
    }

    /// <summary>What the cache does not know is asked for, because a cache may be behind and a deletion cannot be undone.</summary>
    private async Task<OwnerState> StateAsync(GraphNode dependent, OwnerReference owner, CancellationToken cancellationToken)
    {
        if (_graph.Get(owner.Uid) is { } known)
        {
            return known.WaitsForDependents && owner.BlockOwnerDeletion == true ? OwnerState.Waiting : OwnerState.Solid;
        }

        if (!_kinds.TryGetValue((owner.ApiVersion, owner.Kind), out ResourceDefinition? resource))
        {
            throw new InvalidDataException($"its owner {owner.Name} is a {owner.Kind} of {owner.ApiVersion}, which the server does not know");
        }

        string path = resource.Path(dependent.Item.Metadata.Namespace, owner.Name);
        try
        {
            JsonObject found = await _context.Client.SendJsonAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
            return (string?)found["metadata"]?["uid"] == owner.Uid ? OwnerState.Solid : OwnerState.Absent;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return OwnerState.Absent;
        }
    }

    private Task PatchAsync(GraphNode node, string field, JsonNode? value, CancellationToken cancellationToken)
    {
        JsonObject change = new()
        {
            ["metadata"] = new JsonObject { ["uid"] = node.Uid, ["resourceVersion"] = node.Item.Metadata.ResourceVersion, [field] = value },
        };
        return IgnoreGoneAsync(() => _context.Client.PatchAsync(PartialObject.Of(node.Resource), node.Item.Metadata.Key, Patch.Merge(change), null, cancellationToken));
    }

    private static async Task IgnoreGoneAsync(Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // What is gone needs nothing more.
        }
    }
}
