using System.Net;

namespace Fairlead.ControlPlane;

/// <summary>How an embedded Kubernetes API server is set up.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Where the objects (<c>objects.db</c>) and the certificates (<c>pki/</c>) are kept; made when missing.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address to listen on.</summary>
    public IPAddress BindAddress { get; init; } = IPAddress.Any;

    /// <summary>The HTTPS port; 0 takes a free one.</summary>
    public int SecurePort { get; init; } = 6443;

    /// <summary>The address under which pods and nodes reach the server: the endpoint of the service default/kubernetes.</summary>
    public IPAddress? AdvertiseAddress { get; init; }

    /// <summary>Cluster IPs come from here; the first address is the service default/kubernetes.</summary>
    public IPNetwork ServiceCidr { get; init; } = new(IPAddress.Parse("10.32.0.0"), 24);

    /// <summary>Cluster IPs of the other family; with it the cluster is dual-stack.</summary>
    public IPNetwork? SecondaryServiceCidr { get; init; }

    /// <summary>The lowest node port.</summary>
    public int FirstNodePort { get; init; } = 30000;

    /// <summary>The highest node port.</summary>
    public int LastNodePort { get; init; } = 32767;

    /// <summary>Pod CIDRs of nodes come from here; for the controllers.</summary>
    public IPNetwork? ClusterCidr { get; init; }

    /// <summary>The ranges of cluster IPs, the cluster's own family first.</summary>
    internal IReadOnlyList<IPNetwork> ServiceCidrs => SecondaryServiceCidr is { } secondary ? [ServiceCidr, secondary] : [ServiceCidr];

    /// <summary>Where to write an administrator's kubeconfig; nowhere when null.</summary>
    public string? KubeconfigPath { get; init; }

    /// <summary>The server's URL in that kubeconfig; the advertised address and port when null.</summary>
    public string? KubeconfigServer { get; init; }

    /// <summary>Further DNS names or addresses for the server's certificate.</summary>
    public IReadOnlyList<string> ExtraNames { get; init; } = [];

    /// <summary>Who may do what.</summary>
    public AuthorizationMode Authorization { get; init; } = AuthorizationMode.Rbac;

    /// <summary>
    /// Started when the server answers, with an administrator's kubeconfig text, and cancelled before it stops: the controllers.
    /// Null runs the API alone.
    /// </summary>
    public Func<string, CancellationToken, Task>? Controllers { get; init; }

    /// <summary>
    /// Give each new pod its service account and the volume with the account's token, as kube-apiserver's plugin of that name does. The accounts themselves are
    /// made by a controller: without one, pods are refused until somebody makes them.
    /// </summary>
    public bool ServiceAccountAdmission { get; init; }

    /// <summary>Take over listening sockets handed down by a parent (systemd's LISTEN_FDS), beside the one bound here.</summary>
    public bool SocketActivation { get; init; } = true;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>How a server decides who may do what.</summary>
public enum AuthorizationMode
{
    /// <summary>By the stored roles and bindings; the group system:masters may do everything.</summary>
    Rbac,

    /// <summary>Whoever is authenticated may do everything.</summary>
    AlwaysAllow,
}
