using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Fairlead.ControlPlane.Tests.Server;

/// <summary>A server of its own on a free port, with an administrator's client. The data directory outlives it when told so.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private readonly bool _keepData;

    private TestServer(ApiServer server, string directory, bool keepData)
    {
        Server = server;
        DataDirectory = directory;
        _keepData = keepData;
        Client = NewClient("test-admin", "system:masters");
    }

    public ApiServer Server { get; }

    public string DataDirectory { get; }

    public HttpClient Client { get; }

    public static async Task<TestServer> StartAsync(string? dataDirectory = null, bool keepData = false, string? secondaryServiceCidr = null, bool serviceAccounts = false)
    {
        var directory = dataDirectory ?? Directory.CreateTempSubdirectory("fairlead-api-test-").FullName;
        var server = await ApiServer.StartAsync(new ApiServerOptions
        {
            DataDirectory = directory,
            BindAddress = IPAddress.Loopback,
            SecurePort = 0,
            AdvertiseAddress = IPAddress.Loopback,
            ServiceCidr = IPNetwork.Parse("10.96.0.0/16"),
            SecondaryServiceCidr = secondaryServiceCidr is null ? null : IPNetwork.Parse(secondaryServiceCidr),
            ServiceAccountAdmission = serviceAccounts,
            SocketActivation = false,
        }, TestContext.Current.CancellationToken);
        return new TestServer(server, directory, keepData);
    }

    public HttpClient NewClient(string user, params string[] groups)
    {
        var pair = Server.Authority.IssueClient(user, groups);
        return NewClient(X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey));
    }

    public HttpClient NewClient(X509Certificate2? certificate)
    {
        SocketsHttpHandler handler = new();
#pragma warning disable CA5359 // The server under test made its own certificate a moment ago.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Server.Port}") };
    }

    public async Task<(int Code, JsonNode? Body)> SendAsync(string method, string path, string? body = null, string contentType = "application/json")
    {
        using HttpRequestMessage request = new(new HttpMethod(method), path);
        request.Headers.UserAgent.ParseAdd("test/1");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
        }

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : JsonValue.Create(text));
    }

    /// <summary>Sends a request that must succeed.</summary>
    public async Task<JsonNode> OkAsync(string method, string path, string? body = null, string contentType = "application/json")
    {
        var (code, answer) = await SendAsync(method, path, body, contentType);
        Assert.True(code is >= 200 and < 300, $"{method} {path}: {code} {answer}");
        return answer!;
    }

    public Task<JsonNode> CreateAsync(string path, string body) => OkAsync("POST", path, body);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        if (!_keepData)
        {
            Directory.Delete(DataDirectory, recursive: true);
        }
    }
}
