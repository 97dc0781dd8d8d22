namespace Fairlead.Lab.Fabric;

/// <summary>Where a lab keeps its files: everything below one directory, so that taking it down is removing that directory.</summary>
public sealed class LabPaths(string labName)
{
    /// <summary>The directory that holds all labs of this machine.</summary>
    public const string AllLabs = "/var/lib/fairlead/labs";

    /// <summary>Directories that must exist on the machine as mount points for the hosts' own, and which of them we had to make.</summary>
    public const string MadeDirectories = "/var/lib/fairlead/made-directories";

    /// <summary>The lab's own directory.</summary>
    public string Root { get; } = Path.Combine(AllLabs, labName);

    /// <summary>Held while a lab goes up or down, so that two such commands never mix.</summary>
    public string Lock => Root + ".lock";

    /// <summary>What the lab is: written before the first namespace is made.</summary>
    public string Definition => Path.Combine(Root, "lab.json");

    /// <summary>The administrator's kubeconfig for this machine's own programs.</summary>
    public string Kubeconfig => Path.Combine(Root, "kubeconfig");

    /// <summary>The API server's database and certificates.</summary>
    public string ControlPlane => Path.Combine(Root, "control-plane");

    /// <summary>The certificate of the lab's authority (PEM); the API server makes it at its first start, or the lab before.</summary>
    public string CertificateAuthority => Path.Combine(ControlPlane, "pki", "ca.crt");

    /// <summary>What the processes of the lab print.</summary>
    public string Logs => Path.Combine(Root, "logs");

    /// <summary>One process's log.</summary>
    public string Log(string process) => Path.Combine(Logs, process + ".log");

    /// <summary>The faults that last.</summary>
    public string Faults => Path.Combine(Root, "faults");

    /// <summary>A host's own files.</summary>
    public string Host(string host) => Path.Combine(Root, "hosts", host);

    /// <summary>What a host's pod runtime keeps: pods, containers, logs.</summary>
    public string NodeState(string host) => Path.Combine(Host(host), "node");

    /// <summary>Images that were loaded from archives, for all hosts of the lab.</summary>
    public string Images => Path.Combine(Root, "images");

    /// <summary>A host's own /etc/cni/net.d.</summary>
    public string HostCniConfiguration(string host) => Path.Combine(Host(host), "etc/cni/net.d");

    /// <summary>The kubeconfig with which a host's agent and node runtime speak to the API.</summary>
    public string HostKubeconfig(string host) => Path.Combine(Host(host), "kubeconfig");

    /// <summary>The names of the labs that have a directory on this machine, in order.</summary>
    public static IReadOnlyList<string> LabNames() => Directory.Exists(AllLabs)
        ? [.. Directory.GetDirectories(AllLabs).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)]
        : [];
}
