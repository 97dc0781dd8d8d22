using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>What a new pod gets from its service account, as kube-apiserver's plugin ServiceAccount gives it.</summary>
public sealed class ServiceAccountAdmissionTests(ServiceAccountAdmissionTests.WithAccounts shared) : IClassFixture<ServiceAccountAdmissionTests.WithAccounts>
{
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    public sealed class WithAccounts : IAsyncLifetime
    {
        public TestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await TestServer.StartAsync(serviceAccounts: true);
            foreach (var account in (string[])[
                """{"metadata":{"name":"default"},"imagePullSecrets":[{"name":"registry"}]}""",
                """{"metadata":{"name":"shy"},"automountServiceAccountToken":false}"""])
            {
                await Server.CreateAsync("/api/v1/namespaces/default/serviceaccounts", account);
            }
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private TestServer Server => shared.Server;

    private Task<JsonNode> CreateAsync(string spec) =>
        Server.CreateAsync("/api/v1/namespaces/default/pods", $$"""{"metadata":{"generateName":"p-"},"spec":{{spec}}}""");

    [Fact]
    public async Task A_pod_gets_the_default_account_and_its_token_in_every_container()
    {
        var spec = (await CreateAsync("""{"initContainers":[{"name":"i","image":"i"}],"containers":[{"name":"a","image":"a"},{"name":"b","image":"b"}]}"""))["spec"]!;

        Assert.Equal(("default", "default"), ((string?)spec["serviceAccountName"], (string?)spec["serviceAccount"]));
        Assert.Equal("""[{"name":"registry"}]""", spec["imagePullSecrets"]!.ToJsonString());
        var volume = Assert.Single(spec["volumes"]!.AsArray())!;
        var name = (string)volume["name"]!;
        Assert.Matches("^kube-api-access-[a-z0-9]{5}$", name);
        Assert.Equal(
            """{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"defaultMode":420}""",
            volume["projected"]!.ToJsonString());
        Assert.All(
            spec["initContainers"]!.AsArray().Concat(spec["containers"]!.AsArray()),
            container => Assert.Equal($$"""[{"name":"{{name}}","readOnly":true,"mountPath":"{{MountPath}}"}]""", container!["volumeMounts"]!.ToJsonString()));
    }

    [Theory] // what the pod says                                                         volumes
    [InlineData("""{"containers":[{"name":"a","image":"a"}]}""", 1)]
    [InlineData("""{"automountServiceAccountToken":false,"containers":[{"name":"a","image":"a"}]}""", 0)]
    [InlineData("""{"serviceAccountName":"shy","containers":[{"name":"a","image":"a"}]}""", 0)]
    [InlineData("""{"serviceAccountName":"shy","automountServiceAccountToken":true,"containers":[{"name":"a","image":"a"}]}""", 1)]
    [InlineData("""{"volumes":[{"name":"own"}],"containers":[{"name":"a","image":"a","volumeMounts":[{"name":"own","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}""", 1)]
    [InlineData("""{"volumes":[{"name":"kube-api-access-mine"}],"containers":[{"name":"a","image":"a"}]}""", 1)]
    public async Task Whether_a_token_is_mounted_is_decided_by_the_pod_then_by_its_account(string spec, int volumes)
    {
        var pod = await CreateAsync(spec);

        Assert.Equal(volumes, pod["spec"]!["volumes"]?.AsArray().Count ?? 0);
    }

    [Fact]
    public async Task A_pod_without_its_account_is_refused()
    {
        var (code, status) = await Server.SendAsync("POST", "/api/v1/namespaces/default/pods", """{"metadata":{"name":"p"},"spec":{"serviceAccountName":"nobody","containers":[{"name":"a","image":"a"}]}}""");

        Assert.Equal(403, code);
        Assert.Equal("pods \"p\" is forbidden: error looking up service account default/nobody: serviceaccount \"nobody\" not found", (string?)status!["message"]);
    }

    [Fact]
    public async Task The_first_pod_of_a_namespace_waits_for_its_default_account()
    {
        await Server.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"young"}}""");
        var creating = Server.CreateAsync("/api/v1/namespaces/young/pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","image":"a"}]}}""");
        await Server.CreateAsync("/api/v1/namespaces/young/serviceaccounts", """{"metadata":{"name":"default"}}""");

        Assert.Equal("default", (string?)(await creating)["spec"]!["serviceAccountName"]);
    }
}
