using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>Requests that nobody should send. Each is answered or cut off, and the next client notices nothing.</summary>
public sealed class HostileTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Path = "/api/v1/namespaces/default/configmaps";

    private TestServer Server => shared.Server;

    public static TheoryData<string, string, string, string?, string, int> Requests() => new()
    {
        { "a body over 3 MiB", "POST", Path, new string(' ', (3 << 20) + 10), "application/json", 413 },
        { "JSON a thousand levels deep", "POST", Path, Deep(1000), "application/json", 400 },
        { "JSON that ends early", "POST", Path, """{"kind":"ConfigMap","metadata":{"name":"x" """, "application/json", 400 },
        { "an array", "POST", Path, "[]", "application/json", 400 },
        { "nothing", "POST", Path, "", "application/json", 400 },
        { "a null", "POST", Path, "null", "application/json", 400 },
        { "torn protobuf", "POST", Path, "k8s\0\n\u0001\u0001\u00ff", "application/vnd.kubernetes.protobuf", 400 },
        { "no protobuf at all", "POST", Path, "hello", "application/vnd.kubernetes.protobuf", 400 },
        { "YAML that explodes", "POST", Path, Laughs(), "application/yaml", 400 },
        { "metadata that is a list", "POST", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":[]}""", "application/json", 400 },
        { "a name with a slash", "POST", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a/b"}}""", "application/json", 422 },
        { "a name of 300 characters", "POST", Path, $$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{new string('a', 300)}}}"}}""", "application/json", 422 },
        { "a label that is none", "POST", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"l","labels":{"a b":"c"}}}""", "application/json", 422 },
        { "a lone surrogate", "POST", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"\ud800"}}""", "application/json", 400 },
        { "a limit that is no number", "GET", Path + "?limit=many", null, "", 400 },
        { "a selector that is none", "GET", Path + "?labelSelector=%28%28", null, "", 400 },
        { "a continue token from elsewhere", "GET", Path + "?continue=%21%21", null, "", 400 },
        { "a JSON patch of a wrong shape", "PATCH", Path + "/kube-root-ca.crt", "{}", "application/json-patch+json", 400 },
        { "an unknown method", "BREW", Path, null, "", 405 },
        { "a path with empty parts", "GET", "/apis//v9///", null, "", 404 },
        { "an encoded slash in a name", "GET", Path + "/a%2Fb", null, "", 404 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_bad_request_gets_its_answer(string what, string method, string path, string? body, string contentType, int expected)
    {
        await Server.SendAsync("POST", Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"kube-root-ca.crt"}}""");
        var (code, answer) = await Server.SendAsync(method, path, body, contentType.Length == 0 ? "application/json" : contentType);
        Assert.True(code == expected, $"{what}: {code} {answer}");
        if (answer is JsonObject status)
        {
            Assert.Equal("Status", status["kind"]!.GetValue<string>());
        }

        Assert.Equal(200, (await Server.SendAsync("GET", "/readyz")).Code);
    }

    [Fact]
    public async Task A_request_that_never_ends_costs_nobody_else_anything()
    {
        List<SslStream> slow = [];
        for (var i = 0; i < 20; i++)
        {
            TcpClient tcp = new();
            await tcp.ConnectAsync("127.0.0.1", Server.Server.Port, TestContext.Current.CancellationToken);
            SslStream stream = new(tcp.GetStream(), false, (_, _, _, _) => true);
            await stream.AuthenticateAsClientAsync("localhost");
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"), TestContext.Current.CancellationToken);
            slow.Add(stream);
        }

        await Server.OkAsync("GET", Path);
        await Server.CreateAsync(Path, """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"generateName":"quick-"}}""");
        foreach (var stream in slow)
        {
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_credentials_only_health_and_version_answer()
    {
        using var nobody = Server.NewClient(certificate: null);
        Assert.Equal(401, (int)(await nobody.GetAsync("/api/v1/namespaces", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(200, (int)(await nobody.GetAsync("/version", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal("ok", await nobody.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        var directory = Directory.CreateTempSubdirectory("fairlead-other-ca-");
        using var other = CertificateAuthority.Open(directory.FullName);
        var pair = other.IssueClient("kubernetes-admin", "system:masters");
        using var client = Server.NewClient(System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey));
        Assert.Equal(401, (int)(await client.GetAsync("/api/v1/namespaces", TestContext.Current.CancellationToken)).StatusCode);
        directory.Delete(recursive: true);
    }

    private static string Deep(int levels) =>
        """{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"deep"},"data":""" + string.Concat(Enumerable.Repeat("[", levels)) + string.Concat(Enumerable.Repeat("]", levels)) + "}";

    /// <summary>A billion laughs (each anchor ten of the one before).</summary>
    private static string Laughs()
    {
        StringBuilder text = new("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 10; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        return text.ToString();
    }
}
