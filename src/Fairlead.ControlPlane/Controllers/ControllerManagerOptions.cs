using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>What the controllers have to know about the cluster; the defaults are those of kube-controller-manager.</summary>
public sealed record ControllerManagerOptions
{
    /// <summary>The ranges that nodes get their pod CIDRs from, at most one per address family; none where nodes bring their own.</summary>
    public IReadOnlyList<IPNetwork> ClusterCidrs { get; init; } = [];

    /// <summary>The prefix length of a node's IPv4 pod CIDR.</summary>
    public int NodeCidrMaskSizeIPv4 { get; init; } = 24;

    /// <summary>The prefix length of a node's IPv6 pod CIDR.</summary>
    public int NodeCidrMaskSizeIPv6 { get; init; } = 64;

    /// <summary>How long a node may be silent before it counts as not ready.</summary>
    public TimeSpan NodeMonitorGracePeriod { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>How long events are kept; for ever where null (a server that expires them itself).</summary>
    public TimeSpan? EventLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many finished pods may stay before the oldest are deleted; 0 for all.</summary>
    public int TerminatedPodThreshold { get; init; } = 12500;

    /// <summary>The root certificates for the kube-root-ca.crt ConfigMaps, as PEM; null for those that the client trusts.</summary>
    public string? RootCertificates { get; init; }

    /// <summary>The name of the scheduler whose pods are placed here.</summary>
    public string SchedulerName { get; init; } = "default-scheduler";

    /// <summary>Controllers to leave out, by name, such as <c>endpoints</c>.</summary>
    public IReadOnlySet<string> Disabled { get; init; } = new HashSet<string>();

    /// <summary>Where retries and changes are logged.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;
}
