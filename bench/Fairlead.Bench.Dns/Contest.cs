using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.ControlPlane;
using Fairlead.Kubernetes;

namespace Fairlead.Bench.Dns;

/// <summary>The servers side by side, all with the same names, each alone on core 0 while dnsperf has the other.</summary>
internal sealed class Contest : IAsyncDisposable
{
    private const string ServerCore = "0";
    private const string ClientCore = "1";
    private const int Starts = 3;
    private readonly GeneratedNames _names;
    private readonly ApiServer _api;
    private readonly Peers _peers;

    private Contest(GeneratedNames names, ApiServer api, Peers peers) => (_names, _api, _peers) = (names, api, peers);

    public static async Task<Contest> StartAsync(GeneratedNames names)
    {
        ApiServer api = await ApiServer.StartAsync(new ApiServerOptions
        {
            DataDirectory = Path.Combine(names.Directory, "api"),
            ServiceCidr = System.Net.IPNetwork.Parse("10.96.0.0/16"),
            SecurePort = 0,
        });
        string kubeconfig = names.Save("kubeconfig", api.AdminKubeconfig);
        using KubernetesClient client = KubernetesClient.FromKubeconfig(kubeconfig);
        // Namespaces come first, and all of them before what is in them.
        foreach (var batch in names.Objects().GroupBy(o => o.Path == "/api/v1/namespaces").SelectMany(kind => kind.Chunk(64)))
        {
            await Task.WhenAll(batch.Select(o => client.SendJsonAsync(HttpMethod.Post, o.Path, o.Item)));
        }

        Console.WriteLine($"{names.Services} Services in the API; each server on core {ServerCore}, dnsperf on core {ClientCore}");
        return new(names, api, new(names, kubeconfig, ServerCore));
    }

    public void Throughput(string what, string questions, bool tcp) => Throughput(what, questions, tcp, _peers.Servers);

    /// <summary>Names outside: servers that forward, and an upstream beside dnsperf that has whatever they ask for.</summary>
    public void Forwarded(string what, string questions)
    {
        using Contestant? upstream = _peers.StartUpstream(ClientCore);
        if (upstream is null)
        {
            Console.WriteLine($"\n{what}: needs knotd as upstream (apt-get install knot)");
            return;
        }

        Throughput(what, questions, tcp: false, _peers.Resolvers);
    }

    private void Throughput(string what, string questions, bool tcp, IEnumerable<(string Name, Func<Contestant> Start)> servers)
    {
        Console.WriteLine($"\n{what}: queries/s");
        double ours = 0;
        foreach ((string name, Func<Contestant> start) in servers)
        {
            using Contestant server = start();
            double rate = 0;
            for (int run = 0; run < 2; run++)
            {
                string output = Dnsperf(server, questions, 4, tcp ? ["-m", "tcp", "-c", "4", "-q", "400"] : ["-c", "4", "-q", "200"]);
                rate = Math.Max(rate, Number(output, @"Queries per second:\s+([\d.]+)"));
                Lost(name, output);
            }

            ours = ours == 0 ? rate : ours;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-24} {rate,10:F0}   ours: {ours / rate:F2} ×"));
        }
    }

    public void Latency(string questions, int queriesPerSecond)
    {
        Console.WriteLine($"\nat {queriesPerSecond} queries/s, milliseconds as dnsperf saw them");
        foreach ((string name, Func<Contestant> start) in _peers.Servers)
        {
            using Contestant server = start();

            // With -v dnsperf prints each query with the time that it took.
            string output = Dnsperf(server, questions, 5, ["-c", "4", "-v", "-Q", queriesPerSecond.ToString(CultureInfo.InvariantCulture)]);
            double[] times = [.. Regex.Matches(output, @"^> \S+ .* ([\d.]+)$", RegexOptions.Multiline).Select(m => 1000 * double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Order()];
            Console.WriteLine(times.Length == 0
                ? $"  {name,-24} no times in dnsperf's output"
                : string.Create(CultureInfo.InvariantCulture, $"  {name,-24} half {times[times.Length / 2]:F3}  99 % {times[times.Length * 99 / 100]:F3}  99.9 % {times[times.Length * 999 / 1000]:F3}  slowest {times[^1]:F3}  of {times.Length}"));
            Lost(name, output);
        }
    }

    public void Memory()
    {
        Console.WriteLine("\nmemory with all names, and after 4 s of queries: MB (Pss)");
        foreach ((string name, Func<Contestant> start) in _peers.Servers)
        {
            using Contestant server = start();
            double before = server.Megabytes();
            Dnsperf(server, _names.Hits, 4, ["-c", "4"]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-24} {before,8:F0} {server.Megabytes(),8:F0}"));
        }
    }

    public void FirstAnswer()
    {
        Console.WriteLine($"\nfrom its start to the first right answer, the middle of {Starts}: ms");
        foreach ((string name, Func<Contestant> start) in _peers.Servers)
        {
            double[] times = [.. Enumerable.Range(0, Starts).Select(_ => TimeOf(start)).Order()];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-24} {times[Starts / 2],8:F0}"));
        }
    }

    private static double TimeOf(Func<Contestant> start)
    {
        using Contestant server = start();
        return server.FirstAnswer.TotalMilliseconds;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    /// <summary>Runs dnsperf. What it prints goes through a file: a pipe would have to be read meanwhile, on the server's core.</summary>
    private string Dnsperf(Contestant server, string questions, int seconds, string[] more)
    {
        string output = Path.Combine(_names.Directory, "dnsperf.out");
        string command = $"exec taskset -c {ClientCore} dnsperf -s 127.0.0.1 -p {server.Port} -d {questions} -l {seconds} {string.Join(' ', more)} > {output} 2>/dev/null";
        using Process process = Process.Start("sh", ["-c", command]);
        process.WaitForExit();
        return File.ReadAllText(output);
    }

    private static void Lost(string name, string output)
    {
        double lost = Number(output, @"Queries lost:\s+(\d+)");
        if (lost > 0)
        {
            Console.WriteLine($"  {name} lost {lost} queries");
        }
    }

    private static double Number(string output, string pattern) =>
        Regex.Match(output, pattern) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
}
