namespace Fairlead.Agent.Tests.Policies;

/// <summary>All pairs of nine pods on two nodes, three protocols, two ports, both families, on the real kernel, against what the API promises.</summary>
[Trait("Category", "Root")]
public sealed class PolicyCaseTests
{
    [Fact]
    public void Policies_that_meet_do_what_the_api_promises() => Check(PolicyCases.Met());

    [Fact]
    public void A_share_of_all_combinations_does_what_the_api_promises() => Check(PolicyCases.Combined(PolicyLab.Plan).Where((_, index) => index % 5 == 0));

    [Fact(Explicit = true)]
    public void All_combinations_do_what_the_api_promises() => Check(PolicyCases.Combined(PolicyLab.Plan));

    private static void Check(IEnumerable<PolicyCase> cases)
    {
        using PolicyBench bench = new();
        foreach (PolicyCase one in cases)
        {
            bench.Apply(one);
            IReadOnlyList<string> differences = bench.Differences();
            Assert.True(differences.Count == 0, $"{differences.Count} differ:\n" + string.Join('\n', differences.Take(20)));
        }
    }
}
