namespace Fairlead.SchemaGenerator;

/// <summary>A Go package and what its types are called elsewhere.</summary>
/// <param name="Path">Import path.</param>
/// <param name="Alias">Short name in the table, as <c>core.v1</c>.</param>
/// <param name="OpenApi">Prefix of the schema's name in OpenAPI documents.</param>
/// <param name="ApiVersion">group/version of the kinds in it.</param>
internal sealed record Package(string Path, string Alias, string OpenApi, string ApiVersion)
{
    public static readonly IReadOnlyList<Package> All =
    [
        new("k8s.io/apimachinery/pkg/apis/meta/v1", "meta.v1", "io.k8s.apimachinery.pkg.apis.meta.v1", "meta.k8s.io/v1"),
        Api("core", "v1", "v1"),
        Api("admissionregistration", "v1", "admissionregistration.k8s.io/v1"),
        Api("apps", "v1", "apps/v1"),
        Api("authentication", "v1", "authentication.k8s.io/v1"),
        Api("authorization", "v1", "authorization.k8s.io/v1"),
        Api("autoscaling", "v1", "autoscaling/v1"),
        Api("autoscaling", "v2", "autoscaling/v2"),
        Api("batch", "v1", "batch/v1"),
        Api("certificates", "v1", "certificates.k8s.io/v1"),
        Api("coordination", "v1", "coordination.k8s.io/v1"),
        Api("discovery", "v1", "discovery.k8s.io/v1"),
        Api("events", "v1", "events.k8s.io/v1"),
        Api("flowcontrol", "v1", "flowcontrol.apiserver.k8s.io/v1"),
        Api("networking", "v1", "networking.k8s.io/v1"),
        Api("node", "v1", "node.k8s.io/v1"),
        Api("policy", "v1", "policy/v1"),
        Api("rbac", "v1", "rbac.authorization.k8s.io/v1"),
        Api("resource", "v1", "resource.k8s.io/v1"),
        Api("scheduling", "v1", "scheduling.k8s.io/v1"),
        Api("storage", "v1", "storage.k8s.io/v1"),
        new(
            "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1",
            "apiextensions.v1",
            "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
            "apiextensions.k8s.io/v1"),
    ];

    private static Package Api(string group, string version, string apiVersion) =>
        new($"k8s.io/api/{group}/{version}", $"{group}.{version}", $"io.k8s.api.{group}.{version}", apiVersion);
}
