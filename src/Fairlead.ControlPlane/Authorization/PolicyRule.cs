using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>One rule of a role (kubernetes, plugin/pkg/auth/authorizer/rbac: RuleAllows).</summary>
internal sealed record PolicyRule(string[] Verbs, string[] Groups, string[] Resources, string[] Names, string[] Paths)
{
    /// <summary>The rules of a Role or ClusterRole.</summary>
    public static PolicyRule[] Read(JsonNode? role) =>
    [
        .. role.ObjectsAt("rules").Select(rule => new PolicyRule(
            [.. rule.StringsAt("verbs")], [.. rule.StringsAt("apiGroups")], [.. rule.StringsAt("resources")],
            [.. rule.StringsAt("resourceNames")], [.. rule.StringsAt("nonResourceURLs")])),
    ];

    public bool Allows(RequestAttributes request) => Has(Verbs, request.Verb) && (request.Resource.Length == 0
        ? Paths.Any(path => path == "*" || path == request.Path || (path.EndsWith('*') && request.Path.StartsWith(path[..^1], StringComparison.Ordinal)))
        : Has(Groups, request.Group) && HasResource(request) && (Names.Length == 0 || Names.Contains(request.Name)));

    private static bool Has(string[] allowed, string one) => allowed.Contains("*") || allowed.Contains(one);

    private bool HasResource(RequestAttributes request)
    {
        var wanted = request.QualifiedResource;
        foreach (var resource in Resources)
        {
            // "*/scale" stands for that subresource of everything.
            if (resource == "*" || resource == wanted
                || (request.Subresource.Length > 0 && resource.StartsWith("*/", StringComparison.Ordinal) && resource[2..] == request.Subresource))
            {
                return true;
            }
        }

        return false;
    }

    public JsonObject Describe()
    {
        JsonObject rule = new() { ["verbs"] = Array(Verbs) };
        if (Paths.Length > 0)
        {
            rule["nonResourceURLs"] = Array(Paths);
            return rule;
        }

        rule["apiGroups"] = Array(Groups);
        rule["resources"] = Array(Resources);
        if (Names.Length > 0)
        {
            rule["resourceNames"] = Array(Names);
        }

        return rule;
    }

    private static JsonArray Array(string[] values) => new([.. values.Select(value => (JsonNode)value)]);
}
