using Fairlead.Kernel.NfTables;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

[Trait("Category", "Root")]
public sealed class MonitorTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_nft_changes_is_heard_with_the_name_of_its_process()
    {
        NetworkNamespace space = _scratch.Namespace();
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        client.Commit(ServiceLayout.Build());
        using NfTablesMonitor monitor = space.Run(() => NfTablesMonitor.Open(MonitorTopics.Changes));

        NftWitness.Load(space, "delete element inet fairlead pods { 10.200.0.12 }\nadd rule inet fairlead mark-masq drop comment \"not ours\"\n");
        IReadOnlyList<NfTablesEvent> events = UntilGeneration(monitor);

        ElementsChanged gone = Assert.Single(events.OfType<ElementsChanged>());
        Assert.False(gone.Added);
        Assert.Equal((ServiceLayout.Table, "pods"), (gone.Table, gone.Set));
        Assert.Equal(ServiceLayout.Address("10.200.0.12"), Assert.Single(gone.Elements).Key);

        RuleChanged came = Assert.Single(events.OfType<RuleChanged>());
        Assert.Equal((true, Rule.Of("mark-masq", Statement.Drop).Commented("not ours")), (came.Added, came.Rule.Rule));
        Assert.Equal(client.ListRules(ServiceLayout.Table, "mark-masq")[^1].Handle, came.Rule.Handle);

        Generation generation = Assert.IsType<GenerationChanged>(events[^1]).Generation;
        Assert.Equal(client.GetGeneration().Id, generation.Id);
        Assert.Equal("nft", generation.ProcessName);
    }

    [Fact]
    public void Everything_that_we_make_is_heard_as_we_made_it()
    {
        NetworkNamespace space = _scratch.Namespace();
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        using NfTablesMonitor monitor = space.Run(() => NfTablesMonitor.Open(MonitorTopics.Changes));
        Transaction transaction = ServiceLayout.Build();
        client.Commit(transaction);
        IReadOnlyList<NfTablesEvent> events = UntilGeneration(monitor);

        Assert.Equal(transaction.Operations.OfType<RuleOperation>().Select(step => step.Rule), events.OfType<RuleChanged>().Select(change => change.Rule.Rule));
        Assert.Equal(transaction.Operations.OfType<ChainOperation>().Select(step => step.Chain), events.OfType<ChainChanged>().Select(change => change.Chain.Chain));
        Assert.Equal(transaction.Operations.OfType<SetOperation>().Select(step => step.Set), events.OfType<SetChanged>().Select(change => change.Set.Set));
        Assert.Equal(ServiceLayout.Rejected, Assert.Single(events.OfType<ObjectChanged>()).Object.Object);
        Assert.Equal(ServiceLayout.Table, Assert.Single(events.OfType<TableChanged>()).Table.Table.Id);
    }

    [Fact]
    public void A_traced_packet_tells_its_steps()
    {
        NetworkNamespace space = _scratch.Namespace();
        Witness.Run(space, "ip link set lo up");
        TableId table = TableId.Inet("traced");
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        client.Commit(new Transaction(table).AddTable()
            .Add(Chain.Regular("deeper"))
            .Add(Chain.Hooked("begin", ChainType.Filter, Hook.Output, ChainPriority.Raw))
            .Add(Rule.Of("begin", Match.Protocol(IpProtocol.Icmp), Statement.Trace), Rule.Of("begin", Statement.Jump("deeper")))
            .Add(Rule.Of("deeper", Match.Equal(Field.IcmpType, Scalar.Raw([8])), Statement.Drop).Commented("here")));
        using NfTablesMonitor monitor = space.Run(() => NfTablesMonitor.Open(MonitorTopics.Traces));

        Witness.TryRun(space, "ping -c 1 -W 1 127.0.0.1");
        List<PacketTraced> steps = [];
        while (steps.LastOrDefault()?.Verdict != Verdict.Drop && monitor.Receive(s_patience, TestContext.Current.CancellationToken) is { Count: > 0 } events)
        {
            steps.AddRange(events.Cast<PacketTraced>());
        }

        ListedRule[] rules = [.. client.ListRules(table, "begin"), .. client.ListRules(table, "deeper")];
        Assert.Equal(
            [(rules[0].Handle, Verdict.Continue), (rules[1].Handle, Verdict.Jump("deeper")), (rules[2].Handle, Verdict.Drop)],
            steps.Select(step => (step.RuleHandle, step.Verdict!.Value)));
        Assert.All(steps, step => Assert.Equal((steps[0].PacketId, table, TraceKind.Rule), (step.PacketId, step.Table, step.Kind)));
        Assert.Equal(ServiceLayout.Address("127.0.0.1").Span, steps[0].NetworkHeader.Span.Slice(16, 4));
    }

    [Fact]
    public void A_monitor_that_hears_nothing_says_so()
    {
        using NfTablesMonitor monitor = _scratch.Namespace().Run(() => NfTablesMonitor.Open(MonitorTopics.Changes | MonitorTopics.Traces));
        Assert.Empty(monitor.Receive(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken));
    }

    private static List<NfTablesEvent> UntilGeneration(NfTablesMonitor monitor)
    {
        List<NfTablesEvent> events = [];
        while (events.LastOrDefault() is not GenerationChanged)
        {
            IReadOnlyList<NfTablesEvent> more = monitor.Receive(s_patience, TestContext.Current.CancellationToken);
            Assert.NotEmpty(more);
            events.AddRange(more);
        }

        return events;
    }
}
