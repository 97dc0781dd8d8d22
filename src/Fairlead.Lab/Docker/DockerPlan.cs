using System.Net;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Lab.Fabric;

namespace Fairlead.Lab.Docker;

/// <summary>A container behind docker0: an address that only its host knows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">Its network namespace, as <c>ip netns</c> names it.</param>
/// <param name="Address">Its address on docker0's network.</param>
public sealed record DockerContainer(string Name, string Namespace, IPAddress Address);

/// <summary>A host that runs containers the way Docker did before clusters: a bridge of its own, and ports of the host that lead to containers. Pure.</summary>
public sealed record DockerPlan
{
    /// <summary>The port on which every container serves.</summary>
    public const ushort ContainerPort = 80;

    /// <summary>The bridge between the containers.</summary>
    public const string Bridge = "docker0";

    // Nodes have .10 and up in every preset.
    private const int HostNumber = 5;

    /// <summary>The host, on the nodes' first segment.</summary>
    public required LabHost Host { get; init; }

    /// <summary>docker0's network; the bridge has its first address.</summary>
    public IPNetwork Network { get; } = IPNetwork.Parse("172.17.0.0/16");

    /// <summary>docker0's address, the containers' gateway.</summary>
    public IPAddress Gateway => LabPreset.Address(Network, 1);

    /// <summary>The containers.</summary>
    public required IReadOnlyList<DockerContainer> Containers { get; init; }

    /// <summary>The table in the host's namespace.</summary>
    public static TableId Table { get; } = TableId.Inet("docker");

    /// <summary>Which port of the host leads to which container; a port has one entry, which is what the clash is about.</summary>
    public static Map Published { get; } = Map.ToData("published", [DataType.Protocol, DataType.Port], DataType.Ipv4Address, DataType.Port);

    /// <summary>Lays the host out beside a lab's nodes.</summary>
    public static DockerPlan Of(LabTopology lab, params ReadOnlySpan<string> names)
    {
        LabSegment segment = lab.NodeSegments[0];
        LabHost host = new()
        {
            Name = "docker",
            Role = LabRole.Client,
            Namespace = lab.NamespacePrefix + "docker",
            Segment = segment,
            Addresses = [LabPreset.Address(segment.Networks[0], HostNumber)],
        };
        List<DockerContainer> containers = [];
        foreach (string name in names)
        {
            containers.Add(new DockerContainer(name, $"{host.Namespace}_{name}", LabPreset.Address(IPNetwork.Parse("172.17.0.0/16"), containers.Count + 2)));
        }

        return new DockerPlan { Host = host, Containers = containers };
    }

    /// <summary>
    /// What the host does to packets:
    /// <code>
    /// table inet docker {
    ///     map published     { type inet_proto . inet_service : ipv4_addr . inet_service }
    ///     chain prerouting  { type nat hook prerouting priority dstnat; fib daddr type local jump ports }
    ///     chain output      { type nat hook output priority dstnat; fib daddr type local jump ports }
    ///     chain ports       { dnat ip to meta l4proto . th dport map @published }
    ///     chain postrouting { type nat hook postrouting priority srcnat; ip saddr 172.17.0.0/16 oifname != "docker0" masquerade }
    /// }
    /// </code>
    /// </summary>
    public Transaction Rules() => new Transaction(Table)
        .AddTable("two containers behind one host's address, as Docker has it")
        .Add(Published)
        .Add(Chain.Regular("ports"))
        .Add(Chain.Hooked("prerouting", ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat))
        .Add(Chain.Hooked("output", ChainType.Nat, Hook.Output, ChainPriority.DestinationNat))
        .Add(Chain.Hooked("postrouting", ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat))
        .Add(
            Rule.Of("prerouting", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Jump("ports")),
            Rule.Of("output", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Jump("ports")),
            Rule.Of("ports", Match.Family(TableFamily.Ipv4), Statement.DestinationNatMap(TableFamily.Ipv4, Published.Name, Field.Protocol, Field.DestinationPort)),
            Rule.Of("postrouting", Match.Within(Field.IpSource, Network), Match.NotEqual(Field.OutputInterface, Scalar.InterfaceName(Bridge)), Statement.Masquerade()));

    /// <summary>One port of the host for one container; the kernel refuses a port that leads somewhere already.</summary>
    public static Transaction Publish(ushort hostPort, DockerContainer container) => new Transaction(Table).Create(Published, Element.Of(
        DataValue.Concat(Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(hostPort)),
        DataValue.Concat(Scalar.Address(container.Address), Scalar.Port(ContainerPort))) with
    { Comment = container.Name });
}
