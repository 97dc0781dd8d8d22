using Fairlead.Kubernetes;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>Policies of one case, and what it is called.</summary>
public sealed record PolicyCase(string Name, IReadOnlyList<NetworkPolicy> Policies, IReadOnlyList<ClusterNetworkPolicy> ClusterPolicies)
{
    public override string ToString() => Name;
}

/// <summary>The ranges that blocks of addresses are made from.</summary>
/// <param name="Node4">The pods of one node; IPv4.</param>
/// <param name="OtherNode4">Those of another one.</param>
/// <param name="Node6">The pods of one node; IPv6.</param>
/// <param name="Cluster4">All pods.</param>
/// <param name="Except4">Parts of it.</param>
/// <param name="Cluster6">All pods; IPv6.</param>
/// <param name="Except6">Parts of it.</param>
internal sealed record AddressPlan(string Node4, string OtherNode4, string Node6, string Cluster4, string[] Except4, string Cluster6, string[] Except6);

/// <summary>
/// Cases made by combination, an idea of cyclonus: direction, peers, ports and protocols, whom a policy selects, and policies that meet.
/// </summary>
internal static class PolicyCases
{
    private static (string Name, NetworkPolicyPeer[] Peers)[] Peers(AddressPlan plan) =>
    [
        ("anybody", []),
        ("pods-here", [new() { PodSelector = new() }]),
        ("pod-b-here", [new() { PodSelector = Labels("pod", "b") }]),
        ("pods-a-or-c-here", [new() { PodSelector = Expression("pod", "In", "a", "c") }]),
        ("pods-not-b-here", [new() { PodSelector = Expression("pod", "NotIn", "b") }]),
        ("all-namespaces", [new() { NamespaceSelector = new() }]),
        ("namespace-y", [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "y") }]),
        ("namespaces-not-x", [new() { NamespaceSelector = Expression("kubernetes.io/metadata.name", "NotIn", "x") }]),
        ("pod-a-of-any", [new() { NamespaceSelector = new(), PodSelector = Labels("pod", "a") }]),
        ("pod-c-of-z", [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "z"), PodSelector = Expression("pod", "In", "c") }]),
        ("without-label", [new() { NamespaceSelector = new(), PodSelector = Expression("nothing", "DoesNotExist") }]),
        ("block", [Block(plan.Node4), Block(plan.Node6)]),
        ("block-without", [Block(plan.Cluster4, plan.Except4), Block(plan.Cluster6, plan.Except6)]),
        ("two-kinds", [new() { PodSelector = Labels("pod", "b") }, Block(plan.OtherNode4)]),
    ];

    private static readonly (string Name, NetworkPolicyPort[] Ports)[] s_ports =
    [
        ("all", []),
        ("tcp-80", [new() { Protocol = "TCP", Port = 80 }]),
        ("udp-81", [new() { Protocol = "UDP", Port = 81 }]),
        ("sctp-80", [new() { Protocol = "SCTP", Port = 80 }]),
        ("named", [new() { Protocol = "TCP", Port = "serve-81-tcp" }, new() { Protocol = "UDP", Port = "serve-80-udp" }]),
        ("range", [new() { Protocol = "TCP", Port = 80, EndPort = 81 }, new() { Protocol = "SCTP", Port = 81, EndPort = 90 }]),
        ("protocol", [new() { Protocol = "UDP" }]),
    ];

    /// <summary>Every combination of direction, peers and ports, upon pod a of namespace x.</summary>
    public static IEnumerable<PolicyCase> Combined(AddressPlan plan) =>
        from ingress in (bool[])[true, false]
        from peers in Peers(plan)
        from ports in s_ports
        select new PolicyCase($"{(ingress ? "ingress" : "egress")} {peers.Name} {ports.Name}", [Policy("x", "case", Labels("pod", "a"), ingress, peers.Peers, ports.Ports)], []);

    /// <summary>Policies that meet, whole namespaces, and ClusterNetworkPolicies.</summary>
    public static IEnumerable<PolicyCase> Met()
    {
        yield return new("no policy", [], []);
        foreach (bool ingress in (bool[])[true, false])
        {
            string direction = ingress ? "ingress" : "egress";
            NetworkPolicy deny = Policy("x", "deny", new(), ingress, null, []);
            yield return new($"deny all {direction}", [deny], []);
            yield return new($"deny and allow all {direction}", [deny, Policy("x", "allow", new(), ingress, [], [])], []);
            yield return new($"deny and allow one {direction}", [deny, Policy("x", "allow", Labels("pod", "b"), ingress, [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "y") }], [new() { Port = 80 }])], []);
            yield return new($"two that add {direction}",
            [
                Policy("x", "one", new(), ingress, [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "y") }], [new() { Port = 80 }]),
                Policy("x", "two", Labels("pod", "a"), ingress, [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "z") }], [new() { Port = 81, Protocol = "UDP" }, new() { Port = 80, EndPort = 90, Protocol = "SCTP" }]),
            ], []);
            yield return new($"every namespace {direction}", [.. from ns in (string[])["x", "y", "z"] select Policy(ns, "same", new(), ingress, [new() { PodSelector = new() }], [])], []);
            yield return new($"audited {direction}", [deny with { Metadata = deny.Metadata with { Annotations = new Dictionary<string, string> { ["fairlead.dev/audit"] = "true" } } }], []);
            yield return new($"admin denies {direction}", [], [Cluster("Admin", 10, ingress, ("Deny", "y", null))]);
            yield return new($"admin accepts before deny {direction}", [deny], [Cluster("Admin", 10, ingress, ("Accept", "y", 80), ("Deny", "y", null))]);
            yield return new($"admin passes {direction}", [deny], [Cluster("Admin", 5, ingress, ("Pass", "z", null)), Cluster("Admin", 10, ingress, ("Accept", null, null))]);
            yield return new($"baseline denies {direction}", [], [Cluster("Baseline", 0, ingress, ("Accept", "z", 81), ("Deny", null, null))]);
            yield return new($"network before baseline {direction}", [Policy("x", "allow", Labels("pod", "a"), ingress, [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "y") }], [])], [Cluster("Baseline", 0, ingress, ("Deny", null, null))]);
            yield return new($"priorities {direction}", [], [Cluster("Admin", 20, ingress, ("Deny", null, null)), Cluster("Admin", 3, ingress, ("Accept", "y", 80), ("Pass", "z", null)), Cluster("Baseline", 1, ingress, ("Deny", "z", 80))]);
        }

        yield return new("both directions", [new()
        {
            Metadata = new() { Namespace = "x", Name = "both" },
            Spec = new()
            {
                PodSelector = Labels("pod", "a"),
                PolicyTypes = ["Ingress", "Egress"],
                Ingress = [new() { From = [new() { PodSelector = Labels("pod", "b") }] }],
                Egress = [new() { To = [new() { NamespaceSelector = Labels("kubernetes.io/metadata.name", "y") }], Ports = [new() { Port = 80 }] }],
            },
        }], []);
        yield return new("types by default", [new()
        {
            Metadata = new() { Namespace = "x", Name = "default" },
            Spec = new() { PodSelector = new(), Egress = [new() { To = [new() { PodSelector = new() }] }] },
        }], []);
    }

    /// <summary>peers: null is no rule at all, empty is a rule for anybody.</summary>
    public static NetworkPolicy Policy(string ns, string name, LabelSelector pods, bool ingress, NetworkPolicyPeer[]? peers, NetworkPolicyPort[] ports) => new()
    {
        Metadata = new() { Namespace = ns, Name = name },
        Spec = new()
        {
            PodSelector = pods,
            PolicyTypes = [ingress ? "Ingress" : "Egress"],
            Ingress = ingress && peers is not null ? [new() { From = peers, Ports = ports }] : [],
            Egress = !ingress && peers is not null ? [new() { To = peers, Ports = ports }] : [],
        },
    };

    public static LabelSelector Labels(string key, string value) => new() { MatchLabels = new Dictionary<string, string> { [key] = value } };

    public static LabelSelector Expression(string key, string @operator, params string[] values) => new() { MatchExpressions = [new() { Key = key, Operator = @operator, Values = values }] };

    private static NetworkPolicyPeer Block(string range, params string[] except) => new() { IPBlock = new() { Cidr = range, Except = except } };

    private static ClusterNetworkPolicy Cluster(string tier, int priority, bool ingress, params (string Action, string? Namespace, int? Port)[] rules)
    {
        ClusterNetworkPolicyRule[] all = [.. rules.Select(rule =>
        {
            ClusterNetworkPolicyPeer[] peers = [new() { Namespaces = rule.Namespace is null ? new() : Labels("kubernetes.io/metadata.name", rule.Namespace) }];
            return new ClusterNetworkPolicyRule
            {
                Action = rule.Action,
                From = ingress ? peers : [],
                To = ingress ? [] : peers,
                Protocols = rule.Port is { } port ? [new() { Tcp = new() { DestinationPort = new() { Number = port } } }, new() { Udp = new() { DestinationPort = new() { Range = new() { Start = port, End = port + 5 } } } }] : null,
            };
        })];
        return new()
        {
            Metadata = new() { Name = $"{tier.ToLowerInvariant()}-{priority}" },
            Spec = new() { Tier = tier, Priority = priority, Subject = new() { Namespaces = Labels("kubernetes.io/metadata.name", "x") }, Ingress = ingress ? all : [], Egress = ingress ? [] : all },
        };
    }
}
