using System.Net;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.Tests.NfTables;

public sealed class EvaluatorTests
{
    private static readonly TableId s_table = TableId.Inet("t");

    private static readonly Packet s_packet = new()
    {
        Source = IPAddress.Parse("10.200.0.5"),
        Destination = IPAddress.Parse("10.32.0.41"),
        Protocol = IpProtocol.Tcp,
        SourcePort = 40000,
        DestinationPort = 80,
        InputInterface = "veth3",
        OutputInterface = "eth0",
        Mark = 0x4001,
    };

    //                                                          packet → outcome of a rule that accepts, in a chain that drops
    public static TheoryData<string, ValueList<Expression>, bool> Conditions() => new()
    {
        { "ip saddr 10.200.0.0/16", Match.Within(Field.IpSource, IPNetwork.Parse("10.200.0.0/16")), true },
        { "ip saddr 10.200.0.0/30", Match.Within(Field.IpSource, IPNetwork.Parse("10.200.0.0/30")), false },
        { "ip saddr != 10.200.0.0/16", Match.Outside(Field.IpSource, IPNetwork.Parse("10.200.0.0/16")), false },
        { "ip6 saddr ::/1", Match.Within(Field.Ip6Source, IPNetwork.Parse("::/1")), false },
        { "tcp dport 80", Match.Equal(Field.TcpDestinationPort, Scalar.Port(80)), true },
        { "udp dport 80", Match.Equal(Field.UdpDestinationPort, Scalar.Port(80)), false },
        { "tcp dport 79-81", Match.Range(Field.TcpDestinationPort, Scalar.Port(79), Scalar.Port(81)), true },
        { "tcp dport != 79-81", Match.NotRange(Field.TcpDestinationPort, Scalar.Port(79), Scalar.Port(81)), false },
        { "tcp dport 256-1000", Match.Range(Field.TcpDestinationPort, Scalar.Port(256), Scalar.Port(1000)), false },
        { "iifname veth3", Match.Input("veth3"), true },
        { "iifname veth", Match.Input("veth"), false },
        { "iifname veth*", Match.NamePrefix(Field.InputInterface, "veth"), true },
        { "oifname eth1", Match.Output("eth1"), false },
        { "meta mark & 0x4000 != 0", Match.AnyBit(Field.Mark, 0x4000), true },
        { "meta mark & 0x2 != 0", Match.AnyBit(Field.Mark, 2), false },
        { "meta mark & 0xf == 1", Match.Masked(Field.Mark, 0xf, 1), true },
        { "ct state new", Match.State(ConntrackStates.New), true },
        { "ct state established", Match.State(ConntrackStates.Established), false },
        { "ct status dnat", Match.Status(ConntrackStatuses.DestinationNat), false },
        { "ct original ip daddr 10.32.0.41", Match.Equal(Field.OriginalIpDestination, ServiceLayout.Address("10.32.0.41")), true },
        { "ip saddr @ranges", Match.InSet("ranges", Field.IpSource), true },
        { "ip daddr @ranges", Match.InSet("ranges", Field.IpDestination), false },
        { "ip daddr != @ranges", Match.NotInSet("ranges", Field.IpDestination), true },
        { "ip saddr . th dport @pairs", Match.InSet("pairs", Field.IpSource, Field.DestinationPort), true },
        { "ip saddr . th sport @pairs", Match.InSet("pairs", Field.IpSource, Field.SourcePort), false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void A_condition_holds_or_not(string text, ValueList<Expression> condition, bool holds)
    {
        Assert.NotEmpty(text);
        EvaluationResult result = Evaluate(Rule.Of("c", condition, Statement.Accept));
        Assert.IsType(holds ? typeof(PacketOutcome.Accepted) : typeof(PacketOutcome.Dropped), result.Outcome);
        StepOutcome first = result.Steps[0].Outcome;
        Assert.Equal(holds, first is StepOutcome.Decided);
    }

    [Fact]
    public void The_condition_that_failed_is_named()
    {
        EvaluationResult result = Evaluate(Rule.Of("c", Match.Equal(Field.TcpDestinationPort, Scalar.Port(80)), Match.Input("eth9"), Statement.Accept));
        StepOutcome.Passed passed = Assert.IsType<StepOutcome.Passed>(result.Steps[0].Outcome);
        Assert.Equal(new Compare(Register.First, CompareOperator.Equal, Scalar.InterfaceName("eth9")), result.Steps[0].Rule!.Rule.Expressions[passed.Expression]);
    }

    [Fact]
    public void Jumps_come_back_and_gotos_do_not()
    {
        EvaluationResult jumped = Evaluate(Rule.Of("c", Statement.Jump("other")), Rule.Of("c", Statement.Accept), Rule.Of("other", Statement.Return), Rule.Of("other", Statement.Drop));
        Assert.IsType<PacketOutcome.Accepted>(jumped.Outcome);
        Assert.Equal(["c", "other", "c"], jumped.Hits.Select(step => step.Chain));

        EvaluationResult gone = Evaluate(Rule.Of("c", Statement.Goto("other")), Rule.Of("c", Statement.Accept), Rule.Of("other", Statement.Return));
        Assert.IsType<PacketOutcome.Dropped>(gone.Outcome);
        Assert.Null(gone.Steps[^1].Rule); // the base chain's policy
    }

    [Fact]
    public void A_circle_of_jumps_ends_undecided()
    {
        Assert.IsType<PacketOutcome.Undecided>(Evaluate(Rule.Of("c", Statement.Jump("other")), Rule.Of("other", Statement.Jump("other"))).Outcome);
    }

    [Fact]
    public void What_is_not_known_is_said()
    {
        PacketOutcome.Undecided outcome = Assert.IsType<PacketOutcome.Undecided>(
            Evaluate(Rule.Of("c", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Accept)).Outcome);
        Assert.Equal("rule 5 of chain c: whether 10.32.0.41 is this node's own isn't known", outcome.Reason);

        EvaluationResult known = new RulesetEvaluator(Ruleset.Of(Build(Rule.Of("c", Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Accept))))
            .Evaluate(Hook.Prerouting, s_packet with { DestinationType = FibAddressType.Local });
        Assert.IsType<PacketOutcome.Accepted>(known.Outcome);
    }

    [Fact]
    public void Every_choice_is_a_way()
    {
        Map targets = Map.ToData("targets", [DataType.Number], DataType.Ipv4Address, DataType.Port);
        Transaction transaction = Build(Rule.Of("c", Statement.DestinationNatMap(TableFamily.Ipv4, "targets", Field.RandomNumber(3))));
        transaction.Add(targets).Add(targets, [.. Enumerable.Range(0, 3).Select(slot => Element.Of(Scalar.Number((uint)slot), ServiceLayout.Pair($"10.200.1.{slot}", 8080)))]);
        IReadOnlyList<EvaluationResult> ways = new RulesetEvaluator(Ruleset.Of(transaction)).EvaluateAll(Hook.Prerouting, s_packet);
        Assert.Equal(["10.200.1.0", "10.200.1.1", "10.200.1.2"], ways.Select(way => way.Packet.Destination.ToString()).Order());
        Assert.All(ways, way => Assert.Equal(ConntrackStatuses.DestinationNat, way.Packet.Status));
        Assert.All(ways, way => Assert.Equal(s_packet.Tuple, way.Packet.Original));
    }

    [Fact]
    public void A_rule_sees_what_an_earlier_one_put_into_a_map_and_into_the_packet()
    {
        Map learned = Map.ToData("learned", [DataType.Ipv4Address], DataType.ClassId) with { Dynamic = true };
        ValueList<Expression> remember = Statement.UpdateMap("learned", null, [Field.IpSource], Scalar.Number(7));
        ValueList<Expression> recall =
        [
            .. Match.Family(TableFamily.Ipv4), new PayloadLoad(Register.First, PayloadBase.Network, 12, 4),
            new Lookup("learned", Register.First, LookupResult.Into(Register.First)), new MetaStore(MetaKey.Priority, Register.First),
        ];
        ValueList<Expression> isSeven = [new MetaLoad(Register.First, MetaKey.Priority), new Compare(Register.First, CompareOperator.Equal, Scalar.Number(7))];
        ValueList<Expression> forget = [new PayloadLoad(Register.First, PayloadBase.Network, 12, 4), new DynamicSet("learned", DynamicSetOperation.Delete, Register.First)];

        Transaction kept = Build(Rule.Of("c", remember), Rule.Of("c", recall), Rule.Of("c", isSeven, Statement.Accept)).Add(learned);
        EvaluationResult result = new RulesetEvaluator(Ruleset.Of(kept)).Evaluate(Hook.Prerouting, s_packet);
        Assert.Equal((typeof(PacketOutcome.Accepted), 7u), (result.Outcome.GetType(), result.Packet.Priority));
        Assert.Equal("learned", Assert.Single(result.Effects.OfType<PacketEffect.SetChanged>()).Set);

        Transaction lost = Build(Rule.Of("c", remember), Rule.Of("c", forget), Rule.Of("c", recall), Rule.Of("c", isSeven, Statement.Accept)).Add(learned);
        Assert.IsType<PacketOutcome.Dropped>(new RulesetEvaluator(Ruleset.Of(lost)).Evaluate(Hook.Prerouting, s_packet).Outcome);
    }

    [Fact]
    public void Marks_logs_and_refusals_are_effects()
    {
        EvaluationResult result = Evaluate(
            Rule.Of("c", Statement.SetMarkBits(0xff, 0x12)),
            Rule.Of("c", Statement.LogTo(5, "denied")),
            Rule.Of("c", Match.Protocol(IpProtocol.Udp), Statement.Reject()),
            Rule.Of("c", Statement.Reject(resetTcp: true)));
        Assert.Equal(0x4012u, result.Packet.Mark);
        Assert.Equal(new PacketEffect.Logged(new Log("denied", 5)), Assert.Single(result.Effects));
        Assert.Equal(new PacketOutcome.Rejected(new Reject(RejectType.TcpReset)), result.Outcome);
    }

    private static EvaluationResult Evaluate(params ReadOnlySpan<Rule> rules) => new RulesetEvaluator(Ruleset.Of(Build(rules))).Evaluate(Hook.Prerouting, s_packet);

    private static Transaction Build(params ReadOnlySpan<Rule> rules)
    {
        Set ranges = Set.Intervals("ranges", DataType.Ipv4Address);
        Set pairs = Set.Intervals("pairs", DataType.Ipv4Address, DataType.Port);
        return new Transaction(s_table)
            .AddTable()
            .Add(Chain.Hooked("c", ChainType.Filter, Hook.Prerouting, ChainPriority.Filter, ChainPolicy.Drop))
            .Add(ranges)
            .Add(pairs)
            .Add(rules)
            .Add(Chain.Regular("other"))
            .Add(ranges, Element.Prefix(IPNetwork.Parse("10.200.0.0/24")))
            .Add(pairs, Element.Range(ServiceLayout.Pair("10.200.0.0", 79), ServiceLayout.Pair("10.200.0.255", 81)));
    }
}
