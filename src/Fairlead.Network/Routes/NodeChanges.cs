using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Which nodes changed since a plan was made.</summary>
/// <param name="IsAll">All must be planned again: something changed that all are planned from.</param>
/// <param name="Names">Those that came, changed or went.</param>
public sealed record NodeChanges(bool IsAll, ImmutableHashSet<string> Names)
{
    /// <summary>None.</summary>
    public static NodeChanges None { get; } = new(false, []);

    /// <summary>All.</summary>
    public static NodeChanges All { get; } = new(true, []);

    /// <summary>None changed.</summary>
    public bool IsEmpty => !IsAll && Names.IsEmpty;

    /// <summary>These.</summary>
    public static NodeChanges Of(params IEnumerable<string> names) => new(false, [.. names]);

    /// <summary>Whether this one did.</summary>
    public bool Touch(string name) => IsAll || Names.Contains(name);

    /// <summary>These changes and others.</summary>
    public NodeChanges Union(NodeChanges other) => IsEmpty ? other : other.IsEmpty ? this : IsAll || other.IsAll ? All : new(false, Names.Union(other.Names));
}
