using System.Collections.Concurrent;
using Fairlead.Kubernetes;

namespace Fairlead.Agent.Watching;

/// <summary>
/// Reads an object when it comes and lets an informer keep only its name: what 100,000 endpoints are in the API's words takes ten times the room of what the network
/// needs to know of them.
/// </summary>
internal sealed class Translation<T, TState>(Func<T, TState?> read, Func<T, T> identity)
    where T : class, IKubernetesObject
    where TState : class
{
    private readonly ConcurrentDictionary<ObjectKey, string> versions = new();
    private readonly ConcurrentDictionary<ObjectKey, TState> fresh = new();

    /// <summary>For the informer: called before the change is announced. What a list brings a second time isn't announced, nor read here.</summary>
    public T Keep(T item)
    {
        ObjectKey key = item.Metadata.Key;
        if (!versions.TryGetValue(key, out string? version) || version != item.Metadata.ResourceVersion)
        {
            versions[key] = item.Metadata.ResourceVersion;
            fresh.TryRemove(key, out _);
            if (read(item) is { } state)
            {
                fresh[key] = state;
            }
        }

        return identity(item);
    }

    /// <summary>What the object that is announced means; null where it is gone, or nothing to the network.</summary>
    public TState? Take(InformerChange<T> change)
    {
        fresh.TryRemove(change.Key, out TState? state);
        if (change.New is not null)
        {
            return state;
        }

        versions.TryRemove(change.Key, out _);
        return null;
    }
}
