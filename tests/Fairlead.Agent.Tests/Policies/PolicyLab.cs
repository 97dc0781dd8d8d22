using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fairlead.Agent.Tests.Flows;
using Fairlead.Agent.Watching;
using Fairlead.Kernel;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>
/// Two nodes side by side, each with the agent's reconciler, and the pods of upstream's policy tests: namespaces x, y, z with pods a, b, c; x and y on
/// node-0, z on node-1. A host outside is reached through node-0. Made with <c>ip</c> in one go.
/// </summary>
internal sealed class PolicyLab : IDisposable
{
    private static int s_count;
    private readonly string prefix = string.Create(CultureInfo.InvariantCulture, $"flpo{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}-");
    private readonly Dictionary<string, NetworkNamespace> namespaces = [];
    private readonly List<TestAgent> agents = [];

    public PolicyLab()
    {
        try
        {
            Make();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Make()
    {
        StringBuilder script = new();
        foreach (string name in (string[])["node-0", "node-1", "outside", .. Pods.Select(p => p.Name.Replace('/', '-'))])
        {
            namespaces[name] = NetworkNamespace.CreateNamed(prefix + name);
            script.AppendLine(CultureInfo.InvariantCulture, $"netns exec {prefix}{name} sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
            Add(script, name, "link set lo up");
        }

        Join(script, "node-0", "node-1", "between", "10.240.0.20/24", "fd00:240::20/64", "10.240.0.21/24", "fd00:240::21/64");
        Join(script, "node-0", "outside", "out", "10.99.0.1/24", "fd00:99::1/64", "10.99.0.5/24", "fd00:99::5/64");
        Add(script, "outside", "route add default via 10.99.0.1");
        Add(script, "outside", "-6 route add default via fd00:99::1");
        for (int node = 0; node < 2; node++)
        {
            string other = node == 0 ? "1" : "0";
            Add(script, $"node-{node}", "link add cnio0 type bridge forward_delay 0");
            Add(script, $"node-{node}", "link set cnio0 up");
            Add(script, $"node-{node}", $"address add 10.200.{node}.1/24 dev cnio0");
            Add(script, $"node-{node}", $"address add fd00:200:0:{node}::1/64 dev cnio0 nodad");
            Add(script, $"node-{node}", $"route add 10.200.{other}.0/24 via 10.240.0.2{other}");
            Add(script, $"node-{node}", $"-6 route add fd00:200:0:{other}::/64 via fd00:240::2{other}");
        }

        Add(script, "node-1", "route add default via 10.240.0.20");
        Add(script, "node-1", "-6 route add default via fd00:240::20");
        foreach (LabPod pod in Pods)
        {
            string name = pod.Name.Replace('/', '-');
            Add(script, $"node-{pod.Node}", $"link add v{name} type veth peer eth0 netns {prefix}{name}");
            Add(script, $"node-{pod.Node}", $"link set v{name} master cnio0 up");
            Add(script, $"node-{pod.Node}", $"link set v{name} type bridge_slave hairpin on");
            Add(script, name, "link set eth0 up");
            Add(script, name, $"address add {pod.Address4}/24 dev eth0");
            Add(script, name, $"address add {pod.Address6}/64 dev eth0 nodad");
            Add(script, name, $"route add default via 10.200.{pod.Node}.1");
            Add(script, name, $"-6 route add default via fd00:200:0:{pod.Node}::1");
        }

        Shell(script.ToString());
        for (int node = 0; node < 2; node++)
        {
            ClusterFeed feed = new(TimeProvider.System) { NodeName = $"node-{node}" };
            Feeds.Add(feed);
            foreach (string number in (string[])["0", "1"])
            {
                feed.Apply($"node-{number}", new NodeState
                {
                    Name = $"node-{number}",
                    Addresses = [NetAddress.Parse($"10.240.0.2{number}"), NetAddress.Parse($"fd00:240::2{number}")],
                    PodCidrs = [NetPrefix.Parse($"10.200.{number}.0/24"), NetPrefix.Parse($"fd00:200:0:{number}::/64")],
                });
            }

            agents.Add(new TestAgent(namespaces[$"node-{node}"], Settings(node), feed).Start());
        }
    }

    public static IReadOnlyList<LabPod> Pods { get; } =
        [.. from ns in (string[])["x", "y", "z"] from pod in (string[])["a", "b", "c"] select new LabPod(ns, pod)];

    /// <summary>Its ranges; the excepted parts hold y's pods and one of z's.</summary>
    public static AddressPlan Plan { get; } = new("10.200.0.0/24", "10.200.1.0/24", "fd00:200::/64", "10.200.0.0/16", ["10.200.0.20/30", "10.200.1.30/32"], "fd00:200::/48", ["fd00:200:0:1::/64"]);

    public List<ClusterFeed> Feeds { get; } = [];

    public IReadOnlyList<TestAgent> Agents => agents;

    public NetworkNamespace this[string name] => namespaces[name.Replace('/', '-')];

    public static NodeSettings Settings(int node) => new()
    {
        NodeName = $"node-{node}",
        ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16"), NetPrefix.Parse("fd00:200::/48")],
    };

    public void Settle()
    {
        foreach (TestAgent agent in agents)
        {
            agent.Settle();
        }
    }

    public string Name(string name) => prefix + name;

    private void Join(StringBuilder script, string one, string other, string link, params string[] addresses)
    {
        Add(script, one, $"link add {link} type veth peer {link} netns {prefix}{other}");
        for (int i = 0; i < 2; i++)
        {
            string name = i == 0 ? one : other;
            Add(script, name, $"link set {link} up");
            Add(script, name, $"address add {addresses[i * 2]} dev {link}");
            Add(script, name, $"address add {addresses[(i * 2) + 1]} dev {link} nodad");
        }
    }

    private void Add(StringBuilder script, string ns, string command) => script.AppendLine(CultureInfo.InvariantCulture, $"-n {prefix}{ns} {command}");

    private static void Shell(string script)
    {
        string text = string.Join('\n', script.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => "ip " + l));
        ProcessStartInfo start = new("bash", ["-e"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
    }

    public void Dispose()
    {
        foreach (TestAgent agent in agents)
        {
            agent.Dispose();
        }

        foreach ((string name, NetworkNamespace one) in namespaces)
        {
            one.Dispose();
            NetworkNamespace.DeleteNamed(prefix + name);
        }
    }
}

/// <summary>One of the nine pods.</summary>
internal sealed record LabPod(string Namespace, string Pod)
{
    public string Name => $"{Namespace}/{Pod}";

    public int Node => Namespace == "z" ? 1 : 0;

    public int Host => ((Namespace[0] - 'x') * 10) + (Pod[0] - 'a') + 10;

    public string Address4 => string.Create(CultureInfo.InvariantCulture, $"10.200.{Node}.{Host}");

    public string Address6 => System.Net.IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:200:0:{Node}::{Host}")).ToString();
}
