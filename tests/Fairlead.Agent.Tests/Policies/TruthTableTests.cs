using Fairlead.Kubernetes;
using static Fairlead.Agent.Tests.Policies.PolicyCases;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>
/// The policies of upstream's end-to-end suite (test/e2e/network/netpol) with their truth tables written by hand: who of x, y, z × a, b, c reaches whom, by TCP, UDP and SCTP
/// on ports 80 and 81.
/// </summary>
[Trait("Category", "Root")]
public sealed class TruthTableTests
{
    private static readonly LabelSelector s_a = Labels("pod", "a");
    private static readonly NetworkPolicyPeer s_namespaceY = new() { NamespaceSelector = Labels("ns", "y") };

    private static IEnumerable<(string Name, NetworkPolicy[] Policies, Func<Probe, bool> Denied)> Tables =>
    [
        ("default deny ingress closes x to everybody",
            [Policy("x", "p", new(), true, null, [])],
            p => To(p, "x")),
        ("default deny of both directions closes x both ways",
            [Both("x", new(), [], [])],
            p => To(p, "x") || From(p, "x")),
        ("a pod selector lets x/b reach x/a",
            [Policy("x", "p", s_a, true, [new() { PodSelector = Labels("pod", "b") }], [])],
            p => p.To == "x/a" && p.From != "x/b"),
        ("a namespace selector lets y reach x/a",
            [Policy("x", "p", s_a, true, [s_namespaceY], [])],
            p => p.To == "x/a" && !From(p, "y")),
        ("an expression lets all namespaces but x reach x/a",
            [Policy("x", "p", s_a, true, [new() { NamespaceSelector = Expression("ns", "NotIn", "x") }], [])],
            p => p.To == "x/a" && From(p, "x")),
        ("both selectors in one peer must match",
            [Policy("x", "p", s_a, true, [new() { NamespaceSelector = Expression("ns", "NotIn", "x"), PodSelector = Labels("pod", "b") }], [])],
            p => p.To == "x/a" && p.From is not ("y/b" or "z/b")),
        ("two peers each let in",
            [Policy("x", "p", s_a, true, [s_namespaceY, new() { PodSelector = Labels("pod", "b") }], [])],
            p => p.To == "x/a" && !From(p, "y") && p.From != "x/b"),
        ("a port lets y in on TCP 81 alone",
            [Policy("x", "p", s_a, true, [s_namespaceY], [new() { Port = 81 }])],
            p => p.To == "x/a" && !(From(p, "y") && p is { Protocol: "TCP", Port: 81 })),
        ("policies add up: 80 by one, 81 by another",
            [Policy("x", "one", s_a, true, [s_namespaceY], [new() { Port = 80 }]), Policy("x", "two", s_a, true, [s_namespaceY], [new() { Port = 81 }])],
            p => p.To == "x/a" && !(From(p, "y") && p.Protocol == "TCP")),
        ("allow all opens what deny closes",
            [Policy("x", "deny", new(), true, null, []), Policy("x", "open", s_a, true, [], [])],
            p => To(p, "x") && p.To != "x/a"),
        ("a named port is the pod's",
            [Policy("x", "p", s_a, true, [], [new() { Port = "serve-80-tcp" }])],
            p => p.To == "x/a" && p is not { Protocol: "TCP", Port: 80 }),
        ("a named port in egress is the destination's",
            [Policy("x", "p", s_a, false, [], [new() { Protocol = "UDP", Port = "serve-81-udp" }])],
            p => p.From == "x/a" && p is not { Protocol: "UDP", Port: 81 }),
        ("egress to one namespace",
            [Policy("x", "p", s_a, false, [s_namespaceY], [])],
            p => p.From == "x/a" && !To(p, "y")),
        ("ingress alone isolates no egress",
            [Policy("x", "p", s_a, true, null, [])],
            p => p.To == "x/a"),
        ("SCTP alone on port 80",
            [Policy("x", "p", s_a, true, [], [new() { Protocol = "SCTP", Port = 80 }])],
            p => p.To == "x/a" && p is not { Protocol: "SCTP", Port: 80 }),
        ("UDP alone on port 81",
            [Policy("x", "p", s_a, true, [], [new() { Protocol = "UDP", Port = 81 }])],
            p => p.To == "x/a" && p is not { Protocol: "UDP", Port: 81 }),
        ("egress to a range of addresses without z",
            [Policy("x", "p", s_a, false, [new() { IPBlock = new() { Cidr = "10.200.0.0/16", Except = ["10.200.1.0/24"] } }], [])],
            p => p.From == "x/a" && (p.IPv6 || To(p, "z"))),
        ("what one policy excepts another one allows",
            [
                Policy("x", "one", s_a, false, [new() { IPBlock = new() { Cidr = "10.200.0.0/16", Except = ["10.200.1.0/24"] } }], []),
                Policy("x", "two", s_a, false, [new() { IPBlock = new() { Cidr = "10.200.1.30/32" } }], []),
            ],
            p => p.From == "x/a" && (p.IPv6 || (To(p, "z") && p.To != "z/a"))),
        ("egress and ingress must both allow",
            [Policy("x", "out", s_a, false, [s_namespaceY], []), Policy("y", "in", s_a, true, [new() { NamespaceSelector = Labels("ns", "x") }], [new() { Port = 80 }])],
            p => (p.From == "x/a" && !To(p, "y")) || (p.To == "y/a" && !(From(p, "x") && p is { Protocol: "TCP", Port: 80 }))),
    ];

    [Fact]
    public void The_truth_tables_hold()
    {
        using PolicyBench bench = new();
        foreach ((string name, NetworkPolicy[] policies, Func<Probe, bool> denied) in Tables)
        {
            bench.Apply(new(name, policies, []));
            Compare(bench, name, denied);
        }
    }

    [Fact]
    public void Labels_that_change_change_who_reaches_whom()
    {
        using PolicyBench bench = new();
        bench.Apply(new("by label", [Policy("x", "p", s_a, true, [new() { NamespaceSelector = Labels("ns", "y"), PodSelector = Labels("pod", "b") }], [])], []));
        Compare(bench, "at first", p => p.To == "x/a" && p.From != "y/b");

        bench.SetLabels("y/c", new() { ["pod"] = "b" });
        bench.Lab.Settle();
        Compare(bench, "y/c is a b, too", p => p.To == "x/a" && p.From is not ("y/b" or "y/c"));

        bench.SetLabels("y/b", new() { ["pod"] = "other" });
        bench.Lab.Settle();
        Compare(bench, "y/b isn't any more", p => p.To == "x/a" && p.From != "y/c");

        bench.Namespaces["z"] = bench.Namespaces["z"] with { Metadata = bench.Namespaces["z"].Metadata with { Labels = new Dictionary<string, string> { ["ns"] = "y" } } };
        bench.ApplyNamespace("z");
        bench.Lab.Settle();
        Compare(bench, "z is labelled like y", p => p.To == "x/a" && p.From is not ("y/c" or "z/b"));

        bench.SetLabels("x/a", new() { ["pod"] = "free" });
        bench.SetLabels("x/b", new() { ["pod"] = "a" });
        bench.Lab.Settle();
        Compare(bench, "the policy is about x/b now", p => p.To == "x/b" && p.From is not ("y/c" or "z/b"));
    }

    private static void Compare(PolicyBench bench, string name, Func<Probe, bool> denied)
    {
        HashSet<Probe> promised = [.. bench.Prober.All.Where(p => !denied(p))];
        HashSet<Probe> reached = bench.Reach(promised);
        Assert.True(promised.SetEquals(reached), $"{name}:\n" + string.Join('\n', promised.Except(reached).Select(p => $"{p} doesn't arrive").Concat(reached.Except(promised).Select(p => $"{p} arrives")).Take(20)));
    }

    private static NetworkPolicy Both(string ns, LabelSelector pods, NetworkPolicyIngressRule[] ingress, NetworkPolicyEgressRule[] egress) => new()
    {
        Metadata = new() { Namespace = ns, Name = "both" },
        Spec = new() { PodSelector = pods, PolicyTypes = ["Ingress", "Egress"], Ingress = ingress, Egress = egress },
    };

    private static bool To(Probe probe, string ns) => probe.To.StartsWith(ns + "/", StringComparison.Ordinal);

    private static bool From(Probe probe, string ns) => probe.From.StartsWith(ns + "/", StringComparison.Ordinal);
}
