using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Fairlead.Agent.Names;
using Fairlead.ControlPlane;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using IPAddress = System.Net.IPAddress;
using IPNetwork = System.Net.IPNetwork;

namespace Fairlead.Agent.Tests.Names;

/// <summary>The DNS server without an agent, beside a real API, while its Corefile changes.</summary>
public sealed class StandaloneDnsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fairlead-standalone-dns-").FullName;
    private readonly int _dns = FreePort();
    private readonly HurriedTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };
    private ApiServer _api = null!;
    private KubernetesClient _client = null!;
    private Task _running = null!;

    public async ValueTask InitializeAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        _api = await ApiServer.StartAsync(
            new()
            {
                DataDirectory = Path.Combine(_folder, "api"),
                BindAddress = IPAddress.Loopback,
                SecurePort = 0,
                AdvertiseAddress = IPAddress.Loopback,
                ServiceCidr = IPNetwork.Parse("10.32.0.0/24"),
                SocketActivation = false,
            },
            cancellationToken);
        var pair = _api.Authority.IssueClient("test-admin", "system:masters");
        _client = new(new KubernetesClientOptions
        {
            Server = new($"https://127.0.0.1:{_api.Port}"),
            SkipTlsVerify = true,
            ClientCertificate = X509Certificate2.CreateFromPem(pair.Certificate, pair.PrivateKey),
        });
    }

    [Fact]
    public async Task Health_readiness_and_metrics_move_with_the_Corefile_while_questions_are_answered()
    {
        (int first, int second, int taken) = (FreePort(), FreePort(), FreePort());
        Start($"health 127.0.0.1:{first}\nready 127.0.0.1:{first}\nprometheus 127.0.0.1:{first}");
        await Eventually(async () => await GetAsync(first, "/ready") == "ok\n");

        using CancellationTokenSource enough = new();
        Task<int> asking = Task.Run(() => AskUntil(enough.Token), TestContext.Current.CancellationToken);
        Write($"health 127.0.0.1:{second}\nprometheus 127.0.0.1:{second}");
        await Eventually(async () => await GetAsync(second, "/health") == "ok\n");
        Assert.Contains("coredns_dns_requests_total", await GetAsync(second, "/metrics"), StringComparison.Ordinal);
        Assert.Null(await GetAsync(first, "/health"));

        // A wider address that holds the one before, and one that somebody else has: the latter is served once it is free.
        using (Socket other = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            other.Bind(new IPEndPoint(IPAddress.Loopback, taken));
            other.Listen();
            Write($"health :{second}\nprometheus 127.0.0.1:{taken}");
            await Eventually(async () => await GetAsync(second, "/health", "[::1]") == "ok\n");
        }

        await Eventually(async () => await GetAsync(taken, "/metrics") is not null);
        await enough.CancelAsync();
        Assert.NotEqual(0, await asking);
    }

    [Fact]
    public async Task Pods_are_verified_from_the_reload_on()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        Start("");
        await Eventually(() => Task.FromResult(Dig("10-1-2-3.default.pod.cluster.local") == "10.1.2.3"));
        await _client.SendJsonAsync(
            HttpMethod.Post, "/api/v1/namespaces/default/pods", JsonNode.Parse("""{"metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"web"}]}}"""), cancellationToken);
        JsonNode pod = await _client.SendJsonAsync(HttpMethod.Get, "/api/v1/namespaces/default/pods/web", cancellationToken: cancellationToken);
        pod["status"] = JsonNode.Parse("""{"phase":"Running","podIP":"10.200.0.7","podIPs":[{"ip":"10.200.0.7"}]}""");
        await _client.SendJsonAsync(HttpMethod.Put, "/api/v1/namespaces/default/pods/web/status", pod, cancellationToken);

        Write("", "verified");
        await Eventually(() => Task.FromResult(Dig("10-1-2-3.default.pod.cluster.local").Length == 0));
        Assert.Equal("10.200.0.7", Dig("10-200-0-7.default.pod.cluster.local"));
        Assert.Equal("", Dig("10-200-0-7.kube-system.pod.cluster.local"));

        Write("", "disabled");
        await Eventually(() => Task.FromResult(Dig("10-200-0-7.default.pod.cluster.local").Length == 0));
        Assert.Equal("10.32.0.1", Dig("kubernetes.default.svc.cluster.local"));
    }

    [Fact]
    public async Task It_answers_and_is_not_ready_while_it_is_a_lame_duck()
    {
        int health = FreePort();
        Start($"health 127.0.0.1:{health} {{\n lameduck 2m\n}}");
        await Eventually(async () => await GetAsync(health, "/ready") == "ok\n");
        await _stop.CancelAsync();
        await Eventually(async () => await GetAsync(health, "/ready") != "ok\n");
        Assert.Equal("ok\n", await GetAsync(health, "/health"));
        Assert.Equal("10.32.0.1", Dig("kubernetes.default.svc.cluster.local"));
        Assert.Equal("127.0.0.1", Dig("ns.dns.cluster.local"));

        _time.GoOn();
        await _running.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal("", Dig("kubernetes.default.svc.cluster.local"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _time.GoOn();
        await _running;
        _client.Dispose();
        await _api.DisposeAsync();
        _http.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Start(string http)
    {
        Write(http);
        _running = StandaloneDns.RunAsync(
            new() { Zone = new(), Listen = [new(IPAddress.Loopback, _dns)], Threads = 1, Corefile = Corefile }, _client, NullLogger.Instance, _time, _stop.Token);
    }

    private void Write(string http, string pods = "insecure")
    {
        File.WriteAllText(Corefile + ".new", $".:53 {{\n{http}\nkubernetes cluster.local {{\n pods {pods}\n}}\nreload 2s 0s\n}}\n");
        File.Move(Corefile + ".new", Corefile, overwrite: true);
    }

    private string Corefile => Path.Combine(_folder, "Corefile");

    private string Dig(string name) => Witness.TryRun(null, $"dig @127.0.0.1 -p {_dns} +short +time=20 +tries=1 {name}") is { ExitCode: 0 } run ? run.Output.Trim() : "";

    /// <summary>Asks one question after the other; one that isn't answered rightly is the test's failure.</summary>
    private int AskUntil(CancellationToken enough)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 60_000 };
        socket.Connect(IPAddress.Loopback, _dns);
        byte[] query = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsName.Parse("kubernetes.default.svc.cluster.local").Wire, 0, 1, 0, 1];
        byte[] answer = new byte[512];
        int asked = 0;
        while (!enough.IsCancellationRequested)
        {
            query[1] = (byte)++asked;
            socket.Send(query);
            int length = socket.Receive(answer);
            Assert.Equal(query[1], answer[1]);
            Assert.Equal(IPAddress.Parse("10.32.0.1").GetAddressBytes(), answer[(length - 4)..length]);
        }

        return asked;
    }

    /// <summary>What is served, whatever its status; null where nobody is.</summary>
    private async Task<string?> GetAsync(int port, string path, string host = "127.0.0.1")
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri($"http://{host}:{port}{path}"), TestContext.Current.CancellationToken);
            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>A clock whose seconds are short, but for waits of <see cref="Held"/>: they end when the test says.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public static readonly TimeSpan Held = TimeSpan.FromMinutes(2);
        private readonly List<Action> _waiting = [];
        private bool _goesOn;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_waiting)
            {
                if (dueTime == Held && !_goesOn)
                {
                    _waiting.Add(() => callback(state));
                    return base.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
            }

            return base.CreateTimer(callback, state, dueTime == Held ? TimeSpan.Zero : dueTime > TimeSpan.Zero ? dueTime / 20 : dueTime, period);
        }

        public void GoOn()
        {
            Action[] waiting;
            lock (_waiting)
            {
                _goesOn = true;
                waiting = [.. _waiting];
                _waiting.Clear();
            }

            Array.ForEach(waiting, wait => wait());
        }
    }
}
