using System.Text.Json;

namespace Fairlead.ControlPlane.Schema.OpenApi;

/// <summary>
/// The paths of a document. kubectl learns from them which kind a path serves, and whether a kind's patch takes <c>dryRun</c> and
/// <c>fieldValidation</c> (k8s.io/cli-runtime, QueryParamVerifierV3; k8s.io/kubectl, explain v2).
/// </summary>
internal static class PathWriter
{
    private static readonly (string Name, string Type, string Description)[] _write =
    [
        ("dryRun", "string", "When present, indicates that modifications should not be persisted. Valid values are: - All: all dry run stages will be processed"),
        ("fieldManager", "string", "The name of the actor or entity that makes these changes; required for apply requests."),
        ("fieldValidation", "string", "How unknown and duplicate fields are treated. Valid values are: Ignore, Warn (the default), Strict."),
    ];

    private static readonly (string Name, string Type, string Description)[] _patch =
        [.. _write, ("force", "boolean", "Take conflicting fields from their owners. Only for apply requests.")];

    private static readonly (string Name, string Type, string Description)[] _delete =
    [
        _write[0],
        ("gracePeriodSeconds", "integer", "The duration in seconds before the object should be deleted. Zero means at once."),
        ("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
        ("propagationPolicy", "string", "Whether and how dependents are deleted: Orphan, Background or Foreground."),
    ];

    private static readonly (string Name, string Type, string Description)[] _list =
    [
        ("allowWatchBookmarks", "boolean", "Ask for watch events of type BOOKMARK."),
        ("continue", "string", "Where to go on, as an earlier answer said."),
        ("fieldSelector", "string", "Restrict the list by fields."),
        ("labelSelector", "string", "Restrict the list by labels."),
        ("limit", "integer", "The most items to return."),
        ("resourceVersion", "string", "A constraint on the revisions that may be served."),
        ("resourceVersionMatch", "string", "How resourceVersion is applied to lists."),
        ("sendInitialEvents", "boolean", "Start a watch with the objects that exist."),
        ("timeoutSeconds", "integer", "The duration of the call."),
        ("watch", "boolean", "Watch for changes."),
    ];

    public static void Write(Utf8JsonWriter writer, SchemaRegistry registry, OpenApiGroupVersion groupVersion, SchemaWriter schemas)
    {
        writer.WriteStartObject("paths");
        foreach (OpenApiResource resource in groupVersion.Resources)
        {
            string kind = schemas.Reference(groupVersion, resource);
            string list = schemas.ListReference(groupVersion, resource);
            string root = $"/{groupVersion.Path}";
            string scope = resource.Namespaced ? "/namespaces/{namespace}" : "";
            Operation own = new(groupVersion.Group, groupVersion.Version, resource.Kind, kind);
            if (resource.Namespaced && resource.Verbs.Contains("list"))
            {
                writer.WriteStartObject($"{root}/{resource.Plural}");
                Verb(writer, "get", "list", own with { Schema = list }, _list, null);
                writer.WriteEndObject();
            }

            writer.WriteStartObject($"{root}{scope}/{resource.Plural}");
            if (resource.Verbs.Contains("list"))
            {
                Verb(writer, "get", "list", own with { Schema = list }, _list, null);
            }

            if (resource.Verbs.Contains("create"))
            {
                Verb(writer, "post", "post", own, _write, "*/*");
            }

            if (resource.Verbs.Contains("deletecollection"))
            {
                Verb(writer, "delete", "deletecollection", own with { Schema = SchemaWriter.Status }, _delete, "*/*");
            }

            Parameters(writer, resource.Namespaced, false);
            writer.WriteEndObject();
            if (resource.Verbs.Any(static verb => verb is "get" or "update" or "patch" or "delete"))
            {
                writer.WriteStartObject($"{root}{scope}/{resource.Plural}/{{name}}");
                Item(writer, own, resource.Verbs);
                Parameters(writer, resource.Namespaced, true);
                writer.WriteEndObject();
            }

            foreach (OpenApiSubresource sub in resource.Subresources)
            {
                string subApiVersion = sub.Group.Length == 0 ? sub.Version : $"{sub.Group}/{sub.Version}";
                string? schema = sub.Kind == resource.Kind ? kind : registry.Find(subApiVersion, sub.Kind) is { } type ? schemas.Reference(type) : null;
                writer.WriteStartObject($"{root}{scope}/{resource.Plural}/{{name}}/{sub.Name}");
                Item(writer, new Operation(sub.Group, sub.Version, sub.Kind, schema), sub.Verbs);
                if (sub.Verbs.Contains("create"))
                {
                    Verb(writer, "post", "post", new Operation(sub.Group, sub.Version, sub.Kind, schema), _write, "*/*");
                }

                Parameters(writer, resource.Namespaced, true);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndObject();
    }

    private static void Item(Utf8JsonWriter writer, Operation own, IReadOnlyList<string> verbs)
    {
        if (verbs.Contains("get"))
        {
            Verb(writer, "get", "get", own, [], null);
        }

        if (verbs.Contains("update"))
        {
            Verb(writer, "put", "put", own, _write, "*/*");
        }

        if (verbs.Contains("delete"))
        {
            Verb(writer, "delete", "delete", own with { Schema = SchemaWriter.Status }, _delete, "*/*");
        }

        if (verbs.Contains("patch"))
        {
            Verb(writer, "patch", "patch", own, _patch, "patch");
        }
    }

    private static void Verb(
        Utf8JsonWriter writer, string method, string action, Operation operation, (string Name, string Type, string Description)[] parameters, string? body)
    {
        writer.WriteStartObject(method);
        writer.WriteString("description", $"{action} {operation.Kind}");
        if (parameters.Length > 0)
        {
            writer.WriteStartArray("parameters");
            foreach ((string name, string type, string description) in parameters)
            {
                Parameter(writer, name, "query", type, description);
            }

            writer.WriteEndArray();
        }

        if (body is not null)
        {
            writer.WriteStartObject("requestBody");
            writer.WriteStartObject("content");
            if (body == "patch")
            {
                foreach (string media in (ReadOnlySpan<string>)["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"])
                {
                    Content(writer, media, SchemaWriter.Patch);
                }

                // Custom kinds have no merge keys of Go types; kubectl reads here that it must send them JSON merge patches.
                if (SchemaRegistry.Default.Find(operation.Group.Length == 0 ? operation.Version : $"{operation.Group}/{operation.Version}", operation.Kind) is not null)
                {
                    Content(writer, "application/strategic-merge-patch+json", SchemaWriter.Patch);
                }
            }
            else
            {
                Content(writer, body, method == "delete" ? SchemaWriter.DeleteOptions : operation.Schema);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteStartObject("responses");
        foreach (string status in (ReadOnlySpan<string>)(method switch { "post" => ["200", "201", "202"], "put" or "patch" => ["200", "201"], _ => ["200"] }))
        {
            writer.WriteStartObject(status);
            writer.WriteString("description", status switch { "201" => "Created", "202" => "Accepted", _ => "OK" });
            writer.WriteStartObject("content");
            Content(writer, "application/json", operation.Schema);
            Content(writer, "application/yaml", operation.Schema);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteStartObject("401");
        writer.WriteString("description", "Unauthorized");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteString("x-kubernetes-action", action);
        writer.WriteStartObject("x-kubernetes-group-version-kind");
        writer.WriteString("group", operation.Group);
        writer.WriteString("kind", operation.Kind);
        writer.WriteString("version", operation.Version);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Content(Utf8JsonWriter writer, string media, string? schema)
    {
        writer.WriteStartObject(media);
        writer.WriteStartObject("schema");
        if (schema is null)
        {
            writer.WriteString("type", "string");
        }
        else
        {
            writer.WriteString("$ref", SchemaWriter.Prefix + schema);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Parameters(Utf8JsonWriter writer, bool namespaced, bool named)
    {
        writer.WriteStartArray("parameters");
        if (named)
        {
            Parameter(writer, "name", "path", "string", "name of the object");
        }

        if (namespaced)
        {
            Parameter(writer, "namespace", "path", "string", "object name and auth scope, such as for teams and projects");
        }

        Parameter(writer, "pretty", "query", "string", "If 'true', then the output is pretty printed.");
        writer.WriteEndArray();
    }

    private static void Parameter(Utf8JsonWriter writer, string name, string place, string type, string description)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("in", place);
        writer.WriteString("description", description);
        if (place == "path")
        {
            writer.WriteBoolean("required", true);
        }

        writer.WriteStartObject("schema");
        writer.WriteString("type", type);
        writer.WriteBoolean("uniqueItems", true);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private sealed record Operation(string Group, string Version, string Kind, string? Schema);
}
