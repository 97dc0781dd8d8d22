using System.Collections.Immutable;
using Fairlead.Dns;
using Fairlead.Network;

namespace Fairlead.Agent.Names;

/// <summary>What an operator says about the cluster's DNS on this node.</summary>
public sealed record DnsOptions
{
    /// <summary>The port of DNS.</summary>
    public const ushort Port = 53;

    /// <summary>The addresses that pods ask (the cluster IPs of the DNS Service).</summary>
    public required ImmutableArray<NetAddress> Addresses { get; init; }

    /// <summary>The cluster's zone.</summary>
    public string Domain { get; init; } = "cluster.local";

    /// <summary>A Corefile to be followed; null: the cluster's zone, and everything else from the node's own resolvers.</summary>
    public string? Corefile { get; init; }

    /// <summary>How names of pods are answered where there is no Corefile.</summary>
    public PodNames Pods { get; init; } = PodNames.Insecure;

    /// <summary>Whether a pod's search path is gone in its first trip.</summary>
    public bool SearchPath { get; init; } = true;

    /// <summary>The port of the node's own addresses at which other nodes find this server while theirs is away; 0: none.</summary>
    public ushort EndpointPort { get; init; } = 10053;

    /// <summary>Says what is wrong with the options.</summary>
    /// <exception cref="ArgumentException">Something is; the message names the option and what would be right.</exception>
    public void Validate()
    {
        if (!Fairlead.Dns.Wire.DnsName.TryParse(Domain, out Fairlead.Dns.Wire.DnsName zone) || zone.IsRoot)
        {
            throw new ArgumentException($"--cluster-domain '{Domain}' is not a domain name such as cluster.local.");
        }

        if (Corefile is not null && !File.Exists(Corefile))
        {
            throw new ArgumentException($"--corefile {Corefile}: there is no such file.");
        }
    }
}
