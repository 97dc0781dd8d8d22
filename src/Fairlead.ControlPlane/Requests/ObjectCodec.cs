#pragma warning disable CA1822
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Patching;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Requests;

/// <summary>The kinds of patch, by media type.</summary>
internal enum PatchKind { Json, Merge, Strategic, Apply }

/// <summary>A patch as it came, parsed.</summary>
internal sealed record ObjectPatch(PatchKind Kind, JsonNode? Document)
{
    /// <summary>Server-side apply creates what isn't there.</summary>
    public bool CreatesObjects => Kind == PatchKind.Apply;

    /// <summary>The patch itself carries a resourceVersion, so a concurrent write is a conflict instead of a reason to try again.</summary>
    public bool NamesRevision => Document is JsonArray operations
        ? operations.OfType<JsonObject>().Any(operation => operation.StringAt("path") == "/metadata/resourceVersion")
        : Document.StringAt("metadata", "resourceVersion") is { Length: > 0 };
}

/// <summary>Bytes to objects: media types, schema, strictness, patches.</summary>
internal sealed class ObjectCodec(ResourceRegistry registry)
{
    public JsonObject Decode(RequestContext request, byte[] body) => Decode(request, body, request.Resource);

    /// <summary>A body of another kind than the resource's: what a subresource takes.</summary>
    public JsonObject DecodeAs(RequestContext request, byte[] body, string group, string version, string kind) =>
        Decode(request, body, new ResourceDefinition { Group = group, Version = version, Kind = kind, Plural = kind.ToLowerInvariant() + "s" });

    private JsonObject Decode(RequestContext request, byte[] body, ResourceDefinition resource)
    {
        var type = RequestBody.MediaType(request.Http.Request);
        JsonNode? node;
        try
        {
            node = type switch
            {
                "application/json" or "" => KubernetesJson.Parse(body),
                "application/yaml" => YamlText.Parse(body),
                _ => throw StatusException.UnsupportedMediaType(),
            };
        }
        catch (JsonException exception)
        {
            throw StatusException.BadRequest($"the object provided is unrecognized (must be of type {resource.Kind}): couldn't get version/kind; json parse error: {exception.Message}");
        }

        if (node is not JsonObject value)
        {
            throw StatusException.BadRequest($"the object provided is unrecognized (must be of type {resource.Kind}): couldn't get version/kind; json parse error: json: cannot unmarshal into Go value");
        }

        CheckKind(value, resource);
        value["kind"] = resource.Kind;
        value["apiVersion"] = resource.ApiVersion;
        return value;
    }

    public JsonObject? DecodeOptions(RequestContext request, byte[] body) =>
        RequestBody.ParseLoose(body, RequestBody.MediaType(request.Http.Request) == "application/yaml") as JsonObject;

    private void CheckKind(JsonObject value, ResourceDefinition resource)
    {
        var kind = value.StringAt("kind") ?? "";
        var apiVersion = value.StringAt("apiVersion") ?? "";
        if ((kind.Length == 0 || kind == resource.Kind) && (apiVersion.Length == 0 || apiVersion == resource.ApiVersion))
        {
            return;
        }

        var slash = apiVersion.IndexOf('/');
        var group = slash < 0 ? "" : apiVersion[..slash];
        var version = apiVersion[(slash + 1)..];
        if (registry.FindKind(group, version, kind) is null)
        {
            throw StatusException.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: no kind \"{kind}\" is registered for version \"{apiVersion}\"");
        }

        var theirs = group.Length == 0 ? version : $"{version}";
        throw StatusException.BadRequest(
            $"{kind} in version \"{version}\" cannot be handled as a {resource.Kind}: converting ({theirs}.{kind}) to ({(resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0])}.{resource.Kind}): unknown conversion");
    }

    public ObjectPatch ReadPatch(RequestContext request, byte[] body)
    {
        var type = RequestBody.MediaType(request.Http.Request);
        PatchKind kind = type switch
        {
            "application/json-patch+json" => PatchKind.Json,
            "application/merge-patch+json" => PatchKind.Merge,
            "application/strategic-merge-patch+json" when !request.Resource.IsCustom => PatchKind.Strategic,
            "application/apply-patch+yaml" => PatchKind.Apply,
            _ => throw StatusException.UnsupportedPatch(),
        };
        return new ObjectPatch(kind, RequestBody.ParseLoose(body, kind == PatchKind.Apply));
    }

    /// <summary>The patched object; <paramref name="current"/> may be changed.</summary>
    public JsonObject ApplyPatch(RequestContext request, ObjectPatch patch, JsonObject? current)
    {
        switch (patch.Kind)
        {
            case PatchKind.Json:
                return JsonPatch.Apply(current!, patch.Document) as JsonObject ?? throw StatusException.UnprocessablePatch();
            case PatchKind.Apply when current is null:
                return (JsonObject)patch.Document!.DeepClone();
            default:
                if (patch.Document is not JsonObject change)
                {
                    throw StatusException.BadRequest("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}");
                }

                MergePatch.Apply(current!, change);
                return current!;
        }
    }
}
