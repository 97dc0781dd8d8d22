using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Kubernetes;

/// <summary>JSON merge patches (RFC 7386) from differences.</summary>
public static class MergePatch
{
    /// <summary>The smallest merge patch that turns <paramref name="current"/> into <paramref name="desired"/>, or null where nothing differs.</summary>
    public static JsonObject? Difference(JsonObject current, JsonObject desired)
    {
        JsonObject patch = [];
        foreach ((string name, JsonNode? value) in desired)
        {
            if (value is null)
            {
                continue;
            }

            if (!current.TryGetPropertyValue(name, out JsonNode? old) || old is null)
            {
                patch[name] = value.DeepClone();
            }
            else if (old is JsonObject oldObject && value is JsonObject newObject)
            {
                if (Difference(oldObject, newObject) is { } inner)
                {
                    patch[name] = inner;
                }
            }
            else if (!JsonNode.DeepEquals(old, value))
            {
                patch[name] = value.DeepClone();
            }
        }

        foreach ((string name, JsonNode? old) in current)
        {
            if (old is not null && (!desired.TryGetPropertyValue(name, out JsonNode? value) || value is null))
            {
                patch[name] = null;
            }
        }

        return patch.Count > 0 ? patch : null;
    }

    /// <summary>Whether two versions of an object differ, the order of names apart.</summary>
    public static bool IsDifferent<T>(T current, T desired)
        where T : class, IKubernetesObject<T> => Difference(current, desired, locked: false) is not null;

    internal static JsonObject? Difference<T>(T current, T desired, bool locked)
        where T : class, IKubernetesObject<T>
    {
        JsonObject? patch = Difference(
            JsonSerializer.SerializeToNode(current, T.ResourceKind.Item)!.AsObject(),
            JsonSerializer.SerializeToNode(desired, T.ResourceKind.Item)!.AsObject());
        if (patch is not null && locked)
        {
            JsonObject metadata = patch["metadata"] as JsonObject ?? [];
            metadata["resourceVersion"] = current.Metadata.ResourceVersion;
            patch["metadata"] = metadata;
        }

        return patch;
    }
}
