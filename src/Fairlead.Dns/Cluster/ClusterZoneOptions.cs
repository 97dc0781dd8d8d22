using System.Collections.Immutable;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>How names of pods are answered (<c>pods</c> of CoreDNS's kubernetes plugin).</summary>
public enum PodNames
{
    /// <summary>Not at all.</summary>
    Disabled,

    /// <summary>Any address of any namespace that exists, whether or not there is such a pod.</summary>
    Insecure,

    /// <summary>Only where a pod of that namespace has the address; all pods are watched for that.</summary>
    Verified,
}

/// <summary>What the cluster's zone is called and how it answers.</summary>
public sealed record ClusterZoneOptions
{
    /// <summary>The zone: <c>cluster.local</c>.</summary>
    public DnsName Zone { get; init; } = DnsName.Parse("cluster.local");

    /// <summary>How long clients may keep answers, in seconds.</summary>
    public uint Ttl { get; init; } = 5;

    /// <summary>How names of pods are answered.</summary>
    public PodNames Pods { get; init; } = PodNames.Insecure;

    /// <summary>The addresses at which the cluster's DNS is asked; <c>ns.dns.ZONE</c> has them.</summary>
    public ImmutableArray<NetAddress> Servers { get; init; } = [];

    /// <summary>
    /// Ranges of which every reverse name is the cluster's: an address that nothing has gives NXDOMAIN. Outside of them such questions go on to the next handler.
    /// </summary>
    public ImmutableArray<NetPrefix> ReverseRanges { get; init; } = [];

    /// <summary>This node's zone: where a service asks for it (trafficDistribution), endpoints of the zone come first. Empty: not known.</summary>
    public string NodeZone { get; init; } = "";

    /// <summary>This node's name, for services that prefer the same node.</summary>
    public string NodeName { get; init; } = "";
}
