using System.Text.Json;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kubernetes;
using Fairlead.Network.Layout;

namespace Fairlead.Network.Tests.Policies;

/// <summary>Random clusters: what the planned rules do with every pair's packets, against what the API promises; and plans made step by step.</summary>
public sealed class PolicyPropertyTests
{
    private static readonly NodeSettings Settings = new() { NodeName = "n0" };
    private static readonly (string Name, IpProtocol Protocol)[] s_protocols = [("TCP", IpProtocol.Tcp), ("UDP", IpProtocol.Udp), ("SCTP", IpProtocol.Sctp)];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_rules_do_what_the_api_promises_at_once_and_step_by_step(int seed) => Check(seed, runs: 1);

    [Theory(Explicit = true)]
    [MemberData(nameof(Seeds))]
    public void The_rules_do_so_for_long(int seed) => Check(seed + 100, runs: 60);

    private static void Check(int seed, int runs)
    {
        for (int run = 0; run < runs; run++)
        {
            int one = (seed * 1000) + run;
            RandomCluster random = new RandomCluster(one).Fill();
            ClusterState cluster = Read(random);
            NodePlan plan = NetworkPlanner.Plan(cluster, Settings);
            Agree(random, plan, $"seed {one}");

            for (int step = 1; step <= 6; step++)
            {
                PolicyChanges changes = PolicyChanges.None;
                for (int i = 0; i < 2; i++)
                {
                    (ObjectKey? pod, string? ns, ObjectKey? policy) = random.Change();
                    changes = changes.Union(new(pod is { } p ? [p] : [], ns is null ? [] : [ns], policy is { } k ? [k] : []));
                }

                cluster = Read(random);
                NodePlan next = NetworkPlanner.Replan(plan, cluster, Settings, [], NodeChanges.None, policies: changes);
                string where = $"seed {one} step {step}";
                Leads(plan, next, where);
                Agree(random, next, where);
                plan = next;
            }
        }
    }

    /// <summary>The difference makes a kernel that holds the one plan hold the other.</summary>
    private static void Leads(NodePlan before, NodePlan after, string where)
    {
        Ruleset kernel = Ruleset.Of(TableWriter.WriteNewTable(before));
        NodePlanDiff difference = NodePlan.Diff(before, after);
        HashSet<MapElement> elements = [.. before.AllElements()];
        Dictionary<string, string> chains = kernel.Chains.ToDictionary(c => c.Chain.Name, c => string.Join('\n', kernel.RulesOf(c.Chain.Name).Select(r => r.Rule)));
        HashSet<string> sets = [.. kernel.Sets.Select(s => s.Set.Name)];
        foreach (MapElement element in difference.RemovedElements())
        {
            Assert.True(elements.Remove(element), $"{where}: removes {element}, which isn't there");
        }

        foreach (Operation operation in TableWriter.Write(difference, after).Operations)
        {
            switch (operation)
            {
                case ChainOperation { Verb: Verb.Flush } flush:
                    chains[flush.Chain.Name] = "";
                    break;
                case ChainOperation { Verb: Verb.Delete } gone:
                    Assert.True(chains.Remove(gone.Chain.Name), where);
                    break;
                case ChainOperation { Verb: Verb.Add } come:
                    Assert.True(chains.TryAdd(come.Chain.Name, ""), where);
                    break;
                case RuleOperation { Verb: Verb.Add } rule:
                    chains[rule.Rule.Chain] += (chains[rule.Rule.Chain].Length > 0 ? "\n" : "") + rule.Rule;
                    break;
                case SetOperation { Verb: Verb.Delete } set:
                    Assert.True(sets.Remove(set.Set.Name), where);
                    elements.RemoveWhere(e => e.Set == set.Set.Name);
                    break;
                case SetOperation { Verb: Verb.Add } set:
                    Assert.True(sets.Add(set.Set.Name), where);
                    break;
            }
        }

        foreach (MapElement element in difference.AddedElements())
        {
            Assert.Contains(element.Set, sets);
            Assert.True(elements.Add(element), $"{where}: adds {element}, which is there");
        }

        Ruleset wanted = Ruleset.Of(TableWriter.WriteNewTable(after));
        Assert.True(elements.SetEquals(after.AllElements()), where);
        Assert.Equal(wanted.Sets.Select(s => s.Set.Name).Order(), sets.Order());
        Assert.Equal(
            wanted.Chains.ToDictionary(c => c.Chain.Name, c => string.Join('\n', wanted.RulesOf(c.Chain.Name).Select(r => r.Rule))).OrderBy(c => c.Key, StringComparer.Ordinal),
            chains.OrderBy(c => c.Key, StringComparer.Ordinal));
        Assert.True(TableAudit.Compare(wanted, after).IsEmpty, $"{where}: the audit finds {TableAudit.Compare(wanted, after).Reason}");
    }

    private static void Agree(RandomCluster random, NodePlan plan, string where)
    {
        RulesetEvaluator kernel = new(Ruleset.Of(TableWriter.WriteNewTable(plan)));
        PlainPolicies plain = random.Plain;
        PolicyExplainer explainer = new(Read(random));
        foreach (int family in (int[])[0, 1])
        {
            List<(string Address, bool IsLocal, string Name)> all =
            [
                .. random.Pods.Values.Select(p => (p.Status.PodIPs[family].IP, p.Spec.NodeName == "n0", p.Metadata.Key.ToString())),
                (family == 0 ? "10.99.0.5" : "fd00:99::5", false, "outside"),
            ];
            foreach ((string source, bool sourceIsLocal, string from) in all)
            {
                foreach ((string destination, bool destinationIsLocal, string to) in all)
                {
                    foreach ((string name, IpProtocol protocol) in s_protocols)
                    {
                        foreach (ushort port in (ushort[])[80, 81])
                        {
                            bool promised = source == destination
                                || ((!sourceIsLocal || plain.Leaves(source, destination, name, port)) && (!destinationIsLocal || plain.Enters(source, destination, name, port)));
                            PolicyVerdict? word = explainer.Decide(NetAddress.Parse(source), NetAddress.Parse(destination), Enum.Parse<TransportProtocol>(name, ignoreCase: true), port);
                            Assert.True(plain.Allows(source, destination, name, port) == (word?.IsAllowed ?? true), $"{where}: {from} → {to} {name} {port}: explained as {word}\n{random}");
                            EvaluationResult result = kernel.Evaluate(Hook.Forward, new()
                            {
                                Source = System.Net.IPAddress.Parse(source),
                                Destination = System.Net.IPAddress.Parse(destination),
                                Protocol = protocol,
                                SourcePort = 40000,
                                DestinationPort = port,
                            });
                            if (promised != result.Outcome is PacketOutcome.Accepted)
                            {
                                Assert.Fail($"{where}: {from} → {to} {name} {port}: promised {promised}, the rules say {result.Outcome}\n"
                                    + string.Join('\n', result.Steps.Select(s => $"{s.Chain}: {s.Outcome}")) + "\n" + random);
                            }

                            Assert.True(result.Outcome is not PacketOutcome.Accepted || result.Packet.Priority == 0, $"{where}: {from} → {to} {name} {port} goes on with priority {result.Packet.Priority}");
                        }
                    }
                }
            }
        }
    }

    internal static ClusterState Read(RandomCluster random)
    {
        static void Fail(PlanProblem problem) => Assert.Fail(problem.Message);
        return ClusterState.Empty.With(
            random.Pods.Values.Select(p => PolicyReader.Read(JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(p, KubernetesJson.TypeInfo<Pod>()), KubernetesJson.TypeInfo<NetworkPod>())!, Fail)!),
            random.Namespaces.Values.Select(n => KeyValuePair.Create(n.Metadata.Name, n.Metadata.Labels)),
            [.. random.Policies.Values.Select(p => PolicyReader.Read(p, Fail)), .. random.ClusterPolicies.Values.Select(p => PolicyReader.Read(p, Fail))]);
    }
}
