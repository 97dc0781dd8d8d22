using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>The rules of a treatment's chain.</summary>
internal static class TreatmentRules
{
    /// <summary>The rules, in order; none for the two that always exist (reject and drop).</summary>
    public static IEnumerable<Rule> Of(Treatment treatment)
    {
        string chain = treatment.ChainName;
        if (treatment.IsGuarded)
        {
            // ip daddr . meta l4proto . th dport . ip saddr != @source-range4 drop
            yield return Begin(treatment).Frontend(0, treatment.IsNodePort, out int next).SourceAddress(next)
                .NotIn(treatment.IsNodePort ? KernelNames.NodePortSourceRange : KernelNames.SourceRange, 0)
                .Verdict(Verdict.Drop).In(chain);
        }

        switch (treatment.Kind)
        {
            case TreatmentKind.Balance:
                // ip saddr != @pods4 meta mark set meta mark and not 0x1000 xor 0x1000
                yield return Begin(treatment).SourceAddress(0).NotIn(KernelNames.Pods, 0).SetMasqueradeMark().In(chain);
                foreach (Rule rule in Choose(treatment, treatment.Endpoints, 0))
                {
                    yield return rule;
                }

                break;

            case TreatmentKind.BalanceLocally:
                // ip saddr @pods4 goto lb-5
                // fib saddr type local goto lb-5
                Verdict insiders = Verdict.Goto(treatment.ForInsiders.ChainName);
                yield return Begin(treatment).SourceAddress(0).In(KernelNames.Pods, 0).Verdict(insiders).In(chain);
                yield return new Instructions(treatment.IsIPv6).SourceIsLocal().Verdict(insiders).In(chain);
                if (treatment.LocalEndpoints == 0)
                {
                    yield return new Instructions(treatment.IsIPv6).Verdict(Verdict.Drop).In(chain);
                    break;
                }

                foreach (Rule rule in Choose(treatment, treatment.LocalEndpoints, Treatment.LocalSlotOffset))
                {
                    yield return rule;
                }

                break;

            case TreatmentKind.Reject or TreatmentKind.Drop:
                break;

            default:
                throw new ArgumentOutOfRangeException(nameof(treatment), treatment, null);
        }
    }

    /// <summary>
    /// Behind the choice, a drop. The kernel looks at the generation anew in each lookup (nft_genmask_cur), so a packet that is on its way while a commit takes slots
    /// away may look for one that isn't there any more. Let through, its connection would stay untranslated for as long as it lives; dropped, the client asks again.
    /// </summary>
    private static IEnumerable<Rule> Choose(Treatment treatment, int count, int offset)
    {
        IEnumerable<Rule> choice = treatment.AffinitySeconds > 0 ? ChooseSticky(treatment, count, offset) : ChooseFreely(treatment, count, offset);
        return choice.Append(new Instructions(treatment.IsIPv6).Verdict(Verdict.Drop).In(treatment.ChainName));
    }

    private static IEnumerable<Rule> ChooseFreely(Treatment treatment, int count, int offset)
    {
        // meta priority set none dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 5 map @endpoint4
        yield return Begin(treatment).ClearPriority().Frontend(0, treatment.IsNodePort, out int slot).RandomSlot(slot, count, offset)
            .Map(treatment.IsNodePort ? KernelNames.NodePortEndpoint : KernelNames.Endpoint, 0, 0).Translate(0).In(treatment.ChainName);
    }

    /// <summary>
    /// A client that we know goes where it went, if that endpoint still lives: the affinity map gives the endpoint's number, and only the numbers of the living
    /// lead to an address.
    /// </summary>
    private static IEnumerable<Rule> ChooseSticky(Treatment treatment, int count, int offset)
    {
        bool nodePort = treatment.IsNodePort;
        string affinity = nodePort ? KernelNames.NodePortAffinity : KernelNames.Affinity;
        string alive = nodePort ? KernelNames.NodePortAlive : KernelNames.Alive;
        string identity = nodePort ? KernelNames.NodePortIdentity : KernelNames.Identity;
        string chain = treatment.ChainName;

        // meta priority set none
        yield return new Instructions(treatment.IsIPv6).ClearPriority().In(chain);

        // meta priority set ip saddr . ip daddr . meta l4proto . th dport map @affinity4
        yield return Client(treatment, out _).Map(affinity, 0, 0).SetPriority().In(chain);

        // meta priority != none update @affinity4 { ip saddr . ip daddr . meta l4proto . th dport timeout 3h : meta priority }
        //     dnat ip to ip daddr . meta l4proto . th dport . meta priority map @alive4
        yield return Stay(treatment, new Instructions(treatment.IsIPv6).HasPriority()).In(chain);

        // Whom it stayed with is gone: delete @affinity4 { ip saddr . ip daddr . meta l4proto . th dport : meta priority }
        yield return Client(treatment, out int found).Priority(found).Forget(affinity, 0, found).In(chain);

        // meta priority set ip daddr . meta l4proto . th dport . numgen random mod 5 map @identity4
        yield return Begin(treatment).Frontend(0, nodePort, out int slot).RandomSlot(slot, count, offset).Map(identity, 0, 0).SetPriority().In(chain);
        yield return Stay(treatment, new Instructions(treatment.IsIPv6)).In(chain);

        // Only if the affinity map is full does a connection come this far.
        yield return Translate(Begin(treatment)).In(chain);

        Instructions Stay(Treatment of, Instructions known)
        {
            known.Family().SourceAddress(0).Frontend(known.AddressRegisters, nodePort, out int number);
            return Translate(known.Priority(number).Remember(affinity, 0, number, of.AffinitySeconds));
        }

        Instructions Translate(Instructions instructions)
        {
            instructions.Frontend(0, nodePort, out int number);
            return instructions.Priority(number).Map(alive, 0, 0).Translate(0);
        }
    }

    private static Instructions Client(Treatment treatment, out int next)
    {
        Instructions instructions = Begin(treatment).SourceAddress(0);
        return instructions.Frontend(instructions.AddressRegisters, treatment.IsNodePort, out next);
    }

    private static Instructions Begin(Treatment treatment) => new Instructions(treatment.IsIPv6).Family();
}
