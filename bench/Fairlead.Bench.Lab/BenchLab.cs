using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Bench.Lab;

/// <summary>A lab that out/bin/fairlead brought up, with a Service whose pods serve HTTP.</summary>
internal sealed partial class BenchLab : IDisposable
{
    private const string Name = "bench";
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);
    private readonly RunningLab _lab = RunningLab.Open(Name);
    private readonly KubernetesClient _client;
    private string _clusterIp = "";

    private BenchLab() => _client = KubernetesClient.FromKubeconfig(_lab.Paths.Kubeconfig);

    public static BenchLab Up(int nodes)
    {
        Shipped.Run("lab", "up", "--name", Name, "--nodes", $"{nodes}");
        return new BenchLab();
    }

    public void Dispose()
    {
        _client.Dispose();
        Shipped.Run("lab", "down", "--name", Name);
    }

    /// <summary>Creates a Deployment whose image has no command, so its pods serve HTTP, and a Service for it.</summary>
    public async Task ServeAsync(int replicas)
    {
        JsonObject labels = new() { ["app"] = "web" };
        _ = await _client.CreateAsync<Deployment>(
            new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "Deployment",
                ["metadata"] = new JsonObject { ["name"] = "web" },
                ["spec"] = new JsonObject
                {
                    ["replicas"] = replicas,
                    ["selector"] = new JsonObject { ["matchLabels"] = labels.DeepClone() },
                    ["template"] = new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["labels"] = labels.DeepClone() },
                        ["spec"] = new JsonObject
                        {
                            ["terminationGracePeriodSeconds"] = 1,
                            ["containers"] = new JsonArray(new JsonObject { ["name"] = "web", ["image"] = "web" }),
                        },
                    },
                },
            },
            "default");
        Service service = await _client.CreateAsync<Service>(
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Service",
                ["metadata"] = new JsonObject { ["name"] = "web" },
                ["spec"] = new JsonObject { ["selector"] = labels.DeepClone(), ["ports"] = new JsonArray(new JsonObject { ["port"] = 80 }) },
            },
            "default");
        _clusterIp = service.Spec.ClusterIP!;
    }

    /// <summary>Asks the Service from the last node until it answers.</summary>
    public async Task FirstAnswerAsync()
    {
        using NetworkNamespace node = NetworkNamespace.OpenNamed(_lab.Topology.Workers.Last().Namespace);
        while (true)
        {
            using Socket socket = node.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 1000 });
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(_clusterIp), 80, patience.Token);
                socket.Send("GET / HTTP/1.0\r\n\r\n"u8);
                byte[] answer = new byte[512];
                if (Encoding.ASCII.GetString(answer, 0, socket.Receive(answer)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                await Task.Delay(s_pause);
            }
        }
    }

    public Task WaitForPodsAsync(int ready) => UntilAsync(async () => (await _client.GetAsync<Deployment>(new ObjectKey("default", "web"))).Status.ReadyReplicas >= ready);

    public async Task StopServingAsync()
    {
        await _client.DeleteAsync<Deployment>(new ObjectKey("default", "web"), new DeleteOptions { PropagationPolicy = "Background" });
        await UntilAsync(async () => (await _client.ListAsync<Pod>(new ListOptions { Namespace = "default" })).Items.Count == 0);
    }

    /// <summary>Memory now (Pss), and CPU time in a while during which nobody asks for anything, as a share of one core.</summary>
    public async Task<Cost> MeasureAsync(TimeSpan rest)
    {
        string[] hosts = [.. _lab.Topology.Hosts.Select(host => host.Name)];
        string node = _lab.Topology.Workers.First().Name;
        Dictionary<string, IReadOnlyList<int>> processes = hosts.ToDictionary(host => host, host => LabCgroup.Of(Name, host).Processes());
        Dictionary<string, double> before = processes.ToDictionary(entry => entry.Key, entry => entry.Value.Sum(CpuSeconds));
        await Task.Delay(rest);
        Dictionary<string, double> used = processes.ToDictionary(entry => entry.Key, entry => (entry.Value.Sum(CpuSeconds) - before[entry.Key]) / rest.TotalSeconds);
        return new Cost(processes.Values.SelectMany(ids => ids).Sum(Shipped.ProportionalBytes), processes[node].Sum(Shipped.ProportionalBytes), used.Values.Sum(), used[node]);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(50);
        }
    }

    /// <summary>What it has run, by its own clock (clock_getcpuclockid(3)): at rest that is less than the hundredths of a second in /proc/PID/stat.</summary>
    private static double CpuSeconds(int process) =>
        GetCpuClock(process, out int clock) == 0 && GetTime(clock, out Timespec time) == 0 ? time.Seconds + time.Nanoseconds / 1e9 : 0;

    [LibraryImport("libc", EntryPoint = "clock_getcpuclockid")]
    private static partial int GetCpuClock(int process, out int clock);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Timespec time);

    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}

/// <param name="Bytes">Memory of all processes of the lab.</param>
/// <param name="NodeBytes">Memory of one node's.</param>
/// <param name="Cpu">CPU of all, of one core.</param>
/// <param name="NodeCpu">CPU of one node's.</param>
internal readonly record struct Cost(long Bytes, long NodeBytes, double Cpu, double NodeCpu);
