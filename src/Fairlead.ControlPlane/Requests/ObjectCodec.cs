using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Resources.Custom;
using Fairlead.ControlPlane.Schema;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Bytes to objects: media types, the kind's schema, how strict the client wants it.</summary>
internal sealed class ObjectCodec(ResourceRegistry registry)
{
    /// <summary>The body as an object of the resource's kind, in canonical form.</summary>
    public JsonObject Decode(RequestContext request, byte[] body) => Decode(request, body, request.Resource);

    /// <summary>A body of another kind than the resource's: what a subresource takes.</summary>
    public JsonObject DecodeAs(RequestContext request, byte[] body, string group, string version, string kind) =>
        Decode(request, body, new ResourceDefinition { Group = group, Version = version, Kind = kind, Plural = kind.ToLowerInvariant() + "s" });

    private JsonObject Decode(RequestContext request, byte[] body, ResourceDefinition resource)
    {
        var type = RequestBody.MediaType(request.Http.Request);
        switch (type)
        {
            case "application/vnd.kubernetes.protobuf" when !resource.IsCustom:
                return DecodeProtobuf(body, resource);
            case "application/yaml":
                body = FromYaml(body, resource);
                break;
            case "application/json" or "":
                break;
            default:
                throw StatusException.UnsupportedMediaType();
        }

        CheckKind(body, resource);
        return Typed(body, resource, error => StatusException.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {error}"), request);
    }

    private JsonObject DecodeProtobuf(byte[] body, ResourceDefinition resource)
    {
        try
        {
            ProtobufDecoder.ReadEnvelope(body, out var apiVersion, out var kind);
            CheckKind(apiVersion, kind, resource);
        }
        catch (InvalidDataException exception)
        {
            throw Unrecognized(resource, exception.Message, body);
        }

        var result = ProtobufDecoder.Decode(SchemaRegistry.Default, body);
        return result.Value ?? throw StatusException.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {result.Error}");
    }

    private static byte[] FromYaml(byte[] body, ResourceDefinition resource)
    {
        try
        {
            return KubernetesJson.WriteNode(YamlText.Parse(body));
        }
        catch (JsonException exception)
        {
            throw Unrecognized(resource, "couldn't get version/kind; json parse error: " + exception.Message, body);
        }
    }

    /// <summary>Decodes JSON by the kind's schema; unknown and duplicate fields are an error, a warning or nothing, as the client asked.</summary>
    private static JsonObject Typed(byte[] body, ResourceDefinition resource, Func<string, StatusException> failure, RequestContext request)
    {
        JsonObject value;
        IReadOnlyList<string> strict;
        if (!resource.IsCustom && SchemaRegistry.Default.Find(resource.ApiVersion, resource.Kind) is { } type)
        {
            var result = JsonDecoder.Decode(type, body);
            value = result.Value ?? throw failure(result.Error ?? "");
            strict = result.StrictErrors;
        }
        else
        {
            (value, strict) = CustomObjects.Decode(body, resource, failure);
        }

        if (strict.Count > 0)
        {
            switch (request.Query("fieldValidation"))
            {
                case "Strict":
                    throw failure("strict decoding error: " + string.Join(", ", strict));
                case "Ignore":
                    break;
                default:
                    request.Warnings.AddRange(strict);
                    break;
            }
        }

        value["kind"] = resource.Kind;
        value["apiVersion"] = resource.ApiVersion;
        return value;
    }

    public JsonObject? DecodeOptions(RequestContext request, byte[] body)
    {
        var type = RequestBody.MediaType(request.Http.Request);
        if (type == "application/vnd.kubernetes.protobuf" && body.Length > 0)
        {
            return DecodeProtobuf(body, new ResourceDefinition { Group = request.Resource.Group, Version = request.Resource.Version, Kind = "DeleteOptions", Plural = "deleteoptions" });
        }

        return RequestBody.ParseLoose(body, type == "application/yaml") as JsonObject;
    }

    private void CheckKind(byte[] body, ResourceDefinition resource)
    {
        string kind = "", apiVersion = "";
        try
        {
            Utf8JsonReader reader = new(body, new JsonReaderOptions { MaxDepth = JsonDecoder.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Unrecognized(resource, "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }", body);
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isKind = reader.ValueTextEquals("kind"u8);
                var isVersion = !isKind && reader.ValueTextEquals("apiVersion"u8);
                reader.Read();
                if ((isKind || isVersion) && reader.TokenType == JsonTokenType.String)
                {
                    (isKind ? ref kind : ref apiVersion) = reader.GetString()!;
                }

                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Unrecognized(resource, "couldn't get version/kind; json parse error: " + (JsonSyntax.Explain(body) ?? exception.Message), body);
        }

        CheckKind(apiVersion, kind, resource);
    }

    private void CheckKind(string apiVersion, string kind, ResourceDefinition resource)
    {
        if ((kind.Length == 0 || kind == resource.Kind) && (apiVersion.Length == 0 || apiVersion == resource.ApiVersion))
        {
            return;
        }

        var slash = apiVersion.IndexOf('/');
        var group = slash < 0 ? "" : apiVersion[..slash];
        var version = apiVersion[(slash + 1)..];
        if (resource.IsCustom || registry.FindKind(group, version, kind) is null)
        {
            throw StatusException.BadRequest($"{kind} in version \"{version}\" cannot be handled as a {resource.Kind}: no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme");
        }

        throw StatusException.BadRequest(
            $"{kind} in version \"{version}\" cannot be handled as a {resource.Kind}: converting ({version}.{kind}) to ({(resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0])}.{resource.Kind}): unknown conversion");
    }

    /// <summary>A body that doesn't even say what it is (apiserver, endpoints/handlers/rest.go, transformDecodeError).</summary>
    private static StatusException Unrecognized(ResourceDefinition resource, string why, byte[] body)
    {
        const int Shown = 30;
        var head = body.AsSpan(0, Math.Min(Shown, body.Length));
        var summary = body.Length == 0 ? "<empty>"
            : (body[0] == '{' ? Encoding.UTF8.GetString(head) : Convert.ToHexStringLower(head)) + (body.Length > Shown ? " ..." : "");
        return StatusException.BadRequest($"the object provided is unrecognized (must be of type {resource.Kind}): {why} ({summary})");
    }

    /// <summary>An object that rules have changed, in the order and with the zero values that Go would write.</summary>
    public static JsonObject Canonical(ResourceDefinition resource, JsonObject value)
    {
        if (resource.IsCustom || SchemaRegistry.Default.Find(value.StringAt("apiVersion") ?? "", value.StringAt("kind") ?? "") is not { } type)
        {
            return value;
        }

        var result = JsonDecoder.Decode(type, value);
        return result.Value ?? throw StatusException.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {result.Error}");
    }

    /// <summary>The patched object, decoded again; <paramref name="current"/> may be changed.</summary>
    public static JsonObject ApplyPatch(RequestContext request, ResourceDefinition resource, ObjectPatch patch, JsonObject? current)
    {
        var patched = patch.Apply(resource, current);
        // kube-apiserver shows a strategic merge patch itself, as Go prints it, and what any other one made of the object.
        StatusException Failure(string error) => StatusException.Invalid(
            "", "", "", [FieldError.Invalid("patch", patch.Kind == PatchKind.Strategic ? GoText.Print(patch.Document) : KubernetesJson.Text(patched), error)]);
        return Typed(KubernetesJson.WriteNode(patched), resource, Failure, request);
    }
}
