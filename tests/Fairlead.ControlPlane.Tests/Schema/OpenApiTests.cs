using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Schema;
using Fairlead.ControlPlane.Schema.OpenApi;

namespace Fairlead.ControlPlane.Tests.Schema;

public class OpenApiTests
{
    private static readonly string[] _verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    private static readonly OpenApiGroupVersion _apps = new("apps", "v1", [new OpenApiResource("deployments", "Deployment", "DeploymentList", true, _verbs,
        [new OpenApiSubresource("status", "apps", "v1", "Deployment", ["get", "patch", "update"]), new OpenApiSubresource("scale", "autoscaling", "v1", "Scale", ["get", "patch", "update"])])]);

    [Fact]
    public void A_patch_names_its_kind_and_takes_field_validation()
    {
        JsonNode patch = Document(_apps)["paths"]!["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]!["patch"]!;

        Assert.Equal("""{"group":"apps","kind":"Deployment","version":"v1"}""", patch["x-kubernetes-group-version-kind"]!.ToJsonString());
        Assert.Contains(patch["parameters"]!.AsArray(), static p => p!["name"]!.GetValue<string>() == "fieldValidation");
        Assert.Contains(patch["parameters"]!.AsArray(), static p => p!["name"]!.GetValue<string>() == "dryRun");
    }

    [Fact]
    public void Every_reference_has_its_schema()
    {
        JsonObject document = Document(_apps);
        JsonObject schemas = document["components"]!["schemas"]!.AsObject();
        Assert.All(References(document), reference => Assert.True(schemas.ContainsKey(reference), reference));
    }

    [Theory] // schema                                  property              what it says
    [InlineData("io.k8s.api.core.v1.PodSpec", "containers", """{"x-kubernetes-list-map-keys":["name"],"x-kubernetes-list-type":"map","x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge"}""")]
    [InlineData("io.k8s.api.core.v1.PodSpec", "volumes", """{"x-kubernetes-list-map-keys":["name"],"x-kubernetes-list-type":"map","x-kubernetes-patch-merge-key":"name","x-kubernetes-patch-strategy":"merge,retainKeys"}""")]
    [InlineData("io.k8s.api.core.v1.PodSpec", "restartPolicy", """{"type":"string","enum":["Always","Never","OnFailure"]}""")]
    [InlineData("io.k8s.api.core.v1.ContainerPort", "protocol", """{"type":"string","enum":["SCTP","TCP","UDP"],"default":"TCP"}""")]
    [InlineData("io.k8s.api.apps.v1.DeploymentSpec", "replicas", """{"type":"integer","format":"int32"}""")]
    [InlineData("io.k8s.api.apps.v1.DeploymentSpec", "template", """{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec"}],"default":{}}""")]
    [InlineData("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "labels", """{"type":"object","additionalProperties":{"type":"string","default":""}}""")]
    public void A_property_says_how_it_merges_and_what_it_holds(string schema, string property, string expected)
    {
        JsonObject actual = Document(_apps)["components"]!["schemas"]![schema]!["properties"]![property]!.AsObject();

        Assert.False(string.IsNullOrEmpty(actual["description"]?.GetValue<string>()));
        foreach ((string key, JsonNode? value) in JsonNode.Parse(expected)!.AsObject())
        {
            Assert.True(JsonValues.Same(value, actual[key]), $"{key}: {actual[key]?.ToJsonString()}");
        }
    }

    [Fact]
    public void The_index_names_each_document_by_what_it_is_made_from()
    {
        JsonNode index = JsonNode.Parse(OpenApiDocuments.Index([_apps]))!;
        string url = index["paths"]!["apis/apps/v1"]!["serverRelativeURL"]!.GetValue<string>();

        Assert.Equal("/openapi/v3/apis/apps/v1?hash=" + new OpenApiDocuments(SchemaRegistry.Default).Document(_apps).Hash, url);
        Assert.NotEqual(OpenApiDocuments.Hash(_apps), OpenApiDocuments.Hash(_apps with { Resources = [] }));
    }

    [Fact]
    public void A_custom_resource_is_described_with_metadata()
    {
        JsonObject schema = JsonNode.Parse("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"integer"}}}}}""")!.AsObject();
        OpenApiGroupVersion custom = new("stable.example.com", "v1", [new OpenApiResource("crontabs", "CronTab", "CronTabList", true, _verbs, [], schema)]);

        JsonNode described = Document(custom)["components"]!["schemas"]!["com.example.stable.v1.CronTab"]!;

        Assert.Equal("integer", described["properties"]!["spec"]!["properties"]!["size"]!["type"]!.GetValue<string>());
        Assert.NotNull(described["properties"]!["metadata"]);
        Assert.Equal("""[{"group":"stable.example.com","kind":"CronTab","version":"v1"}]""", described["x-kubernetes-group-version-kind"]!.ToJsonString());
    }

    private static JsonObject Document(OpenApiGroupVersion groupVersion) =>
        JsonNode.Parse(new OpenApiDocuments(SchemaRegistry.Default).Document(groupVersion).Json)!.AsObject();

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(static p => p.Key == "$ref" && p.Value is JsonValue v ? [v.GetValue<string>()[SchemaWriter.Prefix.Length..]] : References(p.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
