namespace Fairlead.Kubernetes;

/// <summary>What happened to a watched object.</summary>
public enum WatchEventType
{
    /// <summary>It is new, or it is there when the watch begins.</summary>
    Added,

    /// <summary>It changed.</summary>
    Modified,

    /// <summary>It is gone, or no longer selected; the object is as it was last.</summary>
    Deleted,

    /// <summary>Nothing; only the revision moved on.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object; a bookmark's holds nothing but the revision.</param>
/// <typeparam name="T">The type of the objects.</typeparam>
public readonly record struct WatchEvent<T>(WatchEventType Type, T Object)
    where T : class, IKubernetesObject;
