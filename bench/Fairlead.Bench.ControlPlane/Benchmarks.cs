using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Fairlead.Bench.ControlPlane;

/// <summary>What docs/performance.md reports of the API server.</summary>
internal static class Benchmarks
{
    private static void Report(string text) => Console.WriteLine(text);

    /// <summary>A pod of ordinary size: two containers, probes, environment, mounts (about 2 KB stored).</summary>
    private static NumberedRequest Pod(string prefix) => new("/api/v1/namespaces/default/pods", $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{prefix}}}-00000000","namespace":"default","labels":{"app":"web","pod-template-hash":"6b7f675944","tier":"front"}},
        "spec":{"containers":[{"name":"web","image":"registry.example.com/shop/web:1.4.2","ports":[{"name":"http","containerPort":8080}],
        "env":[{"name":"MODE","value":"production"},{"name":"UPSTREAM","value":"http://api.default.svc"}],"readinessProbe":{"httpGet":{"path":"/ready","port":8080}},
        "resources":{"requests":{"cpu":"100m","memory":"64Mi"}},"volumeMounts":[{"name":"config","mountPath":"/etc/web"}]},
        {"name":"sidecar","image":"registry.example.com/shop/sidecar:2.0"}],"volumes":[{"name":"config","configMap":{"name":"web"}}]}}
        """);

    private static ByteArrayContent Json(string text) => new(Encoding.UTF8.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    public static async Task StartAsync()
    {
        await using var server = await ServerProcess.StartAsync();
        Report($"start, empty data directory: {server.StartTime.TotalMilliseconds:F0} ms, {server.ResidentBytes() / 1e6:F0} MB");
    }

    /// <summary>Durable creates per second: every answer comes after its fsync.</summary>
    public static async Task CreatesAsync(int clients)
    {
        await using var server = await ServerProcess.StartAsync();
        await CreateAsync(server, clients, TimeSpan.FromSeconds(3), "warm");
        var used = server.ProcessorTime();
        var own = Environment.CpuUsage.TotalTime;
        var (count, elapsed, latencies) = await CreateAsync(server, clients, TimeSpan.FromSeconds(6), "pod");
        used = server.ProcessorTime() - used;
        own = Environment.CpuUsage.TotalTime - own;
        Report($"creates, {clients} client(s): {count / elapsed.TotalSeconds:F0}/s, p50 {Percentile(latencies, 50):F2} ms, p99 {Percentile(latencies, 99):F2} ms; {used.TotalMicroseconds / count:F0} µs of the server's processor time each, and {own.TotalMicroseconds / count:F0} µs of this program's");
    }

    private static async Task<(int Count, TimeSpan Elapsed, List<double> Latencies)> CreateAsync(ServerProcess server, int clients, TimeSpan duration, string prefix)
    {
        ConcurrentBag<List<double>> latencies = [];
        var connections = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => LoadConnection.OpenAsync(server)));
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(connections.Select((connection, client) => Task.Run(async () =>
        {
            var request = Pod($"{prefix}-{client}");
            List<double> mine = [];
            for (var i = 0; clock.Elapsed < duration; i++)
            {
                var before = clock.Elapsed;
                await CreatedAsync(connection, request.With(i));
                mine.Add((clock.Elapsed - before).TotalMilliseconds);
            }

            latencies.Add(mine);
            await connection.DisposeAsync();
        })));
        return (latencies.Sum(one => one.Count), clock.Elapsed, [.. latencies.SelectMany(one => one)]);
    }

    private static async Task CreatedAsync(LoadConnection connection, ReadOnlyMemory<byte> request)
    {
        if (await connection.SendAsync(request) is not 201 and var status)
        {
            throw new InvalidOperationException($"a create was answered {status}");
        }
    }

    /// <summary>From sending a write to its event at each of the watchers.</summary>
    public static async Task FanOutAsync(int watchers, int writesPerSecond, int seconds)
    {
        await using var server = await ServerProcess.StartAsync();
        using var http = server.NewClient();
        using CancellationTokenSource ended = new();
        ConcurrentDictionary<string, long> sent = new();
        ConcurrentBag<double> delays = [];
        var watching = Enumerable.Range(0, watchers).Select(_ => WatchAsync(http, sent, delays, ended.Token)).ToList();
        await Task.Delay(1000);
        var clock = Stopwatch.StartNew();
        List<Task> writes = [];
        var total = writesPerSecond * seconds;
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / writesPerSecond);
            if (due > clock.Elapsed)
            {
                await Task.Delay(due - clock.Elapsed);
            }

            writes.Add(WriteAsync(http, $"cm-{i}", sent));
        }

        await Task.WhenAll(writes);
        var rate = total / clock.Elapsed.TotalSeconds;
        await Task.Delay(1000);
        await ended.CancelAsync();
        await Task.WhenAll(watching);
        List<double> all = [.. delays];
        Report($"fan-out, {watchers} watchers, {rate:F0} writes/s: {all.Count} of {total * watchers} events, p50 {Percentile(all, 50):F2} ms, p99 {Percentile(all, 99):F2} ms, max {all.Max():F1} ms");
    }

    private static async Task WriteAsync(HttpClient http, string name, ConcurrentDictionary<string, long> sent)
    {
        sent[name] = Stopwatch.GetTimestamp();
        using var body = Json($$$"""{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"{{{name}}}"},"data":{"a":"b"}}""");
        using var response = await http.PostAsync(new Uri("/api/v1/namespaces/default/configmaps", UriKind.Relative), body);
        response.EnsureSuccessStatusCode();
    }

    private static async Task WatchAsync(HttpClient http, ConcurrentDictionary<string, long> sent, ConcurrentBag<double> delays, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = await http.GetStreamAsync(new Uri("/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=0", UriKind.Relative), cancellationToken);
            using StreamReader reader = new(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                var start = line.IndexOf("\"name\":\"", StringComparison.Ordinal) + 8;
                var name = line[start..line.IndexOf('"', start)];
                if (sent.TryGetValue(name, out var when))
                {
                    delays.Add(Stopwatch.GetElapsedTime(when).TotalMilliseconds);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }

    public static async Task ListAsync(int pods)
    {
        await using var server = await ServerProcess.StartAsync();
        using var http = server.NewClient();
        await FillAsync(server, pods);
        List<double> times = [];
        var bytes = 0;
        for (var i = 0; i < 8; i++)
        {
            var clock = Stopwatch.StartNew();
            bytes = (await http.GetByteArrayAsync(new Uri("/api/v1/pods", UriKind.Relative))).Length;
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        Report($"list of {pods} pods: {bytes / 1e6:F1} MB in {Percentile(times, 50):F0} ms (median of {times.Count}), server {server.ResidentBytes() / 1e6:F0} MB");
    }

    public static async Task MemoryAsync(int pods)
    {
        await using var server = await ServerProcess.StartAsync();
        var before = server.ResidentBytes();
        var clock = Stopwatch.StartNew();
        await FillAsync(server, pods);
        var filled = clock.Elapsed;
        var after = server.ResidentBytes();
        Report($"memory at {pods} pods: {after / 1e6:F0} MB ({(after - before) / pods} bytes a pod; {before / 1e6:F0} MB empty), filled in {filled.TotalSeconds:F1} s");
    }

    private static Task FillAsync(ServerProcess server, int pods)
    {
        var next = 0;
        return Task.WhenAll(Enumerable.Range(0, 32).Select(client => Task.Run(async () =>
        {
            await using var connection = await LoadConnection.OpenAsync(server);
            var request = Pod("pod");
            int i;
            while ((i = Interlocked.Increment(ref next)) <= pods)
            {
                await CreatedAsync(connection, request.With(i));
            }
        })));
    }

    private static double Percentile(List<double> values, double percent)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[Math.Min(values.Count - 1, (int)(values.Count * percent / 100))];
    }
}
