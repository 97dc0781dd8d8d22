using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Discovery;

/// <summary>An OpenAPI v3 document of one group version, with the hash under which clients may keep it for ever.</summary>
internal sealed record OpenApiDocument(byte[] Json, string Hash);

/// <summary>OpenAPI v3 per group version, made when first asked for and again when the custom kinds change.</summary>
internal sealed class OpenApiDocuments(ResourceRegistry registry)
{
    private readonly ConcurrentDictionary<(string, string), (long Generation, OpenApiDocument Document)> _documents = new();

    public JsonObject Index()
    {
        JsonObject paths = [];
        foreach (var group in registry.Groups())
        {
            foreach (var version in registry.Versions(group))
            {
                var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
                paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={Get(group, version).Hash}" };
            }
        }

        return new JsonObject { ["paths"] = paths };
    }

    public OpenApiDocument Get(string group, string version)
    {
        var generation = registry.Generation;
        if (_documents.TryGetValue((group, version), out var known) && known.Generation == generation)
        {
            return known.Document;
        }

        var json = KubernetesJson.WriteNode(Build(group, version));
        OpenApiDocument document = new(json, Convert.ToHexString(SHA256.HashData(json)));
        _documents[(group, version)] = (generation, document);
        return document;
    }

    private JsonObject Build(string group, string version)
    {
        JsonObject paths = [];
        JsonObject schemas = [];
        foreach (var resource in registry.All.Select(served => served.Definition).Where(resource => resource.Group == group && resource.Version == version))
        {
            AddPaths(paths, resource);
            schemas[SchemaName(resource)] = new JsonObject
            {
                ["type"] = "object",
                ["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource)),
            };
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = ServerVersion.Git },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static void AddPaths(JsonObject paths, ResourceDefinition resource)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        var collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
        JsonObject collectionPath = [];
        JsonObject objectPath = [];
        foreach (var verb in resource.Verbs)
        {
            switch (verb)
            {
                case "create":
                    collectionPath["post"] = Operation(resource, "post");
                    break;
                case "list":
                    collectionPath["get"] = Operation(resource, "list");
                    break;
                case "deletecollection":
                    collectionPath["delete"] = Operation(resource, "deletecollection");
                    break;
                case "get":
                    objectPath["get"] = Operation(resource, "get");
                    break;
                case "update":
                    objectPath["put"] = Operation(resource, "put");
                    break;
                case "patch":
                    objectPath["patch"] = Operation(resource, "patch");
                    break;
                case "delete":
                    objectPath["delete"] = Operation(resource, "delete");
                    break;
            }
        }

        paths[collection] = collectionPath;
        if (objectPath.Count > 0)
        {
            paths[collection + "/{name}"] = objectPath;
        }
    }

    private static JsonObject Operation(ResourceDefinition resource, string action)
    {
        JsonArray parameters = [];
        foreach (var name in action is "post" or "put" or "patch" ? (string[])["dryRun", "fieldManager", "fieldValidation"] : [])
        {
            parameters.Put(new JsonObject { ["name"] = name, ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true } });
        }

        JsonObject schema = new() { ["$ref"] = "#/components/schemas/" + SchemaName(resource) };
        JsonObject operation = new()
        {
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = Kind(resource),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK", ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = schema } } } },
        };
        if (action is "post" or "put")
        {
            operation["requestBody"] = new JsonObject { ["content"] = new JsonObject { ["*/*"] = new JsonObject { ["schema"] = schema.DeepClone() } } };
        }
        else if (action == "patch")
        {
            JsonObject content = [];
            foreach (var type in (string[])["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"])
            {
                if (resource.IsCustom && type.Contains("strategic", StringComparison.Ordinal))
                {
                    continue;
                }

                content[type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } };
            }

            operation["requestBody"] = new JsonObject { ["content"] = content };
        }

        return operation;
    }

    private static JsonObject Kind(ResourceDefinition resource) => new() { ["group"] = resource.Group, ["kind"] = resource.Kind, ["version"] = resource.Version };

    private static string SchemaName(ResourceDefinition resource) => resource.Group.Length == 0
        ? $"io.k8s.api.core.{resource.Version}.{resource.Kind}"
        : resource.Group.EndsWith(".k8s.io", StringComparison.Ordinal) || !resource.Group.Contains('.')
            ? $"io.k8s.api.{resource.Group.Split('.')[0]}.{resource.Version}.{resource.Kind}"
            : $"{string.Join('.', Enumerable.Reverse(resource.Group.Split('.')))}.{resource.Version}.{resource.Kind}";
}
