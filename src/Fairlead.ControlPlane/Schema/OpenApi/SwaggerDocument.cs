using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>
/// OpenAPI v2 of everything that is served, for clients from before v3 (kubectl up to 1.26): definitions, which explain, client-side
/// validation and merge keys come from, and the patch operations, which say that a kind knows dry runs. Made from the v3 documents.
/// </summary>
internal static class SwaggerDocument
{
    private const string Reference = "#/components/schemas/";

    /// <summary>What v2 says of a schema with the same words as v3.</summary>
    private static readonly string[] Kept = ["description", "type", "format", "required", "enum"];

    public static JsonObject Build(string version, IEnumerable<byte[]> documents)
    {
        JsonObject paths = [], definitions = [];
        foreach (var json in documents)
        {
            var document = KubernetesJson.ParseObject(json);
            foreach (var (path, item) in document.ObjectAt("paths") ?? [])
            {
                if (item.ObjectAt("patch") is { } patch)
                {
                    paths[path] = new JsonObject { ["patch"] = Operation(patch) };
                }
            }

            foreach (var (name, schema) in document.ObjectAt("components", "schemas") ?? [])
            {
                if (!definitions.ContainsKey(name))
                {
                    definitions[name] = Schema(schema as JsonObject ?? []);
                }
            }
        }

        return new JsonObject
        {
            ["swagger"] = "2.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = version },
            ["paths"] = paths,
            ["definitions"] = definitions,
        };
    }

    private static JsonObject Operation(JsonObject operation)
    {
        JsonArray parameters = [];
        foreach (var parameter in operation.ObjectsAt("parameters"))
        {
            parameters.Put(new JsonObject
            {
                ["name"] = parameter.StringAt("name"),
                ["in"] = parameter.StringAt("in"),
                ["description"] = parameter.StringAt("description"),
                ["type"] = parameter.StringAt("schema", "type"),
                ["uniqueItems"] = true,
            });
        }

        return new JsonObject
        {
            ["description"] = operation.StringAt("description"),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
            ["x-kubernetes-group-version-kind"] = operation["x-kubernetes-group-version-kind"]?.DeepClone(),
        };
    }

    private static JsonObject Schema(JsonObject schema)
    {
        JsonObject result = [];
        foreach (var name in Kept)
        {
            if (schema[name] is { } value)
            {
                result[name] = value.DeepClone();
            }
        }

        // v3 wraps a reference in allOf to give it a description of its own; v2 lets them stand side by side.
        var reference = schema.StringAt("$ref") ?? (schema["allOf"] is JsonArray { Count: 1 } all ? all[0].StringAt("$ref") : null);
        if (reference is not null)
        {
            result["$ref"] = "#/definitions/" + reference[Reference.Length..];
        }

        // v2 knows no alternatives: what may be a number or a text is a text, whose validators take numbers.
        if (schema["oneOf"] is JsonArray && schema["type"] is null)
        {
            result["type"] = "string";
        }

        if (schema.ObjectAt("properties") is { } properties)
        {
            JsonObject converted = [];
            foreach (var (name, property) in properties)
            {
                converted[name] = Schema(property as JsonObject ?? []);
            }

            result["properties"] = converted;
        }

        foreach (var name in (string[])["items", "additionalProperties"])
        {
            if (schema[name] is JsonObject inner)
            {
                result[name] = Schema(inner);
            }
        }

        foreach (var (name, value) in schema)
        {
            if (name.StartsWith("x-kubernetes-", StringComparison.Ordinal) && name != "x-kubernetes-validations")
            {
                result[name] = value?.DeepClone();
            }
        }

        return result;
    }
}
