using System.Text.Json;

namespace Fairlead.Kubernetes;

/// <summary>
/// Keeps all objects of a resource in memory: lists once, watches from there, resumes where a watch ended, lists again where the server has forgotten.
/// Reading never waits for the network. Safe for any number of threads.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
public sealed class Informer<T>
    where T : class, IKubernetesObject
{
    private readonly KubernetesClient _client;
    private readonly ResourceKind<T> _kind;
    private readonly InformerOptions _options;
    private readonly Func<T, T>? _keep;
    private readonly ObjectStore<T> _store = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _order = new();

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
        _kind = kind;
        _options = options ?? new InformerOptions();
    }

    /// <summary>
    /// Raised after the cache changed, on the informer's own thread and in order. Handlers note what to look at and return at once;
    /// they must not throw and must not wait.
    /// </summary>
    public event Action<InformerChange<T>>? Changed;

    /// <summary>Raised when a list or watch failed and will be tried again.</summary>
    public event Action<Exception>? Failed;

    /// <summary>The resource.</summary>
    public ResourceDefinition Definition => _kind.Definition;

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
        Backoff backoff = new(_options.ShortestRetry, _options.LongestRetry, _client.Options.TimeProvider);
        string? revision = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (revision is null)
                {
                    KubernetesList<T> list = await _client.ListAsync(_kind, _options.Selection, _keep, cancellationToken).ConfigureAwait(false);
                    revision = list.Metadata.ResourceVersion;
                    Replace(list.Items, revision);
                    _synced.TrySetResult();
                }

                bool any = false;
                await foreach (WatchEvent<T> happened in _client.WatchAsync(_kind, _options.Selection, revision, cancellationToken).ConfigureAwait(false))
                {
                    any = true;
                    backoff.Reset();
                    revision = happened.Object.Metadata.ResourceVersion;
                    Apply(_keep is null || happened.Type == WatchEventType.Bookmark ? happened : happened with { Object = _keep(happened.Object) });
                }

                if (!any)
                {
                    // A server that ends every watch at once must not be asked in a tight loop.
                    await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException e) when (e.IsGone)
            {
                revision = null;
            }
            catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            {
                Failed?.Invoke(e);
                await WaitAsync(backoff, cancellationToken).ConfigureAwait(false);
            }
            catch (JsonException e)
            {
                // An object that cannot be read as its kind: seen again after a list, so say so and go on from there.
                Failed?.Invoke(e);
                revision = null;
                await WaitAsync(backoff, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task WaitAsync(Backoff backoff, CancellationToken cancellationToken)
    {
        try
        {
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop sees the token.
        }
    }

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
