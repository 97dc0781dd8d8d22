using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Schema;

/// <summary>JSON merge patch (RFC 7396).</summary>
internal static class MergePatch
{
    /// <summary>The patched value; neither argument is changed.</summary>
    public static JsonNode? Apply(JsonNode? original, JsonNode? patch) => Merge(original?.DeepClone(), patch);

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        JsonObject result = target as JsonObject ?? [];
        foreach ((string key, JsonNode? change) in changes)
        {
            if (change is null)
            {
                result.Remove(key);
            }
            else if (change is JsonObject && result.TryGetPropertyValue(key, out JsonNode? inner) && inner is JsonObject)
            {
                Merge(inner, change);
            }
            else
            {
                result[key] = Merge(null, change);
            }
        }

        return result;
    }
}
