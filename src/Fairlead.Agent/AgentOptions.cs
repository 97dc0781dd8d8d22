using System.Collections.Immutable;
using System.Net;
using Fairlead.Agent.Policies;
using Fairlead.Network;

namespace Fairlead.Agent;

/// <summary>What an operator tells the agent. Everything but the node's name has a default.</summary>
public sealed record AgentOptions
{
    /// <summary>The kubeconfig file; null: $KUBECONFIG, then in-cluster credentials where the agent runs in a pod.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The node's name in the API.</summary>
    public required string NodeName { get; init; }

    /// <summary>The ranges of all pods, at most one of each family. Empty: the union of the nodes' pod CIDRs.</summary>
    public ImmutableArray<NetPrefix> ClusterCidrs { get; init; } = [];

    /// <summary>Ranges of cluster IPs, beside those of ServiceCIDR objects: addresses in them that no Service has are rejected.</summary>
    public ImmutableArray<NetPrefix> ServiceCidrs { get; init; } = [];

    /// <summary>How packets travel between nodes.</summary>
    public RoutingMode Mode { get; init; } = RoutingMode.Direct;

    /// <summary>In mode vxlan: nodes on a segment of this node are sent to without encapsulation.</summary>
    public bool DirectRouting { get; init; }

    /// <summary>The VXLAN network identifier.</summary>
    public uint VxlanId { get; init; } = NodeSettings.DefaultVxlanId;

    /// <summary>The UDP port of the tunnels.</summary>
    public ushort VxlanPort { get; init; } = 8472;

    /// <summary>The longest packets that pods send, in bytes; 0: what the uplink takes, less what the mode adds.</summary>
    public int Mtu { get; init; }

    /// <summary>How often packets of full length are sent along the way to every other node; zero: never.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Where the node's CNI plugins are told the MTU; null: nowhere.</summary>
    public string? NetworkFile { get; init; } = "/run/fairlead/network.json";

    /// <summary>Whether packets of this node's pods that leave the cluster get the node's address.</summary>
    public bool MasqueradeOutbound { get; init; } = true;

    /// <summary>Destinations outside the cluster that pods reach with their own address.</summary>
    public ImmutableArray<NetPrefix> NonMasqueradeCidrs { get; init; } = [];

    /// <summary>On which of the node's addresses node ports answer. Empty: on all but the loopback ones.</summary>
    public ImmutableArray<NetPrefix> NodePortAddresses { get; init; } = [];

    /// <summary>Node ports answer only on the node's InternalIP of each family.</summary>
    public bool NodePortsOnPrimaryAddress { get; init; }

    /// <summary>Node ports answer on 127.0.0.0/8 too.</summary>
    public bool LocalhostNodePorts { get; init; }

    /// <summary>Where metrics, health and status are served; null: nowhere.</summary>
    public IPEndPoint? HealthAddress { get; init; } = new(IPAddress.Any, 10256);

    /// <summary>The Unix socket at which <c>fairlead</c>'s verbs and CNI plugins ask this agent; null: none.</summary>
    public string? LocalSocketPath { get; init; } = Local.LocalSocket.DefaultPath;

    /// <summary>The cluster's DNS on this node; null: none is served here.</summary>
    public Names.DnsOptions? Dns { get; init; }

    /// <summary>The longest wait before the first change of a burst is put into the kernel.</summary>
    public TimeSpan FirstCommitDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The pause after a commit: changes that come meanwhile share the next one. Changes of pods and policies cut it short, to nineteen times what the commit took.</summary>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the kernel is compared with the plan, beside whenever it says that somebody else changed it.</summary>
    public TimeSpan AuditInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether the node's sysctls are set as the network needs them (ip_forward and others).</summary>
    public bool ManageSysctls { get; init; } = true;

    /// <summary>Whether policies are enforced; if not, pods and policies aren't even watched.</summary>
    public bool EnforcePolicies { get; init; } = true;

    /// <summary>Whether, where there are policies, addresses of this node's pods that no known pod has are kept out.</summary>
    public bool GuardUnknownPods { get; init; } = true;

    /// <summary>Which established connections end when a new policy forbids them.</summary>
    public CutConnections CutConnections { get; init; } = CutConnections.Denied;

    /// <summary>Says what is wrong with the options.</summary>
    /// <exception cref="ArgumentException">Something is; the message names the option and what would be right.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(NodeName))
        {
            throw new ArgumentException("--node-name is empty: give the name that this node has in the API.");
        }

        if (Kubeconfig is not null && !File.Exists(Kubeconfig))
        {
            throw new ArgumentException($"--kubeconfig {Kubeconfig}: there is no such file.");
        }

        if (DirectRouting && Mode != RoutingMode.Vxlan)
        {
            throw new ArgumentException("--direct-routing belongs to --mode vxlan: in mode direct all packets travel as they are.");
        }

        if (VxlanId is 0 or > 0xffffff)
        {
            throw new ArgumentException($"--vxlan-id is {VxlanId}: from 1 to {0xffffff}, the same on all nodes.");
        }

        if (VxlanPort == 0)
        {
            throw new ArgumentException("--vxlan-port is 0: flannel's is 8472, the registered one 4789, the same on all nodes.");
        }

        if (Mtu != 0 && Mtu is < 576 or > 65535)
        {
            throw new ArgumentException($"--mtu is {Mtu}: from 576 (1280 with IPv6) to 65535, or 0 to find it out.");
        }

        if (LocalSocketPath is { } socket && (!Path.IsPathRooted(socket) || socket.Length > Local.LocalSocket.MaximumPathLength))
        {
            throw new ArgumentException($"--socket {socket}: an absolute path of at most {Local.LocalSocket.MaximumPathLength} characters is needed.");
        }

        Dns?.Validate();
        OneOfEachFamily(ClusterCidrs, "--cluster-cidr");
        if (NodePortsOnPrimaryAddress && !NodePortAddresses.IsEmpty)
        {
            throw new ArgumentException("--node-port-addresses takes either ranges or \"primary\", not both.");
        }

        if (CommitInterval < TimeSpan.Zero || CommitInterval > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException($"--commit-interval is {CommitInterval}: from 0 to a minute makes sense.");
        }

        if (AuditInterval < TimeSpan.FromMilliseconds(100))
        {
            throw new ArgumentException($"--audit-interval is {AuditInterval}: at least 100 ms.");
        }

        foreach (NetPrefix service in ServiceCidrs)
        {
            foreach (NetPrefix pods in ClusterCidrs)
            {
                if (service.Overlaps(pods))
                {
                    throw new ArgumentException($"--service-cidr {service} overlaps --cluster-cidr {pods}.");
                }
            }
        }
    }

    /// <summary>The part of the options that plans are made from.</summary>
    public NodeSettings ToSettings() => new()
    {
        NodeName = NodeName,
        Mode = Mode,
        DirectRouting = DirectRouting,
        VxlanId = VxlanId,
        VxlanPort = VxlanPort,
        Mtu = Mtu,
        ClusterCidrs = ClusterCidrs,
        ServiceCidrs = ServiceCidrs,
        MasqueradeOutbound = MasqueradeOutbound,
        NonMasqueradeCidrs = NonMasqueradeCidrs,
        NodePortAddresses = NodePortAddresses,
        NodePortsOnPrimaryAddress = NodePortsOnPrimaryAddress,
        LocalhostNodePorts = LocalhostNodePorts,
        EnforcePolicies = EnforcePolicies,
        GuardUnknownPods = GuardUnknownPods,
    };

    private static void OneOfEachFamily(ImmutableArray<NetPrefix> prefixes, string option)
    {
        if (prefixes.Count(p => p.IsIPv6) > 1 || prefixes.Count(p => !p.IsIPv6) > 1)
        {
            throw new ArgumentException($"{option} takes at most one range of each family, not {string.Join(", ", prefixes)}.");
        }
    }
}
