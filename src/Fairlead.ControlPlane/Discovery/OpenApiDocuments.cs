using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.OpenApi;

namespace Fairlead.ControlPlane.Discovery;

/// <summary>An OpenAPI v3 document of one group version, with the hash under which clients may keep it for ever.</summary>
internal sealed record OpenApiDocument(byte[] Json, string Hash);

/// <summary>OpenAPI v3 of what is served now, custom kinds included.</summary>
internal sealed class OpenApiDocuments(ResourceRegistry registry)
{
    private readonly Schema.OpenApi.OpenApiDocuments _documents = new(SchemaRegistry.Default);
    private (long Generation, byte[] Json)? _index;
    private (long Generation, byte[] Json, byte[] Protobuf)? _swagger;

    /// <summary>The answer to <c>/openapi/v3</c>.</summary>
    public byte[] Index()
    {
        var generation = registry.Generation;
        if (_index is { } known && known.Generation == generation)
        {
            return known.Json;
        }

        var json = Schema.OpenApi.OpenApiDocuments.Index(registry.Groups().SelectMany(group => registry.Versions(group).Select(version => Describe(group, version))));
        _index = (generation, json);
        return json;
    }

    /// <summary>The answer to <c>/openapi/v2</c>, as JSON and as protobuf; made when an old client first asks.</summary>
    public (byte[] Json, byte[] Protobuf) Swagger()
    {
        var generation = registry.Generation;
        if (_swagger is not { } known || known.Generation != generation)
        {
            var document = SwaggerDocument.Build(ServerVersion.Git, registry.Groups().SelectMany(group => registry.Versions(group).Select(version => Get(group, version).Json)));
            _swagger = known = (generation, KubernetesJson.WriteNode(document), SwaggerProtobuf.Encode(document));
        }

        return (known.Json, known.Protobuf);
    }

    /// <summary>The document of one group and version.</summary>
    public OpenApiDocument Get(string group, string version)
    {
        var (json, hash) = _documents.Document(Describe(group, version));
        return new(json, hash);
    }

    private OpenApiGroupVersion Describe(string group, string version) => new(group, version, [.. registry.All
        .Select(served => served.Definition)
        .Where(resource => resource.Group == group && resource.Version == version)
        .Select(Describe)]);

    private static OpenApiResource Describe(ResourceDefinition resource) => new(
        resource.Plural, resource.Kind, resource.ListKindOrDefault, resource.Namespaced, resource.Verbs,
        [.. resource.Subresources.Select(sub => new OpenApiSubresource(
            sub.Name, sub.Kind is null ? resource.Group : sub.Group ?? resource.Group, sub.Kind is null ? resource.Version : sub.Version ?? resource.Version, sub.Kind ?? resource.Kind, sub.Verbs))],
        resource.IsCustom ? resource.CustomSchema ?? [] : null);
}
