using System.Text.Json.Serialization.Metadata;

namespace Fairlead.Kubernetes;

/// <summary>Any object of the API.</summary>
public interface IKubernetesObject
{
    /// <summary>Group and version, such as <c>apps/v1</c>; <c>v1</c> for the core group.</summary>
    string ApiVersion { get; }

    /// <summary>The kind, such as <c>Deployment</c>.</summary>
    string Kind { get; }

    /// <summary>Name, labels, owners, version.</summary>
    ObjectMeta Metadata { get; }
}

/// <summary>A kind that the client can address by its type alone.</summary>
/// <typeparam name="T">The kind itself.</typeparam>
public interface IKubernetesObject<T> : IKubernetesObject
    where T : class, IKubernetesObject<T>
{
    /// <summary>Where the kind lives in the API, and how its JSON is read.</summary>
    static abstract ResourceKind<T> ResourceKind { get; }
}

/// <summary>Where a kind lives in the API.</summary>
/// <param name="Group">The API group; empty for core.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in paths, such as <c>pods</c>.</param>
/// <param name="Kind">The name in objects, such as <c>Pod</c>.</param>
/// <param name="Namespaced">Whether objects live in namespaces.</param>
public sealed record ResourceDefinition(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>Group and version as objects carry them.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of a collection, or of one object, or of its subresource.</summary>
    /// <param name="ns">The namespace; null or empty for all namespaces or cluster scope.</param>
    /// <param name="name">The object, or null for the collection.</param>
    /// <param name="subresource">For example <c>status</c>.</param>
    public string Path(string? ns = null, string? name = null, string? subresource = null)
    {
        string path = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        if (Namespaced && !string.IsNullOrEmpty(ns))
        {
            path += $"/namespaces/{Uri.EscapeDataString(ns)}";
        }

        path += $"/{Plural}";
        if (name is not null)
        {
            path += $"/{Uri.EscapeDataString(name)}";
            if (subresource is not null)
            {
                path += $"/{subresource}";
            }
        }

        return path;
    }
}

/// <summary>A resource, and how its objects and lists are read and written.</summary>
/// <typeparam name="T">The type that holds one object.</typeparam>
public sealed class ResourceKind<T>
    where T : class, IKubernetesObject
{
    /// <summary>A kind of <see cref="KubernetesJson"/>.</summary>
    /// <param name="definition">Where it lives.</param>
    public ResourceKind(ResourceDefinition definition)
        : this(definition, null, null)
    {
    }

    /// <summary>A kind whose JSON somebody else's context knows.</summary>
    /// <param name="definition">Where it lives.</param>
    /// <param name="item">Reads and writes one object; null for that of <see cref="KubernetesJson"/>.</param>
    /// <param name="list">Reads a list; null for that of <see cref="KubernetesJson"/>.</param>
    public ResourceKind(ResourceDefinition definition, JsonTypeInfo<T>? item, JsonTypeInfo<KubernetesList<T>>? list)
    {
        Definition = definition;
        _item = item;
        _list = list;
    }

    private readonly JsonTypeInfo<T>? _item;
    private readonly JsonTypeInfo<KubernetesList<T>>? _list;

    /// <summary>Where the kind lives in the API.</summary>
    public ResourceDefinition Definition { get; }

    /// <summary>Reads and writes one object.</summary>
    public JsonTypeInfo<T> Item => _item ?? KubernetesJson.TypeInfo<T>();

    /// <summary>Reads a list.</summary>
    public JsonTypeInfo<KubernetesList<T>> List => _list ?? KubernetesJson.TypeInfo<KubernetesList<T>>();
}

/// <summary>What a list answers: objects, and the revision at which they were all true together.</summary>
/// <typeparam name="T">The type of one object.</typeparam>
public sealed record KubernetesList<T>
    where T : class, IKubernetesObject
{
    /// <summary>The revision, and where the next page starts.</summary>
    public ListMeta Metadata { get; init => field = value ?? ListMeta.Empty; } = ListMeta.Empty;

    /// <summary>The objects of this page.</summary>
    public IReadOnlyList<T> Items { get; init => field = value ?? []; } = [];
}

/// <summary>A list's revision and continuation.</summary>
public sealed record ListMeta
{
    internal static ListMeta Empty { get; } = new();

    /// <summary>The revision to watch from.</summary>
    public string ResourceVersion { get; init => field = value ?? ""; } = "";

    /// <summary>The token of the next page; empty on the last.</summary>
    public string Continue { get; init => field = value ?? ""; } = "";

    /// <summary>How many objects are left after this page, where the server knows.</summary>
    public long? RemainingItemCount { get; init; }
}

/// <summary>Any object, of which only the metadata is read; the rest of its JSON is skipped.</summary>
public sealed record PartialObject : IKubernetesObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; init => field = value ?? ""; } = "";

    /// <inheritdoc/>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? ObjectMeta.Empty; } = ObjectMeta.Empty;

    /// <summary>Reads objects of <paramref name="definition"/> as metadata alone.</summary>
    public static ResourceKind<PartialObject> Of(ResourceDefinition definition) => new(definition);
}
