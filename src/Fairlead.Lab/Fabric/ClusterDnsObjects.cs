using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Fabric;

/// <summary>What a cluster's installer makes for DNS: the Service that pods ask, and the right of nodes to name themselves behind it.</summary>
internal static class ClusterDnsObjects
{
    private const string Namespace = "kube-system";

    /// <summary>Makes the objects, where they aren't there.</summary>
    public static async Task CreateAsync(KubernetesClient client, LabTopology topology, CancellationToken cancellationToken)
    {
        foreach ((string path, JsonObject item) in Objects($"{topology.DnsAddress}"))
        {
            try
            {
                await client.SendJsonAsync(HttpMethod.Post, path, item, cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException exception) when (exception.IsAlreadyExists)
            {
            }
        }
    }

    private static IEnumerable<(string Path, JsonObject Item)> Objects(string address)
    {
        const string Roles = $"/apis/rbac.authorization.k8s.io/v1/namespaces/{Namespace}";
        yield return ($"/api/v1/namespaces/{Namespace}/services", Parse($$"""
            { "apiVersion": "v1", "kind": "Service",
              "metadata": { "name": "kube-dns", "labels": { "k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS" } },
              "spec": { "clusterIP": "{{address}}", "ports": [
                { "name": "dns", "port": 53, "protocol": "UDP" }, { "name": "dns-tcp", "port": 53, "protocol": "TCP" } ] } }
            """));
        yield return ($"{Roles}/roles", Parse("""
            { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": { "name": "fairlead:dns-endpoints" },
              "rules": [ { "apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "create", "update", "patch"] } ] }
            """));
        yield return ($"{Roles}/rolebindings", Parse("""
            { "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "fairlead:dns-endpoints" },
              "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "fairlead:dns-endpoints" },
              "subjects": [ { "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes" } ] }
            """));
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
