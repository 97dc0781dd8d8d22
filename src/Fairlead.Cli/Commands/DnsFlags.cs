using System.Collections.Immutable;
using System.CommandLine;
using Fairlead.Agent.Names;
using Fairlead.Dns;
using Fairlead.Network;

namespace Fairlead.Cli.Commands;

/// <summary>The agent's flags about the cluster's DNS.</summary>
internal sealed class DnsFlags
{
    private Option<ImmutableArray<NetAddress>> Addresses { get; } = ListOption.Create<NetAddress>(
        "--cluster-dns",
        "The cluster IPs of the DNS Service, separated by commas: this node answers for them. Without it no DNS is served.",
        NetAddress.TryParse,
        "an address such as 10.32.0.10");

    private Option<string> Domain { get; } = new("--cluster-domain") { Description = "The zone of the cluster's names.", DefaultValueFactory = _ => "cluster.local" };

    private Option<string?> Corefile { get; } = new("--corefile") { Description = "A Corefile to be followed; without it the cluster's names, and all others from the node's resolvers." };

    private Option<Choice<PodNames>> Pods { get; } = Choice.Option("--dns-pods", "How names of pods (10-200-0-5.default.pod) are answered, where there is no Corefile.", PodNames.Insecure);

    private Option<bool> SearchPath { get; } = new("--dns-search-path")
    {
        Description = $"Whether a pod's search path is answered in its first trip (=false: not); a namespace opts out with the annotation {Fairlead.Dns.Cluster.SearchPathOptions.Annotation}=off.",
        DefaultValueFactory = _ => true,
    };

    private Option<ushort> EndpointPort { get; } = new("--dns-endpoint-port")
    {
        Description = "The port of this node's addresses at which other nodes are served while theirs can't; 0 for none.",
        DefaultValueFactory = _ => 10053,
    };

    public void AddTo(Command command)
    {
        foreach (Option option in (ReadOnlySpan<Option>)[Addresses, Domain, Corefile, Pods, SearchPath, EndpointPort])
        {
            command.Add(option);
        }
    }

    public DnsOptions? Read(ParseResult parsed) => parsed.GetValue(Addresses) is { Length: > 0 } addresses
        ? new()
        {
            Addresses = addresses,
            Domain = parsed.GetValue(Domain)!,
            Corefile = parsed.GetValue(Corefile),
            Pods = parsed.GetValue(Pods),
            SearchPath = parsed.GetValue(SearchPath),
            EndpointPort = parsed.GetValue(EndpointPort),
        }
        : null;
}
