using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>Rules → clauses: peers become classes and addresses, named ports numbers.</summary>
internal sealed class PeerResolver(PolicyChain chain, PodClasses classes, ClusterState cluster)
{
    private static readonly PodSelection AllPods = new(null, LabelQuery.Everything, LabelQuery.Everything);
    private readonly ImmutableHashSet<PodSelection>.Builder groups = ImmutableHashSet.CreateBuilder<PodSelection>();

    /// <summary>The groups that were looked at.</summary>
    public ImmutableHashSet<PodSelection> Groups => groups.ToImmutable();

    /// <summary>Whether a rule names nodes.</summary>
    public bool NamesNodes { get; private set; }

    /// <summary>Whether a rule asks what the pods at some addresses call a port.</summary>
    public bool NamesAddresses { get; private set; }

    /// <summary>The clauses of rules of which each is enough.</summary>
    public ImmutableArray<PolicyClause> Clauses(string prefix, IEnumerable<PolicyRule> rules)
    {
        ClauseBuilder clauses = new();
        foreach (PolicyRule rule in rules)
        {
            if (rule.Ports.IsDefault)
            {
                AddAllTraffic(clauses, rule);
                continue;
            }

            foreach (PolicyPort port in rule.Ports)
            {
                if (port.Name is null)
                {
                    AddPorts(clauses, rule, new(port.Protocol!.Value, port.First, port.Last));
                }
                else if (chain.IsIngress)
                {
                    foreach (NamedPort named in chain.Ports.Where(port.Names))
                    {
                        AddPorts(clauses, rule, new(named.Protocol, named.Port, named.Port));
                    }
                }
                else
                {
                    AddNamed(clauses, rule, port);
                }
            }
        }

        return clauses.Build(prefix);
    }

    private void AddAllTraffic(ClauseBuilder clauses, PolicyRule rule)
    {
        if (rule.Peers.IsDefault)
        {
            clauses.AddEverything();
            return;
        }

        foreach (PolicyPeer peer in rule.Peers)
        {
            switch (peer)
            {
                case PolicyPeer.Pods { Selection.IsEverything: true }:
                    clauses.AddAnyPod();
                    break;
                case PolicyPeer.Pods pods:
                    clauses.AddPeers(Members(pods.Selection));
                    break;
                default:
                    foreach ((NetAddress first, NetAddress last) in Addresses(peer))
                    {
                        clauses.AddBlock(first, last);
                    }

                    break;
            }
        }
    }

    private void AddPorts(ClauseBuilder clauses, PolicyRule rule, PortRange ports)
    {
        if (rule.Peers.IsDefault)
        {
            clauses.AddOpen(ports);
            return;
        }

        foreach (PolicyPeer peer in rule.Peers)
        {
            switch (peer)
            {
                case PolicyPeer.Pods { Selection.IsEverything: true }:
                    clauses.AddPodPorts(ports);
                    break;
                case PolicyPeer.Pods pods:
                    foreach (uint number in Members(pods.Selection))
                    {
                        clauses.AddPorts(number, ports);
                    }

                    break;
                default:
                    foreach ((NetAddress first, NetAddress last) in Addresses(peer))
                    {
                        clauses.AddBlockPorts(first, last, ports);
                    }

                    break;
            }
        }
    }

    /// <summary>A name means what each destination calls so; destinations that aren't pods name nothing.</summary>
    private void AddNamed(ClauseBuilder clauses, PolicyRule rule, PolicyPort port)
    {
        IEnumerable<PodSelection> selections = rule.Peers.IsDefault ? [AllPods] : rule.Peers.OfType<PolicyPeer.Pods>().Select(p => p.Selection);
        foreach (uint number in selections.SelectMany(Members))
        {
            foreach (NamedPort named in classes.Of(number).Ports.Where(port.Names))
            {
                clauses.AddPorts(number, new(named.Protocol, named.Port, named.Port));
            }
        }

        foreach (PolicyPeer.Block block in rule.Peers.IsDefault ? [] : rule.Peers.OfType<PolicyPeer.Block>())
        {
            NamesAddresses = true;
            foreach (PodClass one in Members(AllPods).Select(classes.Of))
            {
                foreach (NamedPort named in one.Ports.Where(port.Names))
                {
                    foreach (NetAddress address in one.Members.SelectMany(m => cluster.Pods.GetValueOrDefault(m)?.Addresses ?? []).Where(block.Contains))
                    {
                        clauses.AddBlockPorts(address, address, new(named.Protocol, named.Port, named.Port));
                    }
                }
            }
        }
    }

    private ImmutableHashSet<uint> Members(PodSelection selection)
    {
        groups.Add(selection);
        return classes.Members(selection, chain.Name);
    }

    private IEnumerable<(NetAddress First, NetAddress Last)> Addresses(PolicyPeer peer)
    {
        switch (peer)
        {
            case PolicyPeer.Block block:
                return AddressRanges.Without(block.Range, block.Except);
            case PolicyPeer.Nodes nodes:
                NamesNodes = true;
                return cluster.Nodes.Values.Where(n => nodes.Query.Matches(n.Labels)).SelectMany(n => n.Addresses).Select(a => (a, a));
            default:
                throw new ArgumentOutOfRangeException(nameof(peer), peer, null);
        }
    }
}
