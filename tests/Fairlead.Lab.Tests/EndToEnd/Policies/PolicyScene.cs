using System.Globalization;
using System.Text;
using Fairlead.Agent.Local;
using Fairlead.Agent.Tests.Policies;
using Fairlead.Kernel;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;
using Fairlead.Network;
using Fairlead.Network.Tests.Policies;
using IPAddress = System.Net.IPAddress;
using Probe = Fairlead.Agent.Tests.Policies.Probe;

namespace Fairlead.Lab.Tests.EndToEnd;

/// <summary>
/// A dual-stack lab of three workers with the pods of upstream's policy tests: namespaces x, y, z with pods a, b, c, some beside each other on one node. Policies go in by the
/// API; connections are tried from inside the pods' own network namespaces, all pairs at once.
/// </summary>
public sealed class PolicyScene : IDisposable
{
    public const string Name = "policy";
    private static readonly string[] s_workers = ["worker-0", "worker-1", "worker-2"];
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Where the pods run: pairs within a node and between nodes, within a namespace and between namespaces.</summary>
    private static readonly (string Pod, int Worker)[] s_pods =
        [("x/a", 0), ("x/b", 0), ("x/c", 1), ("y/a", 0), ("y/b", 1), ("y/c", 2), ("z/a", 1), ("z/b", 2), ("z/c", 2)];

    private readonly List<NetworkNamespace> opened = [];
    private readonly List<ConntrackNetlink> connections = [];
    private readonly List<LocalClient> agents = [];
    private readonly Prober prober;
    private PolicyCase current = new("", [], []);
    private IReadOnlyList<Namespace> namespaces = [];
    private IReadOnlyList<Pod> pods = [];

    public PolicyScene()
    {
        try
        {
            Commands.Require(Commands.Executable, "lab", "up", "--name", Name, "--dual-stack");
            Kubeconfig = Commands.Require(Commands.Executable, "lab", "kubeconfig", "--name", Name).Trim();
            Client = KubernetesClient.FromKubeconfig(Kubeconfig);
            Kubectl("apply", "-f", Path.Combine(Commands.Repository, "deploy/clusternetworkpolicy-crd.yaml"));
            CommandResult applied = Commands.RunWith(Manifest(), Commands.Kubectl()!, "--kubeconfig", Kubeconfig, "apply", "-f", "-");
            Assert.True(applied.ExitCode == 0, applied.Error);
            foreach (string ns in (string[])["x", "y", "z"])
            {
                Kubectl("wait", "--for=condition=Ready", "pods", "--all", "-n", ns, "--timeout=90s");
            }

            (namespaces, pods) = (List<Namespace>(), List<Pod>());
            prober = new([.. s_pods.Select(p => Probed(p.Pod, p.Worker))]);
            foreach (string worker in s_workers)
            {
                using NetworkNamespace node = NetworkNamespace.OpenNamed($"fl-{Name}-{worker}");
                connections.Add(ConntrackNetlink.Open(node));
                agents.Add(new(Path.Combine(new LabPaths(Name).Host(worker), LocalSocket.DefaultPath.TrimStart('/'))));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The ranges of this lab; the excepted parts are one pod of y and one of z, and in IPv6 a whole node.</summary>
    internal AddressPlan Plan => new(
        "10.200.0.0/24", "10.200.1.0/24", "fd00:10:200::/64", "10.200.0.0/16", [$"{prober.Address("y/b", false)}/32", $"{prober.Address("z/a", false)}/32"], "fd00:10:200::/48", ["fd00:10:200:2::/64"]);

    public string Kubeconfig { get; } = "";

    public KubernetesClient Client { get; } = null!;

    public string Kubectl(params string[] arguments) => Commands.Require(Commands.Kubectl()!, ["--kubeconfig", Kubeconfig, .. arguments]);

    /// <summary>Asks the web server of x from a pod; gives curl's exit code.</summary>
    internal int Curl(string from, int seconds = 30)
    {
        string web = pods.Single(p => p.Metadata.Key == new ObjectKey("x", "web")).Status.PodIPs[0].IP;
        string[] parts = from.Split('/');
        return Commands.Run(
            Commands.Kubectl()!, "--kubeconfig", Kubeconfig, "exec", "-n", parts[0], parts[1], "--", "curl", "-sS", "-o", "/dev/null", "-m", $"{seconds}", $"http://{web}:8080/").ExitCode;
    }

    internal static string Denials(string worker) => Commands.Require(Commands.Executable, "lab", "exec", "--name", Name, worker, "--", Commands.Executable, "policy", "denials", "--last", "1000");

    internal string Status() => Commands.Require(Commands.Executable, "policy", "status", "--kubeconfig", Kubeconfig);

    internal static void KillAgent(string worker)
    {
        string[] processes = [.. Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup")
            .Select(hierarchy => Path.Combine(hierarchy, "fairlead", Name, worker, "agent", "cgroup.procs")).Where(File.Exists).SelectMany(File.ReadAllLines).Distinct()];
        Commands.Require("kill", ["-9", .. processes]);
    }

    /// <summary>Puts the policies of a case in the place of those before, and returns when every node's kernel holds them and no others.</summary>
    internal async Task ApplyAsync(PolicyCase one)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        foreach (NetworkPolicy gone in current.Policies)
        {
            await Client.DeleteAsync<NetworkPolicy>(gone.Metadata.Key, cancellationToken: cancellationToken);
        }

        foreach (ClusterNetworkPolicy gone in current.ClusterPolicies)
        {
            await Client.DeleteAsync<ClusterNetworkPolicy>(gone.Metadata.Key, cancellationToken: cancellationToken);
        }

        current = one;
        List<PolicyState> wanted = [];
        foreach (NetworkPolicy policy in one.Policies)
        {
            wanted.Add(PolicyReader.Read(await Client.CreateAsync(policy, cancellationToken), Report));
        }

        foreach (ClusterNetworkPolicy policy in one.ClusterPolicies)
        {
            wanted.Add(PolicyReader.Read(await Client.CreateAsync(policy, cancellationToken), Report));
        }

        string digest = PolicyDigest.Of(wanted);
        foreach (LocalClient agent in agents)
        {
            long start = TimeProvider.System.GetTimestamp();
            string status;
            while (!(status = await StatusOfAsync(agent, cancellationToken)).Contains($"digest {digest}", StringComparison.Ordinal))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < s_patience, $"{one}: a kernel holds other policies than {digest} after {s_patience}:\n{status}");
                await Task.Delay(5, cancellationToken);
            }
        }
    }

    /// <summary>Tries all pairs once and compares with what is promised; says in what they differ.</summary>
    internal IReadOnlyList<string> Differences()
    {
        foreach (ConntrackNetlink node in connections)
        {
            node.Delete(new ConntrackFilter());
        }

        PlainPolicies plain = new(namespaces, pods, current.Policies, current.ClusterPolicies);
        HashSet<Probe> promised = [.. prober.All.Where(p => plain.Allows($"{prober.Address(p.From, p.IPv6)}", $"{prober.Address(p.To, p.IPv6)}", p.Protocol, p.Port))];
        HashSet<Probe> reached = prober.Reach(prober.All, promised, (int)s_patience.TotalSeconds);
        return
        [
            .. promised.Except(reached).Select(p => $"{current}: {p} is allowed and doesn't arrive"),
            .. reached.Except(promised).Select(p => $"{current}: {p} is denied and arrives"),
        ];
    }

    private static async Task<string> StatusOfAsync(LocalClient agent, CancellationToken cancellationToken)
    {
        try
        {
            return await agent.GetAsync("/policy/status", cancellationToken);
        }
        catch (AgentException e)
        {
            return e.Message; // it is starting
        }
    }

    private ProbedPod Probed(string name, int worker)
    {
        NetworkNamespace own = NetworkNamespace.OpenNamed($"fl-{Name}-{s_workers[worker]}_{name.Replace('/', '_')}");
        opened.Add(own);
        IPAddress[] addresses = [.. pods.Single(p => p.Metadata.Key.ToString() == name).Status.PodIPs.Select(i => IPAddress.Parse(i.IP))];
        return new(name, own, addresses.Single(a => a.GetAddressBytes().Length == 4), addresses.Single(a => a.GetAddressBytes().Length == 16));
    }

    private IReadOnlyList<T> List<T>()
        where T : class, IKubernetesObject<T> => Client.ListAsync<T>(cancellationToken: TestContext.Current.CancellationToken).GetAwaiter().GetResult().Items;

    private static string Manifest()
    {
        StringBuilder yaml = new();
        foreach (string ns in (string[])["x", "y", "z"])
        {
            yaml.AppendLine(CultureInfo.InvariantCulture, $$"""
                apiVersion: v1
                kind: Namespace
                metadata: {name: "{{ns}}", labels: {ns: "{{ns}}"} }
                ---
                """);
        }

        foreach ((string pod, int worker) in s_pods)
        {
            string[] parts = pod.Split('/');
            string ports = string.Join(", ", from port in (int[])[80, 81] from protocol in (string[])["TCP", "UDP"]
                                             select $"{{name: serve-{port}-{protocol.ToLowerInvariant()}, containerPort: {port}, protocol: {protocol}}}");
            yaml.AppendLine(CultureInfo.InvariantCulture, $$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: {{parts[1]}}, namespace: "{{parts[0]}}", labels: {pod: {{parts[1]}} } }
                spec:
                  nodeName: worker-{{worker}}
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: machine, command: [sleep, infinity], ports: [{{ports}}]}]
                ---
                """);
        }

        yaml.AppendLine("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web, namespace: x, labels: {pod: web}}
            spec:
              nodeName: worker-1
              terminationGracePeriodSeconds: 0
              containers: [{name: main, image: machine, command: [python3, -m, http.server, "8080"], readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}}]
            """);
        return yaml.ToString();
    }

    private static void Report(PlanProblem problem) => Assert.Fail(problem.Message);

    public void Dispose()
    {
        prober?.Dispose();
        connections.ForEach(c => c.Dispose());
        agents.ForEach(a => a.Dispose());
        opened.ForEach(o => o.Dispose());
        Client?.Dispose();
        Commands.Run(Commands.Executable, "lab", "down", "--name", Name);
    }
}
