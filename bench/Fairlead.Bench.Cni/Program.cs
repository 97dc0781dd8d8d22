using System.Diagnostics;
using System.Globalization;
using System.Net;
using Fairlead.Bench.Cni;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

// ADD and DEL of bridge + host-local with isGateway and ipMasq: ours and the reference's in turn, in one run, beside the kernel's floor: the same veth,
// addresses and routes by an open netlink socket. Everything happens in namespaces of its own. Arguments: rounds (40), and how many at once (20).
int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 40;
int atOnce = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 20;
const string Reference = "/usr/lib/cni";
string ours = Environment.GetEnvironmentVariable("FAIRLEAD_CNI_BIN") ?? Path.GetFullPath("out/cni");
if (!File.Exists($"{ours}/bridge"))
{
    Console.Error.WriteLine($"{ours} has no bridge: run `make build` first, or set FAIRLEAD_CNI_BIN.");
    return 1;
}

bool hasReference = File.Exists($"{Reference}/bridge");
if (!hasReference)
{
    Console.WriteLine("the reference plugins are not there (apt-get install containernetworking-plugins): only ours are measured");
}

string state = Directory.CreateTempSubdirectory("fairlead-bench-cni-").FullName;
using NetworkNamespace host = NetworkNamespace.Create();
string[] names = [.. Enumerable.Range(0, Math.Max(1, atOnce)).Select(i => $"flbench-{Environment.ProcessId}-{i}")];
NetworkNamespace[] pods = [.. names.Select(NetworkNamespace.CreateNamed)];
try
{
    host.Run(() =>
    {
        List<(string, string)> peers = [("ours", ours)];
        if (hasReference)
        {
            peers.Add(("reference", Reference));
        }

        Dictionary<string, List<PluginRun>> runs = [];
        for (int round = -3; round < rounds; round++)
        {
            foreach ((string who, string bin) in peers)
            {
                foreach (string command in (string[])["ADD", "DEL"])
                {
                    PluginRun run = PluginRun.Call($"{bin}/bridge", Configuration(who), command, "bench", $"/run/netns/{names[0]}", bin);
                    if (round >= 0)
                    {
                        Of(runs, $"{command} {who}").Add(run);
                    }
                }
            }

            (double add, double delete) = Floor();
            if (round >= 0)
            {
                Of(runs, "ADD floor").Add(new PluginRun(add, 0));
                Of(runs, "DEL floor").Add(new PluginRun(delete, 0));
            }
        }

        Console.WriteLine($"bridge + host-local, isGateway, ipMasq; {rounds} rounds in turn; the executable has {new FileInfo($"{ours}/bridge").Length / 1048576.0:F2} MiB");
        Dictionary<string, string> peaks = peers.SelectMany(peer => Peaks(peer.Item1, peer.Item2)).ToDictionary();
        Console.WriteLine("                  fastest   median      p95      processor   peak memory");
        foreach (string row in (string[])["ADD floor", "ADD ours", "ADD reference", "DEL floor", "DEL ours", "DEL reference"])
        {
            if (runs.TryGetValue(row, out List<PluginRun>? of))
            {
                string own = peaks.TryGetValue(row, out string? peak) ? $"{of.Average(run => run.ProcessorMilliseconds),9:F1} ms   {peak,7}" : "";
                Console.WriteLine($"{row,-16} {of.Min(run => run.Milliseconds),8:F2} {Median(of.Select(run => run.Milliseconds)),8:F2} {Percentile(of.Select(run => run.Milliseconds), 0.95),8:F2} ms {own}");
            }
        }

        Console.WriteLine($"{atOnce} at once, until the last is done:");
        foreach ((string who, string bin) in peers)
        {
            foreach (string command in (string[])["ADD", "DEL"])
            {
                long start = Stopwatch.GetTimestamp();
                PluginRun.Started[] started = [.. Enumerable.Range(0, atOnce).Select(i =>
                    PluginRun.Start($"{bin}/bridge", Configuration(who), command, $"bench{i}", $"/run/netns/{names[i]}", bin))];
                foreach (PluginRun.Started one in started)
                {
                    one.Wait();
                }

                Console.WriteLine($"{command} {who,-12} {Stopwatch.GetElapsedTime(start).TotalMilliseconds,8:F1} ms");
            }
        }
    });
    return 0;
}
finally
{
    foreach ((NetworkNamespace pod, string name) in pods.Zip(names))
    {
        pod.Dispose();
        NetworkNamespace.DeleteNamed(name);
    }

    Directory.Delete(state, recursive: true);
}

string Configuration(string who) => $$"""
    {"cniVersion":"1.0.0","name":"{{who}}","type":"bridge","bridge":"br-{{who}}","isGateway":true,"ipMasq":true,
     "ipam":{"type":"host-local","dataDir":"{{state}}","ranges":[[{"subnet":"10.{{(who == "ours" ? 1 : 2)}}.0.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]} }
    """;

(double Add, double Delete) Floor()
{
    using RouteNetlink route = RouteNetlink.Open();
    using RouteNetlink inside = RouteNetlink.Open(pods[0]);
    int bridge = route.FindLink("br-ours")!.Index;
    long start = Stopwatch.GetTimestamp();
    VethPair pair = route.AddVeth(new LinkOptions { Name = "vethfloor", MasterIndex = bridge, Up = true }, new LinkOptions { Name = "eth0", Namespace = pods[0] });
    inside.AddAddress(new InterfaceAddress { LinkIndex = pair.Far, Address = IPAddress.Parse("10.1.0.250"), PrefixLength = 24 });
    inside.SetLink(pair.Far, new LinkOptions { Up = true });
    inside.AddRoute(new RouteEntry { Destination = IPNetwork.Parse("0.0.0.0/0"), Gateway = IPAddress.Parse("10.1.0.1") });
    double add = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    start = Stopwatch.GetTimestamp();
    route.DeleteLink(pair.Near);
    return (add, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
}

// The largest of the plugin's process and its children, as time(1) counts it.
IEnumerable<KeyValuePair<string, string>> Peaks(string who, string bin)
{
    foreach (string command in (string[])["ADD", "DEL"])
    {
        string report = Path.Combine(state, "peak");
        ProcessStartInfo start = new("time", ["-f", "%M", "-o", report, $"{bin}/bridge"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in ((string, string)[])[("CNI_COMMAND", command), ("CNI_CONTAINERID", "bench"), ("CNI_NETNS", $"/run/netns/{names[0]}"), ("CNI_IFNAME", "eth0"), ("CNI_PATH", bin)])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Write(Configuration(who));
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        yield return KeyValuePair.Create($"{command} {who}", $"{double.Parse(File.ReadAllLines(report)[^1], CultureInfo.InvariantCulture) / 1024:F1} MiB");
    }
}

static List<PluginRun> Of(Dictionary<string, List<PluginRun>> runs, string row) => runs.TryGetValue(row, out List<PluginRun>? list) ? list : runs[row] = [];

static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

static double Percentile(IEnumerable<double> values, double share)
{
    double[] sorted = [.. values.Order()];
    return sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
}
