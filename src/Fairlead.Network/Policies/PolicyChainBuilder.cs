using System.Collections.Immutable;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>The policies of a chain → its tiers, stages and clauses.</summary>
internal static class PolicyChainBuilder
{
    public static PolicyChain Build(PolicyChain chain, IReadOnlyDictionary<ObjectKey, PolicyState> policies, PodClasses classes, ClusterState cluster)
    {
        ILookup<PolicyTier, PolicyState> tiers = chain.Policies.Select(k => policies[k]).OrderBy(p => p.Priority).ThenBy(p => p.Key).ToLookup(p => p.Tier);
        PeerResolver resolver = new(chain, classes, cluster);
        ImmutableArray<PolicySegment>.Builder segments = ImmutableArray.CreateBuilder<PolicySegment>();
        bool selected = tiers[PolicyTier.Network].Any();
        bool enforced = tiers[PolicyTier.Network].Any(p => !p.IsAudit);
        bool hasBaseline = !enforced && (tiers[PolicyTier.Baseline].Any() || selected);

        string NextName() => segments.Count == 0 ? chain.Name : $"{chain.Name}-{segments.Count + 1}";
        if (tiers[PolicyTier.Admin].Any())
        {
            string name = NextName();
            segments.Add(new(name, Ordered(name, tiers[PolicyTier.Admin]), selected || hasBaseline ? SegmentEnd.Next : SegmentEnd.Accept));
        }

        if (selected)
        {
            // What policies under audit would let through passes without a report.
            string name = NextName();
            ImmutableArray<PolicyClause> allowed = resolver.Clauses($"{name}-0", tiers[PolicyTier.Network].SelectMany(p => p.Rules(chain.IsIngress)));
            ImmutableArray<PolicyStage> stages = allowed.IsEmpty ? [] : [new(enforced ? RuleAction.Accept : RuleAction.Pass, allowed)];
            segments.Add(new(name, stages, enforced ? SegmentEnd.Deny : SegmentEnd.Audit));
        }

        if (hasBaseline)
        {
            string name = NextName();
            segments.Add(new(name, Ordered(name, tiers[PolicyTier.Baseline]), SegmentEnd.Accept));
        }

        return chain with { Segments = segments.ToImmutable(), Groups = resolver.Groups, NamesNodes = resolver.NamesNodes, NamesAddresses = resolver.NamesAddresses };

        ImmutableArray<PolicyStage> Ordered(string name, IEnumerable<PolicyState> tier)
        {
            ImmutableArray<PolicyStage>.Builder stages = ImmutableArray.CreateBuilder<PolicyStage>();
            List<PolicyRule> together = [];
            foreach (PolicyRule rule in tier.SelectMany(p => p.Rules(chain.IsIngress)))
            {
                if (together.Count > 0 && together[0].Action != rule.Action)
                {
                    Close();
                }

                together.Add(rule);
            }

            Close();
            return stages.ToImmutable();

            // Neighbours that do the same are one stage: their order makes no difference.
            void Close()
            {
                if (together.Count > 0 && resolver.Clauses($"{name}-{stages.Count}", together) is { IsEmpty: false } clauses)
                {
                    stages.Add(new(together[0].Action, clauses));
                }

                together.Clear();
            }
        }
    }
}
