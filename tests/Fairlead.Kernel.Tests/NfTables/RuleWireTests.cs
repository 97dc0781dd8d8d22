using System.Net;
using System.Text;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;
using Fairlead.Kernel.NfTables.Text;
using Fairlead.Kernel.NfTables.Wire;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Each row is a rule as nft 1.0.6 takes it and the bytes of NFTA_RULE_EXPRESSIONS that nft then sends (Golden/rules.tsv).</summary>
public sealed class RuleWireTests
{
    private static readonly Dictionary<string, Set> s_sets = new Set[]
    {
        ServiceLayout.Service,
        ServiceLayout.Endpoint,
        ServiceLayout.Affinity,
        ServiceLayout.Pods,
        Set.Intervals("sources", DataType.Ipv4Address, DataType.Port),
        Set.Intervals("nets", DataType.Ipv4Address),
        Set.Of("seen", DataType.Ipv4Address),
        new Map { Name = "objects", Key = [DataType.Ipv4Address], Value = new MapValue.Objects(ObjectType.Counter) },
    }.ToDictionary(set => set.Name);

    public static TheoryData<string, string> Rules()
    {
        TheoryData<string, string> rows = [];
        foreach (string[] row in Golden.Rows("rules.tsv"))
        {
            rows.Add(row[0], row[1]);
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_nft_sends_reads_as_what_nft_was_told(string text, string wire)
    {
        Assert.Equal(text, RuleText.Write(Read(wire), s_sets.GetValueOrDefault));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_was_read_is_written_with_the_same_bytes(string text, string wire)
    {
        Assert.NotEmpty(text);
        Assert.Equal(Tree(wire), Tree(Convert.ToHexStringLower(Write(Read(wire)))));
    }

    /// <summary>
    /// What may differ: the number of a set within its batch, beside its name; the flag that there is a port, which the kernel sets itself; counters, bursts
    /// and the kind of bitwise operation where they are 0; the NUL behind an object's name; an empty list of attributes.
    /// </summary>
    private static string Tree(string wire)
    {
        string expression = "";
        List<string> lines = [];
        foreach (string line in WireTree.Read(wire).Split('\n'))
        {
            expression = line.StartsWith("  1:", StringComparison.Ordinal) ? Encoding.ASCII.GetString(Convert.FromHexString(line[4..])).TrimEnd('\0') : expression;
            bool isAttribute = line.StartsWith("    ", StringComparison.Ordinal);
            bool passes = isAttribute
                ? (expression, line.Trim()) is ("lookup", ['4', ':', ..]) or ("dynset", ['2', ':', ..]) or ("objref", ['5', ':', ..]) or ("counter", ['1' or '2', ':', ..])
                    or ("nat", "7:00000002") or ("masq", "1:00000002") or ("redir", "3:00000002") or ("limit", "3:00000000") or ("bitwise", "6:00000000")
                : (expression, line) is ("notrack", "  2");
            bool isName = expression == "objref" && isAttribute && line.Trim()[0] is '2' or '4';
            if (!passes)
            {
                lines.Add(isName && line.EndsWith("00", StringComparison.Ordinal) ? line[..^2] : line);
            }
        }

        return string.Join('\n', lines);
    }

    public static TheoryData<string, ValueList<Expression>> Parts() => new()
    {
        { "ct state established,related accept", Of(Match.State(ConntrackStates.Established | ConntrackStates.Related), Statement.Accept) },
        { "ct status dnat accept", Of(Match.Status(ConntrackStatuses.DestinationNat), Statement.Accept) },
        { "ip saddr 10.0.0.1 accept", Of(Match.Equal(Field.IpSource, Scalar.Address(IPAddress.Parse("10.0.0.1"))), Statement.Accept) },
        { "ip saddr 10.0.0.0/9 drop", Of(Match.Within(Field.IpSource, IPNetwork.Parse("10.0.0.0/9")), Statement.Drop) },
        { "ip saddr != 10.0.0.0/9 drop", Of(Match.Outside(Field.IpSource, IPNetwork.Parse("10.0.0.0/9")), Statement.Drop) },
        { "ip daddr 10.1.0.0-10.1.0.9 accept", Of(Match.Range(Field.IpDestination, ServiceLayout.Address("10.1.0.0"), ServiceLayout.Address("10.1.0.9")), Statement.Accept) },
        { "ip daddr != 10.1.0.0-10.1.0.9 accept", Of(Match.NotRange(Field.IpDestination, ServiceLayout.Address("10.1.0.0"), ServiceLayout.Address("10.1.0.9")), Statement.Accept) },
        { "ip6 daddr fd00::1 accept", Of(Match.Equal(Field.Ip6Destination, ServiceLayout.Address("fd00::1")), Statement.Accept) },
        { "tcp dport 443 accept", Of(Match.Equal(Field.TcpDestinationPort, Scalar.Port(443)), Statement.Accept) },
        { "udp dport 30000-32767 accept", Of(Match.Range(Field.UdpDestinationPort, Scalar.Port(30000), Scalar.Port(32767)), Statement.Accept) },
        { "th dport 53 accept", Of(Match.Equal(Field.DestinationPort, Scalar.Port(53)), Statement.Accept) },
        { "meta l4proto tcp accept", Of(Match.Protocol(IpProtocol.Tcp), Statement.Accept) },
        { "meta nfproto ipv6 accept", Of(Match.Family(TableFamily.Ipv6), Statement.Accept) },
        { "icmp type echo-request accept", Of(Match.Equal(Field.IcmpType, Scalar.Raw([8])), Statement.Accept) },
        { "iifname \"eth0\" accept", Of(Match.Input("eth0"), Statement.Accept) },
        { "iifname \"veth*\" accept", Of(Match.NamePrefix(Field.InputInterface, "veth"), Statement.Accept) },
        { "oifname != \"lo\" accept", Of(Match.NotEqual(Field.OutputInterface, Scalar.InterfaceName("lo")), Statement.Accept) },
        { "meta mark & 0x00004000 == 0x00004000 accept", Of(Match.Masked(Field.Mark, 0x4000, 0x4000), Statement.Accept) },
        { "meta mark set 0x00000001", Statement.SetMark(1) },
        { "meta mark set meta mark | 0x00004000", Statement.SetMarkBits(0x4000, 0x4000) },
        { "meta mark set meta mark & 0xffffbfff", Statement.SetMarkBits(0x4000, 0) },
        { "meta mark set ct mark", Statement.RestoreMark() },
        { "ct mark set meta mark", Statement.SaveMark() },
        { "ether saddr 00:11:22:33:44:55 accept", Of(Match.Equal(Field.EthernetSource, Scalar.Raw([0x00, 0x11, 0x22, 0x33, 0x44, 0x55])), Statement.Accept) },
        { "fib daddr type local accept", Of(Match.Equal(Field.DestinationAddressType, Scalar.Number((uint)FibAddressType.Local)), Statement.Accept) },
        { "ip saddr @nets accept", Of(Match.InSet("nets", Field.IpSource), Statement.Accept) },
        { "ip saddr != @nets accept", Of(Match.NotInSet("nets", Field.IpSource), Statement.Accept) },
        { "ip daddr . meta l4proto . th dport vmap @service", Statement.VerdictMap("service", Field.IpDestination, Field.Protocol, Field.DestinationPort) },
        { "dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoint", Statement.DestinationNatMap(TableFamily.Ipv4, "endpoint", Field.IpDestination, Field.Protocol, Field.DestinationPort, Field.RandomNumber(2)) },
        { "update @affinity { ip saddr . ip daddr . meta l4proto . th dport timeout 10m : 10.200.0.1 . 6443 }", Statement.UpdateMap("affinity", TimeSpan.FromMinutes(10), [Field.IpSource, Field.IpDestination, Field.Protocol, Field.DestinationPort], Scalar.Address(IPAddress.Parse("10.200.0.1")), Scalar.Port(6443)) },
        { "update @seen { ip saddr timeout 1m }", Statement.Update("seen", TimeSpan.FromMinutes(1), Field.IpSource) },
        { "dnat ip to 10.0.0.1", Statement.DestinationNat(IPAddress.Parse("10.0.0.1")) },
        { "snat ip to 10.0.0.1", Statement.SourceNat(IPAddress.Parse("10.0.0.1")) },
        { "masquerade random,fully-random", Statement.Masquerade(NatFlags.Random | NatFlags.FullyRandom) },
        { "reject", Statement.Reject() },
        { "reject with icmpx admin-prohibited", Statement.RejectProhibited() },
        { "meta l4proto tcp reject with tcp reset", Of(Match.Protocol(IpProtocol.Tcp), Statement.Reject(resetTcp: true)) },
        { "log prefix \"denied\" group 5 snaplen 64", Statement.LogTo(5, "denied", 64) },
        { "limit rate 5/second accept", Of(Statement.Limit(5, TimeSpan.FromSeconds(1)), Statement.Accept) },
        { "counter packets 0 bytes 0", Statement.Count() },
        { "counter name \"c1\"", Statement.Count("c1") },
        { "notrack", Statement.NoTrack },
        { "meta nftrace set 1", Statement.Trace },
        { "jump other", Statement.Jump("other") },
        { "goto other", Statement.Goto("other") },
        { "return", Statement.Return },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void The_builders_make_what_nft_makes(string text, ValueList<Expression> built)
    {
        string wire = Golden.Rows("rules.tsv").Single(row => row[0] == text)[1];
        Assert.Equal(Read(wire), built);
        Assert.Equal(text, RuleText.Write(built, s_sets.GetValueOrDefault));
    }

    [Fact]
    public void What_a_part_has_made_sure_of_is_not_asked_again()
    {
        Rule rule = Rule.Of("c", Match.Equal(Field.IpSource, ServiceLayout.Address("10.0.0.1")), Match.Equal(Field.IpDestination, ServiceLayout.Address("10.0.0.2")));
        Assert.Equal(2, rule.Expressions.Count(expression => expression is PayloadLoad));
        Assert.Single(rule.Expressions, expression => expression is MetaLoad);
    }

    [Fact]
    public void A_condition_before_a_counter_is_not_taken_for_a_later_one()
    {
        ValueList<Expression> rule = Of(Match.Protocol(IpProtocol.Udp), Statement.Count(), Match.Equal(Field.UdpDestinationPort, Scalar.Port(53)), Statement.Accept);
        Assert.Equal("meta l4proto udp counter packets 0 bytes 0 udp dport 53 accept", RuleText.Write(rule, s_sets.GetValueOrDefault));
    }

    private static ValueList<Expression> Of(params ReadOnlySpan<ValueList<Expression>> parts) => Rule.Of("c", parts).Expressions;

    private static ValueList<Expression> Read(string wire)
    {
        foreach (NetlinkAttribute attribute in new NetlinkAttributeReader(Wrap(Convert.FromHexString(wire))))
        {
            return ExpressionDecoder.ReadList(attribute);
        }

        return [];
    }

    private static byte[] Wrap(byte[] value) => [.. BitConverter.GetBytes((ushort)(value.Length + 4)), 4, 0x80, .. value];

    private static byte[] Write(ValueList<Expression> expressions)
    {
        NetlinkMessageWriter writer = new(stackalloc byte[2048]);
        writer.BeginMessage(0, NetlinkFlags.None);
        ExpressionEncoder.WriteList(ref writer, RuleAttribute.Expressions, expressions);
        return writer.Complete()[20..].ToArray();
    }
}
