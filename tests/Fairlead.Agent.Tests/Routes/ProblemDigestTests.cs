using System.Collections.Immutable;
using Fairlead.Agent.Telemetry;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Routes;

/// <summary>How often people are told of a trouble.</summary>
public sealed class ProblemDigestTests
{
    private readonly ProblemDigest digest = new("n0");

    [Fact]
    public void A_problem_is_told_once_while_it_lasts_and_again_when_it_returns()
    {
        Assert.Equal(["VtepMissing n1"], Told(1));
        Assert.Equal(["VtepMissing n2"], Told(2));
        Assert.Empty(Told(1));
        Assert.Equal(["VtepMissing n2"], Told(2));
    }

    [Fact]
    public void A_problem_of_thousands_is_told_once_and_by_name_when_few_are_left()
    {
        Assert.Equal("4999 Nodes have this problem on node n0 (fairlead status lists them), of which the first: VtepMissing n1", Assert.Single(Told(4999)));
        Assert.Empty(Told(4998));
        Assert.Empty(Told(11));
        Assert.Equal(["VtepMissing n1", "VtepMissing n2"], Told(2));
    }

    [Fact]
    public void Other_troubles_of_the_same_nodes_are_told_beside_it()
    {
        PlanProblem other = new("Node", new("", "n1"), "PodCIDRMissing", "PodCIDRMissing n1");
        Assert.Equal(2, digest.Take([.. Missing(20), other]).Count);
        Assert.Empty(digest.Take([.. Missing(21), other]));
    }

    private IEnumerable<string> Told(int nodes) => digest.Take(Missing(nodes)).Select(p => p.Message);

    private static ImmutableArray<PlanProblem> Missing(int nodes) => [.. Enumerable.Range(1, nodes).Select(n => new PlanProblem("Node", new("", $"n{n}"), "VtepMissing", $"VtepMissing n{n}"))];
}
