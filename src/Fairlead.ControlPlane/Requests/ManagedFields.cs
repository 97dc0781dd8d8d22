using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.Apply;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Keeps metadata.managedFields: who set which field.</summary>
internal static class ManagedFields
{
    /// <summary>Records an ordinary write; one that server-side apply made has its record already.</summary>
    public static void Track(ResourceDefinition resource, JsonObject? old, JsonObject value, WriteOptions options, string subresource, TimeProvider time)
    {
        if (options.Applied || Context(resource, value.StringAt("apiVersion") ?? "", subresource) is not { } context)
        {
            return;
        }

        FieldManager.Update(context, old, value, options.Manager, time.GetUtcNow());
    }

    /// <summary>Merges an applied configuration into the live object.</summary>
    public static JsonObject Apply(ResourceDefinition resource, JsonObject? live, JsonObject applied, ApplyOptions options)
    {
        var context = Context(resource, resource.ApiVersion, options.Subresource) ?? throw StatusException.UnsupportedPatch();
        try
        {
            return FieldManager.Apply(context, live, applied, options.Manager, options.Force, options.Now);
        }
        catch (ApplyConflictException conflict)
        {
            throw new StatusException(409, "Conflict", conflict.Message, new JsonObject
            {
                ["causes"] = new JsonArray([.. conflict.Conflicts.Select(one => (JsonNode)new JsonObject
                {
                    ["reason"] = "FieldManagerConflict", ["message"] = one.Message, ["field"] = one.Field,
                })]),
            });
        }
    }

    private static FieldManagerContext? Context(ResourceDefinition resource, string apiVersion, string subresource)
    {
        if (resource.IsCustom)
        {
            return FieldManagerContext.ForCustom(ApplySchema.OfCustom(resource.CustomSchema), apiVersion, resource.Kind, subresource, resource.HasStatus);
        }

        return SchemaRegistry.Default.Find(apiVersion, resource.Kind) is { } type ? FieldManagerContext.For(type, subresource, resource.HasStatus) : null;
    }
}

/// <summary>How a configuration is to be applied.</summary>
/// <param name="Manager">Who applies.</param>
/// <param name="Force">Take fields that others own.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Now">When.</param>
internal sealed record ApplyOptions(string Manager, bool Force, string Subresource, DateTimeOffset Now);
