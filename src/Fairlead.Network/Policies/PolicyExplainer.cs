using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// Says what the cluster's policies do with a connection and why, from the objects alone: it shares no step with what is put into kernels, so that the
/// two can be compared. One is made for one state of the cluster.
/// </summary>
public sealed class PolicyExplainer
{
    private readonly Dictionary<NetAddress, PodState> pods = [];
    private readonly ILookup<string, PolicyState> byNamespace;
    private readonly Dictionary<ObjectKey, ImmutableArray<PolicyState>> selecting = [];

    /// <summary>An explainer of this state.</summary>
    public PolicyExplainer(ClusterState cluster)
    {
        Cluster = cluster;
        byNamespace = cluster.Policies.Values.ToLookup(p => p.Subject.Namespace ?? "");
        foreach (PodState pod in cluster.Pods.Values)
        {
            foreach (NetAddress address in pod.Addresses)
            {
                if (!pods.TryGetValue(address, out PodState? other) || (other.Rank, other.Key).CompareTo((pod.Rank, pod.Key)) < 0)
                {
                    pods[address] = pod;
                }
            }
        }
    }

    /// <summary>The state that it explains.</summary>
    public ClusterState Cluster { get; }

    /// <summary>The pod that has an address; null if none has.</summary>
    public PodState? PodAt(NetAddress address) => pods.GetValueOrDefault(address);

    /// <summary>What is said of a connection at its source and at its destination; the source's word first. Neither is asked where they aren't pods.</summary>
    public IEnumerable<PolicyVerdict> Explain(NetAddress source, NetAddress destination, TransportProtocol? protocol, ushort port)
    {
        if (source == destination)
        {
            yield break;
        }

        if (PodAt(source) is { } sender)
        {
            yield return Judge(sender, isIngress: false, new(destination, PodAt(destination), PodAt(destination), protocol, port));
        }

        if (PodAt(destination) is { } receiver)
        {
            yield return Judge(receiver, isIngress: true, new(source, PodAt(source), receiver, protocol, port));
        }
    }

    /// <summary>What decides: the first denial, or the last word; null where no pod is concerned.</summary>
    public PolicyVerdict? Decide(NetAddress source, NetAddress destination, TransportProtocol? protocol, ushort port)
    {
        PolicyVerdict? last = null;
        foreach (PolicyVerdict verdict in Explain(source, destination, protocol, port))
        {
            last = verdict;
            if (!verdict.IsAllowed)
            {
                break;
            }
        }

        return last;
    }

    private PolicyVerdict Judge(PodState pod, bool isIngress, Connection connection)
    {
        ImmutableArray<PolicyState> policies = [.. Selecting(pod).Where(p => p.Speaks(isIngress))];
        if (FirstMatch(policies, PolicyTier.Admin, isIngress, connection) is { } admin)
        {
            return admin;
        }

        ImmutableArray<PolicyState> network = [.. policies.Where(p => p.Tier == PolicyTier.Network).OrderBy(p => p.Key)];
        ImmutableArray<PolicyState> isolating = [.. network.Where(p => !p.IsAudit)];
        foreach (PolicyState policy in network)
        {
            if (policy.Rules(isIngress).FirstOrDefault(r => Matches(r, policy, connection, isIngress)) is { } rule)
            {
                if (isolating.IsEmpty)
                {
                    return FirstMatch(policies, PolicyTier.Baseline, isIngress, connection) ?? new() { IsAllowed = true, IsIngress = isIngress };
                }

                return new() { IsAllowed = true, IsIngress = isIngress, Policy = policy, Rule = rule, IsolatedBy = isolating };
            }
        }

        if (!isolating.IsEmpty)
        {
            return new() { IsAllowed = false, IsIngress = isIngress, IsolatedBy = isolating, Closest = Closest(network, isIngress, connection) };
        }

        PolicyVerdict last = FirstMatch(policies, PolicyTier.Baseline, isIngress, connection) ?? new() { IsAllowed = true, IsIngress = isIngress };
        return last with { AuditedBy = network };
    }

    private PolicyVerdict? FirstMatch(ImmutableArray<PolicyState> policies, PolicyTier tier, bool isIngress, Connection connection)
    {
        foreach (PolicyState policy in policies.Where(p => p.Tier == tier).OrderBy(p => p.Priority).ThenBy(p => p.Key))
        {
            foreach (PolicyRule rule in policy.Rules(isIngress))
            {
                if (Matches(rule, policy, connection, isIngress))
                {
                    return rule.Action == RuleAction.Pass
                        ? null
                        : new() { IsAllowed = rule.Action == RuleAction.Accept, IsIngress = isIngress, Policy = policy, Rule = rule };
                }
            }
        }

        return null;
    }

    private ImmutableArray<PolicyState> Selecting(PodState pod)
    {
        if (!selecting.TryGetValue(pod.Key, out ImmutableArray<PolicyState> found))
        {
            IReadOnlyDictionary<string, string> namespaceLabels = Cluster.LabelsOf(pod.Key.Namespace);
            found = [.. byNamespace[pod.Key.Namespace].Concat(byNamespace[""]).Where(p => p.Subject.Matches(pod.Key.Namespace, namespaceLabels, pod.Labels))];
            selecting[pod.Key] = found;
        }

        return found;
    }

    private bool Matches(PolicyRule rule, PolicyState policy, Connection connection, bool isIngress) =>
        Attempts(rule, policy, connection, isIngress).Any(missing => !missing.Any());

    /// <summary>Of the rules that isolate, the one with the fewest conditions that fail; of equals the first.</summary>
    private NearMiss? Closest(ImmutableArray<PolicyState> policies, bool isIngress, Connection connection)
    {
        NearMiss? closest = null;
        foreach (PolicyState policy in policies)
        {
            foreach (PolicyRule rule in policy.Rules(isIngress))
            {
                foreach (IEnumerable<string> attempt in Attempts(rule, policy, connection, isIngress))
                {
                    ImmutableArray<string> missing = [.. attempt];
                    if (closest is null || missing.Length < closest.Missing.Length)
                    {
                        closest = new(policy, rule, missing);
                    }
                }
            }
        }

        return closest;
    }

    /// <summary>Each way in which a rule could match, as the conditions that fail; a way without any matches.</summary>
    private IEnumerable<IEnumerable<string>> Attempts(PolicyRule rule, PolicyState policy, Connection connection, bool isIngress)
    {
        string side = isIngress ? "source" : "destination";
        if (rule.Peers.IsDefault)
        {
            yield return MissingPort(rule, connection, names: true);
            yield break;
        }

        foreach (PolicyPeer peer in rule.Peers)
        {
            yield return MissingPeer(peer, connection, side).Concat(MissingPort(rule, connection, names: isIngress || peer is not PolicyPeer.Nodes));
        }
    }

    private IEnumerable<string> MissingPeer(PolicyPeer peer, Connection connection, string side)
    {
        switch (peer)
        {
            case PolicyPeer.Block block when !block.Contains(connection.Peer):
                yield return $"{side} {connection.Peer} is not in {block}";
                break;
            case PolicyPeer.Nodes nodes when !Cluster.Nodes.Values.Any(n => n.Addresses.Contains(connection.Peer) && nodes.Query.Matches(n.Labels)):
                yield return $"{side} {connection.Peer} is not an address of {nodes}";
                break;
            case PolicyPeer.Pods when connection.Pod is null:
                yield return $"{side} {connection.Peer} is not a pod";
                break;
            case PolicyPeer.Pods { Selection: var selection }:
                PodState pod = connection.Pod!;
                if (selection.Namespace is { } ns)
                {
                    if (ns != pod.Key.Namespace)
                    {
                        yield return $"{side}'s namespace is {pod.Key.Namespace}, not {ns}";
                    }
                }
                else
                {
                    foreach (LabelQuery part in selection.Namespaces.Parts.Where(p => !p.Matches(Cluster.LabelsOf(pod.Key.Namespace))))
                    {
                        yield return Missing(part, Cluster.LabelsOf(pod.Key.Namespace), $"{side}'s namespace {pod.Key.Namespace}");
                    }
                }

                foreach (LabelQuery part in selection.Pods.Parts.Where(p => !p.Matches(pod.Labels)))
                {
                    yield return Missing(part, pod.Labels, $"{side} {pod.Key}");
                }

                break;
        }
    }

    private static string Missing(LabelQuery part, IReadOnlyDictionary<string, string> labels, string who)
    {
        if (part.Anchor is not { } label)
        {
            return $"labels of {who} don't fulfil \"{part}\"";
        }

        return labels.TryGetValue(label.Key, out string? value)
            ? $"label {label.Key} of {who} is {value}, not {label.Value}"
            : $"label {label.Key}={label.Value} of {who} missing";
    }

    private static IEnumerable<string> MissingPort(PolicyRule rule, Connection connection, bool names)
    {
        if (rule.Ports.IsDefault || rule.Ports.Any(p => Matches(p, connection, names)))
        {
            yield break;
        }

        yield return connection.Protocol is { } protocol
            ? $"{protocol.ToString().ToUpperInvariant()} port {connection.Port} is not {string.Join(" or ", rule.Ports)}"
            : "the protocol has no ports";
    }

    private static bool Matches(PolicyPort port, Connection connection, bool names) => port.Name is null
        ? port.Protocol == connection.Protocol && connection.Port >= port.First && connection.Port <= port.Last
        : names && connection.Receiver is { } pod && pod.Ports.Any(p => port.Names(p) && p.Protocol == connection.Protocol && p.Port == connection.Port);

    /// <param name="Peer">The address of the other side.</param>
    /// <param name="Pod">The pod there.</param>
    /// <param name="Receiver">The pod whose ports have names.</param>
    /// <param name="Protocol">The protocol; null for one without ports.</param>
    /// <param name="Port">The port at the destination.</param>
    private readonly record struct Connection(NetAddress Peer, PodState? Pod, PodState? Receiver, TransportProtocol? Protocol, ushort Port);
}
