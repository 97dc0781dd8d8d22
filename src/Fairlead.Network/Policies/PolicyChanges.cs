using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>What changed of the objects that policies are planned from.</summary>
/// <param name="Pods">Pods that came, changed or went.</param>
/// <param name="Namespaces">Namespaces that came, went or have other labels.</param>
/// <param name="Policies">Policies that came, changed or went.</param>
public sealed record PolicyChanges(ImmutableHashSet<ObjectKey> Pods, ImmutableHashSet<string> Namespaces, ImmutableHashSet<ObjectKey> Policies)
{
    /// <summary>Nothing.</summary>
    public static PolicyChanges None { get; } = new([], [], []);

    /// <summary>Nothing changed.</summary>
    public bool IsEmpty => Pods.IsEmpty && Namespaces.IsEmpty && Policies.IsEmpty;

    /// <summary>These changes and others.</summary>
    public PolicyChanges Union(PolicyChanges other) => IsEmpty ? other : other.IsEmpty
        ? this
        : new(Pods.Union(other.Pods), Namespaces.Union(other.Namespaces), Policies.Union(other.Policies));
}
