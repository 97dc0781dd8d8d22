namespace Fairlead.Kubernetes;

/// <summary>
/// Keeps all objects of a resource in memory, as a <see cref="Reflector{T}"/> of its own sees them. Reading never waits for the network. Safe for any number of threads.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
public sealed class Informer<T> : IReflectorSink<T>
    where T : class, IKubernetesObject
{
    private readonly KubernetesClient _client;
    private readonly Reflector<T> _reflector;
    private readonly InformerOptions _options;
    private readonly Func<T, T>? _keep;
    private readonly ObjectStore<T> _store = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _order = new();
    private List<T> _listed = [];

    /// <summary>An informer; nothing happens before <see cref="RunAsync"/>.</summary>
    /// <param name="client">The server.</param>
    /// <param name="kind">The resource.</param>
    /// <param name="options">Which objects, and how to retry.</param>
    /// <param name="keep">
    /// What of an object is kept, if not all of it: called for each that comes, in order, before <see cref="Changed"/> is raised with what it gives, which must have
    /// the same name, namespace, uid and resource version.
    /// </param>
    public Informer(KubernetesClient client, ResourceKind<T> kind, InformerOptions? options = null, Func<T, T>? keep = null)
    {
        _keep = keep;
        _client = client;
        _options = options ?? new InformerOptions();
        _reflector = new(client, kind, _options);
        _reflector.Add(this);
    }

    /// <summary>
    /// Raised after the cache changed, on the informer's own thread and in order. Handlers note what to look at and return at once;
    /// they must not throw and must not wait.
    /// </summary>
    public event Action<InformerChange<T>>? Changed;

    /// <summary>Raised when a list or watch failed and will be tried again.</summary>
    public event Action<Exception>? Failed
    {
        add => _reflector.Failed += value;
        remove => _reflector.Failed -= value;
    }

    /// <summary>The resource.</summary>
    public ResourceDefinition Definition => _reflector.Definition;

    /// <summary>Whether the cache has held everything at least once.</summary>
    public bool IsSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>The number of objects.</summary>
    public int Count => _store.Count;

    /// <summary>Completes when the cache holds everything for the first time.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken = default) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>The object, or null.</summary>
    public T? Get(ObjectKey key) => _store.Get(key);

    /// <summary>The object of the whole cluster with this name, or null.</summary>
    public T? Get(string name) => _store.Get(new ObjectKey("", name));

    /// <summary>All objects, in no order. The list is the caller's.</summary>
    public IReadOnlyList<T> List() => _store.List();

    /// <summary>The objects of one namespace, in no order.</summary>
    public IReadOnlyList<T> ListNamespace(string ns) => _store.ListNamespace(ns);

    /// <summary>Adds an index; call before <see cref="RunAsync"/>.</summary>
    /// <param name="name">The index.</param>
    /// <param name="keys">Under which values an object is to be found.</param>
    public void AddIndex(string name, Func<T, IEnumerable<string>> keys) => _store.AddIndex(name, keys);

    /// <summary>The objects under one value of an index, in no order.</summary>
    public IReadOnlyList<T> ByIndex(string name, string value) => _store.ByIndex(name, value);

    /// <summary>
    /// Shows the caller's own write before the watch brings it, so that the next look at the cache does not repeat it. Ignored where the watch was faster.
    /// </summary>
    /// <param name="written">The object as the server returned it.</param>
    public void Observe(T written)
    {
        lock (_order)
        {
            if (_store.Observe(written, out T? old))
            {
                Changed?.Invoke(new InformerChange<T>(old, written));
            }
        }
    }

    /// <summary>Notes that the caller had an object deleted, before the watch says so.</summary>
    public void ObserveDelete(T deleted) => _store.MarkDeleting(deleted.Metadata.Uid);

    /// <summary>Whether an object was asked to go, by anybody, as far as is known here.</summary>
    public bool IsDeleting(T item) => item.Metadata.IsDeleting || _store.IsMarkedDeleting(item.Metadata.Uid);

    /// <summary>Runs until cancelled. Failures to reach the server are retried for ever; anything else is thrown.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using Resync resync = new(this);
        await _reflector.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    void IReflectorSink<T>.BeginList() => _listed = [];

    void IReflectorSink<T>.Listed(T item) => _listed.Add(_keep is null ? item : _keep(item));

    void IReflectorSink<T>.EndList(string revision)
    {
        Replace(_listed, revision);
        _listed = [];
        _synced.TrySetResult();
    }

    void IReflectorSink<T>.Happened(WatchEvent<T> happened) =>
        Apply(_keep is null || happened.Type == WatchEventType.Bookmark ? happened : happened with { Object = _keep(happened.Object) });

    private void Replace(IReadOnlyList<T> items, string revision)
    {
        lock (_order)
        {
            foreach (InformerChange<T> change in _store.Replace(items, revision))
            {
                Changed?.Invoke(change);
            }
        }
    }

    private void Apply(WatchEvent<T> happened)
    {
        lock (_order)
        {
            if (_store.Apply(happened, out T? old) && Changed is { } changed)
            {
                T? now = happened.Type == WatchEventType.Deleted ? null : happened.Object;
                changed(new InformerChange<T>(old ?? (now is null ? happened.Object : null), now));
            }
        }
    }

    private void AnnounceAll()
    {
        lock (_order)
        {
            foreach (T item in _store.List())
            {
                Changed?.Invoke(new InformerChange<T>(item, item));
            }
        }
    }

    /// <summary>The slow timer that announces everything again.</summary>
    private sealed class Resync : IAsyncDisposable
    {
        private readonly ITimer? _timer;

        public Resync(Informer<T> informer)
        {
            TimeSpan period = informer._options.ResyncPeriod;
            if (period > TimeSpan.Zero)
            {
                _timer = informer._client.Options.TimeProvider.CreateTimer(_ => informer.AnnounceAll(), null, period, period);
            }
        }

        public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
