using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>CustomResourceDefinitions themselves.</summary>
internal static class CustomResourceRules
{
    public static void Default(JsonObject definition)
    {
        var spec = definition.Ensure("spec");
        var names = spec.Ensure("names");
        if (names.StringAt("kind") is { Length: > 0 } kind)
        {
            names.Default("singular", kind.ToLowerInvariant());
            names.Default("listKind", kind + "List");
        }

        spec.Ensure("conversion").Default("strategy", "None");
    }

    public static void PrepareCreate(JsonObject definition, WriteContext context)
    {
        var metadata = definition.Ensure("metadata");
        var finalizers = metadata.StringsAt("finalizers").Append(Custom.CustomResourceLoop.Finalizer).Distinct().Select(finalizer => (JsonNode)finalizer);
        metadata["finalizers"] = new JsonArray([.. finalizers]);
    }

    public static void Validate(JsonObject definition, List<FieldError> errors)
    {
        var spec = definition.ObjectAt("spec") ?? [];
        var group = spec.StringAt("group") ?? "";
        var plural = spec.StringAt("names", "plural") ?? "";
        var name = definition.StringAt("metadata", "name") ?? "";
        if (group.Length == 0)
        {
            errors.Add(FieldError.Required("spec.group"));
        }
        else if (!group.Contains('.'))
        {
            errors.Add(FieldError.Invalid("spec.group", group, "should be a domain with at least one dot"));
        }

        if (name != $"{plural}.{group}")
        {
            errors.Add(FieldError.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
        }

        foreach (var field in (string[])["plural", "kind"])
        {
            if (string.IsNullOrEmpty(spec.StringAt("names", field)))
            {
                errors.Add(FieldError.Required("spec.names." + field));
            }
        }

        if (spec.StringAt("scope") is not ("Namespaced" or "Cluster"))
        {
            errors.Add(spec["scope"] is null
                ? FieldError.Required("spec.scope")
                : FieldError.NotSupported("spec.scope", spec["scope"]?.DeepClone(), "Cluster", "Namespaced"));
        }

        var versions = spec.ObjectsAt("versions").ToList();
        if (versions.Count == 0)
        {
            errors.Add(FieldError.Required("spec.versions"));
        }

        if (versions.Count(version => version.BooleanAt("storage") == true) != 1)
        {
            errors.Add(FieldError.Invalid("spec.versions", spec["versions"]?.DeepClone(), "must have exactly one version marked as storage version"));
        }

        for (var i = 0; i < versions.Count; i++)
        {
            if (versions[i].ObjectAt("schema", "openAPIV3Schema") is null)
            {
                errors.Add(FieldError.Required($"spec.versions[{i}].schema.openAPIV3Schema", "schemas are required"));
            }
        }

        if (spec.StringAt("conversion", "strategy") is { } strategy && strategy != "None")
        {
            errors.Add(FieldError.NotSupported("spec.conversion.strategy", strategy, "None"));
        }
    }
}
