using Fairlead.Kernel.NfTables;

namespace Fairlead.Network.Layout;

/// <summary>What is in the table whatever the cluster holds: sets, maps, base chains and their rules.</summary>
internal static class BaseLayout
{
    /// <summary>The sets and maps, with room for so many elements.</summary>
    public static IEnumerable<Set> Sets(Capacity capacity)
    {
        foreach (bool ipv6 in (bool[])[false, true])
        {
            DataType ip = ipv6 ? DataType.Ipv6Address : DataType.Ipv4Address;
            const DataType Protocol = DataType.Protocol;
            const DataType Port = DataType.Port;
            string Name(string name) => KernelNames.Of(name, ipv6);
            uint services = (uint)(ipv6 ? capacity.Services6 : capacity.Services4);
            uint endpoints = (uint)(ipv6 ? capacity.Endpoints6 : capacity.Endpoints4);

            yield return Map.ToData(Name(KernelNames.Service), [ip, Protocol, Port], DataType.ClassId) with { Size = services };
            yield return Map.ToData(Name(KernelNames.Endpoint), [ip, Protocol, Port, DataType.Number], ip, Port) with { Size = endpoints };
            yield return Map.ToVerdicts(Name(KernelNames.Treatment), DataType.ClassId);
            yield return Map.ToData(Name(KernelNames.NodePort), [Protocol, Port], DataType.ClassId);
            yield return Map.ToData(Name(KernelNames.NodePortEndpoint), [Protocol, Port, DataType.Number], ip, Port);
            yield return Map.ToVerdicts(Name(KernelNames.NodePortTreatment), DataType.ClassId);
            yield return Learned(Map.ToData(Name(KernelNames.Affinity), [ip, ip, Protocol, Port], DataType.ClassId), capacity);
            yield return Learned(Map.ToData(Name(KernelNames.NodePortAffinity), [ip, Protocol, Port], DataType.ClassId), capacity);
            yield return Map.ToData(Name(KernelNames.Identity), [ip, Protocol, Port, DataType.Number], DataType.ClassId);
            yield return Map.ToData(Name(KernelNames.NodePortIdentity), [Protocol, Port, DataType.Number], DataType.ClassId);
            yield return Map.ToData(Name(KernelNames.Alive), [ip, Protocol, Port, DataType.ClassId], ip, Port);
            yield return Map.ToData(Name(KernelNames.NodePortAlive), [Protocol, Port, DataType.ClassId], ip, Port);
            yield return Set.Intervals(Name(KernelNames.SourceRange), ip, Protocol, Port, ip);
            yield return Set.Intervals(Name(KernelNames.NodePortSourceRange), Protocol, Port, ip);
            yield return Set.Of(Name(KernelNames.Hairpin), ip, ip);
            yield return Set.Intervals(Name(KernelNames.Pods), ip);
            yield return Set.Intervals(Name(KernelNames.LocalPods), ip);
            yield return Set.Intervals(Name(KernelNames.NoMasquerade), ip);
            yield return Set.Intervals(Name(KernelNames.NodePortAddresses), ip);
            yield return Set.Intervals(Name(KernelNames.ServiceCidrs), ip);
        }

        foreach (Set set in PolicyLayout.Sets())
        {
            yield return set;
        }
    }

    private static Map Learned(Map map, Capacity capacity) => map with { Dynamic = true, ElementTimeouts = true, Size = (uint)capacity.Affinities };

    /// <summary>The chains.</summary>
    public static IEnumerable<Chain> Chains { get; } =
    [
        Chain.Regular(KernelNames.ServicesChain),
        Chain.Regular(KernelNames.RejectChain),
        Chain.Regular(KernelNames.DropChain),
        Chain.Hooked(KernelNames.PreroutingChain, ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat),
        Chain.Hooked(KernelNames.OutputChain, ChainType.Nat, Hook.Output, ChainPriority.DestinationNat),
        Chain.Hooked(KernelNames.PostroutingChain, ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat),
        .. PolicyLayout.Chains,
    ];

    /// <summary>Elements that lead to the two chains that are always there.</summary>
    public static IEnumerable<MapElement> Elements { get; } =
        from kind in (TreatmentKind[])[TreatmentKind.Reject, TreatmentKind.Drop]
        from ipv6 in (bool[])[false, true]
        from nodePort in (bool[])[false, true]
        select Layout.Elements.Treatment(new(kind, ipv6, nodePort));

    /// <summary>The rules of those chains, in order.</summary>
    public static IEnumerable<Rule> Rules()
    {
        // meta l4proto tcp reject with tcp reset: heard at once, where an ICMP error is lost if the socket is just being worked on.
        yield return new Instructions(false).IsTcp().Reset().In(KernelNames.RejectChain);
        yield return new Instructions(false).Reject().In(KernelNames.RejectChain);
        yield return new Instructions(false).Verdict(Verdict.Drop).In(KernelNames.DropChain);
        foreach (bool ipv6 in (bool[])[false, true])
        {
            // meta priority set ip daddr . meta l4proto . th dport map @service4 meta priority vmap @treatment4
            // meta priority set ip daddr . meta l4proto . th dport map @service4 drop
            // The second is for a packet that is on its way while a commit takes away the last use of its treatment: each lookup looks at the generation anew,
            // so it may have the old number and no chain for it. Refused, its client would give up; dropped, it asks again.
            yield return Begin(ipv6).Frontend(0, nodePort: false, out _).Map(KernelNames.Service, 0, 0).SetPriority()
                .Priority(0).VerdictMap(KernelNames.Treatment, 0).In(KernelNames.ServicesChain);
            yield return Begin(ipv6).Frontend(0, nodePort: false, out _).Map(KernelNames.Service, 0, 0).SetPriority()
                .Verdict(Verdict.Drop).In(KernelNames.ServicesChain);

            // ip daddr @service-cidrs4 goto reject
            yield return Begin(ipv6).DestinationAddress(0).In(KernelNames.ServiceCidrs, 0)
                .Verdict(Verdict.Goto(KernelNames.RejectChain)).In(KernelNames.ServicesChain);

            // ip daddr @nodeport-addresses4 fib daddr type local
            //     meta priority set meta l4proto . th dport map @nodeport4 meta priority vmap @nodeport-treatment4
            // and the same with a drop.
            yield return Begin(ipv6).DestinationAddress(0).In(KernelNames.NodePortAddresses, 0).DestinationIsLocal()
                .Frontend(0, nodePort: true, out _).Map(KernelNames.NodePort, 0, 0).SetPriority()
                .Priority(0).VerdictMap(KernelNames.NodePortTreatment, 0).In(KernelNames.ServicesChain);
            yield return Begin(ipv6).DestinationAddress(0).In(KernelNames.NodePortAddresses, 0).DestinationIsLocal()
                .Frontend(0, nodePort: true, out _).Map(KernelNames.NodePort, 0, 0).SetPriority()
                .Verdict(Verdict.Drop).In(KernelNames.ServicesChain);
        }

        yield return new Instructions(false).Verdict(Verdict.Goto(KernelNames.ServicesChain)).In(KernelNames.PreroutingChain);
        yield return new Instructions(false).Verdict(Verdict.Goto(KernelNames.ServicesChain)).In(KernelNames.OutputChain);

        // meta mark and 0x1000 == 0x1000 meta mark set meta mark and not 0x1000 masquerade fully-random
        yield return new Instructions(false).HasMasqueradeMark().ClearMasqueradeMark().Masquerade().In(KernelNames.PostroutingChain);
        foreach (bool ipv6 in (bool[])[false, true])
        {
            // ct status dnat ip saddr . ip daddr @hairpin4 masquerade fully-random
            Instructions hairpin = Begin(ipv6);
            yield return hairpin.DestinationWasTranslated().SourceAddress(0).DestinationAddress(hairpin.AddressRegisters)
                .In(KernelNames.Hairpin, 0).Masquerade().In(KernelNames.PostroutingChain);

            // ip saddr @local-pods4 ip daddr != @no-masquerade4 masquerade fully-random
            yield return Begin(ipv6).SourceAddress(0).In(KernelNames.LocalPods, 0).DestinationAddress(0)
                .NotIn(KernelNames.NoMasquerade, 0).Masquerade().In(KernelNames.PostroutingChain);
        }

        foreach (Rule rule in PolicyLayout.Rules())
        {
            yield return rule;
        }
    }

    private static Instructions Begin(bool ipv6) => new Instructions(ipv6).Family();
}
