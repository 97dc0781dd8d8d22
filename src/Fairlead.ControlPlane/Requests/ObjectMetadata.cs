using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Resources.Behaviour;

namespace Fairlead.ControlPlane.Requests;

/// <summary>What the server does with metadata, whatever the kind.</summary>
internal static class ObjectMetadata
{
    /// <summary>What the server alone writes.</summary>
    private static readonly string[] SystemFields = ["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"];

    /// <summary>Now, RFC 3339 in UTC with whole seconds, as Go's metav1.Time is written.</summary>
    public static string Timestamp(TimeProvider time) => Timestamp(time.GetUtcNow());

    public static string Timestamp(DateTimeOffset when) => when.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Five characters that make no words (apimachinery, util/rand).</summary>
    public static string GeneratedName(string prefix)
    {
        const int MaximumPrefix = 58;
        return (prefix.Length > MaximumPrefix ? prefix[..MaximumPrefix] : prefix) + RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5);
    }

    /// <summary>Fills in a new object's metadata.</summary>
    public static void PrepareCreate(JsonObject value, ResourceDefinition resource, string ns, TimeProvider time)
    {
        var metadata = value.Ensure("metadata");
        if (metadata.StringAt("resourceVersion") is { Length: > 0 })
        {
            throw StatusException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        if (string.IsNullOrEmpty(metadata.StringAt("name")) && metadata.StringAt("generateName") is { Length: > 0 } prefix)
        {
            metadata["name"] = GeneratedName(prefix);
        }

        if (resource.Namespaced)
        {
            metadata["namespace"] = ns;
        }
        else
        {
            metadata.Remove("namespace");
        }

        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Timestamp(time);
        metadata.Remove("deletionTimestamp");
        metadata.Remove("deletionGracePeriodSeconds");
        metadata.Remove("generation");
        metadata.Remove("selfLink");
        if (resource.TracksGeneration)
        {
            metadata["generation"] = 1L;
        }
    }

    /// <summary>Restores what an update may not change.</summary>
    public static void PrepareUpdate(JsonObject value, JsonObject old, ResourceDefinition resource)
    {
        var metadata = value.Ensure("metadata");
        var before = old.ObjectAt("metadata");
        metadata.Take(before, "name");
        metadata.Take(before, "namespace");
        metadata.Take(before, "resourceVersion");
        metadata.Take(before, "generateName");
        metadata.Remove("selfLink");
        foreach (var name in SystemFields)
        {
            metadata.Take(before, name);
        }

        value["kind"] = old["kind"]?.DeepClone();
        value["apiVersion"] = old["apiVersion"]?.DeepClone();
    }

    public static void Validate(JsonObject value, JsonObject? old, ResourceDefinition resource, List<FieldError> errors)
    {
        var metadata = value.ObjectAt("metadata") ?? [];
        var name = metadata.StringAt("name") ?? "";
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required("metadata.name", "name or generateName is required"));
        }
        else if (old is null && NameSyntax.Check(resource.NameRule, name) is { } problem)
        {
            errors.Add(FieldError.Invalid("metadata.name", name, problem));
        }

        foreach (var (key, labelValue) in metadata.ObjectAt("labels") ?? [])
        {
            if (NameSyntax.QualifiedName(key) is { } keyProblem)
            {
                errors.Add(FieldError.Invalid("metadata.labels", key, keyProblem));
            }

            if (NameSyntax.LabelValue(labelValue.AsString() ?? "") is { } valueProblem)
            {
                errors.Add(FieldError.Invalid("metadata.labels", labelValue?.DeepClone(), valueProblem));
            }
        }

        var annotationBytes = 0L;
        foreach (var (key, annotation) in metadata.ObjectAt("annotations") ?? [])
        {
            annotationBytes += key.Length + (annotation.AsString()?.Length ?? 0);
            if (NameSyntax.QualifiedName(key.ToLowerInvariant()) is { } keyProblem)
            {
                errors.Add(FieldError.Invalid("metadata.annotations", key, keyProblem));
            }
        }

        if (annotationBytes > 256 << 10)
        {
            errors.Add(FieldError.TooLong("metadata.annotations", 256 << 10));
        }

        ValidateOwners(metadata, errors);
        if (old.StringAt("metadata", "deletionTimestamp") is not null)
        {
            var before = old.StringsAt("metadata", "finalizers").ToHashSet();
            var added = metadata.StringsAt("finalizers").Where(finalizer => !before.Contains(finalizer)).ToList();
            if (added.Count > 0)
            {
                errors.Add(FieldError.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(one => '"' + one + '"'))}}}"));
            }
        }
    }

    private static void ValidateOwners(JsonObject metadata, List<FieldError> errors)
    {
        var controllers = 0;
        var index = 0;
        foreach (var owner in metadata.ObjectsAt("ownerReferences"))
        {
            foreach (var field in (string[])["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner.StringAt(field)))
                {
                    errors.Add(FieldError.Invalid($"metadata.ownerReferences[{index}].{field}", "", $"{(field == "apiVersion" ? "version" : field)} must not be empty"));
                }
            }

            controllers += owner.BooleanAt("controller") == true ? 1 : 0;
            index++;
        }

        if (controllers > 1)
        {
            errors.Add(FieldError.Invalid("metadata.ownerReferences", metadata["ownerReferences"]?.DeepClone(), "Only one reference can have Controller set to true"));
        }
    }

    /// <summary>Counts a change of what is desired: everything but metadata and status.</summary>
    public static void CountGeneration(JsonObject value, JsonObject old, ResourceDefinition resource)
    {
        if (!resource.TracksGeneration)
        {
            return;
        }

        var names = value.Select(pair => pair.Key).Union(old.Select(pair => pair.Key)).Where(name => name is not ("metadata" or "status" or "kind" or "apiVersion"));
        if (names.Any(name => !JsonNode.DeepEquals(value[name], old[name])))
        {
            value.Ensure("metadata")["generation"] = (old.IntegerAt("metadata", "generation") ?? 0) + 1;
        }
    }
}
