using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kernel;
using Fairlead.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Bench.Routes;

/// <summary>
/// Pairs of pods in namespaces: joined by a bare veth; on nodes that are routed by hand, directly and by VXLAN, as well as that goes with ip and bridge alone;
/// and on nodes that an agent looks after.
/// </summary>
internal sealed class PodPairs : IDisposable
{
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"flr{Environment.ProcessId}-");
    private readonly Dictionary<string, NetworkNamespace> namespaces = [];
    private readonly List<(CancellationTokenSource Stop, Thread Thread, Reconciler Reconciler, AgentMetrics Metrics)> agents = [];

    public PodPairs()
    {
        Make("floor-a");
        Make("floor-b");
        Ip("-n", prefix + "floor-a", "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", prefix + "floor-b");
        Configure("floor-a", "eth0", "192.168.0.1/24");
        Configure("floor-b", "eth0", "192.168.0.2/24");

        // By hand, directly.
        Nodes("hand", 210, 1500);
        Pod("hand-n0", "hand-a", "10.210.0", 5, 1500);
        Pod("hand-n0", "hand-b", "10.210.0", 6, 1500);
        Pod("hand-n1", "hand-c", "10.210.1", 7, 1500);
        Ip("-n", prefix + "hand-n0", "route", "add", "10.210.1.0/24", "via", "172.16.0.2");
        Ip("-n", prefix + "hand-n1", "route", "add", "10.210.0.0/24", "via", "172.16.0.1");

        // By hand, through a tunnel.
        Nodes("tunnel", 220, 1450);
        Pod("tunnel-n0", "tunnel-a", "10.220.0", 5, 1450);
        Pod("tunnel-n1", "tunnel-c", "10.220.1", 7, 1450);
        Tunnel(0, 1);
        Tunnel(1, 0);

        // By agents. Namespaces apart, they may have the same addresses between nodes.
        Nodes("direct", 200, 1500);
        Pod("direct-n0", "a0", "10.200.0", 5, 1500);
        Pod("direct-n0", "a1", "10.200.0", 6, 1500);
        Pod("direct-n1", "b0", "10.200.1", 7, 1500);
        Agents("direct", 200, RoutingMode.Direct);
        Nodes("vxlan", 230, 1500);
        Pod("vxlan-n0", "c0", "10.230.0", 5, 1500);
        Pod("vxlan-n1", "d0", "10.230.1", 7, 1500);
        Agents("vxlan", 230, RoutingMode.Vxlan);
    }

    /// <summary>Gigabits a second of one TCP connection, its two ends on cores of their own: where the machine puts them changes it by more than the way does.</summary>
    public double Throughput(string from, string to, string address, int seconds)
    {
        using Process server = Start(to, "iperf3", "-s", "-1", "-B", address);
        WaitForPort(to, 5201);
        string json = Read(from, "iperf3", "-J", "-A", "0,1", "-c", address, "-t", seconds.ToString(CultureInfo.InvariantCulture));
        server.WaitForExit();
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("end").GetProperty("sum_received").GetProperty("bits_per_second").GetDouble() / 1e9;
    }

    /// <summary>Microseconds that one byte takes there and back, the median.</summary>
    public double Trip(string from, string to, string address, TimeSpan duration)
    {
        using Socket listener = namespaces[to].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 9000));
        listener.Listen(1);
        Thread echo = new(() =>
        {
            using Socket peer = listener.Accept();
            peer.NoDelay = true;
            byte[] buffer = new byte[1];
            while (peer.Receive(buffer) > 0)
            {
                peer.Send(buffer);
            }
        });
        echo.Start();
        List<double> trips = [];
        using (Socket client = namespaces[from].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)))
        {
            client.NoDelay = true;
            client.Connect(new IPEndPoint(IPAddress.Parse(address), 9000));
            byte[] buffer = new byte[1];
            long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < end)
            {
                long started = Stopwatch.GetTimestamp();
                client.Send(buffer);
                client.Receive(buffer);
                trips.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
            }
        }

        echo.Join();
        trips.Sort();
        return trips[trips.Count / 2];
    }

    private void Nodes(string name, int second, int podMtu)
    {
        for (int i = 0; i < 2; i++)
        {
            string node = $"{name}-n{i.ToString(CultureInfo.InvariantCulture)}";
            Make(node);
            Run(node, "sysctl", "-qw", "net.ipv4.ip_forward=1");
            Ip("-n", prefix + node, "link", "add", "cnio0", "mtu", podMtu.ToString(CultureInfo.InvariantCulture), "type", "bridge");
            Configure(node, "cnio0", string.Create(CultureInfo.InvariantCulture, $"10.{second}.{i}.1/24"));
        }

        Ip("-n", $"{prefix}{name}-n0", "link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", $"{prefix}{name}-n1");
        Configure($"{name}-n0", "eth0", "172.16.0.1/24");
        Configure($"{name}-n1", "eth0", "172.16.0.2/24");
    }

    private void Pod(string node, string pod, string network, int host, int mtu)
    {
        string bytes = mtu.ToString(CultureInfo.InvariantCulture);
        Make(pod);
        Ip("-n", prefix + node, "link", "add", $"v{pod}", "mtu", bytes, "type", "veth", "peer", "eth0", "mtu", bytes, "netns", prefix + pod);
        Ip("-n", prefix + node, "link", "set", $"v{pod}", "master", "cnio0", "up");
        Configure(pod, "eth0", string.Create(CultureInfo.InvariantCulture, $"{network}.{host}/24"));
        Ip("-n", prefix + pod, "route", "add", "default", "via", $"{network}.1");
    }

    /// <summary>The fastest tunnel that ip and bridge can make: nothing is learned, no outer checksums, no netfilter on either node.</summary>
    private void Tunnel(int here, int there)
    {
        string node = string.Create(CultureInfo.InvariantCulture, $"tunnel-n{here}"), mac = string.Create(CultureInfo.InvariantCulture, $"0a:00:00:00:00:0{there}");
        string network = string.Create(CultureInfo.InvariantCulture, $"10.220.{there}.0"), remote = string.Create(CultureInfo.InvariantCulture, $"172.16.0.{there + 1}");
        Ip("-n", prefix + node, "link", "add", "tunnel", "address", string.Create(CultureInfo.InvariantCulture, $"0a:00:00:00:00:0{here}"), "mtu", "1450", "type", "vxlan", "id", "1", "dstport", "8472",
            "local", string.Create(CultureInfo.InvariantCulture, $"172.16.0.{here + 1}"), "dev", "eth0", "nolearning", "noudpcsum");
        Configure(node, "tunnel", string.Create(CultureInfo.InvariantCulture, $"10.220.{here}.0/32"));
        Ip("-n", prefix + node, "neigh", "add", network, "lladdr", mac, "dev", "tunnel", "nud", "permanent");
        Run(node, "bridge", "fdb", "add", mac, "dst", remote, "dev", "tunnel", "self", "permanent");
        Ip("-n", prefix + node, "route", "add", $"{network}/24", "via", network, "dev", "tunnel", "onlink");
    }

    private void Agents(string name, int second, RoutingMode mode)
    {
        ClusterFeed[] feeds = new ClusterFeed[2];
        NodeState[] nodes = [.. Enumerable.Range(0, 2).Select(i => new NodeState
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"n{i}"),
            Addresses = [NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"172.16.0.{i + 1}"))],
            PodCidrs = [NetPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{second}.{i}.0/24"))],
            Mode = mode,
            Vtep = mode == RoutingMode.Vxlan ? new(new((ulong)(0x0a_00_00_00_01_00 + i)), NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"172.16.0.{i + 1}"))) : null,
        })];
        using CountdownEvent committed = new(2);
        for (int i = 0; i < 2; i++)
        {
            ClusterFeed feed = feeds[i] = new(TimeProvider.System) { NodeName = nodes[i].Name };
            foreach (NodeState node in nodes)
            {
                feed.Apply(node.Name, node);
            }

            NodeSettings settings = new() { NodeName = nodes[i].Name, Mode = mode, ClusterCidrs = [NetPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{second}.0.0/16"))] };
            CancellationTokenSource stop = new();
            AgentMetrics metrics = new();
            NetworkNamespace place = namespaces[string.Create(CultureInfo.InvariantCulture, $"{name}-n{i}")];
            Reconciler reconciler = place.Run(() => new Reconciler(
                feed, settings, new(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)), metrics, NullLogger.Instance, TimeProvider.System));
            bool first = true;
            reconciler.PlanCommitted += _ =>
            {
                if (first)
                {
                    first = false;
                    committed.Signal();
                }
            };
            Thread thread = new(() => place.Run(() => reconciler.Run(stop.Token))) { IsBackground = true };
            thread.Start();
            agents.Add((stop, thread, reconciler, metrics));
        }

        committed.Wait(TimeSpan.FromSeconds(30));
    }

    /// <summary>iperf3 -1 serves one client, so that asking by connecting would be it: that it listens is seen in /proc.</summary>
    private void WaitForPort(string where, int port)
    {
        string listening = string.Create(CultureInfo.InvariantCulture, $":{port:X4} 00000000:0000 0A");
        long until = Environment.TickCount64 + 10_000;
        while (!namespaces[where].Run(() => File.ReadAllText("/proc/thread-self/net/tcp")).Contains(listening, StringComparison.Ordinal))
        {
            if (Environment.TickCount64 > until)
            {
                throw new InvalidOperationException($"nobody listens on port {port} in {where}");
            }

            Thread.Sleep(10);
        }
    }

    private void Make(string name)
    {
        namespaces[name] = NetworkNamespace.CreateNamed(prefix + name);
        Ip("-n", prefix + name, "link", "set", "lo", "up");
    }

    private void Configure(string where, string link, string address)
    {
        Ip("-n", prefix + where, "address", "add", address, "dev", link);
        Ip("-n", prefix + where, "link", "set", link, "up");
    }

    private void Run(string where, params string[] command) => Ip(["netns", "exec", prefix + where, .. command]);

    private string Read(string where, params string[] command)
    {
        using Process process = Start(where, command);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)}: {output}");
    }

    private Process Start(string where, params string[] command)
    {
        ProcessStartInfo start = new("ip", ["netns", "exec", prefix + where, .. command]) { RedirectStandardOutput = true };
        return Process.Start(start)!;
    }

    private static void Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }

    /// <summary>Sets a sysctl on both nodes of a kind.</summary>
    public void Set(string nodes, string sysctl, string value)
    {
        Run($"{nodes}-n0", "sysctl", "-qw", $"{sysctl}={value}");
        Run($"{nodes}-n1", "sysctl", "-qw", $"{sysctl}={value}");
    }

    /// <summary>Takes a node's rules away, once nobody puts them back.</summary>
    public void DeleteTables(string nodes)
    {
        StopAgents();
        Run($"{nodes}-n0", "nft", "delete", "table", "inet", "fairlead");
        Run($"{nodes}-n1", "nft", "delete", "table", "inet", "fairlead");
    }

    private void StopAgents()
    {
        foreach ((CancellationTokenSource stop, Thread thread, Reconciler reconciler, AgentMetrics metrics) in agents)
        {
            stop.Cancel();
            thread.Join();
            reconciler.Dispose();
            metrics.Dispose();
            stop.Dispose();
        }

        agents.Clear();
    }

    public void Dispose()
    {
        StopAgents();
        foreach ((string name, NetworkNamespace place) in namespaces)
        {
            place.Dispose();
            NetworkNamespace.DeleteNamed(prefix + name);
        }
    }
}
