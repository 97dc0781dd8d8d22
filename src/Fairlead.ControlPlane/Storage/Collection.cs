namespace Fairlead.ControlPlane.Storage;

/// <summary>One change of one object, as watchers see it.</summary>
/// <param name="Revision">The revision that the change made.</param>
/// <param name="Previous">The object before; null when it was created.</param>
/// <param name="Current">The object after; for a deletion its last state, carrying the revision of the deletion.</param>
/// <param name="Deleted">The object is gone.</param>
internal sealed record StoreEvent(long Revision, StoredObject? Previous, StoredObject Current, bool Deleted);

/// <summary>
/// The objects of one resource in memory, sorted as etcd's keys are, and the window of their latest events. All members are called
/// under the store's gate; what they return is immutable.
/// </summary>
internal sealed class Collection
{
    /// <summary>A watcher may lag this many events before it is told to list again…</summary>
    private const int MaximumEvents = 16384;

    /// <summary>…or this many bytes of old object versions, whichever comes first, beyond a floor of events that are always kept.</summary>
    private const long MaximumEventBytes = 24L << 20;
    private const int MinimumEvents = 256;

    private readonly Dictionary<string, List<StoredObject>> _namespaces = new(StringComparer.Ordinal);
    private StoreEvent[] _events = new StoreEvent[64];
    private long _firstEvent;
    private int _eventCount;
    private long _eventBytes;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Collection(string name, IReadOnlyList<SelectableField> fields)
    {
        Name = name;
        Fields = fields;
    }

    /// <summary>The key under which the collection is stored: plural and group, for example <c>deployments.apps</c>.</summary>
    public string Name { get; }

    public IReadOnlyList<SelectableField> Fields { get; }

    public int Count { get; private set; }

    /// <summary>Events at or below this revision are no longer known.</summary>
    public long CompactedRevision { get; set; }

    /// <summary>Completes at the next published event.</summary>
    public Task Changed => _changed.Task;

    /// <summary>The sequence number one past the latest event.</summary>
    public long EndOfEvents => _firstEvent + _eventCount;

    public StoredObject? Find(string ns, string name)
    {
        if (!_namespaces.TryGetValue(ns, out var list))
        {
            return null;
        }

        var index = IndexOf(list, name);
        return index >= 0 ? list[index] : null;
    }

    /// <summary>All objects, or those of one namespace, in key order.</summary>
    public List<StoredObject> Snapshot(string? ns)
    {
        if (!string.IsNullOrEmpty(ns))
        {
            return _namespaces.TryGetValue(ns, out var one) ? [.. one] : [];
        }

        List<StoredObject> all = new(Count);
        foreach (var key in _namespaces.Keys.Order(NamespaceOrder.Instance))
        {
            all.AddRange(_namespaces[key]);
        }

        return all;
    }

    /// <summary>The objects as they were at an older revision, or null when the window no longer reaches back to it.</summary>
    public List<StoredObject>? SnapshotAt(string? ns, long revision)
    {
        if (revision < CompactedRevision)
        {
            return null;
        }

        // Undo from the newest to the oldest event after the revision: the last value written for a key is the oldest one.
        Dictionary<(string, string), StoredObject?> undone = [];
        for (var sequence = EndOfEvents - 1; sequence >= _firstEvent; sequence--)
        {
            var change = EventAt(sequence);
            if (change.Revision <= revision)
            {
                break;
            }

            undone[(change.Current.Namespace, change.Current.Name)] = change.Previous;
        }

        var current = Snapshot(ns);
        if (undone.Count == 0)
        {
            return current;
        }

        List<StoredObject> result = new(current.Count);
        foreach (var item in current)
        {
            if (!undone.ContainsKey((item.Namespace, item.Name)))
            {
                result.Add(item);
            }
        }

        foreach (var ((itemNamespace, _), previous) in undone)
        {
            if (previous is not null && (string.IsNullOrEmpty(ns) || itemNamespace == ns))
            {
                result.Add(previous);
            }
        }

        result.Sort(static (a, b) => NamespaceOrder.Compare(a.Namespace, a.Name, b.Namespace, b.Name));
        return result;
    }

    /// <summary>Puts a loaded object in place without an event.</summary>
    public void Load(StoredObject value) => Set(value);

    public void Publish(StoreEvent change)
    {
        if (change.Deleted)
        {
            Remove(change.Current);
        }
        else
        {
            Set(change.Current);
        }

        Append(change);
    }

    /// <summary>Wakes everyone who waits on <see cref="Changed"/>.</summary>
    public void Wake()
    {
        var waiting = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.TrySetResult();
    }

    /// <summary>The sequence number of the first event after a revision, or null when it has left the window.</summary>
    public long? SequenceAfter(long revision)
    {
        if (revision < CompactedRevision)
        {
            return null;
        }

        long low = _firstEvent, high = EndOfEvents;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (EventAt(middle).Revision > revision)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>Copies the events from a sequence number on; false when it has left the window.</summary>
    public bool TryRead(long sequence, List<StoreEvent> into, int maximum)
    {
        if (sequence < _firstEvent)
        {
            return false;
        }

        for (var end = Math.Min(EndOfEvents, sequence + maximum); sequence < end; sequence++)
        {
            into.Add(EventAt(sequence));
        }

        return true;
    }

    private StoreEvent EventAt(long sequence) => _events[sequence % _events.Length];

    private void Append(StoreEvent change)
    {
        _eventBytes += change.Current.Json.Length;
        while (_eventCount >= MinimumEvents && (_eventCount >= MaximumEvents || _eventBytes > MaximumEventBytes))
        {
            var oldest = EventAt(_firstEvent);
            _events[_firstEvent % _events.Length] = null!;
            CompactedRevision = oldest.Revision;
            _eventBytes -= oldest.Current.Json.Length;
            _firstEvent++;
            _eventCount--;
        }

        if (_eventCount == _events.Length)
        {
            var larger = new StoreEvent[_events.Length * 2];
            for (var sequence = _firstEvent; sequence < EndOfEvents; sequence++)
            {
                larger[sequence % larger.Length] = EventAt(sequence);
            }

            _events = larger;
        }

        _events[EndOfEvents % _events.Length] = change;
        _eventCount++;
    }

    private void Set(StoredObject value)
    {
        if (!_namespaces.TryGetValue(value.Namespace, out var list))
        {
            _namespaces[value.Namespace] = list = [];
        }

        var index = IndexOf(list, value.Name);
        if (index >= 0)
        {
            list[index] = value;
        }
        else
        {
            list.Insert(~index, value);
            Count++;
        }
    }

    private void Remove(StoredObject value)
    {
        if (_namespaces.TryGetValue(value.Namespace, out var list) && IndexOf(list, value.Name) is >= 0 and var index)
        {
            list.RemoveAt(index);
            Count--;
            if (list.Count == 0)
            {
                _namespaces.Remove(value.Namespace);
            }
        }
    }

    private static int IndexOf(List<StoredObject> list, string name)
    {
        int low = 0, high = list.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var order = string.CompareOrdinal(list[middle].Name, name);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}

/// <summary>The order of etcd's keys, <c>namespace/name</c>: "a-b/x" comes before "a/x".</summary>
internal sealed class NamespaceOrder : IComparer<string>
{
    public static readonly NamespaceOrder Instance = new();

    public int Compare(string? x, string? y) => string.CompareOrdinal(x + "/", y + "/");

    public static int Compare(string namespaceA, string nameA, string namespaceB, string nameB)
    {
        if (namespaceA != namespaceB)
        {
            return Instance.Compare(namespaceA, namespaceB);
        }

        return string.CompareOrdinal(nameA, nameB);
    }
}
