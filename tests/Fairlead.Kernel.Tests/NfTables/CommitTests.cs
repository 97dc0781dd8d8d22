using Fairlead.Kernel.NfTables;
using Fairlead.TestSupport;

namespace Fairlead.Kernel.Tests.NfTables;

[Trait("Category", "Root")]
public sealed class CommitTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Nft_prints_what_we_committed_and_loads_its_own_listing_back()
    {
        (NetworkNamespace ours, NetworkNamespace theirs) = _scratch.Pair();
        Commit(ours, ServiceLayout.Build());

        string listing = NftWitness.List(ours);
        Golden.Same("service-layout.nft", listing);

        NftWitness.Load(theirs, listing);
        Assert.Equal(listing, NftWitness.List(theirs));
        Assert.NotNull(Witness.Json(ours, "nft -j list ruleset")["nftables"]);
    }

    [Fact]
    public void What_we_print_nft_loads_to_the_same_table()
    {
        (NetworkNamespace ours, NetworkNamespace theirs) = _scratch.Pair();
        Transaction transaction = ServiceLayout.Build();
        Commit(ours, transaction);
        NftWitness.Load(theirs, transaction.ToString());
        Assert.Equal(NftWitness.List(ours), NftWitness.List(theirs));

        NetworkNamespace listed = _scratch.Namespace();
        NftWitness.Load(listed, Read(ours).ToString());
        Assert.Equal(NftWitness.List(ours), NftWitness.List(listed));
    }

    [Fact]
    public void We_read_back_what_we_wrote()
    {
        NetworkNamespace space = _scratch.Namespace();
        Transaction transaction = ServiceLayout.Build();
        Commit(space, transaction);
        Ruleset ruleset = Read(space);

        Assert.Equal(Operations<ChainOperation>(transaction).Select(step => step.Chain), ruleset.Chains.Select(listed => listed.Chain));
        Assert.Equal(Operations<SetOperation>(transaction).Select(step => step.Set), ruleset.Sets.Select(listed => listed.Set));
        Assert.Equal(Operations<ObjectOperation>(transaction).Select(step => step.Object), ruleset.Objects.Select(listed => listed.Object));
        foreach (ChainOperation step in Operations<ChainOperation>(transaction))
        {
            Assert.Equal(
                Operations<RuleOperation>(transaction).Select(rule => rule.Rule).Where(rule => rule.Chain == step.Chain.Name),
                ruleset.RulesOf(step.Chain.Name).Select(listed => listed.Rule));
        }

        foreach (ElementOperation step in Operations<ElementOperation>(transaction))
        {
            Assert.Equal(step.Elements.ToHashSet(), ruleset.Elements[step.Set.Name].ToHashSet());
        }
    }

    [Fact]
    public void Rules_that_others_wrote_are_read_and_printed_so_that_nft_loads_them()
    {
        (NetworkNamespace theirs, NetworkNamespace ours) = _scratch.Pair();
        NftWitness.Load(theirs, File.ReadAllText(Golden.Path("foreign.nft")));
        using NfTablesClient client = theirs.Run(NfTablesClient.Open);
        string text = client.ListRuleset(TableId.Inet("foreign"))!.ToString();
        NftWitness.Load(ours, text);
        Assert.Equal(NftWitness.List(theirs), NftWitness.List(ours));
    }

    [Fact]
    public void Expressions_that_we_have_no_record_for_are_kept()
    {
        const string Text = "table inet fairlead {\n\tchain c {\n\t\ttcp flags syn tcp option maxseg size 1400 accept\n\t\texthdr hbh exists accept\n\t\tmeta mark set symhash mod 3\n\t}\n}\n";
        (NetworkNamespace theirs, NetworkNamespace ours) = _scratch.Pair();
        NftWitness.Load(theirs, Text);
        Ruleset read = Read(theirs);
        Assert.Contains(read.Rules, rule => rule.Rule.Expressions.Any(expression => expression is Fairlead.Kernel.NfTables.Expressions.UnknownExpression));
        Transaction copy = new Transaction(ServiceLayout.Table).AddTable().Add(Chain.Regular("c"));
        foreach (ListedRule rule in read.Rules)
        {
            copy.Add(rule.Rule);
        }

        Commit(ours, copy);
        Assert.Equal(NftWitness.List(theirs), NftWitness.List(ours));
    }

    [Fact]
    public void A_second_table_is_the_same_by_reading_and_writing_it()
    {
        // Ours, read back, written anew: nothing is lost on the way that nft would see.
        (NetworkNamespace first, NetworkNamespace second) = _scratch.Pair();
        Commit(first, ServiceLayout.Build());
        Ruleset ruleset = Read(first);
        Transaction copy = new(ruleset.Table.Id);
        copy.Append(new TableOperation(Verb.Add, ruleset.Table));
        foreach (ListedObject listed in ruleset.Objects)
        {
            copy.Add(listed.Object);
        }

        foreach (ListedChain listed in ruleset.Chains)
        {
            copy.Add(listed.Chain);
        }

        foreach (ListedSet listed in ruleset.Sets)
        {
            copy.Add(listed.Set).Add(listed.Set, ruleset.Elements[listed.Set.Name]);
        }

        foreach (ListedRule listed in ruleset.Rules)
        {
            copy.Add(listed.Rule);
        }

        Commit(second, copy);
        Assert.Equal(NftWitness.List(first), NftWitness.List(second));
    }

    private static IEnumerable<T> Operations<T>(Transaction transaction) => transaction.Operations.OfType<T>();

    private static void Commit(NetworkNamespace space, Transaction transaction)
    {
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        client.Commit(transaction);
    }

    private static Ruleset Read(NetworkNamespace space)
    {
        using NfTablesClient client = space.Run(NfTablesClient.Open);
        return client.ListRuleset(ServiceLayout.Table) ?? throw new InvalidOperationException("no such table");
    }
}
