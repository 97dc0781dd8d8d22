using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>Kinds that CustomResourceDefinitions bring (custom-kinds.yaml): validated, defaulted, pruned and shown as kube-apiserver does.</summary>
public sealed class CustomKindTests(CustomKindServer shared) : IClassFixture<CustomKindServer>
{
    private const string Gateways = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways";
    private const string Policies = "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies";
    private const string Good = """{"gatewayClassName":"c","addresses":[{"value":"10.0.0.1"}],"listeners":[{"name":"http","port":80,"protocol":"HTTP"}]}""";

    private TestServer Server => shared.Server;

    [Theory] //        kind      its spec                                                                             what is wrong with it
    [InlineData(Policies, """{"tier":"Admin","priority":1001,"subject":{"namespaces":{}}}""", "spec.priority: Invalid value: 1001: spec.priority in body should be less than or equal to 1000")]
    [InlineData(Policies, """{"tier":"X","priority":1,"subject":{"pods":{}}}""", "spec.tier: Unsupported value: \"X\": supported values: \"Admin\", \"Baseline\"")]
    [InlineData(Policies, """{"tier":"Admin","priority":1,"subject":{}}""", "spec.subject: Invalid value: {}: spec.subject in body should have at least 1 properties")]
    [InlineData(Policies, """{"tier":"Admin","priority":"a","subject":{"pods":{}}}""", "spec.priority: Invalid value: \"string\": spec.priority in body must be of type integer: \"string\"")]
    [InlineData(Policies, """{"priority":1,"tier":"Admin"}""", "spec.subject: Required value")]
    [InlineData(Gateways, """{"gatewayClassName":"","listeners":[{"name":"a","port":1,"protocol":"x"}]}""", "spec.gatewayClassName: Invalid value: \"\": spec.gatewayClassName in body should be at least 1 chars long")]
    [InlineData(Gateways, """{"gatewayClassName":"c","listeners":[{"name":"a","port":1,"protocol":"x"},{"name":"a","port":2,"protocol":"x"}]}""", "spec.listeners[1]: Duplicate value: {\"name\":\"a\"}")]
    public async Task A_schema_refuses(string path, string spec, string message)
    {
        var (code, status) = await Server.SendAsync("POST", path, $$$"""{"metadata":{"name":"bad"},"spec":{{{spec}}}}""");
        Assert.Equal(422, code);
        Assert.Equal(message, status!["message"]!.GetValue<string>().Split("is invalid: ", 2)[1]);
    }

    [Fact]
    public async Task A_value_of_no_alternative_is_refused()
    {
        var (code, status) = await Server.SendAsync("POST", Gateways, $$$"""{"metadata":{"name":"bad"},"spec":{{{Good.Replace("10.0.0.1", "nowhere", StringComparison.Ordinal)}}}}""");
        Assert.Equal(422, code);
        Assert.Contains("spec.addresses[0] in body must validate one and only one schema (oneOf)", status!["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Defaults_come_in_and_unknown_fields_go()
    {
        var created = await Server.CreateAsync(Gateways, $$$"""{"metadata":{"generateName":"g-"},"bogus":1,"spec":{{{Good.Insert(1, "\"more\":{},")}}},"status":{"conditions":[]}}""");
        Assert.Null(created["bogus"]);
        Assert.Null(created["spec"]!["more"]);
        Assert.Equal("IPAddress", created["spec"]!["addresses"]![0]!["type"]!.GetValue<string>());
        Assert.Equal("Same", created["spec"]!["listeners"]![0]!["allowedRoutes"]!["namespaces"]!["from"]!.GetValue<string>());

        // A client's status is none of its business at first; the schema's default is.
        Assert.Equal("Pending", created["status"]!["conditions"]![0]!["reason"]!.GetValue<string>());
        Assert.Equal(1, created["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Strict_clients_hear_of_unknown_fields()
    {
        var (code, status) = await Server.SendAsync("POST", Gateways + "?fieldValidation=Strict", $$$"""{"metadata":{"name":"s"},"spec":{{{Good.Insert(1, "\"more\":1,")}}}}""");
        Assert.Equal(400, code);
        Assert.Equal("Gateway in version \"v1\" cannot be handled as a Gateway: strict decoding error: unknown field \"spec.more\"", status!["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_other_version_is_the_same_object_with_a_warning()
    {
        await Server.CreateAsync(Gateways, $$$"""{"metadata":{"name":"two"},"spec":{{{Good}}}}""");
        using var response = await Server.Client.GetAsync(Gateways.Replace("v1", "v1beta1", StringComparison.Ordinal) + "/two", TestContext.Current.CancellationToken);
        var seen = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("gateway.networking.k8s.io/v1beta1", seen["apiVersion"]!.GetValue<string>());
        Assert.Equal("299 - \"gateway.networking.k8s.io/v1beta1 Gateway is deprecated\"", string.Join(", ", response.Headers.GetValues("Warning")));
    }

    [Fact]
    public async Task Status_scale_and_columns_work()
    {
        await Server.CreateAsync(Policies, """{"metadata":{"name":"scaled"},"spec":{"tier":"Baseline","priority":7,"replicas":1,"subject":{"pods":{}}}}""");
        await Server.OkAsync("PATCH", Policies + "/scaled/scale", """{"spec":{"replicas":3}}""", "application/merge-patch+json");
        var seen = await Server.OkAsync("PATCH", Policies + "/scaled/status", """{"spec":{"priority":9},"status":{"replicas":2}}""", "application/merge-patch+json");
        Assert.Equal((3, 7, 2), (seen["spec"]!["replicas"]!.GetValue<int>(), seen["spec"]!["priority"]!.GetValue<int>(), seen["status"]!["replicas"]!.GetValue<int>()));
        using HttpRequestMessage request = new(HttpMethod.Get, Policies + "/scaled");
        request.Headers.Accept.ParseAdd("application/json;as=Table;v=v1;g=meta.k8s.io");
        using var response = await Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var table = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("""["scaled","Baseline",7]""", table["rows"]![0]!["cells"]!.ToJsonString());
    }
}

/// <summary>A server that serves the kinds of custom-kinds.yaml.</summary>
public sealed class CustomKindServer : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await TestServer.StartAsync();
        using StreamReader reader = new(typeof(CustomKindServer).Assembly.GetManifestResourceStream("custom-kinds.yaml")!);
        foreach (var document in (await reader.ReadToEndAsync()).Split("\n---\n"))
        {
            var created = await Server.OkAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", document, "application/yaml");
            var path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + created["metadata"]!["name"]!.GetValue<string>();
            while (!(await Server.OkAsync("GET", path))["status"].AsConditions().Contains("Established=True"))
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

internal static class Conditions
{
    public static IEnumerable<string> AsConditions(this JsonNode? status) =>
        (status?["conditions"] as JsonArray ?? []).Select(condition => $"{condition!["type"]}={condition["status"]}");
}
