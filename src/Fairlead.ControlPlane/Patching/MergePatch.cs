using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Patching;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    /// <summary>Changes <paramref name="target"/>; null removes, objects merge, everything else replaces.</summary>
    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, change) in patch)
        {
            switch (change)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject inner:
                    if (target[name] is not JsonObject existing)
                    {
                        target[name] = existing = [];
                    }

                    Apply(existing, inner);
                    break;
                default:
                    target[name] = change.DeepClone();
                    break;
            }
        }
    }
}
