using System.Threading.Channels;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;
using Log = Fairlead.Dns.Telemetry.Log;

namespace Fairlead.Dns.Cluster;

/// <summary>Watches the objects that names come from, and keeps a zone as they are. One loop changes the zone; events only say what to look at.</summary>
public sealed class ClusterZoneFeed
{
    private readonly KubernetesClient _client;
    private readonly ClusterZone _zone;
    private readonly ILogger _logger;
    private readonly StateCache<Service, NamedService> _services;
    private readonly StateCache<EndpointSlice, NamedSlice> _slices;
    private readonly Dictionary<ObjectKey, NamedSlice[]> _slicesOf = [];
    private readonly Informer<Namespace> _namespaces;
    private readonly Informer<Node>? _node;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HashSet<ObjectKey> _dirty = [];
    private List<Action> _others = [];
    private ClusterZoneOptions _options;
    private (ClusterZoneOptions Options, PodScope Scope)? _wanted;
    private PodWatch _pods;
    private PodWatch? _widerPods;

    /// <summary>A feed; nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The API.</param>
    /// <param name="services">All Services and endpoint slices; whoever made them runs them.</param>
    /// <param name="zone">What is kept.</param>
    /// <param name="watchPods">Whether pods are watched for the search path: this node's where the zone's options name a node, else all.</param>
    /// <param name="logger">Hears of failures.</param>
    public ClusterZoneFeed(KubernetesClient client, ServiceReflectors services, ClusterZone zone, bool watchPods, ILogger logger)
    {
        (_client, _zone, _logger, _options) = (client, zone, logger, zone.Options);
        services.Services.Add(_services = new(NamedService.Of, (key, _, _) => MarkDirty(key)));
        services.Slices.Add(_slices = new(NamedSlice.Of, (_, before, after) => MarkDirty(before, after)));
        _namespaces = Watch(new Informer<Namespace>(client, Namespace.ResourceKind), change => Mark(() => Set(change.Latest.Metadata.Name, change.New)));
        _pods = WatchPods(ScopeOf(zone.Options, watchPods));
        if (zone.Options.NodeName.Length > 0)
        {
            InformerOptions own = new() { Selection = new() { FieldSelector = $"metadata.name={zone.Options.NodeName}" } };
            _node = Watch(new Informer<Node>(client, Node.ResourceKind, own), change => Mark(() => Move(change.New)));
        }
    }

    private const int ManyServices = 1000;

    /// <summary>Completes when the zone holds everything and answers.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>Goes over to other options. Until all that they need has been seen, answers are as before.</summary>
    /// <param name="options">The zone's options.</param>
    /// <param name="watchPods">Whether pods are watched for the search path.</param>
    public void Use(ClusterZoneOptions options, bool watchPods)
    {
        lock (_gate)
        {
            _wanted = (options, ScopeOf(options, watchPods));
            Signal();
        }
    }

    /// <summary>Watches, and changes the zone, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        List<Task> watches =
        [
            _namespaces.RunAsync(cancellationToken), FollowAsync(_pods, cancellationToken), _node?.RunAsync(cancellationToken) ?? Task.CompletedTask,
        ];
        try
        {
            await Task.WhenAll(
                _services.WaitForSyncAsync(cancellationToken), _slices.WaitForSyncAsync(cancellationToken), _namespaces.WaitForSyncAsync(cancellationToken),
                _pods.WaitForSyncAsync(cancellationToken), _node?.WaitForSyncAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            _zone.MarkSynced();
            Apply();

            if (_services.Count > ManyServices)
            {
                StartupMemory.Release();
            }

            _synced.TrySetResult();
            string name = _zone.Options.Zone.ToString();
            Log.Synced(_logger, name, _zone.ServiceCount);

            while (true)
            {
                await _signal.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                GoOver(watches, cancellationToken);
                Apply();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        await Task.WhenAll(watches).ConfigureAwait(false);
    }

    /// <summary>Takes all that has changed into the zone, and makes it visible at once.</summary>
    private void Apply()
    {
        HashSet<ObjectKey> dirty;
        List<Action> others;
        lock (_gate)
        {
            (dirty, _dirty) = (_dirty, []);
            (others, _others) = (_others, []);
        }

        foreach (Action change in others)
        {
            change();
        }

        foreach (ObjectKey key in dirty)
        {
            Set(key, _services.Get(key));
        }

        _zone.Publish();
    }

    /// <summary>Goes over to the options that are wanted, if any are, and if the pods that they need have been seen.</summary>
    private void GoOver(List<Task> watches, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_wanted is not { } wanted)
            {
                return;
            }

            if (wanted.Scope > (_widerPods ?? _pods).Scope)
            {
                _widerPods?.Dispose();
                _widerPods = WatchPods(wanted.Scope);
                watches.Add(FollowAsync(_widerPods, cancellationToken));
            }

            if (_widerPods is { } wider && wanted.Scope > _pods.Scope)
            {
                if (!wider.IsSynced)
                {
                    return;
                }

                _pods.Dispose();
                (_pods, _widerPods) = (wider, null);
            }

            _wanted = null;
            _options = wanted.Options with { NodeZone = _options.NodeZone };
        }

        Restart();
    }

    /// <summary>Sets everything anew; what is applied afterwards may have been seen here, and comes out the same.</summary>
    private void Restart()
    {
        _zone.Restart(_options);
        foreach (Namespace ns in _namespaces.List())
        {
            _zone.Set(ns.Metadata.Name, ns);
        }

        foreach (Pod pod in _pods.Pods.List())
        {
            _zone.Set(null, pod);
        }

        foreach ((ObjectKey key, NamedService service) in _services.List())
        {
            Set(key, service);
        }
    }

    private void Set(ObjectKey key, NamedService? service)
    {
        NamedSlice[]? slices;
        lock (_gate)
        {
            slices = _slicesOf.GetValueOrDefault(key);
        }

        _zone.Set(key, service, slices ?? [], _options);
    }

    /// <summary>A namespace that is seen from now on, by its labels, brings its services.</summary>
    private void Set(string name, Namespace? ns)
    {
        if (_zone.Set(name, ns) && !_options.NamespaceLabels.IsEverything)
        {
            foreach ((ObjectKey key, NamedService service) in _services.List().Where(s => s.Key.Namespace == name))
            {
                Set(key, service);
            }
        }
    }

    /// <summary>This node's zone says which endpoints are near: names of services that ask for near ones are made anew.</summary>
    private void Move(Node? node)
    {
        string zone = node?.Metadata.Labels.GetValueOrDefault(Annotations.Zone, "") ?? _options.NodeZone;
        if (zone != _options.NodeZone)
        {
            _options = _options with { NodeZone = zone };
            foreach ((ObjectKey key, NamedService service) in _services.List().Where(s => s.Value.TrafficDistribution is not null))
            {
                Set(key, service);
            }
        }
    }

    private Informer<T> Watch<T>(Informer<T> informer, Action<InformerChange<T>> handle)
        where T : class, IKubernetesObject
    {
        informer.Changed += handle;
        informer.Failed += e => Log.WatchFailed(_logger, informer.Definition.Plural, e.Message);
        return informer;
    }

    private static PodScope ScopeOf(ClusterZoneOptions options, bool watchPods) =>
        options.Pods == PodNames.Verified || (watchPods && options.NodeName.Length == 0) ? PodScope.All : watchPods ? PodScope.Node : PodScope.None;

    private PodWatch WatchPods(PodScope scope)
    {
        PodWatch watch = new(_client, scope, _options.NodeName);
        Watch(watch.Pods, change => Mark(() => _zone.Set(change.Old, change.New)));
        return watch;
    }

    /// <summary>Watches pods, and signals when all have been seen: nothing else may change.</summary>
    private async Task FollowAsync(PodWatch watch, CancellationToken cancellationToken)
    {
        Task watching = watch.RunAsync(cancellationToken);
        await Task.WhenAny(watching, watch.WaitForSyncAsync(cancellationToken)).ConfigureAwait(false);
        Signal();
        await watching.ConfigureAwait(false);
    }

    private void MarkDirty(NamedSlice? before, NamedSlice? after)
    {
        lock (_gate)
        {
            if (before is not null)
            {
                NamedSlice[] left = [.. _slicesOf[before.Service].Where(slice => slice != before)];
                if (left.Length == 0)
                {
                    _slicesOf.Remove(before.Service);
                }
                else
                {
                    _slicesOf[before.Service] = left;
                }

                MarkDirty(before.Service);
            }

            if (after is not null)
            {
                _slicesOf[after.Service] = [.. _slicesOf.GetValueOrDefault(after.Service, []), after];
                MarkDirty(after.Service);
            }
        }
    }

    private void MarkDirty(ObjectKey service)
    {
        lock (_gate)
        {
            _dirty.Add(service);
            Signal();
        }
    }

    private void Mark(Action change)
    {
        lock (_gate)
        {
            _others.Add(change);
            Signal();
        }
    }

    /// <summary>One signal stands for any number of changes.</summary>
    private void Signal() => _signal.Writer.TryWrite(true);
}
