using System.Net;
using System.Net.Sockets;
using System.Text;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Random rules and random packets: the rules whose counters the kernel moved are those that the evaluator says match.</summary>
[Trait("Category", "Root")]
public sealed class DifferentialTests : IDisposable
{
    private const int Tables = 60;
    private const int PacketsPerTable = 12;
    private const uint Mark = 0x40;

    private static readonly TableId s_table = TableId.Inet("t");
    private static readonly Set s_addresses = Set.Intervals("addresses", DataType.Ipv4Address);
    private static readonly Set s_pairs = Set.Intervals("pairs", DataType.Ipv4Address, DataType.Port);
    private static readonly Map s_verdicts = Map.ToVerdicts("verdicts", DataType.Protocol, DataType.Port);
    private static readonly string[] s_chains = ["base", "one", "two"];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_evaluator_hits_the_rules_that_the_kernel_hits()
    {
        NetworkNamespace space = _scratch.Namespace();
        Witness.Run(space, "ip link set lo up");
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        using Socket socket = space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.1"), 4000));
        socket.SetRawSocketOption(1, 36, BitConverter.GetBytes(Mark)); // SOL_SOCKET, SO_MARK
        List<Socket> listeners = space.Run(() => Enumerable.Range(70, 20).Select(Listen).ToList()); // or ICMP errors would pass the rules too
        Random random = new(20260104);
        int hits = 0;
        for (int round = 0; round < Tables; round++)
        {
            client.Commit(new Transaction(s_table).DestroyTable());
            client.Commit(RandomTable(random));
            Ruleset before = client.ListRuleset(s_table)!;
            for (int packet = 0; packet < PacketsPerTable; packet++)
            {
                IPAddress destination = new([127, 0, 0, (byte)random.Next(1, 17)]);
                ushort port = (ushort)random.Next(70, 90);
                try
                {
                    socket.SendTo([1, 2, 3], new IPEndPoint(destination, port));
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AccessDenied)
                {
                    // Dropped: EPERM.
                }

                Ruleset after = client.ListRuleset(s_table)!;
                Dictionary<ulong, ulong> moved = Moved(before, after);
                Packet model = new()
                {
                    Source = IPAddress.Parse("127.0.0.1"),
                    Destination = destination,
                    Protocol = IpProtocol.Udp,
                    SourcePort = 4000,
                    DestinationPort = port,
                    Length = 31,
                    OutputInterface = "lo",
                    Mark = Mark,
                };
                EvaluationResult result = new RulesetEvaluator(after).Evaluate(Hook.Output, model);
                ulong[] expected = [.. result.Steps.Where(step => step.Rule is { } rule && Counted(step, rule)).Select(step => step.Rule!.Handle).Distinct().Order()];
                Assert.True(
                    expected.SequenceEqual(moved.Keys.Order()),
                    $"{model}\nexpected {string.Join(' ', expected)}, moved {string.Join(' ', moved.Keys.Order())}\n{Describe(after)}");
                hits += expected.Length;
                before = after;
            }
        }

        listeners.ForEach(static listener => listener.Dispose());
        Assert.True(hits > Tables * PacketsPerTable / 2, $"only {hits} hits");
    }

    private static Socket Listen(int port)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        listener.Bind(new IPEndPoint(IPAddress.Any, port));
        return listener;
    }

    /// <summary>Each rule has its counter behind its conditions: it moved where what failed, if anything, comes later.</summary>
    private static bool Counted(EvaluationStep step, ListedRule rule)
    {
        int counter = rule.Rule.Expressions.ToList().FindIndex(static expression => expression is Counter);
        return step.Outcome is not StepOutcome.Passed passed || passed.Expression > counter;
    }

    private static Dictionary<ulong, ulong> Moved(Ruleset before, Ruleset after)
    {
        Dictionary<ulong, ulong> old = before.Rules.ToDictionary(rule => rule.Handle, Packets);
        return after.Rules.Where(rule => Packets(rule) != old[rule.Handle]).ToDictionary(rule => rule.Handle, Packets);
    }

    private static ulong Packets(ListedRule rule) => rule.Rule.Expressions.OfType<Counter>().Single().Packets;

    private static string Describe(Ruleset ruleset)
    {
        StringBuilder text = new(ruleset.ToString());
        foreach (ListedRule rule in ruleset.Rules)
        {
            text.Append($"{rule.Handle} {rule.Rule.Chain}\n");
        }

        return text.ToString();
    }

    private static Transaction RandomTable(Random random)
    {
        Transaction transaction = new Transaction(s_table).AddTable()
            .Add(s_addresses).Add(s_pairs).Add(s_verdicts)
            .Add(Chain.Hooked("base", ChainType.Filter, Hook.Output, ChainPriority.Filter, random.Next(2) == 0 ? ChainPolicy.Accept : ChainPolicy.Drop))
            .Add(Chain.Regular("one"))
            .Add(Chain.Regular("two"));
        transaction.Add(s_addresses, Element.Range(Address(2), Address(5)), Element.Of(Address(9)), Element.Prefix(IPNetwork.Parse("127.0.0.12/30")));
        transaction.Add(s_pairs, Element.Range(ServiceLayout.Pair("127.0.0.1", 75), ServiceLayout.Pair("127.0.0.6", 80)), Element.Of(ServiceLayout.Pair("127.0.0.8", 85)));
        transaction.Add(
            s_verdicts,
            Element.Of(DataValue.Concat(Scalar.Protocol(IpProtocol.Udp), Scalar.Port(75)), Verdict.Drop),
            Element.Of(DataValue.Concat(Scalar.Protocol(IpProtocol.Udp), Scalar.Port(77)), Verdict.Jump("two")),
            Element.Of(DataValue.Concat(Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80)), Verdict.Drop),
            Element.Of(DataValue.Concat(Scalar.Protocol(IpProtocol.Udp), Scalar.Port(80)), Verdict.Accept));
        for (int count = random.Next(4, 10); count > 0; count--)
        {
            int chain = random.Next(s_chains.Length);
            transaction.Add(Rule.Of(s_chains[chain], [.. Enumerable.Range(0, random.Next(3)).SelectMany(_ => Condition(random).AsEnumerable())], Statement.Count(), Verb(random, chain)));
        }

        return transaction;
    }

    private static DataValue Address(int last) => ServiceLayout.Address($"127.0.0.{last}");

    private static ValueList<Expression> Condition(Random random) => random.Next(14) switch
    {
        0 => Match.Equal(Field.IpDestination, Address(random.Next(1, 17))),
        1 => Match.NotEqual(Field.IpDestination, Address(random.Next(1, 17))),
        2 => Match.Within(Field.IpDestination, new IPNetwork(IPAddress.Parse("127.0.0.0"), random.Next(26, 31))),
        3 => Match.Outside(Field.IpDestination, new IPNetwork(IPAddress.Parse("127.0.0.8"), 29)),
        4 => Match.Range(Field.UdpDestinationPort, Scalar.Port((ushort)random.Next(70, 80)), Scalar.Port((ushort)random.Next(80, 90))),
        5 => Match.NotRange(Field.UdpDestinationPort, Scalar.Port(75), Scalar.Port((ushort)random.Next(75, 90))),
        6 => Match.InSet("addresses", Field.IpDestination),
        7 => Match.NotInSet("addresses", Field.IpDestination),
        8 => Match.InSet("pairs", Field.IpDestination, Field.DestinationPort),
        9 => Match.NotInSet("pairs", Field.IpDestination, Field.DestinationPort),
        10 => random.Next(2) == 0 ? Match.Output("lo") : Match.NamePrefix(Field.OutputInterface, random.Next(2) == 0 ? "l" : "e"),
        11 => Match.Masked(Field.Mark, 0xf0, random.Next(2) == 0 ? Mark : 0u),
        12 => Match.Protocol(random.Next(3) == 0 ? IpProtocol.Tcp : IpProtocol.Udp),
        _ => Match.Equal(Field.PacketLength, Scalar.Number(random.Next(2) == 0 ? 31u : 32u)),
    };

    /// <summary>Jumps lead to later chains only, so that there is no circle.</summary>
    private static ValueList<Expression> Verb(Random random, int chain) => random.Next(8) switch
    {
        0 => Statement.Accept,
        1 => Statement.Drop,
        2 => Statement.Return,
        3 when chain < 2 => Statement.Jump(s_chains[chain + 1]),
        4 when chain < 2 => Statement.Goto(s_chains[chain + 1]),
        5 when chain < 2 => Statement.VerdictMap("verdicts", Field.Protocol, Field.DestinationPort),
        6 => Statement.SetMarkBits(0xff, (uint)random.Next(0x80)),
        _ => [],
    };
}
