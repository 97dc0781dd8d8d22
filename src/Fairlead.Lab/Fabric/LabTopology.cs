using System.Net;

namespace Fairlead.Lab.Fabric;

/// <summary>What a host of the lab is for.</summary>
public enum LabRole
{
    /// <summary>Joins the nodes' segment to the world outside the cluster.</summary>
    Router,

    /// <summary>Runs the API and its controllers.</summary>
    Controller,

    /// <summary>Runs pods.</summary>
    Worker,
}

/// <summary>One host of the lab: a network namespace with an address on the nodes' segment.</summary>
public sealed record LabHost
{
    /// <summary>The host's name, which is also its node's name: <c>worker-0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for.</summary>
    public required LabRole Role { get; init; }

    /// <summary>Its network namespace, as <c>ip netns</c> names it: <c>fl-demo-worker-0</c>.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its address on the nodes' segment.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The pods' addresses on this host; none unless it is a worker.</summary>
    public IPNetwork? PodCidr { get; init; }
}

/// <summary>All hosts of a lab and their addresses: pure, a function of the options.</summary>
public sealed record LabTopology
{
    /// <summary>The lab's name.</summary>
    public required string Name { get; init; }

    /// <summary>The addresses it was laid out with.</summary>
    public required LabPreset Preset { get; init; }

    /// <summary>MTU of the nodes' segment in bytes.</summary>
    public required int Mtu { get; init; }

    /// <summary>The router, the controllers, the workers, in this order.</summary>
    public required IReadOnlyList<LabHost> Hosts { get; init; }

    /// <summary>The router between the nodes and the outside.</summary>
    public LabHost Router => Hosts[0];

    /// <summary>The host that serves the API.</summary>
    public LabHost Controller => Hosts[1];

    /// <summary>The hosts that run pods.</summary>
    public IEnumerable<LabHost> Workers => Hosts.Where(host => host.Role == LabRole.Worker);

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
        List<LabHost> hosts = [NewHost("router", LabRole.Router, 1)];
        for (int i = 0; i < options.Controllers; i++)
        {
            hosts.Add(NewHost($"controller-{i}", LabRole.Controller, preset.FirstController + i));
        }

        for (int i = 0; i < options.Workers; i++)
        {
            var podCidr = new IPNetwork(LabPreset.Address(preset.Pods, i * 256), 24);
            hosts.Add(NewHost($"worker-{i}", LabRole.Worker, preset.FirstWorker + i) with { PodCidr = podCidr });
        }

        return new LabTopology { Name = options.Name, Preset = preset, Mtu = options.Mtu, Hosts = hosts };

        LabHost NewHost(string name, LabRole role, int hostNumber) => new()
        {
            Name = name,
            Role = role,
            Namespace = $"fl-{options.Name}-{name}",
            Address = LabPreset.Address(preset.Nodes, hostNumber),
        };
    }

    /// <summary>The host of that name.</summary>
    /// <exception cref="LabException">There is none; the message lists those there are.</exception>
    public LabHost Host(string name) => Hosts.FirstOrDefault(host => host.Name == name)
        ?? throw new LabException($"'{name}' is no host of lab {Name}; it has {string.Join(", ", Hosts.Select(host => host.Name))}.");
}
