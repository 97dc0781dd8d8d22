namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>All that an OCI runtime has to know to start one container; made from the pod by pure functions, written down by <see cref="OciConfiguration"/>.</summary>
internal sealed record ContainerLaunch
{
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c>, later ones win.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required string RootPath { get; init; }

    public required string CgroupPath { get; init; }

    /// <summary>The paths of the namespaces that the pod shares, by their OCI name; an absent one is the node's, an empty path a new one.</summary>
    public required IReadOnlyDictionary<string, string> Namespaces { get; init; }

    public required IReadOnlyList<LaunchMount> Mounts { get; init; }

    public uint User { get; init; }

    public uint Group { get; init; }

    public IReadOnlyList<uint> AdditionalGroups { get; init; } = [];

    public bool Terminal { get; init; }

    public bool ReadOnlyRoot { get; init; }

    public bool Privileged { get; init; }

    public bool NoNewPrivileges { get; init; }

    public IReadOnlyList<string> Capabilities { get; init; } = [];

    public int? OomScoreAdjustment { get; init; }

    public long? MemoryLimit { get; init; }

    public long? CpuShares { get; init; }

    /// <summary>Microseconds of CPU time per <see cref="CpuPeriod"/>.</summary>
    public long? CpuQuota { get; init; }

    public long CpuPeriod { get; init; } = 100_000;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>One mount of a container, in the terms of mount(8).</summary>
internal sealed record LaunchMount(string Destination, string Source, string Type, IReadOnlyList<string> Options)
{
    public static LaunchMount Bind(string source, string destination, bool readOnly, string propagation = "rprivate") =>
        new(destination, source, "bind", ["rbind", propagation, readOnly ? "ro" : "rw"]);
}
