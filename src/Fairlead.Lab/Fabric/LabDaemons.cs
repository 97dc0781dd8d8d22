using System.Net.Sockets;
using Fairlead.Agent;
using Fairlead.Network;

namespace Fairlead.Lab.Fabric;

/// <summary>Which processes a host runs, with which arguments: the same binary and flags as on a cluster.</summary>
internal sealed class LabDaemons(LabTopology topology, LabPaths paths)
{
    public const string ApiServer = "apiserver";
    public const string NodeAgent = "agent";
    public const string Node = "node";
    public const string Web = "web";
    public const string CloudRoutes = "cloud-routes";
    public const int ApiPort = 6443;

    private static readonly string s_executable = Environment.ProcessPath ?? throw new InvalidOperationException("This process does not know its own executable.");

    /// <summary>The directory of the plugins that were built with this executable: out/cni beside out/bin.</summary>
    public static string PluginDirectory { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(s_executable)!, "../cni"));

    /// <summary>Each host's own directory of plugins, where the installers of other networks put theirs; it comes first.</summary>
    public const string OwnPluginDirectory = "/opt/cni/bin";

    public static IReadOnlyList<string> NamesOn(LabTopology topology, LabHost host) => host.Role switch
    {
        LabRole.Router when topology.Mode == LabMode.Vpc && topology.PodRoutes => [CloudRoutes],
        LabRole.Worker when topology.Network == LabNetwork.Fairlead => [NodeAgent, Node],
        LabRole.Worker => [Node],
        LabRole.Controller when host.Name == "controller-0" => [ApiServer],
        LabRole.Internet => [Web],
        _ => [],
    };

    public static string LogName(LabHost host, string daemon) => $"{host.Name}.{daemon}";

    public static LabCgroup Cgroup(string lab, LabHost host, string daemon) => LabCgroup.Of(lab, $"{host.Name}/{daemon}");

    /// <summary>The first of the hosts' processes that doesn't run, "worker-0 agent"; null where all do.</summary>
    public static string? Ended(LabTopology topology, IEnumerable<LabHost> hosts) => hosts
        .SelectMany(host => NamesOn(topology, host).Where(daemon => Cgroup(topology.Name, host, daemon).Processes().Count == 0).Select(daemon => $"{host.Name} {daemon}"))
        .FirstOrDefault();

    /// <summary>Says before anything is made that the agent can't do what the lab would ask of it.</summary>
    /// <exception cref="LabException">It can't; the message is the agent's.</exception>
    public static void RequireMode(LabMode mode)
    {
        try
        {
            new AgentOptions { NodeName = "worker-0", Mode = RoutingModeOf(mode) }.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new LabException(exception.Message, exception);
        }
    }

    /// <summary>Starts all of a host's processes.</summary>
    public void StartAll(LabHost host)
    {
        foreach (string daemon in NamesOn(topology, host))
        {
            Start(host, daemon);
        }
    }

    /// <summary>Starts one of the host's processes, in all of the host's namespaces.</summary>
    public int Start(LabHost host, string daemon, Socket? listeningSocket = null)
    {
        LabCgroup cgroup = Cgroup(topology.Name, host, daemon);
        cgroup.Create();
        var process = new Daemon
        {
            Command = [s_executable, .. Arguments(host, daemon)],
            Cgroup = cgroup,
            LogFile = paths.Log(LogName(host, daemon)),
            ListeningSocket = listeningSocket,
        };
        return new HostNamespaces(paths, host).Run(process.Start);
    }

    private string[] Arguments(LabHost host, string daemon) => daemon switch
    {
        ApiServer =>
        [
            "apiserver",
            "--data-dir", paths.ControlPlane,
            "--bind-address", $"{host.Address}",
            "--secure-port", $"{ApiPort}",
            "--advertise-address", $"{host.Address}",
            "--service-cluster-ip-range", Listed(topology.ServiceNetworks),
            "--cluster-cidr", Listed(topology.PodNetworks),
        ],
        NodeAgent =>
        [
            "agent",
            "--mode", $"{RoutingModeOf(topology.Mode)}",
            "--kubeconfig", paths.HostKubeconfig(host.Name),
            "--node-name", host.Name,
            "--cluster-cidr", Listed(topology.PodNetworks),
            "--service-cluster-ip-range", Listed(topology.ServiceNetworks),
            "--cluster-dns", $"{topology.DnsAddress}",
        ],
        Node =>
        [
            "lab", "node",
            "--kubeconfig", paths.HostKubeconfig(host.Name),
            "--lab", topology.Name,
            "--node-name", host.Name,
            "--node-ip", Listed(host.Addresses),
            "--pod-cidr", Listed(host.PodCidrs),
            "--cluster-dns", $"{topology.DnsAddress}",
            "--cni-bin-dir", $"{OwnPluginDirectory},{PluginDirectory}",
            "--root-dir", paths.NodeState(host.Name),
            "--image-dir", paths.Images,
            "--client-ca-file", paths.CertificateAuthority,
        ],
        CloudRoutes => ["lab", "cloud-routes", "--kubeconfig", paths.HostKubeconfig(host.Name)],
        Web => ["lab", "serve-http", "80"],
        _ => throw new ArgumentException($"'{daemon}' is no daemon of a lab.", nameof(daemon)),
    };

    private static RoutingMode RoutingModeOf(LabMode mode) => mode switch
    {
        LabMode.Vxlan => RoutingMode.Vxlan,
        LabMode.Vpc => RoutingMode.None,
        _ => RoutingMode.Direct,
    };

    private static string Listed<T>(IEnumerable<T> values) => string.Join(',', values);
}
