using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Network;

namespace Fairlead.Agent.Telemetry;

/// <summary>
/// Says which of a plan's problems are news: each once for as long as it lasts, and those that many objects have alike once for all, as while the first nodes of a large
/// cluster change to another mode.
/// </summary>
internal sealed class ProblemDigest(string nodeName)
{
    /// <summary>How many objects with one trouble are told of one by one.</summary>
    private const int Few = 10;

    private readonly HashSet<PlanProblem> told = [];
    private readonly HashSet<(string Kind, string Reason)> toldTogether = [];
    private ImmutableArray<PlanProblem> last = [];

    /// <summary>What is new in these.</summary>
    public IReadOnlyList<PlanProblem> Take(ImmutableArray<PlanProblem> problems)
    {
        if (problems == last)
        {
            return [];
        }

        List<PlanProblem> news = [];
        HashSet<(string Kind, string Reason)> together = [];
        HashSet<PlanProblem> alone = [];
        foreach (IGrouping<(string Kind, string Reason), PlanProblem> alike in problems.GroupBy(p => (p.Kind, p.Reason)))
        {
            if (alike.Skip(Few).Any())
            {
                together.Add(alike.Key);
                if (toldTogether.Add(alike.Key))
                {
                    news.Add(new("Node", new("", nodeName), alike.Key.Reason, string.Create(CultureInfo.InvariantCulture,
                        $"{alike.Count()} {alike.Key.Kind}s have this problem on node {nodeName} (fairlead status lists them), of which the first: {alike.First().Message}")));
                }
            }
            else
            {
                alone.UnionWith(alike);
                news.AddRange(alike.Where(told.Add));
            }
        }

        told.IntersectWith(alone);
        toldTogether.IntersectWith(together);
        last = problems;
        return news;
    }
}
