using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fairlead.Kubernetes.Tests;

public class ResourceJsonTests
{
    private const string PodJson = """
        {"metadata":{"name":"web-1","namespace":"default","uid":"u1","resourceVersion":"42","creationTimestamp":"2026-11-21T23:53:12Z",
        "labels":{"app":"web"},"managedFields":[{"manager":"x"}],"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"r1","controller":true}]},
        "spec":{"containers":[{"name":"c","image":"nginx","ports":[{"name":"http","containerPort":80}],"env":[{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
        "resources":{"requests":{"cpu":"250m","memory":"64Mi"}},"readinessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":1}}],
        "volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}],"dnsPolicy":"ClusterFirst","hostNetwork":true},
        "status":{"phase":"Running","podIP":"10.200.0.5","podIPs":[{"ip":"10.200.0.5"}],"conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-11-21T23:53:13Z"}]}}
        """;

    [Fact]
    public void A_pod_is_read_with_defaults_where_the_API_left_something_out()
    {
        Pod pod = Read<Pod>(PodJson);

        Assert.Equal(("v1", "Pod"), (pod.ApiVersion, pod.Kind));
        Assert.Equal(new ObjectKey("default", "web-1"), pod.Metadata.Key);
        Assert.Equal("web", pod.Metadata.Labels["app"]);
        Assert.Empty(pod.Metadata.Annotations);
        Assert.Equal("r1", pod.Metadata.Controller?.Uid);
        Assert.Equal(250, pod.Spec.Containers[0].Resources?.Requests["cpu"].MilliValue);
        Assert.Equal(67108864, pod.Spec.Containers[0].Resources?.Requests["memory"].LongValue);
        Assert.Equal("http", pod.Spec.Containers[0].ReadinessProbe?.HttpGet?.Port.Text);
        Assert.Equal("status.podIP", pod.Spec.Containers[0].Env[0].ValueFrom?.FieldRef?.FieldPath);
        Assert.Equal("10.200.0.5", pod.Status.PodIPs[0].IP);
        Assert.Equal("Memory", pod.Spec.Volumes[0].EmptyDir?.Medium);
        Assert.Empty(pod.Spec.InitContainers);
    }

    [Fact]
    public void What_is_written_holds_what_was_read_and_no_empty_fields()
    {
        JsonNode expected = JsonNode.Parse(PodJson)!;
        expected["apiVersion"] = "v1";
        expected["kind"] = "Pod";
        expected["metadata"]!.AsObject().Remove("managedFields");

        JsonNode written = JsonSerializer.SerializeToNode(Read<Pod>(PodJson), Pod.ResourceKind.Item)!;

        Assert.True(JsonNode.DeepEquals(expected, written), written.ToJsonString());
    }

    [Fact]
    public void An_object_of_another_name_and_no_UID_writes_only_its_name() =>
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"},"spec":{},"status":{}}""",
            JsonSerializer.Serialize(new Namespace { Metadata = new ObjectMeta { Name = "a" } }, Namespace.ResourceKind.Item));

    [Fact]
    public void A_template_keeps_fields_that_no_type_has()
    {
        Deployment deployment = Read<Deployment>("""{"spec":{"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","futureField":[1,2]}]}}}}""");

        Assert.Equal("b", deployment.Spec.Template.Metadata.Labels["a"]);
        Assert.Equal("c", deployment.Spec.Template.Spec.Containers[0].Name);
        string written = JsonSerializer.Serialize(deployment, Deployment.ResourceKind.Item);
        Assert.Contains("\"futureField\":[1,2]", written, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endpoint_slice_goes_both_ways()
    {
        const string Slice = """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"web-x","namespace":"default"},"addressType":"IPv4",
            "endpoints":[{"addresses":["10.200.0.5"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","namespace":"default","name":"web-1","uid":"u"},
            "nodeName":"worker-0","zone":"a","hints":{"forZones":[{"name":"a"}]}}],"ports":[{"name":"","protocol":"TCP","port":8080}]}
            """;

        EndpointSlice slice = Read<EndpointSlice>(Slice);

        Assert.True(slice.Endpoints[0].Conditions.IsReady);
        Assert.Equal("worker-0", slice.Endpoints[0].NodeName);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Slice), JsonSerializer.SerializeToNode(slice, EndpointSlice.ResourceKind.Item)));
    }

    [Fact]
    public void Lease_times_have_six_digits() =>
        Assert.Contains(
            "\"renewTime\":\"2026-11-21T23:53:12.345600Z\"",
            JsonSerializer.Serialize(new Lease { Spec = new LeaseSpec { RenewTime = new DateTimeOffset(2026, 11, 21, 23, 53, 12, TimeSpan.Zero).AddTicks(3456000) } }, Lease.ResourceKind.Item),
            StringComparison.Ordinal);

    [Theory] //  text      value
    [InlineData("500m", "0.5")]
    [InlineData("1Gi", "1073741824")]
    [InlineData("2e3", "2000")]
    [InlineData("1.5k", "1500")]
    [InlineData("100n", "0.0000001")]
    [InlineData("0", "0")]
    [InlineData("12E", "12000000000000000000")]
    public void A_quantity_means(string text, string value) =>
        Assert.Equal(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture), new Quantity(text).Value);

    [Theory]
    [InlineData("")]
    [InlineData("Gi")]
    [InlineData("1Qi")]
    [InlineData("1e99")]
    [InlineData("1 Gi")]
    public void A_text_that_is_no_quantity_is_refused(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory] //  value  of  up     result
    [InlineData("25%", 10, true, 3)]
    [InlineData("25%", 10, false, 2)]
    [InlineData("100%", 3, false, 3)]
    public void A_percentage_of(string value, int total, bool up, int result) => Assert.Equal(result, new IntOrString(value).Of(total, up));

    private static T Read<T>(string json)
        where T : class, IKubernetesObject<T> => JsonSerializer.Deserialize(json, T.ResourceKind.Item)!;
}
