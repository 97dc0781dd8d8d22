namespace Fairlead.Lab.Fabric;

/// <summary>How packets of pods travel from node to node.</summary>
public enum LabMode
{
    /// <summary>All nodes are on one segment, and each has routes to the others' pods.</summary>
    Direct,

    /// <summary>Nodes are on several segments, and pods' packets travel between them in VXLAN.</summary>
    Vxlan,

    /// <summary>Nodes hand pods' packets to the router, which knows the way or doesn't, as in a cloud.</summary>
    Vpc,
}

/// <summary>Who makes the network of a lab's pods.</summary>
public enum LabNetwork
{
    /// <summary>Fairlead: CNI configuration and plugins, and an agent on each worker.</summary>
    Fairlead,

    /// <summary>Fairlead's CNI plugins give pods their links and addresses, and whoever is tried makes the rest: routes, Services, DNS.</summary>
    Cni,

    /// <summary>Nobody: nodes become ready when somebody puts a CNI configuration there.</summary>
    None,
}

/// <summary>What a person asks of <c>fairlead lab up</c>.</summary>
public sealed record LabOptions
{
    /// <summary>The lab's name: a DNS label of at most <see cref="MaximumNameLength"/> characters, part of every namespace's name.</summary>
    public string Name { get; init; } = "demo";

    /// <summary>How many worker nodes, 0 to <see cref="MaximumWorkers"/>.</summary>
    public int Workers { get; init; } = 3;

    /// <summary>How many controllers, 1 to 9. The API is served by the first.</summary>
    public int Controllers { get; init; } = 1;

    /// <summary>The addresses that the lab uses.</summary>
    public LabPreset Preset { get; init; } = LabPreset.HardWay;

    /// <summary>The MTU of the segment between the nodes, in bytes.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>How packets travel between nodes.</summary>
    public LabMode Mode { get; init; } = LabMode.Direct;

    /// <summary>On how many segments the nodes are, 1 to <see cref="MaximumSegments"/>; null leaves it to the mode: two with VXLAN, otherwise one.</summary>
    public int? Segments { get; init; }

    /// <summary>In <see cref="LabMode.Vpc"/>: whether the router gets routes to the pods' ranges.</summary>
    public bool PodRoutes { get; init; } = true;

    /// <summary>Who makes the pods' network.</summary>
    public LabNetwork Network { get; init; } = LabNetwork.Fairlead;

    /// <summary>Whether nodes, pods and services have IPv6 addresses beside their IPv4 ones.</summary>
    public bool DualStack { get; init; }

    /// <summary>How many clients there are outside the cluster, 0 to <see cref="MaximumClients"/>.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>The port on the machine's loopback at which the API answers; 0 takes one that is free.</summary>
    public int ApiPort { get; init; }

    /// <summary>Longer names would not fit into what the kernel and people's terminals show.</summary>
    public const int MaximumNameLength = 20;

    /// <summary>The preset's node network has room for so many workers between its .20 and its broadcast address.</summary>
    public const int MaximumWorkers = 200;

    /// <summary>More would run into the service network of the preset's neighbours.</summary>
    public const int MaximumSegments = 8;

    /// <summary>As many as have an address outside.</summary>
    public const int MaximumClients = 50;

    /// <summary>On how many segments the nodes are. VXLAN on a single one would show nothing that direct routes don't.</summary>
    public int SegmentCount => Segments ?? (Mode == LabMode.Vxlan ? 2 : 1);

    /// <summary>The options as they are, or an error that names the first input which can't be used, and the way out.</summary>
    /// <exception cref="LabException">An option is out of its range.</exception>
    public LabOptions Validated()
    {
        RequireName(Name);
        if (Workers is < 0 or > MaximumWorkers)
        {
            throw new LabException($"--nodes {Workers}: a lab has between 0 and {MaximumWorkers} worker nodes.");
        }

        if (Controllers is < 1 or > 9)
        {
            throw new LabException($"--controllers {Controllers}: a lab has between 1 and 9 controllers.");
        }

        if (Mtu is < 1280 or > 65535)
        {
            throw new LabException($"--mtu {Mtu}: between 1280 (the least that IPv6 allows) and 65535 bytes.");
        }

        if (SegmentCount is < 1 or > MaximumSegments)
        {
            throw new LabException($"--segments {Segments}: the nodes are on 1 to {MaximumSegments} segments.");
        }

        if (SegmentCount > 1 && Mode == LabMode.Direct)
        {
            throw new LabException($"--segments {Segments}: direct routes lead to neighbours on the same segment only. Use --mode vxlan, or --mode vpc, or one segment.");
        }

        if (!PodRoutes && Mode != LabMode.Vpc)
        {
            throw new LabException("--pod-routes off: only in --mode vpc does the router route pods' packets at all.");
        }

        if (Clients is < 0 or > MaximumClients)
        {
            throw new LabException($"--clients {Clients}: a lab has between 0 and {MaximumClients} clients outside.");
        }

        return this;
    }

    /// <summary>Throws unless <paramref name="name"/> can name a lab.</summary>
    /// <exception cref="LabException">It is not a DNS label of the right length.</exception>
    public static void RequireName(string name)
    {
        bool isLabel = name.Length is > 0 and <= MaximumNameLength
            && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-')
            && !name.StartsWith('-') && !name.EndsWith('-');
        if (!isLabel)
        {
            throw new LabException($"--name '{name}': a lab's name is at most {MaximumNameLength} lower-case letters, digits and '-', and starts and ends with a letter or digit.");
        }
    }
}
