using System.Net;
using Fairlead.Kubernetes;

namespace Fairlead.Network.Tests.Policies;

/// <summary>
/// What the API promises of policies, written straight from its reference (networking.k8s.io/v1 NetworkPolicySpec and policy.networking.k8s.io/v1alpha2
/// ClusterNetworkPolicySpec) over the API's own objects, without a plan, an index or anything of the code that is tested.
/// </summary>
public sealed class PlainPolicies(
    IReadOnlyList<Namespace> namespaces, IReadOnlyList<Pod> pods, IReadOnlyList<NetworkPolicy> policies, IReadOnlyList<ClusterNetworkPolicy> clusterPolicies)
{
    /// <summary>Whether policies let a new connection leave its source, if that is a pod.</summary>
    public bool Leaves(string source, string destination, string protocol, int port) =>
        PodOf(source) is not { } pod || Decide(pod, isIngress: false, destination, protocol, port, PodOf(destination));

    /// <summary>Whether policies let it into its destination, if that is a pod.</summary>
    public bool Enters(string source, string destination, string protocol, int port) =>
        PodOf(destination) is not { } pod || Decide(pod, isIngress: true, source, protocol, port, pod);

    /// <summary>Both. A pod always reaches itself.</summary>
    public bool Allows(string source, string destination, string protocol, int port) =>
        source == destination || (Leaves(source, destination, protocol, port) && Enters(source, destination, protocol, port));

    private Pod? PodOf(string address) => pods.FirstOrDefault(p => !p.Spec.HostNetwork && p.Status.PodIPs.Any(i => i.IP == address));

    private bool Decide(Pod subject, bool isIngress, string peer, string protocol, int port, Pod? portOwner)
    {
        string? admin = FirstMatch("Admin");
        if (admin is "Accept" or "Deny")
        {
            return admin == "Accept";
        }

        List<NetworkPolicy> selecting = [.. policies.Where(p => p.Metadata.Namespace == subject.Metadata.Namespace
            && Matches(p.Spec.PodSelector, subject.Metadata.Labels) && Types(p).Contains(isIngress ? "Ingress" : "Egress"))];
        if (selecting.Exists(p => p.Metadata.Annotations.GetValueOrDefault("fairlead.dev/audit") != "true"))
        {
            return selecting.Exists(p => isIngress
                ? p.Spec.Ingress.Any(r => RuleMatches(p, r.From, r.Ports))
                : p.Spec.Egress.Any(r => RuleMatches(p, r.To, r.Ports)));
        }

        return FirstMatch("Baseline") is not "Deny";

        string? FirstMatch(string tier)
        {
            foreach (ClusterNetworkPolicy policy in clusterPolicies.Where(p => p.Spec.Tier == tier).OrderBy(p => p.Spec.Priority).ThenBy(p => p.Metadata.Name, StringComparer.Ordinal))
            {
                if (!Selects(policy.Spec.Subject.Namespaces, policy.Spec.Subject.Pods, subject))
                {
                    continue;
                }

                foreach (ClusterNetworkPolicyRule rule in isIngress ? policy.Spec.Ingress : policy.Spec.Egress)
                {
                    if ((isIngress ? rule.From : rule.To).Any(one => one.Networks is null
                        ? PodOf(peer) is { } pod && Selects(one.Namespaces, one.Pods, pod) && ProtocolMatches(rule.Protocols)
                        : one.Networks.Any(n => Contains(n, peer)) && ProtocolMatches(rule.Protocols)))
                    {
                        return rule.Action;
                    }
                }
            }

            return null;
        }

        bool RuleMatches(NetworkPolicy policy, IReadOnlyList<NetworkPolicyPeer> peers, IReadOnlyList<NetworkPolicyPort> ports) => peers.Count == 0
            ? PortMatches(ports)
            : peers.Any(one => PeerMatches(policy, one) && PortMatches(ports));

        bool PeerMatches(NetworkPolicy policy, NetworkPolicyPeer one) => one.IPBlock is { } block
                ? Contains(block.Cidr, peer) && !block.Except.Any(e => Contains(e, peer))
                : PodOf(peer) is { } pod
                    && (one.NamespaceSelector is null ? pod.Metadata.Namespace == policy.Metadata.Namespace : Matches(one.NamespaceSelector, NamespaceLabels(pod)))
                    && (one.PodSelector is null || Matches(one.PodSelector, pod.Metadata.Labels));

        bool PortMatches(IReadOnlyList<NetworkPolicyPort> ports) => ports.Count == 0 || ports.Any(one =>
            one.Port is { Text: { } name }
                ? Named(name).Any(p => (p.Protocol ?? "TCP") == (one.Protocol ?? "TCP") && (p.Protocol ?? "TCP") == protocol && p.ContainerPortValue == port)
                : (one.Protocol ?? "TCP") == protocol
                    && (one.Port is null || (one.EndPort is { } end ? port >= one.Port.Value.Number && port <= end : port == one.Port.Value.Number)));

        bool ProtocolMatches(IReadOnlyList<ClusterNetworkPolicyProtocol>? protocols) => protocols is null || protocols.Any(one =>
            one.DestinationNamedPort is { } name
                ? Named(name).Any(p => (p.Protocol ?? "TCP") == protocol && p.ContainerPortValue == port)
                : (protocol switch { "TCP" => one.Tcp, "UDP" => one.Udp, _ => one.Sctp }) is { } transport
                    && (transport.DestinationPort is null
                        || transport.DestinationPort.Number == port
                        || (transport.DestinationPort.Range is { } range && port >= range.Start && port <= range.End)));

        IEnumerable<ContainerPort> Named(string name) => portOwner?.Spec.Containers.SelectMany(c => c.Ports).Where(p => p.Name == name) ?? [];
    }

    private bool Selects(LabelSelector? inNamespaces, NamespacedPod? some, Pod pod) => some is not null
        ? Matches(some.NamespaceSelector, NamespaceLabels(pod)) && Matches(some.PodSelector, pod.Metadata.Labels)
        : inNamespaces is not null && Matches(inNamespaces, NamespaceLabels(pod));

    private IReadOnlyDictionary<string, string> NamespaceLabels(Pod pod) => namespaces.First(n => n.Metadata.Name == pod.Metadata.Namespace).Metadata.Labels;

    private static IReadOnlyList<string> Types(NetworkPolicy policy) => policy.Spec.PolicyTypes.Count > 0
        ? policy.Spec.PolicyTypes
        : policy.Spec.Egress.Count > 0 ? ["Ingress", "Egress"] : ["Ingress"];

    private static bool Matches(LabelSelector selector, IReadOnlyDictionary<string, string> labels) =>
        selector.MatchLabels.All(l => labels.GetValueOrDefault(l.Key) == l.Value)
        && selector.MatchExpressions.All(e => e.Operator switch
        {
            "In" => labels.TryGetValue(e.Key, out string? value) && e.Values.Contains(value),
            "NotIn" => !(labels.TryGetValue(e.Key, out string? value) && e.Values.Contains(value)),
            "Exists" => labels.ContainsKey(e.Key),
            "DoesNotExist" => !labels.ContainsKey(e.Key),
            _ => throw new InvalidOperationException(e.Operator),
        });

    private static bool Contains(string cidr, string address) => IPNetwork.Parse(cidr).Contains(System.Net.IPAddress.Parse(address));
}
