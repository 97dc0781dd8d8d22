using System.Net;

namespace Fairlead.Lab.Fabric;

/// <summary>All hosts of a lab and their addresses: pure, a function of the options.</summary>
public sealed record LabTopology
{
    // What VXLAN puts around a packet: Ethernet 14, VXLAN 8, UDP 8, and IPv4 20 or IPv6 40 (RFC 7348).
    private const int VxlanOverhead = 50;
    private const int VxlanOverheadIPv6 = 70;

    /// <summary>The lab's name.</summary>
    public required string Name { get; init; }

    /// <summary>The addresses it was laid out with.</summary>
    public required LabPreset Preset { get; init; }

    /// <summary>MTU of all segments in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>How packets travel between nodes.</summary>
    public required LabMode Mode { get; init; }

    /// <summary>In <see cref="LabMode.Vpc"/>: whether the router gets routes to the pods' ranges.</summary>
    public required bool PodRoutes { get; init; }

    /// <summary>Who makes the pods' network.</summary>
    public required LabNetwork Network { get; init; }

    /// <summary>Whether nodes, pods and services have IPv6 addresses too.</summary>
    public required bool DualStack { get; init; }

    /// <summary>The nodes' segments.</summary>
    public required IReadOnlyList<LabSegment> NodeSegments { get; init; }

    /// <summary>Where clients and the internet are.</summary>
    public required LabSegment Outside { get; init; }

    /// <summary>The router, the controllers, the workers, the clients, the internet, in this order.</summary>
    public required IReadOnlyList<LabHost> Hosts { get; init; }

    /// <summary>All segments.</summary>
    public IEnumerable<LabSegment> Segments => [.. NodeSegments, Outside];

    /// <summary>The router between the nodes and the outside.</summary>
    public LabHost Router => Hosts[0];

    /// <summary>The host that serves the API.</summary>
    public LabHost Controller => Hosts[1];

    /// <summary>The hosts that run pods.</summary>
    public IEnumerable<LabHost> Workers => Hosts.Where(host => host.Role == LabRole.Worker);

    /// <summary>The hosts that are part of the cluster.</summary>
    public IEnumerable<LabHost> Nodes => Hosts.Where(host => host.IsNode);

    /// <summary>The ranges of all pods, one of each family that the lab has.</summary>
    public IReadOnlyList<IPNetwork> PodNetworks => Families(Preset.Pods, Preset.PodsIPv6);

    /// <summary>The ranges of cluster IPs, one of each family that the lab has.</summary>
    public IReadOnlyList<IPNetwork> ServiceNetworks => Families(Preset.Services, Preset.ServicesIPv6);

    /// <summary>MTU of a pod's link: what a segment carries, less what the mode puts around a packet.</summary>
    public int PodMtu => Mode != LabMode.Vxlan ? Mtu : Mtu - (DualStack ? VxlanOverheadIPv6 : VxlanOverhead);

    /// <summary>The API's cluster IP: the first address of the service network.</summary>
    public IPAddress ApiClusterAddress => LabPreset.Address(Preset.Services, 1);

    /// <summary>The cluster DNS address: the tenth of the service network.</summary>
    public IPAddress DnsAddress => LabPreset.Address(Preset.Services, 10);

    /// <summary>The prefix of all names that this lab gives to network namespaces.</summary>
    public string NamespacePrefix => $"fl-{Name}-";

    /// <summary>Lays a lab out.</summary>
    /// <exception cref="LabException">An option is out of its range.</exception>
    public static LabTopology Plan(LabOptions options)
    {
        options.Validated();
        LabPreset preset = options.Preset;
        IReadOnlyList<LabSegment> segments = [.. Enumerable.Range(0, options.SegmentCount).Select(i => new LabSegment
        {
            Name = i == 0 ? "nodes" : $"nodes-{i}",
            Networks = Families(LabPreset.Subnet(preset.Nodes, preset.Nodes.PrefixLength, i), LabPreset.Subnet(preset.NodesIPv6, preset.NodesIPv6.PrefixLength, i)),
        })];
        var outside = new LabSegment { Name = "outside", Networks = Families(preset.Outside, preset.OutsideIPv6) };

        List<LabHost> hosts = [NewHost("router", LabRole.Router, 1, segments[0])];
        hosts.AddRange(Enumerable.Range(0, options.Controllers).Select(i => NewNode($"controller-{i}", LabRole.Controller, preset.FirstController + i, segments[0])));

        // Dealt out in turn: neighbours by number are on different segments.
        hosts.AddRange(Enumerable.Range(0, options.Workers).Select(i => NewNode($"worker-{i}", LabRole.Worker, preset.FirstWorker + i, segments[i % segments.Count]) with
        {
            PodCidrs = Families(LabPreset.Subnet(preset.Pods, 24, i), LabPreset.Subnet(preset.PodsIPv6, 64, i)),
        }));
        hosts.AddRange(Enumerable.Range(0, options.Clients).Select(i => NewHost(i == 0 ? "client" : $"client-{i}", LabRole.Client, 10 + i, outside)));
        hosts.Add(NewHost("internet", LabRole.Internet, 2, outside));

        return new LabTopology
        {
            Name = options.Name,
            Preset = preset,
            Mtu = options.Mtu,
            Mode = options.Mode,
            PodRoutes = options.PodRoutes,
            Network = options.Network,
            DualStack = options.DualStack,
            NodeSegments = segments,
            Outside = outside,
            Hosts = hosts,
        };

        LabHost NewHost(string name, LabRole role, int number, LabSegment segment) => new()
        {
            Name = name,
            Role = role,
            Namespace = $"fl-{options.Name}-{name}",
            Segment = segment,
            Addresses = [.. segment.Networks.Select(network => LabPreset.Address(network, number))],
        };

        // A node's number is the same in its own address and in its public one.
        LabHost NewNode(string name, LabRole role, int number, LabSegment segment) => NewHost(name, role, number, segment) with
        {
            PublicAddresses = [.. Families(preset.Public, preset.PublicIPv6).Select(network => LabPreset.Address(network, number))],
        };

        IReadOnlyList<IPNetwork> Families(IPNetwork ipv4, IPNetwork ipv6) => options.DualStack ? [ipv4, ipv6] : [ipv4];
    }

    /// <summary>The host of that name.</summary>
    /// <exception cref="LabException">There is none; the message lists those there are.</exception>
    public LabHost Host(string name) => Hosts.FirstOrDefault(host => host.Name == name)
        ?? throw new LabException($"'{name}' is no host of lab {Name}; it has {string.Join(", ", Hosts.Select(host => host.Name))}.");

    private IReadOnlyList<IPNetwork> Families(IPNetwork ipv4, IPNetwork ipv6) => DualStack ? [ipv4, ipv6] : [ipv4];
}
