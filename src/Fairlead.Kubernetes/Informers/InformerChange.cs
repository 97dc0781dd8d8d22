namespace Fairlead.Kubernetes;

/// <summary>A change in an informer's cache. It is a reason to look, not a log: changes may be folded together.</summary>
/// <param name="Old">The object before, or null where it is new.</param>
/// <param name="New">The object now, or null where it is gone.</param>
/// <typeparam name="T">The type of the objects.</typeparam>
public readonly record struct InformerChange<T>(T? Old, T? New)
    where T : class, IKubernetesObject
{
    /// <summary>The newest state that is known.</summary>
    public T Latest => New ?? Old!;

    /// <summary>Where the object is.</summary>
    public ObjectKey Key => Latest.Metadata.Key;
}
