using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Kernel.Route;
using Fairlead.Kubernetes;

namespace Fairlead.Bench.Services;

/// <summary>
/// The agent as it ships, beside an API server that holds the cluster: how long from its start to a kernel that has everything, and what it weighs then.
/// Runs in namespaces of its own (<c>unshare</c>), where the two find each other at 127.0.0.1.
/// </summary>
internal static class AgentMemory
{
    private static string Executable => Environment.GetEnvironmentVariable("FAIRLEAD") ?? Path.GetFullPath("out/bin/fairlead");

    /// <summary>Starts itself again in a namespace of its own.</summary>
    public static int Run(string[] sizes)
    {
        // With a /run of its own as well: the agent tells plugins of the MTU there.
        using Process inside = Process.Start(
            "unshare",
            ["--net", "--mount", "--", "sh", "-c", "mount -t tmpfs fairlead /run && exec \"$0\" \"$@\"", Environment.ProcessPath!, "agent-inside", .. sizes.Length > 0 ? sizes : ["10000x10"]]);
        inside.WaitForExit();
        return inside.ExitCode;
    }

    public static async Task RunInsideAsync(string[] sizes)
    {
        using (RouteNetlink netlink = RouteNetlink.Open())
        {
            netlink.SetLink(netlink.FindLink("lo")!.Index, new LinkOptions { Up = true });
        }

        Console.WriteLine("services x endpoints | agent's start to everything in the kernel | agent's CPU | agent's memory (Pss, of it private) | most it had (resident)");
        foreach (string size in sizes)
        {
            int[] numbers = [.. size.Split('x').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            await OneAsync(size, numbers[0], numbers[1]);
        }
    }

    private static async Task OneAsync(string size, int services, int endpoints)
    {
        string directory = Directory.CreateTempSubdirectory("fairlead-bench-").FullName;
        string kubeconfig = Path.Combine(directory, "kubeconfig");
        Process? server = null, agent = null;
        try
        {
            server = Process.Start(Executable,
                ["apiserver", "--data-dir", directory, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", "6443",
                 "--service-cluster-ip-range", "10.32.0.0/12", "--kubeconfig-out", kubeconfig]);
            using KubernetesClient client = await ConnectAsync(kubeconfig);
            await FillAsync(client, services, endpoints);

            long started = Stopwatch.GetTimestamp();
            agent = Process.Start(Executable,
                ["agent", "--kubeconfig", kubeconfig, "--node-name", "node-0", "--health-address", "127.0.0.1:10256", "--socket", "", "--probe-interval-s", "0"]);
            using HttpClient http = new();
            while (!(await MetricsAsync(http)).Contains($"fairlead_services {services + 1}", StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }

            TimeSpan ready = Stopwatch.GetElapsedTime(started);
            await Task.Delay(TimeSpan.FromSeconds(5));
            agent.Refresh();
            (long pss, long own) = Rollup(agent.Id);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size} | {ready.TotalSeconds:f1} s | {agent.TotalProcessorTime.TotalSeconds:f1} s | {pss >> 10} MB, {own >> 10} MB | {agent.PeakWorkingSet64 >> 20} MB"));
        }
        finally
        {
            agent?.Kill();
            server?.Kill();
            agent?.WaitForExit();
            server?.WaitForExit();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<KubernetesClient> ConnectAsync(string kubeconfig)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                KubernetesClient client = KubernetesClient.FromKubeconfig(kubeconfig);
                await client.SendJsonAsync(HttpMethod.Get, "/api/v1/namespaces/default");
                return client;
            }
            catch (Exception error) when (attempt < 200 && error is IOException or HttpRequestException or KubernetesException)
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task FillAsync(KubernetesClient client, int services, int endpoints)
    {
        await client.SendJsonAsync(HttpMethod.Post, "/api/v1/nodes", JsonNode.Parse("""{"kind":"Node","apiVersion":"v1","metadata":{"name":"node-0"},"spec":{"podCIDR":"10.200.0.0/24","podCIDRs":["10.200.0.0/24"]}}"""));
        await client.SendJsonAsync(HttpMethod.Post, "/api/v1/namespaces", JsonNode.Parse("""{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"bench"}}"""));
        await Parallel.ForAsync(0, services, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (number, stop) =>
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"service-{number:d6}");
            await client.SendJsonAsync(HttpMethod.Post, "/api/v1/namespaces/bench/services", new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Service",
                ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = new JsonObject
                {
                    ["clusterIP"] = GeneratedCluster.Address(33, number).ToString(),
                    ["ports"] = new JsonArray(new JsonObject { ["port"] = 80, ["targetPort"] = 8080 }),
                },
            }, stop);
            await client.SendJsonAsync(HttpMethod.Post, "/apis/discovery.k8s.io/v1/namespaces/bench/endpointslices", new JsonObject
            {
                ["apiVersion"] = "discovery.k8s.io/v1",
                ["kind"] = "EndpointSlice",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name + "-x",
                    ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = name, ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io" },
                },
                ["addressType"] = "IPv4",
                ["ports"] = new JsonArray(new JsonObject { ["name"] = "", ["port"] = 8080, ["protocol"] = "TCP" }),
                ["endpoints"] = new JsonArray([.. Enumerable.Range(0, endpoints).Select(e => (JsonNode)Endpoint(name, (number * endpoints) + e))]),
            }, stop);
        });
    }

    /// <summary>As the EndpointSlice controller writes one.</summary>
    private static JsonObject Endpoint(string service, int number) => new()
    {
        ["addresses"] = new JsonArray(GeneratedCluster.Address(200, number).ToString()),
        ["conditions"] = new JsonObject { ["ready"] = true, ["serving"] = true, ["terminating"] = false },
        ["nodeName"] = "node-1",
        ["targetRef"] = new JsonObject
        {
            ["kind"] = "Pod",
            ["namespace"] = "bench",
            ["name"] = string.Create(CultureInfo.InvariantCulture, $"{service}-{number:x8}"),
            ["uid"] = new Guid(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]).ToString(),
        },
    };

    private static async Task<string> MetricsAsync(HttpClient http)
    {
        try
        {
            return await http.GetStringAsync(new Uri("http://127.0.0.1:10256/metrics"));
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    /// <summary>Pss and private memory, in KiB.</summary>
    private static (long Pss, long Private) Rollup(int process)
    {
        string[] lines = File.ReadAllLines($"/proc/{process}/smaps_rollup");
        long Of(string name) => long.Parse(lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return (Of("Pss:"), Of("Private_Clean:") + Of("Private_Dirty:"));
    }
}
