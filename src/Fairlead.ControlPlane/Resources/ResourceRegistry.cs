using System.Collections.Immutable;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Resources;

/// <summary>A resource that is served, with the collection behind it.</summary>
internal sealed record ServedResource(ResourceDefinition Definition, Collection? Collection);

/// <summary>
/// Everything that is served now: the built-in rows, and those of CustomResourceDefinitions, which come and go. Readers see one
/// immutable state; a change replaces it whole.
/// </summary>
internal sealed class ResourceRegistry(ObjectStore store)
{
    private readonly Lock _gate = new();

    public ImmutableArray<ServedResource> All { get; private set; } = [];

    private ImmutableDictionary<(string Group, string Version, string Plural), ServedResource> _byPath =
        ImmutableDictionary<(string, string, string), ServedResource>.Empty;

    /// <summary>Rises with every change: caches of discovery and OpenAPI documents hang on it.</summary>
    public long Generation { get; private set; }

    public ServedResource? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>The preferred resource of that group and plural, whatever its version.</summary>
    public ServedResource? FindAnyVersion(string group, string plural) =>
        All.FirstOrDefault(served => served.Definition.Group == group && served.Definition.Plural == plural);

    public ServedResource? FindKind(string group, string version, string kind) => All.FirstOrDefault(
        served => served.Definition.Group == group && served.Definition.Version == version && served.Definition.Kind == kind);

    public bool HasGroup(string group) => All.Any(served => served.Definition.Group == group);

    public bool HasGroupVersion(string group, string version) =>
        All.Any(served => served.Definition.Group == group && served.Definition.Version == version);

    /// <summary>Versions of a group, the preferred one first.</summary>
    public IReadOnlyList<string> Versions(string group) =>
        [.. All.Where(served => served.Definition.Group == group).Select(served => served.Definition.Version).Distinct().OrderByDescending(VersionRank)];

    /// <summary>The groups in the order in which they were added; custom ones last, by name.</summary>
    public IReadOnlyList<string> Groups() => [.. All.Select(served => served.Definition.Group).Distinct()];

    public void Add(IEnumerable<ResourceDefinition> definitions)
    {
        lock (_gate)
        {
            Replace(All.AddRange(definitions.Select(Open)));
        }
    }

    /// <summary>Replaces all resources of custom kinds of one group and plural (its versions) by these; none takes them away.</summary>
    public void ReplaceCustom(string group, string plural, IEnumerable<ResourceDefinition> definitions)
    {
        lock (_gate)
        {
            var kept = All.RemoveAll(served => served.Definition.IsCustom && served.Definition.Group == group && served.Definition.Plural == plural);
            Replace(kept.AddRange(definitions.Select(Open)));
        }
    }

    /// <summary>kube-aware version order: v2 before v1 before v1beta1 (apimachinery, version/helpers.go).</summary>
    private static (int, int, int) VersionRank(string version)
    {
        var match = System.Text.RegularExpressions.Regex.Match(version, "^v([0-9]+)(?:(alpha|beta)([0-9]+))?$");
        if (!match.Success)
        {
            return (-1, 0, 0);
        }

        var stability = match.Groups[2].Value switch { "" => 2, "beta" => 1, _ => 0 };
        _ = int.TryParse(match.Groups[1].ValueSpan, out var major);
        _ = int.TryParse(match.Groups[3].ValueSpan, out var minor);
        return (stability, major, minor);
    }

    private ServedResource Open(ResourceDefinition definition) => new(
        definition,
        definition.Verbs.Contains("list") ? store.Open(definition.CollectionName, definition.Fields) : null);

    private void Replace(ImmutableArray<ServedResource> all)
    {
        _byPath = all.ToImmutableDictionary(served => (served.Definition.Group, served.Definition.Version, served.Definition.Plural));
        All = all;
        Generation++;
    }
}
