using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>What a document is made from: the resources of one group and version.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">For example <c>v1</c>.</param>
/// <param name="Resources">In the order of discovery.</param>
internal sealed record OpenApiGroupVersion(string Group, string Version, IReadOnlyList<OpenApiResource> Resources)
{
    /// <summary>Its key in the index: <c>api/v1</c>, <c>apis/apps/v1</c>.</summary>
    public string Path => Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";

    /// <summary>group/version as objects carry it.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A resource of a document.</summary>
/// <param name="Plural">Its name in paths.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="ListKind">The kind of its lists.</param>
/// <param name="Namespaced">Whether its paths name a namespace.</param>
/// <param name="Verbs">What may be done with it.</param>
/// <param name="Subresources">What hangs below an object.</param>
/// <param name="CustomSchema">The <c>openAPIV3Schema</c> of a custom resource; null for built-in kinds.</param>
internal sealed record OpenApiResource(
    string Plural, string Kind, string ListKind, bool Namespaced, IReadOnlyList<string> Verbs, IReadOnlyList<OpenApiSubresource> Subresources, JsonObject? CustomSchema = null);

/// <summary>A subresource of a document, with the kind that it takes and gives.</summary>
internal sealed record OpenApiSubresource(string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs);
