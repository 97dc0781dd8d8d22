using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Network.Layout;

/// <summary>What of policies is in the table whatever the cluster holds. Without policies all of these sets are empty.</summary>
internal static class PolicyLayout
{
    public static IEnumerable<Set> Sets()
    {
        foreach (bool ipv6 in (bool[])[false, true])
        {
            DataType ip = ipv6 ? DataType.Ipv6Address : DataType.Ipv4Address;
            yield return Map.ToData(KernelNames.Of(KernelNames.PodClass, ipv6), [ip], DataType.ClassId);
            yield return Map.ToVerdicts(KernelNames.Of(KernelNames.PolicyEgress, ipv6), ip);
            yield return Map.ToVerdicts(KernelNames.Of(KernelNames.PolicyIngress, ipv6), ip);
            yield return Set.Of(KernelNames.Of(KernelNames.PolicySelf, ipv6), ip, ip);
            yield return Set.Intervals(KernelNames.Of(KernelNames.PolicyGuarded, ipv6), ip);
        }
    }

    /// <summary>Destinations are translated before (prerouting), sources after (postrouting): here both are the pods' own.</summary>
    public static IEnumerable<Chain> Chains { get; } =
    [
        Chain.Regular(KernelNames.DeniedEgressChain),
        Chain.Regular(KernelNames.DeniedIngressChain),
        Chain.Regular(KernelNames.AuditedEgressChain),
        Chain.Regular(KernelNames.AuditedIngressChain),
        Chain.Regular(KernelNames.UnknownPodChain),
        Chain.Regular(KernelNames.PolicyEgressChain),
        Chain.Regular(KernelNames.PolicyIngressChain),
        Chain.Hooked(KernelNames.PolicyChain, ChainType.Filter, Hook.Forward, ChainPriority.Filter),
    ];

    public static IEnumerable<Rule> Rules()
    {
        // ct state established,related accept: a connection is asked about once.
        yield return new Instructions(false).HasState(ConntrackStates.Established | ConntrackStates.Related).Verdict(Verdict.Accept).In(KernelNames.PolicyChain);
        yield return new Instructions(false).Verdict(Verdict.Jump(KernelNames.PolicyEgressChain)).In(KernelNames.PolicyChain);
        yield return new Instructions(false).Verdict(Verdict.Jump(KernelNames.PolicyIngressChain)).In(KernelNames.PolicyChain);
        foreach (bool ingress in (bool[])[false, true])
        {
            string chain = ingress ? KernelNames.PolicyIngressChain : KernelNames.PolicyEgressChain;
            foreach (bool ipv6 in (bool[])[false, true])
            {
                // ip saddr vmap @policy-egress-of4
                yield return Begin(ipv6).PeerAddress(!ingress, 0).VerdictMap(ingress ? KernelNames.PolicyIngress : KernelNames.PolicyEgress, 0).In(chain);
            }

            foreach (bool ipv6 in (bool[])[false, true])
            {
                // ip saddr @policy-guarded4 goto policy-unknown-pod
                yield return Begin(ipv6).PeerAddress(!ingress, 0).In(KernelNames.PolicyGuarded, 0).Verdict(Verdict.Goto(KernelNames.UnknownPodChain)).In(chain);
            }

            string denied = ingress ? KernelNames.DeniedIngressChain : KernelNames.DeniedEgressChain;
            foreach (bool ipv6 in (bool[])[false, true])
            {
                // ip saddr . ip daddr @policy-self4 accept
                Instructions self = Begin(ipv6);
                yield return self.SourceAddress(0).DestinationAddress(self.AddressRegisters).In(KernelNames.PolicySelf, 0).ClearPriority().Verdict(Verdict.Accept).In(denied);
            }

            foreach (Rule rule in Deny(denied, ingress ? KernelNames.IngressPrefix : KernelNames.EgressPrefix))
            {
                yield return rule;
            }

            yield return new Instructions(false).Log(KernelNames.AuditPrefix + (ingress ? KernelNames.IngressPrefix : KernelNames.EgressPrefix))
                .In(ingress ? KernelNames.AuditedIngressChain : KernelNames.AuditedEgressChain);
        }

        foreach (Rule rule in Deny(KernelNames.UnknownPodChain, KernelNames.UnknownPrefix))
        {
            yield return rule;
        }
    }

    private static IEnumerable<Rule> Deny(string chain, string prefix)
    {
        yield return new Instructions(true).IsNeighbourDiscovery().ClearPriority().Verdict(Verdict.Accept).In(chain);
        yield return new Instructions(false).Log(prefix).Verdict(Verdict.Drop).In(chain);
    }

    private static Instructions Begin(bool ipv6) => new Instructions(ipv6).Family();
}
