using System.Net;

namespace Fairlead.Lab.Kubelet;

/// <summary>What one node's pod runtime is told: who it is, where the API is, and where its things live.</summary>
public sealed record NodeRuntimeOptions
{
    /// <summary>Path of the kubeconfig with the node's own credentials (<c>system:node:&lt;name&gt;</c>).</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>The lab's name; it is part of every name that the runtime gives to something in the kernel.</summary>
    public required string LabName { get; init; }

    /// <summary>The node's name in the API.</summary>
    public required string NodeName { get; init; }

    /// <summary>The node's own address, at which other nodes and the API server reach it. The first is reported as <c>status.hostIP</c>.</summary>
    public required IReadOnlyList<IPAddress> NodeAddresses { get; init; }

    /// <summary>Addresses of the node as seen from outside (<c>ExternalIP</c>); may be empty.</summary>
    public IReadOnlyList<IPAddress> ExternalAddresses { get; init; } = [];

    /// <summary>The node's pod CIDRs, written to <c>spec.podCIDR</c> and <c>spec.podCIDRs</c> when the node registers; empty leaves them to a controller.</summary>
    public IReadOnlyList<string> PodCidrs { get; init; } = [];

    /// <summary>Labels that the node registers with, beside the well-known ones.</summary>
    public IReadOnlyDictionary<string, string> NodeLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>The address of the cluster's DNS server; null gives pods with <c>ClusterFirst</c> the machine's own resolvers.</summary>
    public IPAddress? ClusterDns { get; init; }

    /// <summary>The cluster's domain, <c>cluster.local</c> unless told.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The directory from which the CNI configuration is read.</summary>
    public string CniConfDirectory { get; init; } = "/etc/cni/net.d";

    /// <summary>The directories in which CNI plugins are looked for, first match first.</summary>
    public IReadOnlyList<string> CniBinDirectories { get; init; } = ["/opt/cni/bin"];

    /// <summary>The node's state: pods, containers, logs. On a file system that an overlay's upper layer may be on (ext4, xfs, tmpfs).</summary>
    public required string StateDirectory { get; init; }

    /// <summary>The directory of images that were loaded from archives, shared by the lab's nodes; null when there are none.</summary>
    public string? ImageDirectory { get; init; }

    /// <summary>The cgroup below which all of the node's pods live, as a path in each hierarchy; <c>/fairlead/&lt;lab&gt;/&lt;node&gt;</c> unless told.</summary>
    public string? CgroupParent { get; init; }

    /// <summary>The port of the kubelet API (TLS) on the node's addresses.</summary>
    public int KubeletPort { get; init; } = 10250;

    /// <summary>PEM file with the authority whose client certificates may use the kubelet API; null lets everyone who reaches the port.</summary>
    public string? KubeletClientAuthority { get; init; }

    /// <summary>PEM certificate and key files of the kubelet API; null makes a self-signed certificate at start.</summary>
    public (string Certificate, string Key)? KubeletServingCertificate { get; init; }

    /// <summary>The executable that serves HTTP in containers whose image has no command: <c>PATH lab serve-http PORT…</c>. This process's own file unless told.</summary>
    public string? ResponderExecutable { get; init; }

    /// <summary>Directories of the machine that a container sees empty: other people's secrets and the labs' own state.</summary>
    public IReadOnlyList<string> HiddenDirectories { get; init; } =
        ["/tmp", "/var/tmp", "/run", "/root", "/home", "/mnt", "/media", "/boot", "/var/lib/fairlead", "/var/lib/cni", "/etc/cni"];

    /// <summary>How many pods the node says it can hold.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>The clock; tests pass one that they move.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal string Cgroup => CgroupParent ?? $"/fairlead/{LabName}/{NodeName}";

    internal string Responder => ResponderExecutable ?? Environment.ProcessPath ?? "/proc/self/exe";
}
