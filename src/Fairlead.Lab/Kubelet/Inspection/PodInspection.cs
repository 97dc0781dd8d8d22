using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Sandboxes;

namespace Fairlead.Lab.Kubelet.Inspection;

/// <summary>A container as it runs.</summary>
/// <param name="Name">Its name in the pod.</param>
/// <param name="Id">Its id, 64 hexadecimal digits; crun's name for it.</param>
/// <param name="Pid">Its first process in the machine's pid namespace; 0 when it does not run.</param>
/// <param name="RestartCount">How often it was started again.</param>
public sealed record InspectedContainer(string Name, string Id, int Pid, int RestartCount);

/// <summary>A link of the chain.</summary>
/// <param name="Name">Its name in its namespace.</param>
/// <param name="Index">Its index there.</param>
/// <param name="PeerIndex">The index of a veth's other end in the other namespace: <c>ip link</c> shows it as <c>@ifN</c>; null for other kinds.</param>
/// <param name="Addresses">Its addresses with their prefix lengths.</param>
public sealed record InspectedLink(string Name, int Index, int? PeerIndex, IReadOnlyList<string> Addresses);

/// <summary>A route of the main table.</summary>
/// <param name="Destination">Where to, <c>default</c> for everything else.</param>
/// <param name="Gateway">The next hop; null where the destination is on the link itself.</param>
/// <param name="Link">The name of the link that leads there; null for a blackhole.</param>
public sealed record InspectedRoute(string Destination, IPAddress? Gateway, string? Link);

/// <summary>
/// How a pod hangs together, read from the node's state on disk and from the kernel: pod → containers → pause process → network namespace →
/// <c>eth0</c> → the host's end of the veth pair → bridge → the node's routes. Any process that may enter namespaces can ask; the node's runtime need not run.
/// </summary>
public sealed record PodInspection
{
    /// <summary>The pod's namespace in the API.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Name { get; init; }

    /// <summary>The pod's uid.</summary>
    public required string Uid { get; init; }

    /// <summary>The sandbox's id: <c>CNI_CONTAINERID</c>.</summary>
    public required string SandboxId { get; init; }

    /// <summary>The process that holds the pod's namespaces.</summary>
    public required int PausePid { get; init; }

    /// <summary>The pod's containers, by name.</summary>
    public required IReadOnlyList<InspectedContainer> Containers { get; init; }

    /// <summary>The name of the pod's network namespace under /run/netns; null for a pod in its node's network, and then there are no links.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The inode of the pod's network namespace: what <c>lsns -t net</c> and <c>readlink /proc/PID/ns/net</c> show.</summary>
    public ulong? NetworkNamespaceInode { get; init; }

    /// <summary>The pod's <c>eth0</c>; null before its network is set up.</summary>
    public InspectedLink? PodLink { get; init; }

    /// <summary>The pod's own routes.</summary>
    public IReadOnlyList<InspectedRoute> PodRoutes { get; init; } = [];

    /// <summary>The veth pair's end on the node; null where the pod's link has none there.</summary>
    public InspectedLink? HostLink { get; init; }

    /// <summary>The bridge that the host's end is a port of; null where it is routed.</summary>
    public InspectedLink? Bridge { get; init; }

    /// <summary>The node's routes.</summary>
    public IReadOnlyList<InspectedRoute> NodeRoutes { get; init; } = [];

    /// <summary>Reads one pod's chain; null when the node has no such pod, or it has no sandbox now.</summary>
    /// <param name="stateDirectory">The <see cref="NodeRuntimeOptions.StateDirectory"/> of the pod's node.</param>
    /// <param name="nodeNamespace">The name of the node's network namespace under /run/netns.</param>
    /// <param name="podNamespace">The pod's namespace in the API.</param>
    /// <param name="podName">The pod's name.</param>
    /// <exception cref="KernelException">A namespace could not be entered.</exception>
    public static PodInspection? Read(string stateDirectory, string nodeNamespace, string podNamespace, string podName)
    {
        NodePaths paths = new(stateDirectory);
        var sandbox = Directory.Exists(paths.Pods)
            ? Directory.GetDirectories(paths.Pods)
                .Select(directory => AtomicFile.Read(paths.Pod(Path.GetFileName(directory)).Sandbox, KubeletJson.Default.SandboxRecord))
                .FirstOrDefault(found => found is not null && found.Namespace == podNamespace && found.Name == podName && PodSandboxes.IsAlive(found))
            : null;
        if (sandbox is null)
        {
            return null;
        }

        PodInspection inspection = new()
        {
            Namespace = sandbox.Namespace,
            Name = sandbox.Name,
            Uid = sandbox.PodUid,
            SandboxId = sandbox.Id,
            PausePid = sandbox.PausePid,
            Containers = ReadContainers(paths.Pod(sandbox.PodUid)),
            NetworkNamespace = sandbox.NetworkNamespace,
        };
        using var node = Kernel.NetworkNamespace.OpenNamed(nodeNamespace);
        using var nodeRoute = RouteNetlink.Open(node);
        inspection = inspection with { NodeRoutes = Routes(nodeRoute) };
        if (sandbox.NetworkNamespace is null)
        {
            return inspection;
        }

        using var pod = Kernel.NetworkNamespace.OpenNamed(sandbox.NetworkNamespace);
        using var podRoute = RouteNetlink.Open(pod);
        var eth0 = podRoute.FindLink("eth0");
        var host = eth0?.ParentIndex is { } peer ? nodeRoute.FindLink(peer) : null;
        var bridge = host?.MasterIndex is { } master ? nodeRoute.FindLink(master) : null;
        return inspection with
        {
            NetworkNamespaceInode = pod.Inode,
            PodLink = eth0 is null ? null : Describe(podRoute, eth0),
            PodRoutes = Routes(podRoute),
            HostLink = host is null ? null : Describe(nodeRoute, host),
            Bridge = bridge is null ? null : Describe(nodeRoute, bridge),
        };
    }

    private static IReadOnlyList<InspectedContainer> ReadContainers(PodPaths paths) => !Directory.Exists(paths.Containers) ? [] :
    [
        .. Directory.GetDirectories(paths.Containers).Order(StringComparer.Ordinal)
            .Select(static container => Directory.GetDirectories(container)
                .Select(static attempt => AtomicFile.Read(Path.Combine(attempt, "container.json"), KubeletJson.Default.ContainerRecord))
                .OfType<ContainerRecord>().MaxBy(static record => record.Attempt))
            .OfType<ContainerRecord>()
            .Select(static record => new InspectedContainer(record.Name, record.Id, record.IsRunning && record.Process.IsAlive ? record.Pid : 0, record.Attempt)),
    ];

    private static InspectedLink Describe(RouteNetlink route, Link link) =>
        new(link.Name, link.Index, link.ParentIndex, [.. route.ListAddresses(link.Index).Select(static a => $"{a.Address}/{a.PrefixLength}")]);

    private static IReadOnlyList<InspectedRoute> Routes(RouteNetlink route)
    {
        var links = route.ListLinks().ToDictionary(static link => link.Index, static link => link.Name);
        return
        [
            .. route.ListRoutes(table: RouteEntry.MainTable)
                .Where(static r => r.Type is RouteType.Unicast or RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit)
                .Where(static r => r.Family != AddressFamily.InterNetworkV6 || !r.Destination.BaseAddress.IsIPv6LinkLocal)
                .Select(r => new InspectedRoute(
                    r.Destination.PrefixLength == 0 ? "default" : r.Destination.ToString(),
                    r.Gateway,
                    r.LinkIndex is { } index ? links.GetValueOrDefault(index) : null)),
        ];
    }
}
