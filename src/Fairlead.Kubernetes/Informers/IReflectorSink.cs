namespace Fairlead.Kubernetes;

/// <summary>
/// Takes what a <see cref="Reflector{T}"/> sees, in order and never two calls at a time. Nothing here may throw or wait.
/// </summary>
/// <typeparam name="T">The type of the objects.</typeparam>
public interface IReflectorSink<T>
    where T : class, IKubernetesObject
{
    /// <summary>A list begins. One that was begun before and didn't end is void.</summary>
    void BeginList();

    /// <summary>An object of the list. It is nobody's afterwards: what isn't kept is garbage.</summary>
    void Listed(T item);

    /// <summary>The list is complete: what it didn't have is gone.</summary>
    /// <param name="revision">As of when.</param>
    void EndList(string revision);

    /// <summary>Something happened after the list; bookmarks are told, too.</summary>
    void Happened(WatchEvent<T> happened);
}
