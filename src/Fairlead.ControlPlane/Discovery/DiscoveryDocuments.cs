using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;

namespace Fairlead.ControlPlane.Discovery;

/// <summary>What is served, in the two forms that clients ask for: aggregated (one document) and legacy (a tree of them).</summary>
internal sealed class DiscoveryDocuments(ResourceRegistry registry)
{
    public static JsonObject LegacyCoreVersions(string serverAddress) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress }),
    };

    public JsonObject LegacyGroups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. registry.Groups().Where(group => group.Length > 0).Select(group => (JsonNode)Group(group))]),
    };

    public JsonObject LegacyGroup(string group)
    {
        var document = Group(group);
        document["kind"] = "APIGroup";
        document["apiVersion"] = "v1";
        return document;
    }

    private JsonObject Group(string group)
    {
        var versions = registry.Versions(group);
        JsonObject Version(string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        return new JsonObject
        {
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions.Select(version => (JsonNode)Version(version))]),
            ["preferredVersion"] = Version(versions[0]),
        };
    }

    public JsonObject LegacyResources(string group, string version)
    {
        JsonArray resources = [];
        foreach (var resource in Of(group, version))
        {
            JsonObject entry = new()
            {
                ["name"] = resource.Plural,
                ["singularName"] = resource.SingularOrDefault,
                ["namespaced"] = resource.Namespaced,
                ["kind"] = resource.Kind,
                ["verbs"] = Strings(resource.Verbs),
            };
            if (resource.ShortNames.Length > 0)
            {
                entry["shortNames"] = Strings(resource.ShortNames);
            }

            if (resource.Categories.Length > 0)
            {
                entry["categories"] = Strings(resource.Categories);
            }

            if (resource.Verbs.Contains("list"))
            {
                entry["storageVersionHash"] = Hash($"{group}/{version}/{resource.Kind}");
            }

            resources.Put(entry);
            foreach (var sub in resource.Subresources)
            {
                JsonObject subEntry = new() { ["name"] = $"{resource.Plural}/{sub.Name}", ["singularName"] = "", ["namespaced"] = resource.Namespaced };
                if (sub.Group is not null)
                {
                    subEntry["group"] = sub.Group;
                    subEntry["version"] = sub.Version;
                }

                subEntry["kind"] = sub.Kind ?? resource.Kind;
                subEntry["verbs"] = Strings(sub.Verbs);
                resources.Put(subEntry);
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    /// <summary>apidiscovery.k8s.io: <paramref name="core"/> for /api, otherwise /apis.</summary>
    public JsonObject Aggregated(bool core, string version)
    {
        JsonArray items = [];
        foreach (var group in registry.Groups().Where(group => group.Length == 0 == core))
        {
            JsonArray versions = [];
            foreach (var groupVersion in registry.Versions(group))
            {
                versions.Put(new JsonObject
                {
                    ["version"] = groupVersion,
                    ["resources"] = new JsonArray([.. Of(group, groupVersion).Select(resource => (JsonNode)AggregatedResource(resource))]),
                    ["freshness"] = "Current",
                });
            }

            JsonObject metadata = [];
            if (group.Length > 0)
            {
                metadata["name"] = group;
            }

            metadata["creationTimestamp"] = null;
            items.Put(new JsonObject { ["metadata"] = metadata, ["versions"] = versions });
        }

        return new JsonObject { ["kind"] = "APIGroupDiscoveryList", ["apiVersion"] = "apidiscovery.k8s.io/" + version, ["metadata"] = new JsonObject(), ["items"] = items };
    }

    private static JsonObject AggregatedResource(ResourceDefinition resource)
    {
        JsonObject entry = new()
        {
            ["resource"] = resource.Plural,
            ["responseKind"] = ResponseKind(resource.Group, resource.Version, resource.Kind),
            ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.SingularOrDefault,
            ["verbs"] = Strings(resource.Verbs),
        };
        if (resource.ShortNames.Length > 0)
        {
            entry["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Length > 0)
        {
            entry["categories"] = Strings(resource.Categories);
        }

        if (resource.Subresources.Length > 0)
        {
            entry["subresources"] = new JsonArray([.. resource.Subresources.Select(sub => (JsonNode)new JsonObject
            {
                ["subresource"] = sub.Name,
                ["responseKind"] = ResponseKind(sub.Group ?? resource.Group, sub.Version ?? resource.Version, sub.Kind ?? resource.Kind),
                ["verbs"] = Strings(sub.Verbs),
            })]);
        }

        return entry;
    }

    private static JsonObject ResponseKind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private IEnumerable<ResourceDefinition> Of(string group, string version) => registry.All
        .Select(served => served.Definition)
        .Where(resource => resource.Group == group && resource.Version == version)
        .OrderBy(resource => resource.Plural, StringComparer.Ordinal);

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static string Hash(string text) => Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
