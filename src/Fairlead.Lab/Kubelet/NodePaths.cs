namespace Fairlead.Lab.Kubelet;

/// <summary>Where things lie below a node's state directory; every path is made here so that what dies can be found again.</summary>
internal sealed class NodePaths(string root)
{
    public string Root { get; } = root;

    /// <summary>crun's own state (<c>crun --root</c>).</summary>
    public string Crun { get; } = Path.Combine(root, "crun");

    /// <summary>conmon writes one file per container that ended, named by its id, with the exit code in it.</summary>
    public string Exits { get; } = Path.Combine(root, "exits");

    /// <summary>Short paths to containers' attach sockets: a socket's address holds 108 bytes (unix(7)).</summary>
    public string Sockets { get; } = Path.Combine(root, "s");

    public string Pods { get; } = Path.Combine(root, "pods");

    public string Pause { get; } = Path.Combine(root, "pause");

    public PodPaths Pod(string uid) => new(Path.Combine(Pods, uid));
}

/// <summary>Where one pod's things lie.</summary>
internal sealed class PodPaths(string root)
{
    public string Root { get; } = root;

    public string Manifest { get; } = Path.Combine(root, "pod.json");

    public string Sandbox { get; } = Path.Combine(root, "sandbox.json");

    public string Hosts { get; } = Path.Combine(root, "hosts");

    public string Resolver { get; } = Path.Combine(root, "resolv.conf");

    public string HostName { get; } = Path.Combine(root, "hostname");

    public string Shm { get; } = Path.Combine(root, "shm");

    public string Volumes { get; } = Path.Combine(root, "volumes");

    public string Containers { get; } = Path.Combine(root, "containers");

    public string Logs { get; } = Path.Combine(root, "logs");

    public ContainerPaths Container(string name, int attempt) =>
        new(Path.Combine(Containers, name, attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)), Path.Combine(Logs, name, $"{attempt}.log"));
}

/// <summary>Where one attempt at running a container keeps its bundle, its root file system and its log.</summary>
internal sealed class ContainerPaths(string bundle, string log)
{
    public string Bundle { get; } = bundle;

    public string Record { get; } = Path.Combine(bundle, "container.json");

    public string Configuration { get; } = Path.Combine(bundle, "config.json");

    public string Upper { get; } = Path.Combine(bundle, "upper");

    public string Work { get; } = Path.Combine(bundle, "work");

    public string Root { get; } = Path.Combine(bundle, "rootfs");

    public string PidFile { get; } = Path.Combine(bundle, "pid");

    public string MonitorPidFile { get; } = Path.Combine(bundle, "conmon.pid");

    public string TerminationLog { get; } = Path.Combine(bundle, "termination-log");

    public string Log { get; } = log;
}
