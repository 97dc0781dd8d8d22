namespace Fairlead.Kubernetes;

/// <summary>The resources of one group and version.</summary>
/// <remarks>meta.k8s.io/v1 APIResourceList.</remarks>
public sealed record ApiResourceList
{
    /// <summary>Group and version, such as <c>apps/v1</c>.</summary>
    public string GroupVersion { get; init => field = value ?? ""; } = "";

    /// <summary>Resources and subresources.</summary>
    public IReadOnlyList<ApiResource> Resources { get; init => field = value ?? []; } = [];
}

/// <summary>One resource of a group and version.</summary>
public sealed record ApiResource
{
    /// <summary>The plural name; with a slash, a subresource.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The kind of its objects.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Whether objects live in namespaces.</summary>
    public bool Namespaced { get; init; }

    /// <summary>What can be done: get, list, watch, create, update, patch, delete, deletecollection.</summary>
    public IReadOnlyList<string> Verbs { get; init => field = value ?? []; } = [];
}

/// <summary>The API groups apart from core.</summary>
/// <remarks>meta.k8s.io/v1 APIGroupList.</remarks>
public sealed record ApiGroupList
{
    /// <summary>All groups.</summary>
    public IReadOnlyList<ApiGroup> Groups { get; init => field = value ?? []; } = [];
}

/// <summary>One API group and its versions.</summary>
public sealed record ApiGroup
{
    /// <summary>The group's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The version to use.</summary>
    public ApiGroupVersion? PreferredVersion { get; init; }
}

/// <summary>A group and version.</summary>
public sealed record ApiGroupVersion
{
    /// <summary>Group and version, such as <c>apps/v1</c>.</summary>
    public string GroupVersion { get; init => field = value ?? ""; } = "";

    /// <summary>The version alone.</summary>
    public string Version { get; init => field = value ?? ""; } = "";
}
