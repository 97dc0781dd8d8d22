using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Evaluation;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Real packets through the service layout on the real kernel, and what the evaluator says of the same packets.</summary>
[Trait("Category", "Root")]
public sealed class FlowTests(FlowNetwork network) : IClassFixture<FlowNetwork>
{
    //             from      to                       protocol            who answers, and whom it saw (alternatives: |)
    public static TheoryData<string, string, ProtocolType, string> Rows() => new()
    {
        { "client", "10.32.0.10:53", ProtocolType.Udp, "10.200.0.11:5353 10.240.0.100" },
        { "client", "10.32.0.20:80", ProtocolType.Tcp, "10.200.0.11:8080 10.240.0.100|10.200.0.12:8080 10.240.0.100" },
        { "client", "10.32.0.66:80", ProtocolType.Tcp, "silence" },
        { "client", "10.32.0.77:80", ProtocolType.Tcp, "10.200.0.12:8080 10.200.0.1" },
        { "client", "[fd00:32::1]:80", ProtocolType.Tcp, "[fd00:200::11]:8080 fd00:240::100" },
        { "client", "10.200.0.11:9090", ProtocolType.Tcp, "10.200.0.11:9090 10.240.0.100" },
        { "client", "10.200.0.12:8080", ProtocolType.Tcp, "10.200.0.12:8080 10.240.0.100" },
        { "client", "10.200.0.12:9090", ProtocolType.Tcp, "rejected" },
        { "client", "10.32.0.1:443", ProtocolType.Tcp, "10.200.0.11:6443 10.240.0.100|10.200.0.12:6443 10.240.0.100" },
        { "pod", "10.32.0.77:80", ProtocolType.Tcp, "silence" },
        { "pod", "10.32.0.10:53", ProtocolType.Udp, "10.200.0.11:5353 10.200.0.1" },
        { "pod", "10.240.0.100:8080", ProtocolType.Tcp, "10.240.0.100:8080 10.240.0.1" },
        { "pod", "10.200.0.12:8080", ProtocolType.Tcp, "rejected" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_packet_reaches(string from, string to, ProtocolType protocol, string outcome)
    {
        NetworkNamespace source = from == "client" ? network.Client : network.Backends[0];
        Assert.Contains(FlowNetwork.Try(source, to, protocol), outcome.Split('|'));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_evaluator_says_the_same(string from, string to, ProtocolType protocol, string outcome)
    {
        Ruleset readBack = network.NfTables.ListRuleset(ServiceLayout.Table)!;
        Ruleset planned = Ruleset.Of(ServiceLayout.Build());
        string[] expected = [.. outcome.Split('|').Order()];
        Assert.Equal(expected, Predict(planned, from, to, protocol));
        string[] now = Predict(readBack, from, to, protocol);
        Assert.True(now.All(expected.Contains), string.Join('|', now)); // a sticky client has one way left
    }

    [Fact]
    public void Choice_is_random_over_all_endpoints_and_a_sticky_client_stays()
    {
        HashSet<string> any = [.. Enumerable.Range(0, 30).Select(_ => FlowNetwork.Try(network.Client, "10.32.0.1:443", ProtocolType.Tcp))];
        Assert.Equal(2, any.Count);

        HashSet<string> sticky = [.. Enumerable.Range(0, 20).Select(_ => FlowNetwork.Try(network.Client, "10.32.0.20:80", ProtocolType.Tcp))];
        string endpoint = Assert.Single(sticky).Split(' ')[0];
        Element remembered = Assert.Single(network.NfTables.ListElements(ServiceLayout.Table, ServiceLayout.Affinity));
        Assert.Equal(DataValue.Concat(Scalar.Address(IPAddress.Parse("10.240.0.100")), Scalar.Address(IPAddress.Parse("10.32.0.20")), Scalar.Protocol(IpProtocol.Tcp), Scalar.Port(80)), remembered.Key);
        IPEndPoint parsed = IPEndPoint.Parse(endpoint);
        Assert.Equal(ServiceLayout.Pair(parsed.Address.ToString(), (ushort)parsed.Port), remembered.Data);
        Assert.Equal(TimeSpan.FromMinutes(10), remembered.Timeout);
        Assert.InRange(remembered.Expiration!.Value, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void Counters_and_rule_counters_are_read_back()
    {
        FlowNetwork.Try(network.Client, "10.32.0.66:80", ProtocolType.Tcp);
        Counter counter = Assert.IsType<Counter>(Assert.Single(network.NfTables.ListObjects(ServiceLayout.Table)).Object.Content);
        Assert.NotEqual(0ul, counter.Packets);
        Assert.NotEqual(0ul, counter.Bytes);
    }

    /// <summary>The packet's way through prerouting, routing, forward and postrouting, for every choice of numgen.</summary>
    private static string[] Predict(Ruleset ruleset, string from, string to, ProtocolType protocol)
    {
        IPEndPoint target = IPEndPoint.Parse(to);
        bool six = target.AddressFamily == AddressFamily.InterNetworkV6;
        Packet packet = new()
        {
            Source = IPAddress.Parse(from == "client" ? (six ? "fd00:240::100" : "10.240.0.100") : "10.200.0.11"),
            Destination = target.Address,
            Protocol = protocol == ProtocolType.Tcp ? IpProtocol.Tcp : IpProtocol.Udp,
            SourcePort = 40000,
            DestinationPort = (ushort)target.Port,
            InputInterface = from == "client" ? "eth0" : "pod0",
        };
        RulesetEvaluator evaluator = new(ruleset);
        return [.. evaluator.EvaluateAll(Hook.Prerouting, packet).Select(first => Follow(evaluator, first)).Distinct().Order()];
    }

    private static string Follow(RulesetEvaluator evaluator, EvaluationResult result)
    {
        if (result.Outcome is not PacketOutcome.Accepted)
        {
            return Word(result.Outcome);
        }

        string output = result.Packet.Destination.ToString() switch
        {
            "10.200.0.11" or "fd00:200::11" => "pod0",
            "10.200.0.12" => "pod1",
            _ => "eth0",
        };
        EvaluationResult forward = evaluator.Evaluate(Hook.Forward, result.Packet with { OutputInterface = output });
        if (forward.Outcome is not PacketOutcome.Accepted)
        {
            return Word(forward.Outcome);
        }

        EvaluationResult last = evaluator.Evaluate(Hook.Postrouting, forward.Packet);
        Packet packet = last.Packet;
        bool masqueraded = last.Effects.OfType<PacketEffect.Masqueraded>().Any();
        string seen = masqueraded ? (output == "eth0" ? "10.240.0.1" : "10.200.0.1") : packet.Source.ToString();
        return $"{new IPEndPoint(packet.Destination, packet.DestinationPort)} {seen}";
    }

    private static string Word(PacketOutcome outcome) => outcome switch
    {
        PacketOutcome.Dropped => "silence",
        PacketOutcome.Rejected => "rejected",
        PacketOutcome.Undecided undecided => undecided.Reason,
        _ => "?",
    };
}
