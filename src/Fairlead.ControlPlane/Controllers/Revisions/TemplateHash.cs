using System.Globalization;
using System.Text;
using System.Text.Json;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Revisions;

/// <summary>Compares templates, and gives each a short name.</summary>
internal static class TemplateHash
{
    private const string SafeCharacters = "bcdfghjklmnpqrstvwxz2456789";
    private const string HashLabel = "pod-template-hash";
    private const uint FnvOffset = 2166136261;
    private const uint FnvPrime = 16777619;

    /// <summary>A name for a template: FNV-1a over its JSON with names in order, in characters that spell no words.</summary>
    /// <param name="template">The template.</param>
    /// <param name="collisions">How often the name turned out to be taken by another template.</param>
    public static string Of(PodTemplateSpec template, int collisions)
    {
        StringBuilder canonical = new();
        Write(canonical, template.Json, 0);
        if (collisions > 0)
        {
            canonical.Append(CultureInfo.InvariantCulture, $"#{collisions}");
        }

        uint hash = FnvOffset;
        foreach (byte b in Encoding.UTF8.GetBytes(canonical.ToString()))
        {
            hash = unchecked((hash ^ b) * FnvPrime);
        }

        StringBuilder name = new();
        foreach (char digit in hash.ToString(CultureInfo.InvariantCulture))
        {
            name.Append(SafeCharacters[digit % SafeCharacters.Length]);
        }

        return name.ToString();
    }

    /// <summary>Whether two templates are the same but for the hash label, and but for what is null or empty.</summary>
    public static bool Same(PodTemplateSpec left, PodTemplateSpec right) => Canonical(left) == Canonical(right);

    private static string Canonical(PodTemplateSpec template)
    {
        StringBuilder text = new();
        Write(text, template.Json, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement element, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty property in element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    // Depth 2 is metadata.labels: the hash label is ours, not the template's.
                    if (property.Value.ValueKind != JsonValueKind.Null && !(depth == 2 && property.Name == HashLabel))
                    {
                        text.Append(property.Name).Append(':');
                        Write(text, property.Value, depth + 1);
                        text.Append(',');
                    }
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Write(text, item, depth + 1);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }
}
