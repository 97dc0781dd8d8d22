using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Fairlead.ControlPlane;
using Fairlead.Kubernetes;

namespace Fairlead.Bench.Dns;

/// <summary>The servers side by side, all with the same names, each alone on core 0 while dnsperf has the other.</summary>
internal sealed class Contest : IAsyncDisposable
{
    private static readonly string[] s_directories = ["/usr/sbin", "/usr/bin", "/sbin", "/usr/local/bin"];

    private const string ServerCore = "0";
    private const string ClientCore = "1";
    private readonly GeneratedNames _names;
    private readonly ApiServer _api;
    private readonly List<(string Name, Func<Contestant> Start)> _servers = [];

    private Contest(GeneratedNames names, ApiServer api) => (_names, _api) = (names, api);

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
        Contest contest = new(names, api);
        contest.AddServers(kubeconfig);
        return contest;
    }

    public void Throughput(string what, string questions, bool tcp)
    {
        Console.WriteLine($"\n{what}: queries/s");
        double ours = 0;
        foreach ((string name, Func<Contestant> start) in _servers)
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
        foreach ((string name, Func<Contestant> start) in _servers)
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
        Console.WriteLine("\nmemory with all names, after 4 s of queries: MB");
        foreach ((string name, Func<Contestant> start) in _servers)
        {
            using Contestant server = start();
            double before = server.Megabytes();
            Dnsperf(server, _names.Hits, 4, ["-c", "4"]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-24} {before,8:F0} {server.Megabytes(),8:F0}"));
        }
    }

    public async Task FirstAnswerAsync()
    {
        Console.WriteLine("\nfrom its start to the first right answer: ms");
        foreach ((string name, Func<Contestant> start) in _servers)
        {
            using Contestant server = start();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-24} {server.FirstAnswer.TotalMilliseconds,8:F0}"));
        }

        await Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private void AddServers(string kubeconfig)
    {
        int port = 15300;
        void Add(string name, string command, Func<int, string[]> arguments)
        {
            if (Find(command) is not { } path)
            {
                Console.WriteLine($"  {name} isn't here (apt-get install {name})");
                return;
            }

            int own = port++;
            _servers.Add((name, () => Contestant.Start(name, own, ServerCore, GeneratedNames.Name(_names.Services - 1), GeneratedNames.Address(_names.Services - 1), path, arguments(own))));
        }

        string fairlead = Path.GetFullPath("out/bin/fairlead");
        Add("fairlead", Environment.GetEnvironmentVariable("FAIRLEAD") ?? fairlead, p => ["dns", "--kubeconfig", kubeconfig, "--listen", $"127.0.0.1:{p}", "--threads", "1", "--metrics-address", $"127.0.0.1:{p + 1000}"]);
        string zone = _names.ZoneFile();
        Add("knot", "knotd", p => ["-c", _names.Save("knot.conf", $"""
            server:
              rundir: {_names.Directory}
              udp-workers: 1
              tcp-workers: 1
              listen: 127.0.0.1@{p}
            database:
              storage: {_names.Directory}
            zone:
              - domain: cluster.local
                file: {zone}
            """)]);
        string data = _names.UnboundData();
        Add("unbound", "unbound", p => ["-d", "-c", _names.Save("unbound.conf", $"""
            server:
              interface: 127.0.0.1
              port: {p}
              num-threads: 1
              do-daemonize: no
              chroot: ""
              username: ""
              pidfile: ""
              use-syslog: no
              incoming-num-tcp: 100
              access-control: 127.0.0.0/8 allow
            include: {data}
            """)]);
        string hosts = _names.HostsFile();
        Add("dnsmasq", "dnsmasq", p => ["-k", "-u", "root", "-C", "/dev/null", "-p", $"{p}", "-a", "127.0.0.1", "--bind-interfaces", "-h", "-H", hosts, "--local=/cluster.local/", "-R", "--pid-file", "-c", "10000"]);
        if (Environment.GetEnvironmentVariable("FAIRLEAD_COREDNS") is { } coredns)
        {
            Add("coredns", coredns, p => ["-conf", _names.Save("Corefile", $"cluster.local:{p} {{\n bind 127.0.0.1\n kubernetes cluster.local {{\n kubeconfig {kubeconfig}\n }}\n}}\n")]);
        }
    }

    private static string Dnsperf(Contestant server, string questions, int seconds, string[] more)
    {
        ProcessStartInfo start = new("taskset", ["-c", ClientCore, "dnsperf", "-s", "127.0.0.1", "-p", $"{server.Port}", "-d", questions, "-l", $"{seconds}", .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
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

    private static string? Find(string command) => Path.IsPathRooted(command)
        ? File.Exists(command) ? command : null
        : s_directories.Select(d => Path.Combine(d, command)).FirstOrDefault(File.Exists);
}
