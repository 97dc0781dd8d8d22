using System.Text.Json;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Printing;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Resources.Custom;

/// <summary>Turns a CustomResourceDefinition into rows of behaviour, one per served version.</summary>
internal static class CustomDefinitions
{
    public static IEnumerable<ResourceDefinition> Rows(JsonObject definition)
    {
        var spec = definition.ObjectAt("spec") ?? [];
        var names = spec.ObjectAt("names") ?? [];
        var group = spec.StringAt("group") ?? "";
        var versions = spec.ObjectsAt("versions").ToList();
        var stored = versions.FirstOrDefault(version => version.BooleanAt("storage") == true).StringAt("name") ?? "";
        foreach (var version in versions.Where(version => version.BooleanAt("served") == true))
        {
            var name = version.StringAt("name") ?? "";
            var schema = version.ObjectAt("schema", "openAPIV3Schema");
            var preserves = spec.BooleanAt("preserveUnknownFields") == true;
            var hasStatus = version.ObjectAt("subresources", "status") is not null;
            var scale = version.ObjectAt("subresources", "scale");
            yield return new ResourceDefinition
            {
                Group = group,
                Version = name,
                Kind = names.StringAt("kind") ?? "",
                ListKind = names.StringAt("listKind") ?? "",
                Plural = names.StringAt("plural") ?? "",
                Singular = names.StringAt("singular") ?? "",
                ShortNames = [.. names.StringsAt("shortNames")],
                Categories = [.. names.StringsAt("categories")],
                Namespaced = spec.StringAt("scope") == "Namespaced",
                HasStatus = hasStatus,
                TracksGeneration = true,
                IsCustom = true,
                CustomSchema = preserves ? null : schema,
                View = versions.Count > 1 ? Relabel($"{group}/{stored}", $"{group}/{name}") : null,
                Subresources = [.. Subresources(hasStatus, scale is not null)],
                Scale = scale is null ? null : new ScalePaths(
                    scale.StringAt("specReplicasPath") ?? ".spec.replicas", scale.StringAt("statusReplicasPath") ?? ".status.replicas", scale.StringAt("labelSelectorPath")),
                Fields = [.. version.ObjectsAt("selectableFields").Select(field => Field(field.StringAt("jsonPath") ?? ""))],
                Columns = [.. Columns(version)],
                DeprecationWarning = version.BooleanAt("deprecated") == true
                    ? version.StringAt("deprecationWarning") ?? $"{group}/{name} {names.StringAt("kind")} is deprecated"
                    : null,
                Default = schema is null || preserves ? null : value => StructuralSchema.Default(value, schema),
                Validate = schema is null ? null : (value, errors) => StructuralSchema.Validate(value, schema, "", errors),
            };
        }
    }

    private static IEnumerable<Subresource> Subresources(bool status, bool scale)
    {
        string[] verbs = ["get", "patch", "update"];
        if (scale)
        {
            yield return new Subresource("scale", verbs, "Scale", "autoscaling", "v1");
        }

        if (status)
        {
            yield return new Subresource("status", verbs);
        }
    }

    /// <summary>Versions of a custom kind differ in their name alone (conversion strategy None).</summary>
    private static ViewConversion Relabel(string stored, string served) => new(
        value =>
        {
            value["apiVersion"] = stored;
            return value;
        },
        value =>
        {
            value["apiVersion"] = served;
            return value;
        });

    private static SelectableField Field(string path)
    {
        JsonPath compiled = new(path);
        return new SelectableField(path.TrimStart('.'), root => compiled.Select(root).Select(Text).FirstOrDefault());
    }

    private static IEnumerable<TableColumn> Columns(JsonObject version)
    {
        yield return TableColumn.ObjectName;
        var declared = version.ObjectsAt("additionalPrinterColumns").ToList();
        if (declared.Count == 0)
        {
            yield return TableColumn.Age with { Type = "date" };
        }

        foreach (var column in declared)
        {
            JsonPath path = new(column.StringAt("jsonPath") ?? "");
            var type = column.StringAt("type") ?? "string";
            yield return new TableColumn(column.StringAt("name") ?? "", (root, now) => Cell(path, type, root, now))
            {
                Type = type,
                Format = column.StringAt("format") ?? "",
                Priority = (int)(column.IntegerAt("priority") ?? 0),
            }.Documented(column.StringAt("description") ?? "Custom resource definition column (in JSONPath format): " + column.StringAt("jsonPath"));
        }
    }

    private static object? Cell(JsonPath path, string type, JsonElement root, DateTimeOffset now)
    {
        var found = path.Select(root).ToList();
        if (found.Count == 0)
        {
            return null;
        }

        var first = found[0];
        return type switch
        {
            "integer" => first.ValueKind == JsonValueKind.Number && first.TryGetInt64(out var integer) ? integer : null,
            "number" => first.ValueKind == JsonValueKind.Number ? first.GetDouble() : null,
            "boolean" => first.ValueKind is JsonValueKind.True or JsonValueKind.False ? first.GetBoolean() : null,
            "date" => HumanTime.Since(first.ValueKind == JsonValueKind.String ? first.GetString() : null, now),
            _ => string.Join(",", found.Select(Text)),
        };
    }

    private static string? Text(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Null or JsonValueKind.Undefined => null,
        _ => element.GetRawText(),
    };
}
