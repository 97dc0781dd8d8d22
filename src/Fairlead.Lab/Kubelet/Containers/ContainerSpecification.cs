using System.Globalization;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Pods;

namespace Fairlead.Lab.Kubelet.Containers;

/// <summary>What a container's launch is made from, beside its own specification.</summary>
internal sealed record LaunchContext
{
    public required Pod Pod { get; init; }

    public required PodPaths Paths { get; init; }

    public required ContainerPaths ContainerPaths { get; init; }

    public required IReadOnlyDictionary<string, string> Volumes { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required string HostName { get; init; }

    public required string CgroupPath { get; init; }

    public required int PausePid { get; init; }

    /// <summary>The process whose pid namespace a debugging container joins; null for one of its own.</summary>
    public int? TargetPid { get; init; }

    /// <summary>The image that was loaded under the container's image name; null when the machine's own root stands for it.</summary>
    public StoredImage? Image { get; init; }

    /// <summary>The executable that serves HTTP for an image without a command.</summary>
    public required string Responder { get; init; }

    public required string QualityOfService { get; init; }

    public required long MachineMemory { get; init; }
}

/// <summary>From a pod's container to what an OCI runtime is told; reads only the users of the container's root file system.</summary>
internal static class ContainerSpecification
{
    private const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const string ResponderDirectory = "/.fairlead";

    public static ContainerLaunch Build(PodContainer container, LaunchContext context)
    {
        var spec = container.Spec;
        var security = spec.SecurityContext;
        var podSecurity = context.Pod.Spec.SecurityContext;
        var privileged = security?.Privileged == true;
        var (arguments, responds) = Arguments(container, context);
        var account = Account.Resolve(security?.RunAsUser ?? podSecurity?.RunAsUser, security?.RunAsGroup ?? podSecurity?.RunAsGroup, context.Image?.User, context.ContainerPaths.Root);
        if ((security?.RunAsNonRoot ?? podSecurity?.RunAsNonRoot) == true && account.User == 0)
        {
            throw new ContainerConfigurationException(
                $"container has runAsNonRoot and image will run as root (pod: \"{context.Pod.Metadata.Name}_{context.Pod.Metadata.Namespace}({context.Pod.Metadata.Uid})\", container: {spec.Name})");
        }

        return new ContainerLaunch
        {
            Arguments = arguments,
            Environment = Environment(spec, context),
            WorkingDirectory = spec.WorkingDir is { Length: > 0 } given ? given : context.Image?.WorkingDirectory is { Length: > 0 } image ? image : "/",
            RootPath = context.ContainerPaths.Root,
            CgroupPath = context.CgroupPath,
            Namespaces = Namespaces(context),
            Mounts = Mounts(spec, context, responds),
            User = account.User,
            Group = account.Group,
            AdditionalGroups = [.. account.AdditionalGroups.Concat(podSecurity?.SupplementalGroups.Select(static g => (uint)g) ?? [])
                .Concat(podSecurity?.FSGroup is { } group ? [(uint)group] : []).Distinct()],
            Terminal = spec.Tty,
            ReadOnlyRoot = security?.ReadOnlyRootFilesystem == true,
            Privileged = privileged,
            NoNewPrivileges = !privileged && security?.AllowPrivilegeEscalation == false,
            Capabilities = privileged
                ? LinuxCapabilities.Available
                : LinuxCapabilities.Choose(security?.Capabilities?.Add ?? [], security?.Capabilities?.Drop ?? [], LinuxCapabilities.Available),
            OomScoreAdjustment = ResourceBounds.OomScoreAdjustment(context.QualityOfService, spec.Resources, context.MachineMemory),
            MemoryLimit = ResourceBounds.Memory(spec.Resources),
            CpuShares = ResourceBounds.CpuShares(spec.Resources),
            CpuQuota = ResourceBounds.CpuQuota(spec.Resources),
            Annotations = new Dictionary<string, string>
            {
                ["io.kubernetes.pod.namespace"] = context.Pod.Metadata.Namespace,
                ["io.kubernetes.pod.name"] = context.Pod.Metadata.Name,
                ["io.kubernetes.pod.uid"] = context.Pod.Metadata.Uid,
                ["io.kubernetes.container.name"] = spec.Name,
            },
        };
    }

    /// <summary>The pod's command and arguments over the image's; where neither names a program, the responder that answers with the pod's name.</summary>
    private static (IReadOnlyList<string> Arguments, bool Responds) Arguments(PodContainer container, LaunchContext context)
    {
        var spec = container.Spec;
        var command = spec.Command.Count > 0 ? spec.Command : context.Image?.Entrypoint ?? [];
        var arguments = spec.Args.Count > 0 ? spec.Args : spec.Command.Count > 0 ? [] : context.Image?.Command ?? [];
        IReadOnlyList<string> all = [.. command.Concat(arguments).Select(text => VariableExpansion.Expand(text, context.Environment))];
        // Options without a program are meant for one that only the image knows.
        if (all.Count > 0 && (context.Image is not null || command.Count > 0 || !all[0].StartsWith('-')))
        {
            return (all, false);
        }

        if (context.Image is not null)
        {
            throw new InvalidOperationException($"failed to generate container \"{spec.Name}\" spec: no command specified: neither the pod nor image {spec.Image} names one");
        }

        // A debugging container is there to look around in.
        if (container.Role == ContainerRole.Ephemeral || (spec.Stdin && spec.Tty))
        {
            return (["/bin/sh"], false);
        }

        var ports = spec.Ports.Where(static p => p.Protocol is null or "TCP").Select(static p => p.ContainerPortValue.ToString(CultureInfo.InvariantCulture)).Take(1).DefaultIfEmpty("80");
        return ([$"{ResponderDirectory}/{System.IO.Path.GetFileName(context.Responder)}", "lab", "serve-http", .. ports], true);
    }

    private static List<string> Environment(Container spec, LaunchContext context)
    {
        List<string> environment = [Path, $"HOSTNAME={context.HostName}"];
        if (spec.Tty)
        {
            environment.Add("TERM=xterm");
        }

        environment.AddRange(context.Image?.Environment ?? []);
        environment.AddRange(context.Environment.Select(static pair => $"{pair.Key}={pair.Value}"));
        // The last one of a name wins, and stands where it was first.
        Dictionary<string, string> last = new(StringComparer.Ordinal);
        foreach (var entry in environment)
        {
            last[entry.Split('=')[0]] = entry;
        }

        return [.. last.Values];
    }

    private static Dictionary<string, string> Namespaces(LaunchContext context)
    {
        var spec = context.Pod.Spec;
        var pause = $"/proc/{context.PausePid}/ns";
        Dictionary<string, string> namespaces = new() { ["mount"] = "" };
        if (!spec.HostNetwork)
        {
            namespaces["network"] = pause + "/net";
            namespaces["uts"] = pause + "/uts";
        }

        if (!spec.HostIpc)
        {
            namespaces["ipc"] = pause + "/ipc";
        }

        if (spec.ShareProcessNamespace == true)
        {
            namespaces["pid"] = pause + "/pid";
        }
        else if (context.TargetPid is { } target)
        {
            namespaces["pid"] = $"/proc/{target}/ns/pid";
        }
        else if (!spec.HostPid)
        {
            namespaces["pid"] = "";
        }

        return namespaces;
    }

    private static List<LaunchMount> Mounts(Container spec, LaunchContext context, bool responds)
    {
        List<LaunchMount> mounts =
        [
            LaunchMount.Bind(context.Paths.Shm, "/dev/shm", readOnly: false),
            LaunchMount.Bind(context.Paths.Resolver, "/etc/resolv.conf", readOnly: false),
            LaunchMount.Bind(context.Paths.HostName, "/etc/hostname", readOnly: false),
            LaunchMount.Bind(context.ContainerPaths.TerminationLog, spec.TerminationMessagePath is { Length: > 0 } path ? path : "/dev/termination-log", readOnly: false),
        ];
        if (!spec.VolumeMounts.Any(static m => m.MountPath == "/etc/hosts"))
        {
            mounts.Add(LaunchMount.Bind(context.Paths.Hosts, "/etc/hosts", readOnly: false));
        }

        if (responds)
        {
            // With its directory: an executable that is not compiled ahead of time needs its libraries beside it.
            mounts.Add(LaunchMount.Bind(System.IO.Path.GetDirectoryName(context.Responder)!, ResponderDirectory, readOnly: true));
        }

        foreach (var mount in spec.VolumeMounts.OrderBy(static m => m.MountPath.Length))
        {
            mounts.Add(LaunchMount.Bind(Source(mount, context), mount.MountPath, mount.ReadOnly, mount.MountPropagation switch
            {
                "Bidirectional" => "rshared",
                "HostToContainer" => "rslave",
                _ => "rprivate",
            }));
        }

        return mounts;
    }

    private static string Source(VolumeMount mount, LaunchContext context)
    {
        if (!context.Volumes.TryGetValue(mount.Name, out var source))
        {
            throw new ContainerConfigurationException($"volume \"{mount.Name}\" is not in the pod");
        }

        var below = mount.SubPathExpr is { Length: > 0 } expression ? VariableExpansion.Expand(expression, context.Environment) : mount.SubPath;
        if (string.IsNullOrEmpty(below))
        {
            return source;
        }

        var full = System.IO.Path.GetFullPath(System.IO.Path.Combine(source, below));
        if (!full.StartsWith(source.TrimEnd('/') + "/", StringComparison.Ordinal))
        {
            throw new ContainerConfigurationException($"subPath \"{below}\" of volume \"{mount.Name}\" leads out of it");
        }

        // A file of a volume that follows the API is a link; what is mounted is what it points to now.
        if (!System.IO.Path.Exists(full))
        {
            Directory.CreateDirectory(full);
        }

        return new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full;
    }

    /// <summary>Whom a container runs as: numbers, looked up in its root's /etc/passwd and /etc/group (passwd(5), group(5)) where it has only names.</summary>
    private sealed record Account(uint User, uint Group, IReadOnlyList<uint> AdditionalGroups)
    {
        public static Account Resolve(long? user, long? group, string? imageUser, string root)
        {
            var parts = (imageUser ?? "").Split(':', 2);
            var name = user?.ToString(CultureInfo.InvariantCulture) ?? parts[0];
            if (name.Length == 0)
            {
                return new Account(0, (uint)(group ?? 0), []);
            }

            var entry = Lines(root, "passwd").FirstOrDefault(line => line[0] == name || line.ElementAtOrDefault(2) == name);
            uint id = uint.TryParse(name, out var number) ? number
                : entry is not null ? uint.Parse(entry[2], CultureInfo.InvariantCulture)
                : throw new ContainerConfigurationException($"unable to find user {name}: no matching entries in passwd file");
            var primary = group is { } g ? (uint)g
                : user is null && parts.Length == 2 && parts[1].Length > 0 ? GroupId(parts[1], root)
                : entry is not null ? uint.Parse(entry[3], CultureInfo.InvariantCulture) : 0;
            IReadOnlyList<uint> more = entry is null ? [] :
                [.. Lines(root, "group").Where(line => line.Length > 3 && line[3].Split(',').Contains(entry[0])).Select(static line => uint.Parse(line[2], CultureInfo.InvariantCulture)).Where(id => id != primary)];
            return new Account(id, primary, more);
        }

        private static uint GroupId(string name, string root) => uint.TryParse(name, out var number) ? number
            : Lines(root, "group").FirstOrDefault(line => line[0] == name) is { } entry ? uint.Parse(entry[2], CultureInfo.InvariantCulture)
            : throw new ContainerConfigurationException($"unable to find group {name}: no matching entries in group file");

        private static IEnumerable<string[]> Lines(string root, string file)
        {
            var path = System.IO.Path.Combine(root, "etc", file);
            return File.Exists(path) ? File.ReadLines(path).Select(static line => line.Split(':')).Where(static fields => fields.Length > 2) : [];
        }
    }
}
