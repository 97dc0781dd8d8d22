using System.Collections.Immutable;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

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

    /// <summary>The namespaces whose names are answered; empty: all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>The labels of the namespaces whose names are answered.</summary>
    public LabelQuery NamespaceLabels { get; init; } = LabelQuery.Everything;

    /// <summary>The labels of the services whose names are answered.</summary>
    public LabelQuery Labels { get; init; } = LabelQuery.Everything;

    /// <summary>Whether endpoints without a hostname are named after their pod, not after their address.</summary>
    public bool EndpointPodNames { get; init; }

    /// <summary>Whether endpoints have no names; then headless services have none either.</summary>
    public bool NoEndpoints { get; init; }

    /// <summary>Whether services without a ready endpoint have no names.</summary>
    public bool IgnoresEmptyServices { get; init; }

    /// <summary>The same, but for what a Corefile's <c>kubernetes</c> block says.</summary>
    public ClusterZoneOptions With(KubernetesOptions block) => this with
    {
        Zone = block.ForwardZones.FirstOrDefault(Zone),
        Ttl = block.Ttl,
        Pods = block.Pods,
        Namespaces = block.Namespaces,
        NamespaceLabels = block.NamespaceLabels,
        Labels = block.Labels,
        EndpointPodNames = block.EndpointPodNames,
        NoEndpoints = block.NoEndpoints,
        IgnoresEmptyServices = block.IgnoresEmptyServices,
    };

    /// <summary>Whether names of a namespace are answered.</summary>
    internal bool Shows(string name, Namespace ns) => (Namespaces.IsEmpty || Namespaces.Contains(name)) && NamespaceLabels.Matches(ns.Metadata.Labels);
}
