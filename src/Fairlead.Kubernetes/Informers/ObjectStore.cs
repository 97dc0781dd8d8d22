using System.Globalization;

namespace Fairlead.Kubernetes;

/// <summary>
/// The objects of an informer, by key and by index. Revisions order what came by the watch against what was written here:
/// a written object is shown only while the watch has not passed its revision, so nothing that was deleted in between comes back.
/// </summary>
internal sealed class ObjectStore<T>
    where T : class, IKubernetesObject
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, T> _items = [];
    private readonly Dictionary<string, (Func<T, IEnumerable<string>> Keys, Dictionary<string, HashSet<ObjectKey>> Values)> _indexes = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _namespaces = [];
    private readonly HashSet<string> _deleting = [];
    private ulong _watched;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _items.Count;
            }
        }
    }

    public void AddIndex(string name, Func<T, IEnumerable<string>> keys)
    {
        lock (_gate)
        {
            _indexes.Add(name, (keys, []));
            foreach (T item in _items.Values)
            {
                Index(_indexes[name], item, add: true);
            }
        }
    }

    public T? Get(ObjectKey key)
    {
        lock (_gate)
        {
            return _items.GetValueOrDefault(key);
        }
    }

    public T[] List()
    {
        lock (_gate)
        {
            return [.. _items.Values];
        }
    }

    public T[] ListNamespace(string ns)
    {
        lock (_gate)
        {
            return _namespaces.TryGetValue(ns, out HashSet<ObjectKey>? keys) ? Items(keys) : [];
        }
    }

    public T[] ByIndex(string name, string value)
    {
        lock (_gate)
        {
            return _indexes[name].Values.TryGetValue(value, out HashSet<ObjectKey>? keys) ? Items(keys) : [];
        }
    }

    public void MarkDeleting(string uid)
    {
        lock (_gate)
        {
            _deleting.Add(uid);
        }
    }

    public bool IsMarkedDeleting(string uid)
    {
        lock (_gate)
        {
            return _deleting.Contains(uid);
        }
    }

    public bool Observe(T written, out T? old)
    {
        lock (_gate)
        {
            old = _items.GetValueOrDefault(written.Metadata.Key);
            if (Revision(written.Metadata.ResourceVersion) is not { } revision || revision <= _watched || (old is not null && Revision(old) >= revision))
            {
                return false;
            }

            Put(written, old);
            return true;
        }
    }

    public bool Apply(WatchEvent<T> happened, out T? old)
    {
        lock (_gate)
        {
            T item = happened.Object;
            ulong? revision = Revision(item.Metadata.ResourceVersion);
            _watched = Math.Max(_watched, revision ?? 0);
            old = _items.GetValueOrDefault(item.Metadata.Key);
            switch (happened.Type)
            {
                case WatchEventType.Bookmark:
                    return false;
                case WatchEventType.Deleted:
                    _deleting.Remove(item.Metadata.Uid);
                    if (old is not null && old.Metadata.Uid != item.Metadata.Uid && Revision(old) > revision)
                    {
                        // A successor of the same name that was written here is already shown.
                        return false;
                    }

                    return Remove(item.Metadata.Key) || old is null;
                default:
                    if (old is not null && revision is not null && Revision(old) >= revision)
                    {
                        return false;
                    }

                    if (item.Metadata.IsDeleting)
                    {
                        _deleting.Remove(item.Metadata.Uid);
                    }

                    Put(item, old);
                    return true;
            }
        }
    }

    public List<InformerChange<T>> Replace(IReadOnlyList<T> items, string revision)
    {
        List<InformerChange<T>> changes = [];
        lock (_gate)
        {
            ulong listed = Revision(revision) ?? 0;
            _watched = Math.Max(_watched, listed);
            HashSet<ObjectKey> seen = new(items.Count);
            foreach (T item in items)
            {
                seen.Add(item.Metadata.Key);
                T? old = _items.GetValueOrDefault(item.Metadata.Key);
                if (old is null || old.Metadata.ResourceVersion != item.Metadata.ResourceVersion)
                {
                    Put(item, old);
                    changes.Add(new InformerChange<T>(old, item));
                }
            }

            foreach (T item in _items.Values.ToArray())
            {
                if (!seen.Contains(item.Metadata.Key) && !(Revision(item) > listed))
                {
                    Remove(item.Metadata.Key);
                    changes.Add(new InformerChange<T>(item, null));
                }
            }

            _deleting.Clear();
        }

        return changes;
    }

    private static ulong? Revision(T item) => Revision(item.Metadata.ResourceVersion);

    private static ulong? Revision(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong revision) ? revision : null;

    private T[] Items(HashSet<ObjectKey> keys)
    {
        T[] items = new T[keys.Count];
        int i = 0;
        foreach (ObjectKey key in keys)
        {
            items[i++] = _items[key];
        }

        return items;
    }

    private void Put(T item, T? old)
    {
        ObjectKey key = item.Metadata.Key;
        if (old is not null)
        {
            IndexAll(old, add: false);
        }
        else if (key.Namespace.Length > 0)
        {
            Add(_namespaces, key.Namespace, key);
        }

        _items[key] = item;
        IndexAll(item, add: true);
    }

    private bool Remove(ObjectKey key)
    {
        if (!_items.Remove(key, out T? old))
        {
            return false;
        }

        IndexAll(old, add: false);
        Take(_namespaces, key.Namespace, key);
        return true;
    }

    private void IndexAll(T item, bool add)
    {
        foreach ((Func<T, IEnumerable<string>>, Dictionary<string, HashSet<ObjectKey>>) index in _indexes.Values)
        {
            Index(index, item, add);
        }
    }

    private static void Index((Func<T, IEnumerable<string>> Keys, Dictionary<string, HashSet<ObjectKey>> Values) index, T item, bool add)
    {
        foreach (string value in index.Keys(item))
        {
            if (add)
            {
                Add(index.Values, value, item.Metadata.Key);
            }
            else
            {
                Take(index.Values, value, item.Metadata.Key);
            }
        }
    }

    private static void Add(Dictionary<string, HashSet<ObjectKey>> sets, string value, ObjectKey key)
    {
        if (!sets.TryGetValue(value, out HashSet<ObjectKey>? set))
        {
            sets.Add(value, set = []);
        }

        set.Add(key);
    }

    private static void Take(Dictionary<string, HashSet<ObjectKey>> sets, string value, ObjectKey key)
    {
        if (sets.TryGetValue(value, out HashSet<ObjectKey>? set) && set.Remove(key) && set.Count == 0)
        {
            sets.Remove(value);
        }
    }
}
