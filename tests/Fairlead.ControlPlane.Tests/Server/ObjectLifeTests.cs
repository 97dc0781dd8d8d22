using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>What happens to objects between creation and the end.</summary>
public sealed class ObjectLifeTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Merge = "application/merge-patch+json";

    private TestServer Server => shared.Server;

    private static string Name(JsonNode node) => node["metadata"]!["name"]!.GetValue<string>();

    private Task<JsonNode> PodAsync(string name, string extra = "") => Server.CreateAsync(
        "/api/v1/namespaces/default/pods",
        $$$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"{{{{name}}}}-"},"spec":{ {{{{extra}}}} "containers":[{"name":"c","image":"i:1"}]}}""");

    [Fact]
    public async Task A_pod_on_a_node_waits_for_its_kubelet()
    {
        var path = "/api/v1/namespaces/default/pods/" + Name(await PodAsync("bound"));
        await Server.CreateAsync(path + "/binding", """{"kind":"Binding","apiVersion":"v1","metadata":{"name":"x"},"target":{"kind":"Node","name":"n1"}}""".Replace("\"x\"", $"\"{path.Split('/')[^1]}\""));
        var deleted = await Server.OkAsync("DELETE", path);
        Assert.Equal(30, deleted["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        Assert.Equal(2, deleted["metadata"]!["generation"]!.GetValue<int>());
        await Server.OkAsync("GET", path);
        await Server.OkAsync("DELETE", path + "?gracePeriodSeconds=0");
        Assert.Equal(404, (await Server.SendAsync("GET", path)).Code);
    }

    [Fact]
    public async Task A_pod_is_bound_once()
    {
        var pod = Name(await PodAsync("once"));
        var binding = $$$"""{"kind":"Binding","apiVersion":"v1","metadata":{"name":"{{{pod}}}"},"target":{"kind":"Node","name":"n1"}}""";
        await Server.CreateAsync($"/api/v1/namespaces/default/pods/{pod}/binding", binding);
        var (code, status) = await Server.SendAsync("POST", $"/api/v1/namespaces/default/pods/{pod}/binding", binding);
        Assert.Equal(409, code);
        Assert.Equal($"Operation cannot be fulfilled on pods/binding \"{pod}\": pod {pod} is already assigned to node \"n1\"", status!["message"]!.GetValue<string>());
        var bound = await Server.OkAsync("GET", $"/api/v1/namespaces/default/pods/{pod}");
        Assert.Equal("n1", bound["spec"]!["nodeName"]!.GetValue<string>());
        Assert.Equal("PodScheduled", bound["status"]!["conditions"]![0]!["type"]!.GetValue<string>());
        var selected = await Server.OkAsync("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1,metadata.name%3D" + pod);
        Assert.Single(selected["items"]!.AsArray());
    }

    [Fact]
    public async Task A_finalizer_holds_an_object_until_it_is_taken_away()
    {
        const string Path = "/api/v1/namespaces/default/configmaps/held";
        await Server.CreateAsync("/api/v1/namespaces/default/configmaps", """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"held","finalizers":["example.com/x"]}}""");
        var deleted = await Server.OkAsync("DELETE", Path);
        Assert.NotNull(deleted["metadata"]!["deletionTimestamp"]);
        var (code, _) = await Server.SendAsync("PATCH", Path, """{"metadata":{"finalizers":["example.com/x","example.com/y"]}}""", Merge);
        Assert.Equal(422, code);
        await Server.OkAsync("PATCH", Path, """{"metadata":{"finalizers":null}}""", Merge);
        Assert.Equal(404, (await Server.SendAsync("GET", Path)).Code);
    }

    [Theory] //       policy        finalizer
    [InlineData("Foreground", "foregroundDeletion")]
    [InlineData("Orphan", "orphan")]
    public async Task A_propagation_policy_becomes_a_finalizer(string policy, string finalizer)
    {
        var made = await Server.CreateAsync("/apis/apps/v1/namespaces/default/replicasets", """
            {"kind":"ReplicaSet","apiVersion":"apps/v1","metadata":{"generateName":"rs-"},"spec":{"selector":{"matchLabels":{"a":"b"}},
            "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """);
        var deleted = await Server.OkAsync("DELETE", $"/apis/apps/v1/namespaces/default/replicasets/{Name(made)}?propagationPolicy={policy}");
        Assert.Equal(finalizer, deleted["metadata"]!["finalizers"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task A_namespace_that_ends_takes_nothing_new()
    {
        await Server.CreateAsync("/api/v1/namespaces", """{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"ending"}}""");
        var deleted = await Server.OkAsync("DELETE", "/api/v1/namespaces/ending");
        Assert.Equal("Terminating", deleted["status"]!["phase"]!.GetValue<string>());
        var (code, status) = await Server.SendAsync("POST", "/api/v1/namespaces/ending/configmaps", """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"late"}}""");
        Assert.Equal(403, code);
        Assert.Equal(
            "configmaps \"late\" is forbidden: unable to create new content in namespace ending because it is being terminated", status!["message"]!.GetValue<string>());
        await Server.OkAsync("PUT", "/api/v1/namespaces/ending/finalize", """{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"ending"},"spec":{}}""");
        Assert.Equal(404, (await Server.SendAsync("GET", "/api/v1/namespaces/ending")).Code);
    }

    [Fact]
    public async Task Status_and_spec_are_written_apart_and_only_spec_counts()
    {
        const string Path = "/apis/apps/v1/namespaces/default/deployments/apart";
        await Server.CreateAsync("/apis/apps/v1/namespaces/default/deployments", """
            {"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"apart"},"spec":{"selector":{"matchLabels":{"a":"b"}},
            "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},"status":{"replicas":9}}
            """);
        var status = await Server.OkAsync("PATCH", Path + "/status", """{"spec":{"replicas":7},"status":{"replicas":3}}""", Merge);
        Assert.Equal((1, 3, 1), (status["spec"]!["replicas"]!.GetValue<int>(), status["status"]!["replicas"]!.GetValue<int>(), status["metadata"]!["generation"]!.GetValue<int>()));
        var spec = await Server.OkAsync("PATCH", Path, """{"spec":{"replicas":7},"status":{"replicas":8}}""", Merge);
        Assert.Equal((7, 3, 2), (spec["spec"]!["replicas"]!.GetValue<int>(), spec["status"]!["replicas"]!.GetValue<int>(), spec["metadata"]!["generation"]!.GetValue<int>()));
        var scale = await Server.OkAsync("PATCH", Path + "/scale", """{"spec":{"replicas":2}}""", Merge);
        Assert.Equal(("Scale", 2, "a=b"), (scale["kind"]!.GetValue<string>(), scale["spec"]!["replicas"]!.GetValue<int>(), scale["status"]!["selector"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_write_that_changes_nothing_bumps_nothing()
    {
        const string Path = "/api/v1/namespaces/default/configmaps/same";
        var made = await Server.CreateAsync("/api/v1/namespaces/default/configmaps", """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"same"},"data":{"a":"b"}}""");
        var again = await Server.OkAsync("PATCH", Path, """{"data":{"a":"b"}}""", Merge);
        var put = await Server.OkAsync("PUT", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"same"},"data":{"a":"b"}}""");
        Assert.Equal(made["metadata"]!["resourceVersion"]!.GetValue<string>(), again["metadata"]!["resourceVersion"]!.GetValue<string>());
        Assert.Equal(made["metadata"]!["resourceVersion"]!.GetValue<string>(), put["metadata"]!["resourceVersion"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_rehearsal_leaves_no_trace()
    {
        await Server.CreateAsync("/api/v1/namespaces/default/services?dryRun=All", """{"kind":"Service","apiVersion":"v1","metadata":{"name":"dry"},"spec":{"clusterIP":"10.96.9.9","ports":[{"port":80}]}}""");
        Assert.Equal(404, (await Server.SendAsync("GET", "/api/v1/namespaces/default/services/dry")).Code);
        Assert.Equal(404, (await Server.SendAsync("GET", "/apis/networking.k8s.io/v1/ipaddresses/10.96.9.9")).Code);
        await Server.CreateAsync("/api/v1/namespaces/default/services", """{"kind":"Service","apiVersion":"v1","metadata":{"name":"wet"},"spec":{"clusterIP":"10.96.9.9","ports":[{"port":80}]}}""");
    }

    [Fact]
    public async Task A_service_gives_back_its_address_and_node_port()
    {
        const string Body = """{"kind":"Service","apiVersion":"v1","metadata":{"name":"np"},"spec":{"type":"NodePort","clusterIP":"10.96.7.7","ports":[{"port":80,"nodePort":30777}]}}""";
        await Server.CreateAsync("/api/v1/namespaces/default/services", Body);
        var address = await Server.OkAsync("GET", "/apis/networking.k8s.io/v1/ipaddresses/10.96.7.7");
        Assert.Equal("np", address["spec"]!["parentRef"]!["name"]!.GetValue<string>());
        var (code, _) = await Server.SendAsync("POST", "/api/v1/namespaces/default/services", Body.Replace("\"np\"", "\"np2\"").Replace("10.96.7.7", "10.96.7.8"));
        Assert.Equal(422, code);
        await Server.OkAsync("DELETE", "/api/v1/namespaces/default/services/np");
        Assert.Equal(404, (await Server.SendAsync("GET", "/apis/networking.k8s.io/v1/ipaddresses/10.96.7.7")).Code);
        await Server.CreateAsync("/api/v1/namespaces/default/services", Body);
    }

    [Fact]
    public async Task An_event_is_the_same_object_in_both_groups()
    {
        await Server.CreateAsync("/apis/events.k8s.io/v1/namespaces/default/events", """
            {"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"e1"},"eventTime":"2026-01-01T00:00:00.000000Z","regarding":{"kind":"Pod","name":"p","namespace":"default"},
            "reason":"Started","note":"it runs","type":"Normal","reportingController":"kubelet","reportingInstance":"n1","action":"Starting"}
            """);
        var core = await Server.OkAsync("GET", "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dp");
        Assert.Equal("it runs", core["items"]![0]!["message"]!.GetValue<string>());
        var group = await Server.OkAsync("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e1");
        Assert.Equal("it runs", group["note"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_eviction_asks_the_budget()
    {
        var pod = Name(await Server.CreateAsync("/api/v1/namespaces/default/pods", """{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"ev-","labels":{"pdb":"yes"}},"spec":{"containers":[{"name":"c","image":"i:1"}]}}"""));
        await Server.OkAsync("PATCH", $"/api/v1/namespaces/default/pods/{pod}/status", """{"status":{"phase":"Running"}}""", Merge);
        await Server.CreateAsync("/apis/policy/v1/namespaces/default/poddisruptionbudgets", """{"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"b"},"spec":{"minAvailable":1,"selector":{"matchLabels":{"pdb":"yes"}}}}""");
        var eviction = $$$"""{"kind":"Eviction","apiVersion":"policy/v1","metadata":{"name":"{{{pod}}}"}}""";
        var (code, status) = await Server.SendAsync("POST", $"/api/v1/namespaces/default/pods/{pod}/eviction", eviction);
        Assert.Equal(429, code);
        Assert.Equal("Cannot evict pod as it would violate the pod's disruption budget.", status!["message"]!.GetValue<string>());
        await Server.OkAsync("PATCH", "/apis/policy/v1/namespaces/default/poddisruptionbudgets/b/status", """{"status":{"disruptionsAllowed":1}}""", Merge);
        await Server.CreateAsync($"/api/v1/namespaces/default/pods/{pod}/eviction", eviction);
        Assert.Equal(404, (await Server.SendAsync("GET", $"/api/v1/namespaces/default/pods/{pod}")).Code);
    }

    [Fact]
    public async Task Everything_survives_a_restart_and_the_revision_goes_on()
    {
        string revision, directory;
        await using (var first = await TestServer.StartAsync(keepData: true))
        {
            directory = first.DataDirectory;
            await first.CreateAsync("/api/v1/namespaces/default/services", """{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30001}]}}""");
            await first.OkAsync("DELETE", "/api/v1/namespaces/default/services/s");
            var made = await first.CreateAsync("/api/v1/namespaces/default/services", """{"kind":"Service","apiVersion":"v1","metadata":{"name":"s"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30001}]}}""");
            revision = made["metadata"]!["resourceVersion"]!.GetValue<string>();
        }

        await using var second = await TestServer.StartAsync(directory);
        var found = await second.OkAsync("GET", "/api/v1/namespaces/default/services/s");
        Assert.Equal(revision, found["metadata"]!["resourceVersion"]!.GetValue<string>());
        var list = await second.OkAsync("GET", "/api/v1/namespaces/default/services");
        Assert.True(long.Parse(list["metadata"]!["resourceVersion"]!.GetValue<string>()) >= long.Parse(revision));
        var (code, _) = await second.SendAsync("POST", "/api/v1/namespaces/default/services", """{"kind":"Service","apiVersion":"v1","metadata":{"name":"t"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30001}]}}""");
        Assert.Equal(422, code);
    }
}
