namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>Which capabilities (capabilities(7)) a container gets.</summary>
internal static class LinuxCapabilities
{
    /// <summary>What containers get unless told: the set that the common runtimes agree on.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ];

    private static readonly string[] Names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>All that this process may pass on: its bounding set, from <c>/proc/self/status</c>.</summary>
    public static IReadOnlyList<string> Available { get; } = ReadBoundingSet();

    /// <summary>The default set, changed as a security context says; names come with or without <c>CAP_</c>, and <c>ALL</c> is every one.</summary>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string> add, IReadOnlyList<string> drop, IReadOnlyList<string> available)
    {
        HashSet<string> chosen = [.. Default];
        chosen.ExceptWith(drop.SelectMany(Expand));
        if (drop.Any(static name => name.Equals("ALL", StringComparison.OrdinalIgnoreCase)))
        {
            chosen.Clear();
        }

        chosen.UnionWith(add.SelectMany(Expand));
        return [.. Names.Where(name => chosen.Contains(name) && available.Contains(name))];

        static IEnumerable<string> Expand(string name) =>
            name.Equals("ALL", StringComparison.OrdinalIgnoreCase) ? Names
            : name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? [name.ToUpperInvariant()]
            : ["CAP_" + name.ToUpperInvariant()];
    }

    private static string[] ReadBoundingSet()
    {
        var line = File.ReadLines("/proc/self/status").First(static l => l.StartsWith("CapBnd:", StringComparison.Ordinal));
        var bits = Convert.ToUInt64(line["CapBnd:".Length..].Trim(), 16);
        return [.. Names.Where((_, bit) => (bits >> bit & 1) != 0)];
    }
}
