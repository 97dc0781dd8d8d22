using System.Net.Sockets;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// What the router does at the cluster's edge, as a cloud's does: each node has a public address, translated one to one, and what comes from the nodes' segments with a source
/// that is no node's is dropped there. A pod's packet that its node doesn't masquerade is lost. Pure: from the topology to one table.
/// </summary>
internal static class EdgeRules
{
    /// <summary>The table in the router's namespace: <c>ip netns exec fl-demo-router nft list table inet edge</c>.</summary>
    public static TableId Table { get; } = TableId.Inet("edge");

    private static readonly Family[] s_families =
    [
        new(AddressFamily.InterNetwork, TableFamily.Ipv4, DataType.Ipv4Address, Field.IpSource, Field.IpDestination, "4"),
        new(AddressFamily.InterNetworkV6, TableFamily.Ipv6, DataType.Ipv6Address, Field.Ip6Source, Field.Ip6Destination, "6"),
    ];

    /// <summary>The whole table.</summary>
    public static Transaction Plan(LabTopology topology)
    {
        Transaction plan = new Transaction(Table).AddTable("the cluster's edge: public addresses 1:1")
            .Add(Chain.Hooked("prerouting", ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat))
            .Add(Chain.Hooked("forward", ChainType.Filter, Hook.Forward, ChainPriority.Filter))
            .Add(Chain.Hooked("postrouting", ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat));
        plan.Add(Rule.Of(
            "forward",
            Match.Input(topology.Outside.Name),
            Match.State(ConntrackStates.New),
            Match.NoBit(Field.ConntrackStatus, (uint)ConntrackStatuses.DestinationNat),
            Statement.Count(),
            Statement.Drop).Commented("outside only public addresses are known"));
        foreach (Family family in s_families.Take(topology.DualStack ? 2 : 1))
        {
            AddFamily(plan, topology, family);
        }

        return plan;
    }

    private static void AddFamily(Transaction plan, LabTopology topology, Family family)
    {
        Set nodes = Set.Of("nodes-" + family.Suffix, family.Type) with { Comment = "sources that may leave" };
        Map privateOf = Map.ToData("private-" + family.Suffix, [family.Type], family.Type);
        Map publicOf = Map.ToData("public-" + family.Suffix, [family.Type], family.Type);
        IReadOnlyList<(Scalar Own, Scalar Public)> addresses = [.. topology.Nodes
            .SelectMany(node => node.Addresses.Zip(node.PublicAddresses))
            .Where(pair => pair.First.AddressFamily == family.Addresses)
            .Select(pair => (Scalar.Address(pair.First), Scalar.Address(pair.Second)))];
        plan.Add(nodes).Add(privateOf).Add(publicOf)
            .Add(nodes, [.. addresses.Select(pair => Element.Of(pair.Own))])
            .Add(privateOf, [.. addresses.Select(pair => Element.Of(pair.Public, pair.Own))])
            .Add(publicOf, [.. addresses.Select(pair => Element.Of(pair.Own, pair.Public))]);

        // Also from the nodes themselves: one that asks for another's public address comes to it with its own public one.
        plan.Add(Rule.Of("prerouting", Statement.AddressMap(NatType.Destination, family.Table, privateOf.Name, family.Destination)));
        plan.Add(Rule.Of("postrouting", Match.Output(topology.Outside.Name), Statement.AddressMap(NatType.Source, family.Table, publicOf.Name, family.Source)));
        plan.Add(Rule.Of("postrouting", Match.Status(ConntrackStatuses.DestinationNat), Statement.AddressMap(NatType.Source, family.Table, publicOf.Name, family.Source)));
        foreach (LabSegment segment in topology.NodeSegments)
        {
            ValueList<Expression> isNoNode = Match.NotInSet(nodes.Name, family.Source);
            plan.Add(Rule.Of("forward", Match.Input(segment.Name), Match.Output(topology.Outside.Name), isNoNode, Statement.Count(), Statement.Drop).Commented("no node's source"));
            plan.Add(Rule.Of("forward", Match.Input(segment.Name), Match.Status(ConntrackStatuses.DestinationNat), isNoNode, Statement.Count(), Statement.Drop).Commented("no node's source"));
        }
    }

    private sealed record Family(AddressFamily Addresses, TableFamily Table, DataType Type, Field Source, Field Destination, string Suffix);
}
