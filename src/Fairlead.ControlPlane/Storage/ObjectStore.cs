using System.Collections.Concurrent;

namespace Fairlead.ControlPlane.Storage;

/// <summary>One object's part of a transaction.</summary>
/// <param name="Collection">Where the object lives.</param>
/// <param name="Namespace">Empty for cluster-scoped objects.</param>
/// <param name="Name">The object's name.</param>
/// <param name="ExpectedRevision">The revision that the object must be at; 0 when it must not exist.</param>
/// <param name="Json">Its new bytes with any resourceVersion (for a deletion, its last state).</param>
/// <param name="Delete">Take it away.</param>
internal sealed record Mutation(Collection Collection, string Namespace, string Name, long ExpectedRevision, byte[] Json, bool Delete = false);

/// <summary>Somebody else wrote the object since it was read.</summary>
internal sealed class StaleWriteException(Mutation mutation) : Exception($"{mutation.Collection.Name} {mutation.Namespace}/{mutation.Name} changed")
{
    public Mutation Mutation { get; } = mutation;
}

/// <summary>The disk didn't take a write; it didn't happen.</summary>
internal sealed class WriteRefusedException(Exception why) : IOException($"the write could not be made durable: {why.Message}", why);

/// <summary>
/// The truth. Reads come from memory; a write is checked against the newest state (also what is still on its way to disk), gets the
/// next revision, is persisted in a batch with everything that arrived meanwhile, and only then published and acknowledged.
/// </summary>
internal sealed class ObjectStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Journal _journal;
    private readonly Dictionary<string, Collection> _collections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<JournalEntry>> _unclaimed = new(StringComparer.Ordinal);
    private readonly Dictionary<(Collection, string, string), (long Revision, StoredObject? Value)> _inFlight = [];
    private readonly BlockingCollection<Transaction> _queue = new(new ConcurrentQueue<Transaction>());
    private readonly StringPool _pool = new();
    private readonly Thread _writer;
    private readonly long _startRevision;
    private long _assignedRevision;
    private long _publishedRevision;
    private long _nextId;

    public ObjectStore(string journalPath)
    {
        _journal = new Journal(journalPath);
        _startRevision = _assignedRevision = _publishedRevision = Math.Max(1, _journal.ReadRevision());
        foreach (var entry in _journal.ReadAll())
        {
            if (!_unclaimed.TryGetValue(entry.Collection, out var list))
            {
                _unclaimed[entry.Collection] = list = [];
            }

            list.Add(entry);
            _nextId = Math.Max(_nextId, entry.Id);
        }

        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "store writer" };
        _writer.Start();
    }

    /// <summary>The revision of the newest state that reads can see.</summary>
    public long Revision => Volatile.Read(ref _publishedRevision);

    /// <summary>Opens a collection and fills it with what the journal holds for it.</summary>
    public Collection Open(string name, IReadOnlyList<SelectableField> fields)
    {
        lock (_gate)
        {
            if (_collections.TryGetValue(name, out var known))
            {
                return known;
            }

            Collection collection = new(name, fields) { CompactedRevision = _startRevision };
            if (_unclaimed.Remove(name, out var entries))
            {
                foreach (var entry in entries)
                {
                    collection.Load(StoredObject.Read(entry.Id, entry.Revision, entry.Json!, fields, _pool));
                }
            }

            _collections[name] = collection;
            return collection;
        }
    }

    public StoredObject? Find(Collection collection, string ns, string name)
    {
        lock (_gate)
        {
            return collection.Find(ns, name);
        }
    }

    /// <summary>The newest state including writes that are not yet durable: what a read-modify-write must start from.</summary>
    public StoredObject? FindLatest(Collection collection, string ns, string name)
    {
        lock (_gate)
        {
            return Latest(collection, ns, name);
        }
    }

    /// <summary>The collection's objects and the revision at which they are that.</summary>
    public (List<StoredObject> Items, long Revision) List(Collection collection, string? ns)
    {
        lock (_gate)
        {
            return (collection.Snapshot(ns), _publishedRevision);
        }
    }

    /// <summary>The objects as of an older revision; null when that is no longer known.</summary>
    public List<StoredObject>? ListAt(Collection collection, string? ns, long revision)
    {
        lock (_gate)
        {
            return collection.SnapshotAt(ns, revision);
        }
    }

    /// <summary>Runs a short function under the gate: for consistent reads over several members.</summary>
    public T Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>
    /// Writes all mutations or none. Throws <see cref="StaleWriteException"/> at once when one expects another revision than the newest;
    /// the task completes when the transaction is durable and visible.
    /// </summary>
    public Task<StoredObject[]> WriteAsync(params Mutation[] mutations)
    {
        Transaction transaction = new(mutations.Length);
        var parsed = Array.ConvertAll(mutations, mutation => StoredObject.Read(0, 0, mutation.Json, mutation.Collection.Fields, _pool));
        lock (_gate)
        {
            foreach (var mutation in mutations)
            {
                if ((Latest(mutation.Collection, mutation.Namespace, mutation.Name)?.Revision ?? 0) != mutation.ExpectedRevision)
                {
                    throw new StaleWriteException(mutation);
                }
            }

            for (var i = 0; i < mutations.Length; i++)
            {
                var mutation = mutations[i];
                var previous = Latest(mutation.Collection, mutation.Namespace, mutation.Name);
                var revision = ++_assignedRevision;
                var current = parsed[i].As(previous?.Id ?? ++_nextId, revision);
                transaction.Changes[i] = (mutation.Collection, new StoreEvent(revision, previous, current, mutation.Delete));
                _inFlight[(mutation.Collection, mutation.Namespace, mutation.Name)] = (revision, mutation.Delete ? null : current);
            }

            _queue.Add(transaction);
        }

        return transaction.Done.Task;
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _writer.Join();
        _journal.Dispose();
        _queue.Dispose();
    }

    private StoredObject? Latest(Collection collection, string ns, string name) =>
        _inFlight.TryGetValue((collection, ns, name), out var pending) ? pending.Value : collection.Find(ns, name);

    private void WriteLoop()
    {
        List<Transaction> batch = [];
        List<JournalEntry> entries = [];
        foreach (var first in _queue.GetConsumingEnumerable())
        {
            batch.Clear();
            entries.Clear();
            batch.Add(first);
            while (batch.Count < 512 && _queue.TryTake(out var more))
            {
                batch.Add(more);
            }

            foreach (var (collection, change) in batch.SelectMany(transaction => transaction.Changes))
            {
                entries.Add(new JournalEntry(change.Current.Id, collection.Name, change.Revision, change.Deleted ? null : change.Current.Json));
            }

            try
            {
                _journal.Commit(entries, entries[^1].Revision);
            }
            catch (Microsoft.Data.Sqlite.SqliteException exception)
            {
                Refuse(batch, exception);
                continue;
            }

            Publish(batch);
        }
    }

    private void Publish(List<Transaction> batch)
    {
        lock (_gate)
        {
            HashSet<Collection> touched = [];
            foreach (var (collection, change) in batch.SelectMany(transaction => transaction.Changes))
            {
                collection.Publish(change);
                touched.Add(collection);
                _publishedRevision = change.Revision;
                var key = (collection, change.Current.Namespace, change.Current.Name);
                if (_inFlight.TryGetValue(key, out var pending) && pending.Revision == change.Revision)
                {
                    _inFlight.Remove(key);
                }
            }

            foreach (var collection in touched)
            {
                collection.Wake();
            }
        }

        foreach (var transaction in batch)
        {
            transaction.Done.SetResult([.. transaction.Changes.Select(change => change.Change.Current)]);
        }
    }

    /// <summary>
    /// The disk refused: nothing in flight was acknowledged, and what came later was built on it, so it all fails and the published state
    /// is the newest again. Revisions once given are not given again. The next write finds out whether the disk takes it.
    /// </summary>
    private void Refuse(List<Transaction> batch, Exception exception)
    {
        lock (_gate)
        {
            _inFlight.Clear();
            while (_queue.TryTake(out var later))
            {
                batch.Add(later);
            }
        }

        foreach (var transaction in batch)
        {
            transaction.Done.TrySetException(new WriteRefusedException(exception));
        }
    }

    private sealed class Transaction(int count)
    {
        public (Collection Collection, StoreEvent Change)[] Changes { get; } = new (Collection, StoreEvent)[count];

        public TaskCompletionSource<StoredObject[]> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
