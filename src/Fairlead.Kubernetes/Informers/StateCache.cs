using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fairlead.Kubernetes;

/// <summary>
/// Keeps what each object means to somebody, and of the object itself nothing but its name and revision: 100,000 endpoints in the API's words take ten times the room
/// of what a program needs to know of them. Safe for any number of threads.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
/// <typeparam name="TState">What they mean.</typeparam>
public sealed class StateCache<T, TState> : IReflectorSink<T>
    where T : class, IKubernetesObject
    where TState : class
{
    private readonly Func<T, TState?> _read;
    private readonly Action<ObjectKey, TState?, TState?> _changed;
    private readonly Dictionary<ObjectKey, Entry> _entries = [];
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private int _list;

    /// <summary>A cache that holds nothing before it is added to a reflector that runs.</summary>
    /// <param name="read">What an object means; null: nothing here.</param>
    /// <param name="changed">
    /// Told after the cache changed, with what was and what is; on the reflector's thread, in order. It notes what to look at and returns at once.
    /// </param>
    public StateCache(Func<T, TState?> read, Action<ObjectKey, TState?, TState?> changed)
    {
        _read = read;
        _changed = changed;
    }

    /// <summary>Whether the cache has held everything at least once.</summary>
    public bool IsSynced => _synced.Task.IsCompletedSuccessfully;

    /// <summary>The number of states.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Completes when the cache holds everything for the first time.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken = default) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>What the object means, or null.</summary>
    public TState? Get(ObjectKey key)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(key).State;
        }
    }

    /// <summary>All states, in no order. The list is the caller's.</summary>
    public IReadOnlyList<KeyValuePair<ObjectKey, TState>> List()
    {
        lock (_gate)
        {
            return [.. _entries.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.State))];
        }
    }

    void IReflectorSink<T>.BeginList() => _list++;

    void IReflectorSink<T>.Listed(T item) => Put(item);

    void IReflectorSink<T>.EndList(string revision)
    {
        List<KeyValuePair<ObjectKey, TState>> gone;
        lock (_gate)
        {
            gone = [.. _entries.Where(pair => pair.Value.List != _list).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.State))];
        }

        foreach ((ObjectKey key, TState state) in gone)
        {
            Remove(key, state);
        }

        _synced.TrySetResult();
    }

    void IReflectorSink<T>.Happened(WatchEvent<T> happened)
    {
        switch (happened.Type)
        {
            case WatchEventType.Bookmark:
                break;
            case WatchEventType.Deleted:
                ObjectKey key = happened.Object.Metadata.Key;
                if (Get(key) is { } last)
                {
                    Remove(key, last);
                }

                break;
            default:
                Put(happened.Object);
                break;
        }
    }

    private void Put(T item)
    {
        ObjectKey key = item.Metadata.Key;
        _ = ulong.TryParse(item.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision);
        lock (_gate)
        {
            ref Entry known = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, key);
            if (!Unsafe.IsNullRef(ref known) && revision > 0 && known.Revision >= revision)
            {
                // A list brings again what is known.
                known.List = _list;
                return;
            }
        }

        TState? before = Get(key), after = _read(item);
        if (after is null)
        {
            if (before is not null)
            {
                Remove(key, before);
            }

            return;
        }

        lock (_gate)
        {
            _entries[key] = new() { State = after, Revision = revision, List = _list };
        }

        _changed(key, before, after);
    }

    private void Remove(ObjectKey key, TState last)
    {
        lock (_gate)
        {
            _entries.Remove(key);
        }

        _changed(key, last, null);
    }

    private struct Entry
    {
        public TState State;
        public ulong Revision;
        public int List;
    }
}
