using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Resources;

/// <summary>What a resource's names must look like.</summary>
internal enum NameRule
{
    /// <summary>RFC 1123 subdomain: most kinds.</summary>
    Subdomain,

    /// <summary>RFC 1123 label: namespaces.</summary>
    Label,

    /// <summary>RFC 1035 label: services.</summary>
    ServiceLabel,

    /// <summary>Anything that can stand in a path: roles and bindings.</summary>
    PathSegment,

    /// <summary>An IP address in canonical form.</summary>
    IpAddress,
}

/// <summary>A subresource as discovery names it.</summary>
/// <param name="Name">For example <c>status</c>, <c>scale</c>, <c>log</c>.</param>
/// <param name="Verbs">What may be done with it.</param>
/// <param name="Kind">The kind that it takes and gives; the resource's own when null.</param>
/// <param name="Group">The group of <paramref name="Kind"/>.</param>
/// <param name="Version">The version of <paramref name="Kind"/>.</param>
internal sealed record Subresource(string Name, string[] Verbs, string? Kind = null, string? Group = null, string? Version = null);

/// <summary>Where a kind keeps its replica counts, for the scale subresource.</summary>
internal sealed record ScalePaths(string SpecReplicas = ".spec.replicas", string StatusReplicas = ".status.replicas", string? Selector = ".spec.selector");

/// <summary>What a write knows about itself.</summary>
internal sealed record WriteContext(ResourceDefinition Resource, JsonObject? Old, string Subresource, TimeProvider Time);

/// <summary>
/// A kind, as a row of behaviour. Everything that the server does differently for one kind than for another is a value here;
/// what is null or empty means the ordinary thing.
/// </summary>
internal sealed record ResourceDefinition
{
    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Kind { get; init; }
    public required string Plural { get; init; }
    public string Singular { get; init; } = "";
    public string[] ShortNames { get; init; } = [];
    public string[] Categories { get; init; } = [];
    public bool Namespaced { get; init; } = true;
    public string[] Verbs { get; init; } = AllVerbs;
    public Subresource[] Subresources { get; init; } = [];
    public NameRule NameRule { get; init; }

    /// <summary>The collection's key on disk and in memory. Two views of one store (events) share it.</summary>
    public string StorageName { get; init; } = "";

    /// <summary>Turns the stored form into this version's and back; null when they are the same.</summary>
    public ViewConversion? View { get; init; }

    /// <summary>There is a status that only the status subresource writes.</summary>
    public bool HasStatus { get; init; }

    /// <summary>A created object may bring its status along, as kubelets do when they register a Node.</summary>
    public bool KeepsStatusOnCreate { get; init; }

    /// <summary>metadata.generation counts changes of what is desired.</summary>
    public bool TracksGeneration { get; init; }

    /// <summary>PUT on a missing object creates it.</summary>
    public bool CreateOnUpdate { get; init; }

    /// <summary>A PUT without resourceVersion overwrites what is there.</summary>
    public bool UnconditionalUpdate { get; init; } = true;

    /// <summary>DELETE answers with the object instead of a Status.</summary>
    public bool DeleteReturnsObject { get; init; }

    /// <summary>The propagation policy when a client names none.</summary>
    public bool OrphansByDefault { get; init; }

    public SelectableField[] Fields { get; init; } = [];
    public IReadOnlyList<TableColumn> Columns { get; init; } = TableColumn.NameAndAge;
    public ScalePaths? Scale { get; init; }

    /// <summary>What clients of this version are warned of; null when it is not deprecated.</summary>
    public string? DeprecationWarning { get; init; }

    /// <summary>Defaults that the type table doesn't know: they depend on other fields.</summary>
    public Action<JsonObject>? Default { get; init; }

    /// <summary>Sets and clears fields before a create is validated.</summary>
    public Action<JsonObject, WriteContext>? PrepareCreate { get; init; }

    /// <summary>Sets and restores fields before an update is validated.</summary>
    public Action<JsonObject, JsonObject, WriteContext>? PrepareUpdate { get; init; }

    public Action<JsonObject, List<FieldError>>? Validate { get; init; }
    public Action<JsonObject, JsonObject, List<FieldError>>? ValidateUpdate { get; init; }

    /// <summary>Comes from a CustomResourceDefinition.</summary>
    public JsonObject? CustomSchema { get; init; }

    public bool IsCustom { get; init; }

    public string ListKind { get; init; } = "";

    public static readonly string[] AllVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string CollectionName => StorageName.Length > 0 ? StorageName : QualifiedPlural;

    public string ListKindOrDefault => ListKind.Length > 0 ? ListKind : Kind + "List";

    public string SingularOrDefault => Singular.Length > 0 ? Singular : Kind.ToLowerInvariant();

    public Subresource? Sub(string name) => Array.Find(Subresources, candidate => candidate.Name == name);
}

/// <summary>How one served version differs from the stored one. Both functions may change their argument.</summary>
/// <param name="ToStored">From what a client sent.</param>
/// <param name="FromStored">To what a client is sent.</param>
internal sealed record ViewConversion(Func<JsonObject, JsonObject> ToStored, Func<JsonObject, JsonObject> FromStored);
