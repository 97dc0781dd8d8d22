using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>The kernel's chains, rules and sets of a chain of policies.</summary>
internal static class PolicyRules
{
    private const int LongestComment = 127;

    public static IEnumerable<Chain> Chains(PolicyChain chain) => chain.Segments.Select(s => Chain.Regular(s.Chain));

    public static IEnumerable<Set> Sets(PolicyChain chain) => chain.Clauses.Where(c => c.Set.Length > 0).Select(Set);

    public static IEnumerable<Rule> Rules(PolicyChain chain)
    {
        for (int index = 0; index < chain.Segments.Length; index++)
        {
            PolicySegment segment = chain.Segments[index];
            string? next = index + 1 < chain.Segments.Length ? chain.Segments[index + 1].Chain : null;
            if (segment.Stages.Any(s => s.Clauses.Any(c => NeedsClass(c.Kind))))
            {
                // meta priority set none
                // meta priority set ip saddr map @pod-class4
                yield return new Instructions(false).ClearPriority().In(segment.Chain, index == 0 ? Comment(chain) : null);
                foreach (bool ipv6 in (bool[])[false, true])
                {
                    yield return new Instructions(ipv6).Family().PeerAddress(chain.IsIngress, 0).Map(KernelNames.PodClass, 0, 0).SetPriority().In(segment.Chain);
                }
            }

            foreach (PolicyStage stage in segment.Stages)
            {
                foreach (PolicyClause clause in stage.Clauses)
                {
                    yield return Finish(Condition(clause, chain.IsIngress), stage.Action, chain.IsIngress, next).In(segment.Chain);
                }
            }

            switch (segment.End)
            {
                case SegmentEnd.Accept:
                    yield return new Instructions(false).ClearPriority().Verdict(Verdict.Return).In(segment.Chain);
                    break;
                case SegmentEnd.Deny:
                    yield return new Instructions(false).Verdict(Denied(chain.IsIngress)).In(segment.Chain);
                    break;
                case SegmentEnd.Next:
                    yield return new Instructions(false).Verdict(Verdict.Goto(next!)).In(segment.Chain);
                    break;
                case SegmentEnd.Audit:
                    yield return new Instructions(false).Verdict(Verdict.Jump(chain.IsIngress ? KernelNames.AuditedIngressChain : KernelNames.AuditedEgressChain)).In(segment.Chain);
                    yield return new Instructions(false).Verdict(Verdict.Goto(next!)).In(segment.Chain);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(chain), segment.End, null);
            }
        }
    }

    private static bool NeedsClass(ClauseKind kind) => kind is ClauseKind.AnyPod or ClauseKind.Peers or ClauseKind.Ports or ClauseKind.Ranges or ClauseKind.PodPorts;

    private static Instructions Condition(PolicyClause clause, bool ingress)
    {
        Instructions none = new(false);
        return clause.Kind switch
        {
            ClauseKind.Everything => none,
            ClauseKind.AnyPod => none.HasPriority(),
            ClauseKind.Peers => none.Priority(0).InBoth(clause.Set, 0),
            ClauseKind.Ports or ClauseKind.Ranges => none.Priority(0).Protocol(1).DestinationPort(2).InBoth(clause.Set, 0),
            ClauseKind.Open => none.Protocol(0).DestinationPort(1).InBoth(clause.Set, 0),
            ClauseKind.PodPorts => none.HasPriority().Protocol(0).DestinationPort(1).InBoth(clause.Set, 0),
            ClauseKind.Blocks4 or ClauseKind.Blocks6 => Family(clause.Kind).PeerAddress(ingress, 0).InBoth(clause.Set, 0),
            ClauseKind.BlockPorts4 or ClauseKind.BlockPorts6 => BlockPorts(Family(clause.Kind), clause.Set, ingress),
            _ => throw new ArgumentOutOfRangeException(nameof(clause), clause.Kind, null),
        };
    }

    private static Instructions Family(ClauseKind kind) => new Instructions(kind is ClauseKind.Blocks6 or ClauseKind.BlockPorts6).Family();

    private static Instructions BlockPorts(Instructions begun, string set, bool ingress) =>
        begun.PeerAddress(ingress, 0).Protocol(begun.AddressRegisters).DestinationPort(begun.AddressRegisters + 1).InBoth(set, 0);

    private static Instructions Finish(Instructions condition, RuleAction action, bool ingress, string? next) => action switch
    {
        RuleAction.Deny => condition.Verdict(Denied(ingress)),
        RuleAction.Pass when next is not null => condition.Verdict(Verdict.Goto(next)),
        _ => condition.ClearPriority().Verdict(Verdict.Return),
    };

    private static Verdict Denied(bool ingress) => Verdict.Goto(ingress ? KernelNames.DeniedIngressChain : KernelNames.DeniedEgressChain);

    private static Set Set(PolicyClause clause) => clause.Kind switch
    {
        ClauseKind.Peers => Kernel.NfTables.Set.Of(clause.Set, DataType.ClassId),
        ClauseKind.Ports => Kernel.NfTables.Set.Of(clause.Set, DataType.ClassId, DataType.Protocol, DataType.Port),
        ClauseKind.Ranges => Kernel.NfTables.Set.Intervals(clause.Set, DataType.ClassId, DataType.Protocol, DataType.Port),
        ClauseKind.Open or ClauseKind.PodPorts => Kernel.NfTables.Set.Intervals(clause.Set, DataType.Protocol, DataType.Port),
        ClauseKind.Blocks4 => Kernel.NfTables.Set.Intervals(clause.Set, DataType.Ipv4Address),
        ClauseKind.Blocks6 => Kernel.NfTables.Set.Intervals(clause.Set, DataType.Ipv6Address),
        ClauseKind.BlockPorts4 => Kernel.NfTables.Set.Intervals(clause.Set, DataType.Ipv4Address, DataType.Protocol, DataType.Port),
        ClauseKind.BlockPorts6 => Kernel.NfTables.Set.Intervals(clause.Set, DataType.Ipv6Address, DataType.Protocol, DataType.Port),
        _ => throw new ArgumentOutOfRangeException(nameof(clause), clause.Kind, null),
    };

    /// <summary>The policies that a chain stands for, for who reads the table.</summary>
    private static string Comment(PolicyChain chain)
    {
        string text = string.Join(' ', chain.Policies);
        return text.Length <= LongestComment ? text : text[..(LongestComment - 3)] + "...";
    }
}
