using System.Net;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.Tests.NfTables;

/// <summary>Each row is a command as nft 1.0.6 takes it and the message that nft then sends (Golden/operations.tsv).</summary>
public sealed class OperationWireTests
{
    private const ushort SetIdInElements = 4;

    private static readonly TableId s_table = TableId.Inet("t");
    private static readonly Map s_pods = Map.ToVerdicts("pods", DataType.Ipv4Address);
    private static readonly Set s_nets = Set.Intervals("nets", DataType.Ipv4Address);
    private static readonly Set s_nine = Set.Of("nine", DataType.Ipv4Address);
    private static readonly ValueList<DataType> s_slots = [DataType.Ipv4Address, DataType.Protocol, DataType.Port, DataType.Number];

    public static TheoryData<string, Operation> Operations() => new()
    {
        { "add chain inet t c", new ChainOperation(Verb.Add, Chain.Regular("c")) },
        { "add chain inet t c { comment \"why\"; }", new ChainOperation(Verb.Add, new Chain { Name = "c", Comment = "why" }) },
        { "add chain inet t c { type nat hook prerouting priority -100; policy accept; }", new ChainOperation(Verb.Add, Chain.Hooked("c", ChainType.Nat, Hook.Prerouting, ChainPriority.DestinationNat)) },
        { "add chain inet t c { type filter hook forward priority 5; policy drop; }", new ChainOperation(Verb.Add, Chain.Hooked("c", ChainType.Filter, Hook.Forward, 5, ChainPolicy.Drop)) },
        { "create chain inet t c", new ChainOperation(Verb.Create, Chain.Regular("c")) },
        { "delete chain inet t other", new ChainOperation(Verb.Delete, Chain.Regular("other")) },
        { "flush chain inet t other", new ChainOperation(Verb.Flush, Chain.Regular("other")) },
        { "add set inet t s { type ipv4_addr; }", new SetOperation(Verb.Add, Set.Of("s", DataType.Ipv4Address)) },
        { "add set inet t s { type ipv4_addr . inet_service; flags interval; }", new SetOperation(Verb.Add, Set.Intervals("s", DataType.Ipv4Address, DataType.Port)) },
        { "add set inet t s { type ifname; size 16; comment \"why\"; }", new SetOperation(Verb.Add, Set.Of("s", DataType.InterfaceName) with { Size = 16, Comment = "why" }) },
        { "add set inet t s { type ipv4_addr; size 100; flags dynamic,timeout; timeout 1m; }", new SetOperation(Verb.Add, Set.Of("s", DataType.Ipv4Address) with { Size = 100, Dynamic = true, Timeout = TimeSpan.FromMinutes(1) }) },
        { "add map inet t m { type ipv4_addr : verdict; }", new SetOperation(Verb.Add, Map.ToVerdicts("m", DataType.Ipv4Address)) },
        { "add map inet t m { typeof ip daddr . meta l4proto . th dport . numgen random mod 65535 : ip daddr . th dport; size 65536; }", new SetOperation(Verb.Add, Map.ToData("m", s_slots, DataType.Ipv4Address, DataType.Port) with { Size = 65536 }) },
        { "add map inet t m { typeof ip6 daddr . meta l4proto . th dport . numgen random mod 65535 : ip6 daddr . th dport; }", new SetOperation(Verb.Add, Map.ToData("m", [DataType.Ipv6Address, DataType.Protocol, DataType.Port, DataType.Number], DataType.Ipv6Address, DataType.Port)) },
        { "add map inet t m { typeof ip daddr . meta l4proto . th dport . numgen random mod 65535 : verdict; }", new SetOperation(Verb.Add, Map.ToVerdicts("m", s_slots.AsSpan())) },
        { "add map inet t m { type ipv4_addr : counter; }", new SetOperation(Verb.Add, new Map { Name = "m", Key = [DataType.Ipv4Address], Value = new MapValue.Objects(ObjectType.Counter) }) },
        { "delete set inet t nine", new SetOperation(Verb.Delete, s_nine) },
        { "flush set inet t nine", new SetOperation(Verb.Flush, s_nine) },
        { "add element inet t pods { 10.0.0.1 : jump other }", new ElementOperation(Verb.Add, s_pods, [Element.Of(ServiceLayout.Address("10.0.0.1"), Verdict.Jump("other"))]) },
        { "add element inet t nine { 10.0.0.1 comment \"why\" }", new ElementOperation(Verb.Add, s_nine, [Element.Of(ServiceLayout.Address("10.0.0.1")) with { Comment = "why" }]) },
        { "add element inet t timed { 10.0.0.1 timeout 5s }", new ElementOperation(Verb.Add, Set.Of("timed", DataType.Ipv4Address) with { ElementTimeouts = true }, [Element.Of(ServiceLayout.Address("10.0.0.1")) with { Timeout = TimeSpan.FromSeconds(5) }]) },
        { "add element inet t nets { 10.1.0.0/16 }", new ElementOperation(Verb.Add, s_nets, [Element.Prefix(IPNetwork.Parse("10.1.0.0/16"))]) },
        { "add element inet t nets { 255.0.0.0/8 }", new ElementOperation(Verb.Add, s_nets, [Element.Prefix(IPNetwork.Parse("255.0.0.0/8"))]) },
        {
            "add element inet t src { 10.0.0.0/8 . 80-90 }",
            new ElementOperation(Verb.Add, Set.Intervals("src", DataType.Ipv4Address, DataType.Port), [Element.Range(ServiceLayout.Pair("10.0.0.0", 80), ServiceLayout.Pair("10.255.255.255", 90))])
        },
        { "add element inet t to { 10.0.0.1 : 10.0.0.2 . 80 }", new ElementOperation(Verb.Add, Map.ToData("to", [DataType.Ipv4Address], DataType.Ipv4Address, DataType.Port), [Element.Of(ServiceLayout.Address("10.0.0.1"), ServiceLayout.Pair("10.0.0.2", 80))]) },
        { "delete element inet t nine { 10.0.0.9 }", new ElementOperation(Verb.Delete, s_nine, [Element.Of(ServiceLayout.Address("10.0.0.9"))]) },
        { "delete element inet t pods { 10.0.0.3 }", new ElementOperation(Verb.Delete, s_pods, [Element.Of(ServiceLayout.Address("10.0.0.3"), Verdict.Accept)]) },
        { "add counter inet t k", new ObjectOperation(Verb.Add, StatefulObject.NewCounter("k")) },
        { "add quota inet t k { over 1000 bytes }", new ObjectOperation(Verb.Add, new StatefulObject { Name = "k", Content = new Quota(1000, Over: true) }) },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public void We_send_what_nft_sends(string command, Operation operation)
    {
        string wire = Golden.Rows("operations.tsv").Single(row => row[0] == command)[1];
        Assert.Equal(Tree(Convert.FromHexString(wire)), Tree(Encode(operation)));
    }

    [Fact]
    public void Tables_too()
    {
        foreach ((string command, string? comment) in ((string, string?)[])[("add table inet fresh", null), ("add table inet fresh { comment \"why\"; }", "why")])
        {
            string wire = Golden.Rows("operations.tsv").Single(row => row[0] == command)[1];
            TableOperation operation = new(Verb.Add, new Table { Id = TableId.Inet("fresh"), Comment = comment });
            // nft leaves out the flag that says that the table may be made.
            Assert.Equal(Tree(Convert.FromHexString(wire)).Replace("flags 1", "flags 401"), Tree(Encode(operation, TableId.Inet("fresh"))));
        }
    }

    private static byte[] Encode(Operation operation, TableId? table = null)
    {
        Transaction transaction = new(table ?? s_table);
        transaction.Append(operation);
        NetlinkMessageWriter writer = new(stackalloc byte[2048]);
        List<BatchEncoder.Origin> origins = BatchEncoder.Write(ref writer, transaction, generation: null);
        Assert.Equal(3, origins.Count);
        return writer.Complete()[20..^20].ToArray();
    }

    /// <summary>
    /// Left out: the number of a set within its batch beside elements, which have its name too; elements are numbered by nft and all 1 with us, which the
    /// kernel doesn't look at; and in a set's user data two entries that say nothing (06: data are no ranges, 03: an expression without parts).
    /// </summary>
    private static string Tree(byte[] message)
    {
        bool elements = message[4] is 12 or 14;
        string tree = WireTree.ReadMessage(message, elements ? [SetIdInElements] : []);
        return string.Join('\n', tree.Split('\n').Select(static line => line.StartsWith("  ", StringComparison.Ordinal) && !line.Contains(':') ? line.Replace("  2", "  1") : line))
            .Replace("060400000000", "").Replace("030800040d0000000100", "");
    }
}
