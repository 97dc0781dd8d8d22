using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Requests;

/// <summary>The kinds of patch, by media type.</summary>
internal enum PatchKind { Json, Merge, Strategic, Apply }

/// <summary>A patch as it came, parsed.</summary>
internal sealed record ObjectPatch(PatchKind Kind, JsonNode? Document, ApplyOptions? Options = null)
{
    /// <summary>Server-side apply creates what isn't there.</summary>
    public bool CreatesObjects => Kind == PatchKind.Apply;

    /// <summary>The patch itself carries a resourceVersion, so a concurrent write is a conflict instead of a reason to try again.</summary>
    public bool NamesRevision => Document is JsonArray operations
        ? operations.OfType<JsonObject>().Any(operation => operation.StringAt("path") == "/metadata/resourceVersion")
        : Document.StringAt("metadata", "resourceVersion") is { Length: > 0 };

    public static ObjectPatch Read(RequestContext request, byte[] body, TimeProvider time)
    {
        PatchKind kind = RequestBody.MediaType(request.Http.Request) switch
        {
            "application/json-patch+json" => PatchKind.Json,
            "application/merge-patch+json" => PatchKind.Merge,
            "application/strategic-merge-patch+json" when !request.Resource.IsCustom => PatchKind.Strategic,
            "application/apply-patch+yaml" => PatchKind.Apply,
            _ => throw StatusException.UnsupportedPatch(),
        };
        if (kind == PatchKind.Apply && request.Query("fieldManager").Length == 0)
        {
            throw StatusException.Invalid("meta.k8s.io", "PatchOptions", "", [FieldError.Required("fieldManager", "is required for apply patch")]);
        }

        if (kind != PatchKind.Apply && request.Query("force").Length > 0)
        {
            throw StatusException.Invalid("meta.k8s.io", "PatchOptions", "", [FieldError.Forbidden("force", "may not be specified for non-apply patch")]);
        }

        try
        {
            return new ObjectPatch(
                kind,
                kind == PatchKind.Apply && body is not [(byte)'{', ..] ? YamlText.Parse(body) : UntypedJson.Parse(body),
                kind == PatchKind.Apply ? new ApplyOptions(request.FieldManager, request.Flag("force"), request.Target.Subresource, time.GetUtcNow()) : null);
        }
        catch (JsonException exception)
        {
            throw StatusException.BadRequest((kind == PatchKind.Json ? "error decoding patch: " : "") + (JsonSyntax.Explain(body) ?? exception.Message));
        }
    }

    /// <summary>The patched object, not yet decoded.</summary>
    public JsonObject Apply(ResourceDefinition resource, JsonObject? current)
    {
        try
        {
            return Kind switch
            {
                PatchKind.Json => JsonPatch.Apply(current!, Document) as JsonObject ?? throw PatchException.Unprocessable("the patch leaves no object"),
                PatchKind.Strategic when SchemaRegistry.Default.Find(resource.ApiVersion, resource.Kind) is { } type => StrategicMergePatch.Apply(type, current!, Object()),
                PatchKind.Apply => ManagedFields.Apply(resource, current, Object(), Options!),
                _ => (JsonObject)MergePatch.Apply(current!, Object())!,
            };
        }
        catch (PatchException exception)
        {
            throw exception.Code switch
            {
                400 => StatusException.BadRequest(exception.Message),
                413 => new StatusException(413, "RequestEntityTooLarge", exception.Message, []),
                422 => StatusException.UnprocessablePatch(),
                _ => new StatusException(500, "", exception.Message),
            };
        }
    }

    private JsonObject Object() => Document as JsonObject
        ?? throw StatusException.BadRequest("json: cannot unmarshal array into Go value of type map[string]interface {}");
}
