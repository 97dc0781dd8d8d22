using System.Net;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>The layout of services, policies and masquerade that the agent uses, small: what every part of this library must carry.</summary>
internal static class ServiceLayout
{
    internal static readonly TableId Table = TableId.Inet("fairlead");

    internal static readonly Map Service = Map.ToVerdicts("service", DataType.Ipv4Address, DataType.Protocol, DataType.Port) with { Size = 65536 };

    internal static readonly Map Endpoint = Map.ToData(
        "endpoint", [DataType.Ipv4Address, DataType.Protocol, DataType.Port, DataType.Number], DataType.Ipv4Address, DataType.Port) with
    { Size = 131072, Comment = "slots" };

    internal static readonly Map Service6 = Map.ToVerdicts("service6", DataType.Ipv6Address, DataType.Protocol, DataType.Port);

    internal static readonly Map Endpoint6 = Map.ToData(
        "endpoint6", [DataType.Ipv6Address, DataType.Protocol, DataType.Port, DataType.Number], DataType.Ipv6Address, DataType.Port);

    internal static readonly Map Affinity = Map.ToData(
        "affinity", [DataType.Ipv4Address, DataType.Ipv4Address, DataType.Protocol, DataType.Port], DataType.Ipv4Address, DataType.Port) with
    { Dynamic = true, Timeout = TimeSpan.FromHours(3), Size = 65536 };

    internal static readonly Map Sticky = Map.ToVerdicts("sticky", DataType.Ipv4Address, DataType.Protocol, DataType.Port, DataType.Number);

    internal static readonly Set Hairpin = Set.Of("hairpin", DataType.Ipv4Address, DataType.Ipv4Address) with { Comment = "endpoint to itself" };

    internal static readonly Set Sources = Set.Intervals("sources", DataType.Ipv4Address, DataType.Protocol, DataType.Port, DataType.Ipv4Address);

    internal static readonly Set NoMasquerade = Set.Intervals("no-masq", DataType.Ipv4Address);

    internal static readonly Map Pods = Map.ToVerdicts("pods", DataType.Ipv4Address);

    internal static readonly Set Interfaces = Set.Of("uplinks", DataType.InterfaceName);

    internal static readonly StatefulObject Rejected = StatefulObject.NewCounter("rejected");

    internal const uint MasqueradeMark = 0x4000;

    private static readonly Field[] s_service = [Field.IpDestination, Field.Protocol, Field.DestinationPort];
    private static readonly Field[] s_service6 = [Field.Ip6Destination, Field.Protocol, Field.DestinationPort];

    internal static DataValue Key(string address, IpProtocol protocol, ushort port) =>
        DataValue.Concat(Scalar.Address(IPAddress.Parse(address)), Scalar.Protocol(protocol), Scalar.Port(port));

    internal static DataValue Key(string address, IpProtocol protocol, ushort port, uint slot) =>
        DataValue.Concat(Scalar.Address(IPAddress.Parse(address)), Scalar.Protocol(protocol), Scalar.Port(port), Scalar.Number(slot));

    internal static DataValue Pair(string address, ushort port) => DataValue.Concat(Scalar.Address(IPAddress.Parse(address)), Scalar.Port(port));

    internal static DataValue Address(string address) => Scalar.Address(IPAddress.Parse(address));

    internal static Transaction Build()
    {
        Transaction transaction = new(Table);
        transaction.AddTable("what fairlead keeps here");
        transaction.Add(Rejected);
        transaction.Add(Service).Add(Endpoint).Add(Service6).Add(Endpoint6).Add(Affinity).Add(Sticky).Add(Hairpin).Add(Sources).Add(NoMasquerade).Add(Pods).Add(Interfaces);
        foreach (string chain in (string[])["reject-all", "lb-1", "lb-2", "lb6-1", "sticky-2", "ep-10.200.0.11-8080", "ep-10.200.0.12-8080", "mark-masq", "pol-web", "guard"])
        {
            transaction.Add(Chain.Regular(chain));
        }

        transaction.Add(Chain.Hooked("prerouting", ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat));
        transaction.Add(Chain.Hooked("output", ChainType.Nat, Hook.Output, ChainPriority.DestinationNat));
        transaction.Add(Chain.Hooked("postrouting", ChainType.Nat, Hook.Postrouting, ChainPriority.SourceNat));
        transaction.Add(Chain.Hooked("policies", ChainType.Filter, Hook.Forward, ChainPriority.Filter - 5) with { Comment = "NetworkPolicy" });
        AddElements(transaction);
        AddRules(transaction);
        return transaction;
    }

    private static void AddElements(Transaction transaction)
    {
        transaction.Add(
            Service,
            Element.Of(Key("10.32.0.1", IpProtocol.Tcp, 443), Verdict.Goto("lb-2")) with { Comment = "default/kubernetes:https" },
            Element.Of(Key("10.32.0.10", IpProtocol.Udp, 53), Verdict.Goto("lb-1")),
            Element.Of(Key("10.32.0.20", IpProtocol.Tcp, 80), Verdict.Goto("sticky-2")),
            Element.Of(Key("10.32.0.66", IpProtocol.Tcp, 80), Verdict.Goto("reject-all")),
            Element.Of(Key("10.32.0.77", IpProtocol.Tcp, 80), Verdict.Goto("guard")));
        transaction.Add(
            Endpoint,
            Element.Of(Key("10.32.0.1", IpProtocol.Tcp, 443, 0), Pair("10.200.0.11", 6443)),
            Element.Of(Key("10.32.0.1", IpProtocol.Tcp, 443, 1), Pair("10.200.0.12", 6443)),
            Element.Of(Key("10.32.0.10", IpProtocol.Udp, 53, 0), Pair("10.200.0.11", 5353)),
            Element.Of(Key("10.32.0.20", IpProtocol.Tcp, 80, 0), Pair("10.200.0.11", 8080)),
            Element.Of(Key("10.32.0.20", IpProtocol.Tcp, 80, 1), Pair("10.200.0.12", 8080)),
            Element.Of(Key("10.32.0.77", IpProtocol.Tcp, 80, 0), Pair("10.200.0.12", 8080)));
        transaction.Add(Service6, Element.Of(Key("fd00:32::1", IpProtocol.Tcp, 80), Verdict.Goto("lb6-1")));
        transaction.Add(Endpoint6, Element.Of(Key("fd00:32::1", IpProtocol.Tcp, 80, 0), Pair("fd00:200::11", 8080)));
        transaction.Add(
            Sticky,
            Element.Of(Key("10.32.0.20", IpProtocol.Tcp, 80, 0), Verdict.Goto("ep-10.200.0.11-8080")),
            Element.Of(Key("10.32.0.20", IpProtocol.Tcp, 80, 1), Verdict.Goto("ep-10.200.0.12-8080")));
        transaction.Add(Hairpin, Element.Of(DataValue.Concat(Scalar.Address(IPAddress.Parse("10.200.0.11")), Scalar.Address(IPAddress.Parse("10.200.0.11")))));
        transaction.Add(
            Sources,
            new Element
            {
                Key = DataValue.Concat(Scalar.Address(IPAddress.Parse("10.32.0.77")), Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80), Scalar.Address(IPAddress.Parse("10.240.0.0"))),
                KeyEnd = DataValue.Concat(Scalar.Address(IPAddress.Parse("10.32.0.77")), Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80), Scalar.Address(IPAddress.Parse("10.240.255.255"))),
            });
        transaction.Add(
            NoMasquerade,
            Element.Prefix(IPNetwork.Parse("10.200.0.0/16")),
            Element.Prefix(IPNetwork.Parse("224.0.0.0/4")),
            Element.Range(Address("192.168.0.1"), Address("192.168.0.7")),
            Element.Of(Address("198.51.100.9")));
        transaction.Add(Pods, Element.Of(Address("10.200.0.12"), Verdict.Jump("pol-web")));
        transaction.Add(Interfaces, Element.Of(Scalar.InterfaceName("eth0")));
    }

    private static void AddRules(Transaction transaction)
    {
        transaction.Add(
            Rule.Of("prerouting", Statement.VerdictMap("service", s_service)),
            Rule.Of("prerouting", Statement.VerdictMap("service6", s_service6)),
            Rule.Of("output", Statement.VerdictMap("service", s_service)),
            Rule.Of("lb-1", Statement.DestinationNatMap(TableFamily.Ipv4, "endpoint", [.. s_service, Field.RandomNumber(1)])),
            Rule.Of("lb-2", Statement.DestinationNatMap(TableFamily.Ipv4, "endpoint", [.. s_service, Field.RandomNumber(2)])),
            Rule.Of("lb6-1", Statement.DestinationNatMap(TableFamily.Ipv6, "endpoint6", [.. s_service6, Field.RandomNumber(1)])),
            Rule.Of("sticky-2", Statement.DestinationNatMap(TableFamily.Ipv4, "affinity", [Field.IpSource, .. s_service])),
            Rule.Of("sticky-2", Statement.VerdictMap("sticky", [.. s_service, Field.RandomNumber(2)])),
            Rule.Of("ep-10.200.0.11-8080", Statement.UpdateMap("affinity", TimeSpan.FromMinutes(10), [Field.IpSource, .. s_service], Scalar.Address(IPAddress.Parse("10.200.0.11")), Scalar.Port(8080))),
            Rule.Of("ep-10.200.0.11-8080", Match.Protocol(IpProtocol.Tcp), Statement.DestinationNat(IPAddress.Parse("10.200.0.11"), 8080)),
            Rule.Of("ep-10.200.0.12-8080", Statement.UpdateMap("affinity", TimeSpan.FromMinutes(10), [Field.IpSource, .. s_service], Scalar.Address(IPAddress.Parse("10.200.0.12")), Scalar.Port(8080))),
            Rule.Of("ep-10.200.0.12-8080", Match.Protocol(IpProtocol.Tcp), Statement.DestinationNat(IPAddress.Parse("10.200.0.12"), 8080)),
            Rule.Of("reject-all", Statement.Count("rejected"), Statement.Drop).Commented("default/empty has no endpoints"),
            Rule.Of("guard", Match.NotInSet("sources", [.. s_service, Field.IpSource]), Statement.Drop),
            Rule.Of("guard", Statement.Jump("mark-masq")),
            Rule.Of("guard", Statement.Goto("lb-1")),
            Rule.Of("mark-masq", Statement.SetMarkBits(MasqueradeMark, MasqueradeMark)),
            Rule.Of("postrouting", Match.NoBit(Field.Mark, MasqueradeMark), Match.Status(ConntrackStatuses.DestinationNat), Match.InSet("hairpin", Field.IpSource, Field.IpDestination), Statement.Masquerade(NatFlags.FullyRandom)).Commented("hairpin"),
            Rule.Of("postrouting", Match.AnyBit(Field.Mark, MasqueradeMark), Statement.SetMarkBits(MasqueradeMark, 0), Statement.Masquerade(NatFlags.FullyRandom)),
            Rule.Of("postrouting", Match.Within(Field.IpSource, IPNetwork.Parse("10.200.0.0/24")), Match.NotInSet("no-masq", Field.IpDestination), Match.InSet("uplinks", Field.OutputInterface), Statement.Masquerade()),
            Rule.Of("policies", Match.State(ConntrackStates.Established | ConntrackStates.Related), Statement.Accept),
            Rule.Of("policies", Match.State(ConntrackStates.Invalid), Statement.Count(), Statement.Drop),
            Rule.Of("policies", Statement.VerdictMap("pods", Field.IpDestination)),
            Rule.Of("pol-web", Match.Within(Field.IpSource, IPNetwork.Parse("10.240.0.0/16")), Match.Range(Field.TcpDestinationPort, Scalar.Port(6000), Scalar.Port(8100)), Statement.Accept),
            Rule.Of("pol-web", Match.Equal(Field.IcmpType, Scalar.Raw([8])), Statement.Limit(5, TimeSpan.FromSeconds(1)), Statement.Accept),
            Rule.Of("pol-web", Statement.LogTo(5, "denied web", 64)),
            Rule.Of("pol-web", Statement.RejectProhibited()));
    }
}
