using System.Text.Json.Nodes;

namespace Fairlead.Kubernetes.Tests;

public sealed class ClientTests : IDisposable
{
    private readonly ScriptedServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_refusal_says_what_was_tried_and_what_was_wrong()
    {
        _server.Answer("""{"kind":"Status","status":"Failure","message":"ConfigMap \"A\" is invalid","reason":"Invalid","details":{"name":"A","causes":[{"reason":"FieldValueInvalid","message":"no","field":"metadata.name"}]},"code":422}""", 422);

        KubernetesException refused = await Assert.ThrowsAsync<KubernetesException>(() => _server.Client.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Name = "A", Namespace = "n" } }, TestContext.Current.CancellationToken));

        Assert.Equal("POST /api/v1/namespaces/n/configmaps: ConfigMap \"A\" is invalid", refused.Message);
        Assert.Equal((422, "Invalid", "metadata.name"), (refused.Code, refused.Reason, refused.Status.Details?.Causes[0].Field));
    }

    [Fact]
    public async Task A_refusal_in_plain_text_is_a_refusal_too()
    {
        _server.Answer("404 page not found\n", 404);

        Assert.Null(await _server.Client.FindAsync<ConfigMap>(new ObjectKey("n", "a"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_update_sends_only_the_difference_and_the_version_that_it_is_based_on()
    {
        ConfigMap current = new() { Metadata = new ObjectMeta { Name = "a", Namespace = "n", ResourceVersion = "7" }, Data = new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" } };
        _server.Answer("""{"metadata":{"name":"a","namespace":"n","resourceVersion":"8"}}""");

        await _server.Client.UpdateAsync(current, current with { Data = new Dictionary<string, string> { ["x"] = "1", ["z"] = "3" } }, null, TestContext.Current.CancellationToken);

        Assert.Equal("""PATCH /api/v1/namespaces/n/configmaps/a {"data":{"z":"3","y":null},"metadata":{"resourceVersion":"7"}}""", await _server.NextRequestAsync());
        Assert.Null(await _server.Client.UpdateAsync(current, current with { }, null, TestContext.Current.CancellationToken));
    }

    [Theory] //  from                          to                             patch
    [InlineData("""{"a":1}""", """{"a":1}""", null)]
    [InlineData("""{"a":1}""", """{"a":2,"b":[1]}""", """{"a":2,"b":[1]}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":1}}""", """{"a":{"c":null}}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":{"b":1}}""", """{}""", """{"a":null}""")]
    [InlineData("""{"a":null}""", """{}""", null)]
    public void The_merge_patch_between(string from, string to, string? patch) =>
        Assert.Equal(patch, MergePatch.Difference(JsonNode.Parse(from)!.AsObject(), JsonNode.Parse(to)!.AsObject())?.ToJsonString());

    [Theory] //  yaml                                   json
    [InlineData("a: 1\nb: [x, 'y', \"z\"]", """{"a":1,"b":["x","y","z"]}""")]
    [InlineData("mode: 0644", """{"mode":420}""")]
    [InlineData("a: yes\nb: true\nc: ~\nd: \"true\"", """{"a":"yes","b":true,"c":null,"d":"true"}""")]
    [InlineData("a: 1.5\nb: 1e3\nc: 1.2.3\nd: 10.0.0.1", """{"a":1.5,"b":1000,"c":"1.2.3","d":"10.0.0.1"}""")]
    [InlineData("x: &l {a: 1}\ny: *l\nz: {<<: *l, b: 2}", """{"x":{"a":1},"y":{"a":1},"z":{"b":2,"a":1}}""")]
    [InlineData("text: |\n  one\n  two\n", """{"text":"one\ntwo\n"}""")]
    [InlineData("{\"json\": [1, null]}", """{"json":[1,null]}""")]
    public void Yaml_means(string yaml, string json) => Assert.Equal(json, KubernetesYaml.ParseAll(yaml).Single().ToJsonString());

    [Theory]
    [InlineData("a: [1")]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: *nobody")]
    public void Yaml_that_is_none_is_refused(string yaml) => Assert.Throws<InvalidDataException>(() => KubernetesYaml.ParseAll(yaml));

    [Fact]
    public void A_kubeconfig_names_server_and_credentials()
    {
        string directory = Directory.CreateTempSubdirectory("fairlead-kubeconfig-").FullName;
        try
        {
            string path = Path.Combine(directory, "config");
            File.WriteAllText(path, """
                apiVersion: v1
                kind: Config
                current-context: two
                clusters:
                - name: c
                  cluster: {server: "https://10.240.0.10:6443", insecure-skip-tls-verify: true, tls-server-name: kubernetes}
                contexts:
                - name: one
                  context: {cluster: c, user: nobody}
                - name: two
                  context: {cluster: c, user: u, namespace: prod}
                users:
                - name: u
                  user: {token: secret}
                """);

            KubernetesClientOptions options = KubernetesClientOptions.FromKubeconfig(path);

            Assert.Equal(("https://10.240.0.10:6443/", "prod", "secret", true, "kubernetes"), (options.Server.ToString(), options.Namespace, options.Token, options.SkipTlsVerify, options.TlsServerName));
            Assert.Contains("no \"nobody\" among users", Assert.Throws<InvalidDataException>(() => KubernetesClientOptions.FromKubeconfig(path, "one")).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
