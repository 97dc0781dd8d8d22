using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Iptables;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kubernetes;
using Fairlead.Network;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// Looks for other programs' rules that drop what pods send each other: Docker sets FORWARD's policy to drop, firewalld rejects what none of its zones
/// lets through. In nf_tables one table's accept doesn't help against another's drop, so all that can be done is to say whose it is.
/// </summary>
internal sealed class ForwardCheck(NfTablesClient tables, NodeProblems problems)
{
    private const string KeyPrefix = "forward/";
    private const int MostUnknown = 100;

    /// <summary>Asks every foreign table what it would do with a pod's packet to a pod of another node, and with one from there.</summary>
    /// <param name="plan">What is committed.</param>
    /// <param name="nodeName">This node.</param>
    /// <param name="bridge">The link behind which this node's pods are.</param>
    /// <param name="uplink">The link to the other nodes.</param>
    /// <param name="overlay">The link of the tunnels; null: there is none.</param>
    /// <exception cref="KernelException">The rules can't be read.</exception>
    public void Run(NodePlan plan, string nodeName, string bridge, string uplink, string? overlay)
    {
        HashSet<string> found = [];
        foreach (bool ipv6 in (bool[])[false, true])
        {
            JudgeLegacy(ipv6, [.. Packets(plan, bridge, uplink, overlay).Where(p => p.Family == (ipv6 ? TableFamily.Ipv6 : TableFamily.Ipv4))], nodeName, found);
        }

        foreach (TableId table in tables.ListTables().Select(t => t.Table.Id).Where(IsForeign))
        {
            if (!tables.ListChains(table).Any(c => c.Chain.Base is { Hook: Hook.Forward, Type: ChainType.Filter }) || tables.ListRuleset(table) is not { } rules)
            {
                continue;
            }

            foreach (Packet packet in Packets(plan, bridge, uplink, overlay).Where(p => table.Family == TableFamily.Inet || table.Family == p.Family))
            {
                EvaluationResult result = Evaluate(rules, packet, out int unknown);
                if (result.Outcome is not (PacketOutcome.Dropped or PacketOutcome.Rejected))
                {
                    continue;
                }

                EvaluationStep last = result.Steps[^1];
                string chain = $"{table} chain {last.Chain}";
                string key = $"{KeyPrefix}{chain}";
                if (found.Add(key))
                {
                    problems.Raise(key, new("Node", new ObjectKey("", nodeName), "ForwardDropped",
                        $"Table {chain} {(last.Rule is null ? "has the policy drop, which" : result.Outcome is PacketOutcome.Rejected ? "has a rule that rejects, which" : "has a rule that drops, which")} keeps away packets of pods "
                        + $"({packet.Source} to {packet.Destination}, from {packet.InputInterface} to {packet.OutputInterface}){(unknown > 0 ? $", unless one of {unknown} rules that can't be judged lets them through" : "")}. It isn't Fairlead's: let the program that made it forward the pods' range, or set the policy to accept."));
                }
            }
        }

        problems.Keep(KeyPrefix, found);
    }

    /// <summary>iptables-legacy's tables are none of nf_tables', and the kernel tells nobody when they change: they are looked at with every audit.</summary>
    private void JudgeLegacy(bool ipv6, IReadOnlyList<Packet> packets, string nodeName, HashSet<string> found)
    {
        try
        {
            if (packets.Count == 0 || LegacyFilter.Read(ipv6) is not { } filter)
            {
                return;
            }

            foreach (Packet packet in packets)
            {
                LegacyVerdict verdict = filter.Judge(packet.Source, packet.Destination, packet.InputInterface ?? "", packet.OutputInterface ?? "");
                string key = $"{KeyPrefix}legacy/{ipv6}";
                if (verdict.Drops && found.Add(key))
                {
                    problems.Raise(key, new("Node", new ObjectKey("", nodeName), "ForwardDropped",
                        $"Chain FORWARD of {(ipv6 ? "ip6tables-legacy" : "iptables-legacy")} {(verdict.ByPolicy ? "has the policy drop, which" : "has a rule that drops, which")} keeps away packets of pods "
                        + $"({packet.Source} to {packet.Destination}, from {packet.InputInterface} to {packet.OutputInterface}){(verdict.Unknown > 0 ? $", unless one of {verdict.Unknown} rules that can't be judged lets them through" : "")}. It isn't Fairlead's: let the program that made it forward the pods' range, or set the policy to accept."));
                }
            }
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new KernelException($"read {(ipv6 ? "ip6tables" : "iptables")}-legacy's table filter: {e.Message}", Errno.InvalidArgument);
        }
    }

    /// <summary>
    /// iptables writes some matches in a form that only its own kernel modules understand. Such a rule is taken as one that doesn't match: most of Docker's look for
    /// established connections, or for its own bridges.
    /// </summary>
    private static EvaluationResult Evaluate(Ruleset rules, Packet packet, out int unknown)
    {
        HashSet<ulong> skipped = [];
        while (true)
        {
            Ruleset known = skipped.Count == 0 ? rules : new()
            {
                Generation = rules.Generation,
                Table = rules.Table,
                Chains = rules.Chains,
                Rules = [.. rules.Rules.Where(r => !skipped.Contains(r.Handle))],
                Sets = rules.Sets,
                Elements = rules.Elements,
                Objects = rules.Objects,
            };
            EvaluationResult result = new RulesetEvaluator(known).Evaluate(Hook.Forward, packet);
            unknown = skipped.Count;
            if (result.Outcome is not PacketOutcome.Undecided || result.Steps is not [.., { Rule: { } rule }] || skipped.Count == MostUnknown || !skipped.Add(rule.Handle))
            {
                return result;
            }
        }
    }

    private static bool IsForeign(TableId table) =>
        table.Family is TableFamily.Inet or TableFamily.Ipv4 or TableFamily.Ipv6 && !table.Name.StartsWith("fairlead", StringComparison.Ordinal);

    private static IEnumerable<Packet> Packets(NodePlan plan, string bridge, string uplink, string? overlay)
    {
        foreach (NetPrefix local in plan.LocalPods)
        {
            PlannedRoute? route = plan.Routes.Values.FirstOrDefault(r => r.Destination.IsIPv6 == local.IsIPv6);
            if (route is null)
            {
                continue;
            }

            IPAddress here = Pod(local), there = Pod(route.Destination);
            string way = route.Tunnel is null ? uplink : overlay ?? uplink;
            yield return Packet(here, there, bridge, way);
            yield return Packet(there, here, way, bridge);
        }
    }

    private static Packet Packet(IPAddress source, IPAddress destination, string input, string output) => new()
    {
        Source = source,
        Destination = destination,
        Protocol = IpProtocol.Tcp,
        SourcePort = 50000,
        DestinationPort = 8080,
        InputInterface = input,
        OutputInterface = output,
        SourceType = FibAddressType.Unicast,
        DestinationType = FibAddressType.Unicast,
    };

    /// <summary>An address that a pod may have: the gateway's comes first.</summary>
    private static IPAddress Pod(NetPrefix pods)
    {
        NetAddress address = pods.Address;
        for (int i = 0; i < 2 && address.TryNext(out NetAddress next) && pods.Contains(next); i++)
        {
            address = next;
        }

        return address.ToIPAddress();
    }
}
