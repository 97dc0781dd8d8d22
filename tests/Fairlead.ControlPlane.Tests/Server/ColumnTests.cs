using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>The columns that kube-apiserver 1.36 prints; a star marks wide ones, (i), (b), (d) integers, booleans and dates.</summary>
public sealed class ColumnTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Theory]
    [InlineData("/api/v1/pods", "Name | Ready | Status | Restarts | Age | IP* | Node* | Nominated Node* | Readiness Gates*")]
    [InlineData("/api/v1/services", "Name | Type | Cluster-IP | External-IP | Port(s) | Age | Selector*")]
    [InlineData("/api/v1/nodes", "Name | Status | Roles | Age | Version | Internal-IP* | External-IP* | OS-Image* | Kernel-Version* | Container-Runtime*")]
    [InlineData("/api/v1/namespaces", "Name | Status | Age")]
    [InlineData("/api/v1/endpoints", "Name | Endpoints | Age")]
    [InlineData("/api/v1/events", "Last Seen | Type | Reason | Object | Subobject* | Source* | Message | First Seen* | Count* | Name*")]
    [InlineData("/api/v1/configmaps", "Name | Data | Age")]
    [InlineData("/api/v1/secrets", "Name | Type | Data | Age")]
    [InlineData("/api/v1/serviceaccounts", "Name | Age")]
    [InlineData("/api/v1/persistentvolumeclaims", "Name | Status | Volume | Capacity | Access Modes | StorageClass | VolumeAttributesClass | Age | VolumeMode*")]
    [InlineData("/apis/apps/v1/deployments", "Name | Ready | Up-to-date | Available | Age | Containers* | Images* | Selector*")]
    [InlineData("/apis/apps/v1/replicasets", "Name | Desired(i) | Current(i) | Ready(i) | Age | Containers* | Images* | Selector*")]
    [InlineData("/apis/apps/v1/daemonsets", "Name | Desired(i) | Current(i) | Ready(i) | Up-to-date(i) | Available(i) | Node Selector | Age | Containers* | Images* | Selector*")]
    [InlineData("/apis/apps/v1/statefulsets", "Name | Ready | Age | Containers* | Images*")]
    [InlineData("/apis/batch/v1/jobs", "Name | Status | Completions | Duration | Age | Containers* | Images* | Selector*")]
    [InlineData("/apis/batch/v1/cronjobs", "Name | Schedule | Timezone | Suspend(b) | Active(i) | Last Schedule | Age | Containers* | Images* | Selector*")]
    [InlineData("/apis/discovery.k8s.io/v1/endpointslices", "Name | AddressType | Ports | Endpoints | Age")]
    [InlineData("/apis/networking.k8s.io/v1/networkpolicies", "Name | Pod-Selector | Age")]
    [InlineData("/apis/networking.k8s.io/v1/ingresses", "Name | Class | Hosts | Address | Ports | Age")]
    [InlineData("/apis/networking.k8s.io/v1/ingressclasses", "Name | Controller | Parameters | Age")]
    [InlineData("/apis/networking.k8s.io/v1/ipaddresses", "Name | ParentRef")]
    [InlineData("/apis/networking.k8s.io/v1/servicecidrs", "Name | CIDRs | Age")]
    [InlineData("/apis/coordination.k8s.io/v1/leases", "Name | Holder | Age")]
    [InlineData("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "Name | Created At(d)")]
    [InlineData("/apis/events.k8s.io/v1/events", "Last Seen | Type | Reason | Object | Subobject* | Source* | Message | First Seen* | Count* | Name*")]
    [InlineData("/apis/rbac.authorization.k8s.io/v1/clusterroles", "Name | Created At(d)")]
    [InlineData("/apis/rbac.authorization.k8s.io/v1/rolebindings", "Name | Role | Age | Users* | Groups* | ServiceAccounts*")]
    [InlineData("/apis/autoscaling/v2/horizontalpodautoscalers", "Name | Reference | Targets | MinPods | MaxPods | Replicas | Age")]
    [InlineData("/apis/policy/v1/poddisruptionbudgets", "Name | Min Available | Max Unavailable | Allowed Disruptions(i) | Age")]
    public async Task A_table_has_columns(string path, string columns)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json;as=Table;v=v1;g=meta.k8s.io");
        using var response = await shared.Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var table = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        var shown = table["columnDefinitions"]!.AsArray().Select(column =>
        {
            var type = column!["type"]!.GetValue<string>() switch { "integer" => "(i)", "boolean" => "(b)", "date" => "(d)", _ => "" };
            return column["name"]!.GetValue<string>() + type + (column["priority"]!.GetValue<int>() > 0 ? "*" : "");
        });
        Assert.Equal(columns, string.Join(" | ", shown));
    }
}

/// <summary>One server for all tests of a class that don't disturb one another.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
