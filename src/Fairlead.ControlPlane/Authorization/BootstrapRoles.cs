using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Authorization;

/// <summary>
/// The cluster roles and bindings that every cluster has (kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), as far as
/// anybody here needs them. Nodes get theirs by a binding instead of an authorizer of their own: they may read everything.
/// </summary>
internal static class BootstrapRoles
{
    private const string AggregateTo = "rbac.authorization.k8s.io/aggregate-to-";
    private static readonly string[] Read = ["get", "list", "watch"];
    private static readonly string[] Write = ["create", "delete", "deletecollection", "patch", "update"];
    private static readonly string[] Create = ["create"];

    private static readonly string[] CoreObjects =
        ["configmaps", "endpoints", "persistentvolumeclaims", "pods", "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services"];

    private static readonly string[] AppsObjects =
        ["daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale"];

    private static readonly string[] AppsStatus = ["daemonsets/status", "deployments/status", "replicasets/status", "statefulsets/status"];

    /// <summary>ClusterRoles: kind, apiVersion and name are there, the rest of metadata is the writer's.</summary>
    public static IEnumerable<JsonObject> Roles() =>
    [
        Role("cluster-admin", Rule(["*"], ["*"], ["*"]), Paths(["*"], "*")),
        Role("system:basic-user", Rule(Create, ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]), Rule(Create, ["authentication.k8s.io"], ["selfsubjectreviews"])),
        Role("system:discovery", Paths(["get"], "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/")),
        Role("system:public-info-viewer", Paths(["get"], "/healthz", "/livez", "/readyz", "/version", "/version/")),
        Role("system:service-account-issuer-discovery", Paths(["get"], "/.well-known/openid-configuration", "/openid/v1/jwks")),
        Role(
            "system:node",
            Rule(Read, ["*"], ["*"]),
            Rule(["create", "delete", "patch", "update"], [""], ["nodes", "nodes/status", "pods", "pods/status"]),
            Rule(Create, [""], ["pods/eviction", "serviceaccounts/token"]),
            Rule(["create", "patch", "update"], ["", "events.k8s.io"], ["events"]),
            Rule(["create", "delete", "patch", "update"], ["coordination.k8s.io"], ["leases"]),
            Rule(["create", "patch", "update"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
            Rule(Create, ["authentication.k8s.io"], ["tokenreviews"]),
            Rule(Create, ["authorization.k8s.io"], ["localsubjectaccessreviews", "subjectaccessreviews"]),
            Paths(["get"], "/healthz", "/livez", "/readyz")),
        Aggregated("admin", null),
        Aggregated("edit", "admin"),
        Aggregated("view", "edit"),
        Part(
            "view",
            Rule(Read, [""], [.. CoreObjects, "bindings", "events", "limitranges", "namespaces", "namespaces/status", "persistentvolumeclaims/status", "pods/log", "pods/status", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status", "services/status"]),
            Rule(Read, ["apps"], ["controllerrevisions", .. AppsObjects, .. AppsStatus]),
            Rule(Read, ["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
            Rule(Read, ["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
            Rule(Read, ["discovery.k8s.io"], ["endpointslices"]),
            Rule(Read, ["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"]),
            Rule(Read, ["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"])),
        Part(
            "edit",
            Rule(Read, [""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
            Rule(["impersonate"], [""], ["serviceaccounts"]),
            Rule(Write, [""], [.. CoreObjects, "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
            Rule(Create, [""], ["pods/eviction", "serviceaccounts/token"]),
            Rule(["create", "patch", "update"], ["", "events.k8s.io"], ["events"]),
            Rule(Write, ["apps"], ["deployments/rollback", .. AppsObjects]),
            Rule(Write, ["autoscaling"], ["horizontalpodautoscalers"]),
            Rule(Write, ["batch"], ["cronjobs", "jobs"]),
            Rule([.. Read, .. Write], ["coordination.k8s.io"], ["leases"]),
            Rule(Write, ["discovery.k8s.io"], ["endpointslices"]),
            Rule(Write, ["networking.k8s.io"], ["ingresses", "networkpolicies"]),
            Rule(Write, ["policy"], ["poddisruptionbudgets"])),
        Part(
            "admin",
            Rule(Create, ["authorization.k8s.io"], ["localsubjectaccessreviews"]),
            Rule([.. Read, .. Write], ["rbac.authorization.k8s.io"], ["rolebindings", "roles"])),
    ];

    /// <summary>ClusterRoleBindings, each with groups for subjects.</summary>
    public static IEnumerable<JsonObject> Bindings() =>
    [
        Binding("cluster-admin", "cluster-admin", "system:masters"),
        Binding("system:basic-user", "system:basic-user", "system:authenticated"),
        Binding("system:discovery", "system:discovery", "system:authenticated"),
        Binding("system:public-info-viewer", "system:public-info-viewer", "system:authenticated", "system:unauthenticated"),
        Binding("system:service-account-issuer-discovery", "system:service-account-issuer-discovery", "system:serviceaccounts"),
        Binding("system:node", "system:node", "system:nodes"),
    ];

    /// <summary>A role made of all roles that are labelled for it, also those that come with custom kinds; it is part of the next wider one.</summary>
    private static JsonObject Aggregated(string name, string? widerName)
    {
        var role = Role(name);
        role["aggregationRule"] = new JsonObject
        {
            ["clusterRoleSelectors"] = new JsonArray(new JsonObject { ["matchLabels"] = new JsonObject { [AggregateTo + name] = "true" } }),
        };
        if (widerName is not null)
        {
            role["metadata"]!["labels"]![AggregateTo + widerName] = "true";
        }

        return role;
    }

    private static JsonObject Part(string of, params JsonObject[] rules)
    {
        var role = Role("system:aggregate-to-" + of, rules);
        role["metadata"]!["labels"]![AggregateTo + of] = "true";
        return role;
    }

    private static JsonObject Role(string name, params JsonObject[] rules) => new()
    {
        ["kind"] = "ClusterRole",
        ["apiVersion"] = "rbac.authorization.k8s.io/v1",
        ["metadata"] = Metadata(name),
        ["rules"] = new JsonArray([.. rules]),
    };

    private static JsonObject Binding(string name, string role, params string[] groups) => new()
    {
        ["kind"] = "ClusterRoleBinding",
        ["apiVersion"] = "rbac.authorization.k8s.io/v1",
        ["metadata"] = Metadata(name),
        ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
        ["subjects"] = new JsonArray([.. groups.Select(group => (JsonNode)new JsonObject { ["kind"] = "Group", ["apiGroup"] = "rbac.authorization.k8s.io", ["name"] = group })]),
    };

    private static JsonObject Metadata(string name) => new()
    {
        ["name"] = name,
        ["annotations"] = new JsonObject { ["rbac.authorization.kubernetes.io/autoupdate"] = "true" },
        ["labels"] = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" },
    };

    private static JsonObject Rule(string[] verbs, string[] groups, string[] resources) => new()
    {
        ["verbs"] = Array(verbs), ["apiGroups"] = Array(groups), ["resources"] = Array(resources),
    };

    private static JsonObject Paths(string[] verbs, params string[] paths) => new() { ["verbs"] = Array(verbs), ["nonResourceURLs"] = Array(paths) };

    private static JsonArray Array(string[] values) => new([.. values.Select(value => (JsonNode)value)]);
}
