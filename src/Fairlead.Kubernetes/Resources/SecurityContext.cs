namespace Fairlead.Kubernetes;

/// <summary>A container's user, capabilities and confinement; overrides the pod's.</summary>
/// <remarks>core/v1 SecurityContext.</remarks>
public sealed record SecurityContext
{
    public Capabilities? Capabilities { get; init; }

    public bool? Privileged { get; init; }

    public SELinuxOptions? SELinuxOptions { get; init; }

    public WindowsSecurityContextOptions? WindowsOptions { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public bool? ReadOnlyRootFilesystem { get; init; }

    public bool? AllowPrivilegeEscalation { get; init; }

    public string? ProcMount { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }

    public AppArmorProfile? AppArmorProfile { get; init; }
}

/// <summary>Linux capabilities added to and dropped from the default set.</summary>
/// <remarks>core/v1 Capabilities.</remarks>
public sealed record Capabilities
{
    public IReadOnlyList<string> Add { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Drop { get; init => field = value ?? []; } = [];
}

/// <summary>An SELinux label.</summary>
/// <remarks>core/v1 SELinuxOptions.</remarks>
public sealed record SELinuxOptions
{
    public string? User { get; init; }

    public string? Role { get; init; }

    public string? Type { get; init; }

    public string? Level { get; init; }
}

/// <summary>Windows only; carried, not used.</summary>
/// <remarks>core/v1 WindowsSecurityContextOptions.</remarks>
public sealed record WindowsSecurityContextOptions
{
    public string? GmsaCredentialSpecName { get; init; }

    public string? GmsaCredentialSpec { get; init; }

    public string? RunAsUserName { get; init; }

    public bool? HostProcess { get; init; }
}

/// <summary>Which system calls are allowed.</summary>
/// <remarks>core/v1 SeccompProfile.</remarks>
public sealed record SeccompProfile
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string? LocalhostProfile { get; init; }
}

/// <summary>The AppArmor profile to load.</summary>
/// <remarks>core/v1 AppArmorProfile.</remarks>
public sealed record AppArmorProfile
{
    public string Type { get; init => field = value ?? ""; } = "";

    public string? LocalhostProfile { get; init; }
}

/// <summary>Users, groups and sysctls for a whole pod.</summary>
/// <remarks>core/v1 PodSecurityContext.</remarks>
public sealed record PodSecurityContext
{
    public SELinuxOptions? SELinuxOptions { get; init; }

    public WindowsSecurityContextOptions? WindowsOptions { get; init; }

    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public IReadOnlyList<long> SupplementalGroups { get; init => field = value ?? []; } = [];

    public string? SupplementalGroupsPolicy { get; init; }

    public long? FSGroup { get; init; }

    public IReadOnlyList<Sysctl> Sysctls { get; init => field = value ?? []; } = [];

    public string? FSGroupChangePolicy { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }

    public AppArmorProfile? AppArmorProfile { get; init; }

    public string? SELinuxChangePolicy { get; init; }
}

/// <summary>One namespaced kernel parameter.</summary>
/// <remarks>core/v1 Sysctl.</remarks>
public sealed record Sysctl
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Value { get; init => field = value ?? ""; } = "";
}
