using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// Pods, namespaces and policies of the API → what the planner works with. What can't be understood is reported and closes: an unknown peer or port
/// admits nobody, and in a rule that denies it denies everybody.
/// </summary>
public static class PolicyReader
{
    /// <summary>The pod; null if policies don't concern it: it has its node's network, or has ended.</summary>
    public static PodState? Read(NetworkPod pod, Action<PlanProblem> report)
    {
        if (pod.Spec.HostNetwork || pod.Status.Phase is "Succeeded" or "Failed")
        {
            return null;
        }

        ObjectKey key = pod.Metadata.Key;
        ImmutableArray<NetAddress>.Builder addresses = ImmutableArray.CreateBuilder<NetAddress>(2);
        foreach (string text in pod.Status.PodIPs.Count > 0 ? pod.Status.PodIPs.Select(i => i.IP) : pod.Status.PodIP is { Length: > 0 } one ? [one] : [])
        {
            if (NetAddress.TryParse(text, out NetAddress address))
            {
                addresses.Add(address);
            }
            else
            {
                report(new("Pod", key, "InvalidAddress", $"Pod {key}: status.podIPs: \"{text}\" can't be understood and is left out."));
            }
        }

        ImmutableArray<NamedPort>.Builder ports = ImmutableArray.CreateBuilder<NamedPort>();
        foreach (ContainerPort port in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always")).SelectMany(c => c.Ports))
        {
            if (port.Name is { Length: > 0 } name && ClusterReader.TryProtocol(port.Protocol, out TransportProtocol protocol))
            {
                ports.Add(new(name, protocol, (ushort)port.ContainerPortValue));
            }
        }

        long created = pod.Metadata.CreationTimestamp?.ToUnixTimeSeconds() ?? 0;
        return new()
        {
            Key = key,
            Uid = pod.Metadata.Uid,
            Labels = pod.Metadata.Labels,
            NodeName = pod.Spec.NodeName ?? "",
            Addresses = addresses.ToImmutable(),
            Ports = ports.ToImmutable(),
            Rank = pod.Metadata.IsDeleting ? created - (1L << 40) : created,
        };
    }

    /// <summary>The NetworkPolicy.</summary>
    public static PolicyState Read(NetworkPolicy policy, Action<PlanProblem> report)
    {
        ObjectKey key = policy.Metadata.Key;
        NetworkPolicySpec spec = policy.Spec;
        bool typed = spec.PolicyTypes.Count > 0;
        NetworkPolicyParts parts = new(key, report);
        return new()
        {
            Key = key,
            Subject = new(key.Namespace, LabelQuery.Everything, LabelQuery.Of(spec.PodSelector)),
            HasIngress = !typed || spec.PolicyTypes.Contains("Ingress"),
            HasEgress = typed ? spec.PolicyTypes.Contains("Egress") : spec.Egress.Count > 0,
            Ingress = [.. spec.Ingress.Select((r, i) => parts.Rule("ingress", i, r.From, r.Ports))],
            Egress = [.. spec.Egress.Select((r, i) => parts.Rule("egress", i, r.To, r.Ports))],
            IsAudit = policy.Metadata.Annotations.GetValueOrDefault(Annotations.PolicyAudit) == "true",
            Revision = policy.Metadata.ResourceVersion,
        };
    }

    /// <summary>The ClusterNetworkPolicy.</summary>
    public static PolicyState Read(ClusterNetworkPolicy policy, Action<PlanProblem> report)
    {
        ClusterPolicyParts parts = new(new("", policy.Metadata.Name), report);
        ClusterNetworkPolicySpec spec = policy.Spec;
        return new()
        {
            Key = new("", policy.Metadata.Name),
            Tier = spec.Tier == "Baseline" ? PolicyTier.Baseline : PolicyTier.Admin,
            Priority = spec.Priority,
            Subject = ClusterPolicyParts.Subject(spec.Subject),
            HasIngress = spec.Ingress.Count > 0,
            HasEgress = spec.Egress.Count > 0,
            Ingress = [.. spec.Ingress.Select((r, i) => parts.Rule("ingress", i, r, r.From))],
            Egress = [.. spec.Egress.Select((r, i) => parts.Rule("egress", i, r, r.To))],
            Revision = policy.Metadata.ResourceVersion,
        };
    }

    /// <summary>The parts of a NetworkPolicy's rules.</summary>
    private sealed class NetworkPolicyParts(ObjectKey key, Action<PlanProblem> report)
    {
        public PolicyRule Rule(string direction, int index, IReadOnlyList<NetworkPolicyPeer> peers, IReadOnlyList<NetworkPolicyPort> ports)
        {
            string where = $"NetworkPolicy {key}: {direction} rule {index + 1}";
            return new()
            {
                Name = $"{index + 1}",
                Peers = peers.Count == 0 ? default : [.. peers.Select(p => Peer(where, p)).OfType<PolicyPeer>()],
                Ports = ports.Count == 0 ? default : [.. ports.Select(p => Port(where, p)).OfType<PolicyPort>()],
            };
        }

        private PolicyPeer? Peer(string where, NetworkPolicyPeer peer)
        {
            if (peer.IPBlock is { } block)
            {
                if (!NetPrefix.TryParse(block.Cidr, out NetPrefix range))
                {
                    report(new("NetworkPolicy", key, "InvalidBlock", $"{where}: \"{block.Cidr}\" is no range of addresses; it admits nobody."));
                    return null;
                }

                List<NetPrefix> except = [];
                foreach (string text in block.Except)
                {
                    if (!NetPrefix.TryParse(text, out NetPrefix part))
                    {
                        report(new("NetworkPolicy", key, "InvalidBlock", $"{where}: except \"{text}\" is no range of addresses; the whole block admits nobody."));
                        return null;
                    }

                    except.Add(part);
                }

                return new PolicyPeer.Block(range, [.. except]);
            }

            LabelQuery pods = peer.PodSelector is null ? LabelQuery.Everything : LabelQuery.Of(peer.PodSelector);
            return (peer.PodSelector, peer.NamespaceSelector) switch
            {
                (null, null) => null,
                (_, null) => new PolicyPeer.Pods(new(key.Namespace, LabelQuery.Everything, pods)),
                (_, { } namespaces) => new PolicyPeer.Pods(new(null, LabelQuery.Of(namespaces), pods)),
            };
        }

        private PolicyPort? Port(string where, NetworkPolicyPort port)
        {
            if (!ClusterReader.TryProtocol(port.Protocol, out TransportProtocol protocol))
            {
                report(new("NetworkPolicy", key, "UnknownProtocol", $"{where}: protocol {port.Protocol} isn't known; it admits nothing."));
                return null;
            }

            return port.Port switch
            {
                null => new(protocol, 0, ushort.MaxValue),
                { Text: { } name } => new(protocol, 0, 0, name),
                { Number: var number } => new(protocol, (ushort)number, (ushort)Math.Max(number, port.EndPort ?? number)),
            };
        }
    }

    /// <summary>The parts of a ClusterNetworkPolicy's rules.</summary>
    private sealed class ClusterPolicyParts(ObjectKey key, Action<PlanProblem> report)
    {
        public static PodSelection Subject(ClusterNetworkPolicySubject subject) => subject switch
        {
            { Pods: { } pods } => Selection(pods),
            { Namespaces: { } namespaces } => new(null, LabelQuery.Of(namespaces), LabelQuery.Everything),
            _ => new("", LabelQuery.Everything, LabelQuery.Everything),
        };

        public PolicyRule Rule(string direction, int index, ClusterNetworkPolicyRule rule, IReadOnlyList<ClusterNetworkPolicyPeer> peers)
        {
            string name = rule.Name is { Length: > 0 } given ? given : $"{index + 1}";
            RuleAction? action = rule.Action switch { "Accept" => RuleAction.Accept, "Pass" => RuleAction.Pass, "Deny" => RuleAction.Deny, _ => null };
            List<PolicyPeer>? known = Peers(peers);
            List<PolicyPort>? ports = rule.Protocols is null ? [] : Ports(rule.Protocols);
            if (action is null || known is null || ports is null)
            {
                report(new("ClusterNetworkPolicy", key, "UnknownRule", $"ClusterNetworkPolicy {key}: {direction} rule {name} has a peer, protocol or action that isn't known here; "
                    + (action == RuleAction.Accept ? "it accepts nothing." : "it denies everything.")));
                return action == RuleAction.Accept
                    ? new() { Name = name, Action = RuleAction.Accept, Peers = [], Ports = [] }
                    : new() { Name = name, Action = RuleAction.Deny };
            }

            return new() { Name = name, Action = action.Value, Peers = [.. known], Ports = rule.Protocols is null ? default : [.. ports] };
        }

        private static List<PolicyPeer>? Peers(IReadOnlyList<ClusterNetworkPolicyPeer> peers)
        {
            List<PolicyPeer> known = [];
            foreach (ClusterNetworkPolicyPeer peer in peers)
            {
                switch (peer)
                {
                    case { Namespaces: { } namespaces }:
                        known.Add(new PolicyPeer.Pods(new(null, LabelQuery.Of(namespaces), LabelQuery.Everything)));
                        break;
                    case { Pods: { } pods }:
                        known.Add(new PolicyPeer.Pods(Selection(pods)));
                        break;
                    case { Nodes: { } nodes }:
                        known.Add(new PolicyPeer.Nodes(LabelQuery.Of(nodes)));
                        break;
                    case { Networks: { } networks }:
                        foreach (string network in networks)
                        {
                            if (!NetPrefix.TryParse(network, out NetPrefix range))
                            {
                                return null;
                            }

                            known.Add(new PolicyPeer.Block(range, []));
                        }

                        break;
                    default:
                        return null;
                }
            }

            return known;
        }

        private static List<PolicyPort>? Ports(IReadOnlyList<ClusterNetworkPolicyProtocol> protocols)
        {
            List<PolicyPort> ports = [];
            foreach (ClusterNetworkPolicyProtocol one in protocols)
            {
                (TransportProtocol? protocol, ClusterNetworkPolicyTransport? transport) = one switch
                {
                    { Tcp: { } tcp } => (TransportProtocol.Tcp, tcp),
                    { Udp: { } udp } => (TransportProtocol.Udp, udp),
                    { Sctp: { } sctp } => (TransportProtocol.Sctp, sctp),
                    _ => ((TransportProtocol?)null, (ClusterNetworkPolicyTransport?)null),
                };
                if (transport is null && string.IsNullOrEmpty(one.DestinationNamedPort))
                {
                    return null;
                }

                ports.Add(transport switch
                {
                    null => new(null, 0, 0, one.DestinationNamedPort),
                    { DestinationPort: null } => new(protocol, 0, ushort.MaxValue),
                    { DestinationPort.Range: { } range } => new(protocol, (ushort)range.Start, (ushort)range.End),
                    { DestinationPort.Number: var number } => new(protocol, (ushort)number, (ushort)number),
                });
            }

            return ports;
        }

        private static PodSelection Selection(NamespacedPod pods) => new(null, LabelQuery.Of(pods.NamespaceSelector), LabelQuery.Of(pods.PodSelector));
    }
}
