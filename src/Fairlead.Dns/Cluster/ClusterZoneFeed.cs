using System.Threading.Channels;
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
    private readonly Informer<Service> _services;
    private readonly Informer<EndpointSlice> _slices;
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
    /// <param name="zone">What is kept.</param>
    /// <param name="watchPods">Whether pods are watched for the search path: this node's where the zone's options name a node, else all.</param>
    /// <param name="logger">Hears of failures.</param>
    public ClusterZoneFeed(KubernetesClient client, ClusterZone zone, bool watchPods, ILogger logger)
    {
        (_client, _zone, _logger, _options) = (client, zone, logger, zone.Options);
        _services = Watch(new Informer<Service>(client, Service.ResourceKind, keep: Kept.Of), change => MarkDirty(change.Key));
        _slices = new(client, EndpointSlice.ResourceKind, keep: Kept.Of);
        _slices.AddIndex(ByService, slice => ServiceOf(slice) is { } service ? [service.ToString()] : []);
        Watch(_slices, change => MarkDirty(change));
        _namespaces = Watch(new Informer<Namespace>(client, Namespace.ResourceKind), change => Mark(() => Set(change.Latest.Metadata.Name, change.New)));
        _pods = WatchPods(ScopeOf(zone.Options, watchPods));
        if (zone.Options.NodeName.Length > 0)
        {
            InformerOptions own = new() { Selection = new() { FieldSelector = $"metadata.name={zone.Options.NodeName}" } };
            _node = Watch(new Informer<Node>(client, Node.ResourceKind, own), change => Mark(() => Move(change.New)));
        }
    }

    /// <summary>All Services.</summary>
    public Informer<Service> Services => _services;

    private const string ByService = "service";

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
            _services.RunAsync(cancellationToken), _slices.RunAsync(cancellationToken), _namespaces.RunAsync(cancellationToken),
            FollowAsync(_pods, cancellationToken), _node?.RunAsync(cancellationToken) ?? Task.CompletedTask,
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
                // What lists and a first zone leave behind is as much as what stays, and nothing would ask for it again for a long time.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
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

        foreach (Service service in _services.List())
        {
            Set(service.Metadata.Key, service);
        }
    }

    private void Set(ObjectKey key, Service? service) => _zone.Set(key, service, _slices.ByIndex(ByService, key.ToString()), _options);

    /// <summary>A namespace that is seen from now on, by its labels, brings its services.</summary>
    private void Set(string name, Namespace? ns)
    {
        if (_zone.Set(name, ns) && !_options.NamespaceLabels.IsEverything)
        {
            foreach (Service service in _services.ListNamespace(name))
            {
                Set(service.Metadata.Key, service);
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
            foreach (Service service in _services.List().Where(s => s.Spec.TrafficDistribution is not null))
            {
                Set(service.Metadata.Key, service);
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

    private void MarkDirty(InformerChange<EndpointSlice> change)
    {
        foreach (EndpointSlice? slice in (ReadOnlySpan<EndpointSlice?>)[change.Old, change.New])
        {
            if (slice is not null && ServiceOf(slice) is { } service)
            {
                MarkDirty(service);
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

    private static ObjectKey? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.TryGetValue("kubernetes.io/service-name", out string? name) && name.Length > 0 ? new(slice.Metadata.Namespace, name) : null;
}
