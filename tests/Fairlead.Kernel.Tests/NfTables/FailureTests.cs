using Fairlead.Kernel.NfTables;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

[Trait("Category", "Root")]
public sealed class FailureTests : IDisposable
{
    private static readonly Set s_ranges = Set.Intervals("ranges", DataType.Ipv4Address);

    private readonly Scratch _scratch = new();
    private readonly NfTablesClient _client;

    public FailureTests()
    {
        _client = _scratch.Namespace().Run(NfTablesClient.Open);
        _client.Commit(ServiceLayout.Build());
    }

    public void Dispose()
    {
        _client.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public void A_refusal_names_the_operation_and_nothing_of_the_transaction_is_done()
    {
        Transaction transaction = new(ServiceLayout.Table);
        transaction.Add(Chain.Regular("fresh"));
        transaction.DeleteChain("missing");
        TransactionException exception = Assert.Throws<TransactionException>(() => _client.Commit(transaction));
        Assert.Equal("delete chain inet fairlead missing: No such file or directory", exception.Message);
        Assert.Equal(Errno.NotFound, exception.Error);
        Assert.Same(transaction.Operations[1], Assert.Single(exception.Failures).Operation);
        Assert.DoesNotContain(_client.ListChains(ServiceLayout.Table), listed => listed.Chain.Name == "fresh");
    }

    [Fact]
    public void Of_many_elements_the_one_is_named_that_was_refused()
    {
        Element[] elements = [.. Enumerable.Range(1, 50).Select(number => Element.Of(ServiceLayout.Key($"10.32.1.{number}", IpProtocol.Tcp, 80), Verdict.Drop))];
        elements[37] = Element.Of(ServiceLayout.Key("10.32.0.1", IpProtocol.Tcp, 443), Verdict.Drop);
        OperationFailure failure = Assert.Single(_client.TryCommit(new Transaction(ServiceLayout.Table).Add(ServiceLayout.Service, elements)));
        Assert.Equal(Errno.Exists, failure.Answer.Error);
        Assert.Same(elements[37], failure.Element);
        Assert.Equal("add element inet fairlead service { 10.32.0.1 . tcp . 443 : drop }: File exists", failure.Describe(ServiceLayout.Table));
    }

    [Fact]
    public void Of_many_ranges_too()
    {
        _client.Commit(new Transaction(ServiceLayout.Table).Add(s_ranges));
        Element[] ranges = [.. Enumerable.Range(1, 50).Select(number => Element.Range(ServiceLayout.Address($"10.{number}.0.0"), ServiceLayout.Address($"10.{number}.0.9")))];
        _client.Commit(new Transaction(ServiceLayout.Table).Add(s_ranges, ranges[20]));
        OperationFailure failure = Assert.Single(_client.TryCommit(new Transaction(ServiceLayout.Table).Delete(s_ranges, [ranges[20], ranges[21], ranges[22]])));
        Assert.Equal(Errno.NotFound, failure.Answer.Error);
        Assert.Same(ranges[21], failure.Element);
    }

    [Fact]
    public void A_rule_for_a_chain_that_is_missing_is_described_by_what_it_does()
    {
        Transaction transaction = new Transaction(ServiceLayout.Table).Add(Rule.Of("guard", Statement.VerdictMap("nowhere", Field.IpDestination)));
        OperationFailure failure = Assert.Single(_client.TryCommit(transaction));
        Assert.Equal("add rule inet fairlead guard ip daddr vmap @nowhere: No such file or directory", failure.Describe(ServiceLayout.Table));
    }

    [Fact]
    public void A_transaction_for_an_older_state_is_refused()
    {
        uint generation = _client.GetGeneration().Id;
        _client.Commit(new Transaction(ServiceLayout.Table).Add(Chain.Regular("first")), generation);
        OperationFailure failure = Assert.Single(_client.TryCommit(new Transaction(ServiceLayout.Table).Add(Chain.Regular("second")), generation));
        Assert.Null(failure.Operation);
        Assert.Equal(85, (int)failure.Answer.Error); // ERESTART
        Assert.DoesNotContain(_client.ListChains(ServiceLayout.Table), listed => listed.Chain.Name == "second");
    }

    [Fact]
    public void Destroying_what_is_not_there_is_fine()
    {
        _client.Commit(new Transaction(ServiceLayout.Table).Destroy(ServiceLayout.NoMasquerade, Element.Of(ServiceLayout.Address("192.0.2.1"))));
        _client.Commit(new Transaction(TableId.Inet("never")).DestroyTable());
        Transaction everything = new Transaction(ServiceLayout.Table).DestroyTable();
        _client.Commit(everything);
        _client.Commit(everything);
        Assert.Null(_client.ListRuleset(ServiceLayout.Table));
    }

    [Fact]
    public void Elements_are_replaced_by_deleting_and_adding_in_one_transaction()
    {
        DataValue key = ServiceLayout.Key("10.32.0.1", IpProtocol.Tcp, 443);
        Element[] changed = [Element.Of(key, Verdict.Goto("lb-1"))];
        _client.Commit(new Transaction(ServiceLayout.Table).Delete(ServiceLayout.Service, changed).Add(ServiceLayout.Service, changed));
        Assert.Contains(_client.ListElements(ServiceLayout.Table, ServiceLayout.Service), element => element.Key == key && element.Verdict == Verdict.Goto("lb-1"));
    }

    [Fact]
    public void Rules_are_inserted_replaced_and_deleted_by_handle()
    {
        Rule drop = Rule.Of("mark-masq", Statement.Drop);
        ListedRule only = Assert.Single(_client.ListRules(ServiceLayout.Table, "mark-masq"));
        _client.Commit(new Transaction(ServiceLayout.Table)
            .Insert(drop.Commented("first"))
            .Add(drop.Commented("after"), only.Handle)
            .Insert(drop.Commented("before"), only.Handle)
            .Add(drop.Commented("last")));
        IReadOnlyList<ListedRule> rules = _client.ListRules(ServiceLayout.Table, "mark-masq");
        Assert.Equal(["first", "before", null, "after", "last"], rules.Select(listed => listed.Rule.Comment));

        _client.Commit(new Transaction(ServiceLayout.Table).Replace(drop.Commented("instead"), only.Handle).DeleteRule("mark-masq", rules[0].Handle));
        Assert.Equal(["before", "instead", "after", "last"], _client.ListRules(ServiceLayout.Table, "mark-masq").Select(listed => listed.Rule.Comment));
    }
}
