using System.Diagnostics;

namespace Fairlead.Agent.Tests.Policies;

/// <summary>Churn: policies and labels change at random while all pairs are tried, and no verdict stays wrong for longer than a second.</summary>
[Trait("Category", "Root")]
public sealed class PolicySoakTests
{
    private static readonly TimeSpan s_duration = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(1);

    [Fact(Explicit = true)]
    public void No_wrong_verdict_outlives_a_second()
    {
        Random random = new(20);
        using PolicyBench bench = new();
        PolicyCase[] cases = [.. PolicyCases.Combined(PolicyLab.Plan), .. PolicyCases.Met()];
        long until = Stopwatch.GetTimestamp() + (long)(s_duration.TotalSeconds * Stopwatch.Frequency);
        TimeSpan worst = TimeSpan.Zero;
        int rounds = 0;
        while (Stopwatch.GetTimestamp() < until)
        {
            for (int burst = random.Next(1, 8); burst > 0; burst--)
            {
                LabPod pod = PolicyLab.Pods[random.Next(PolicyLab.Pods.Count)];
                bench.SetLabels(pod.Name, new() { ["pod"] = ((char)('a' + random.Next(4))).ToString() });
                bench.Apply(cases[random.Next(cases.Length)], settle: false);
            }

            long changed = Stopwatch.GetTimestamp();
            IReadOnlyList<string> differences;
            do
            {
                TimeSpan since = Stopwatch.GetElapsedTime(changed);
                differences = bench.Differences(seconds: 1);
                worst = since > worst && differences.Count > 0 ? since : worst;
                Assert.True(differences.Count == 0 || since < s_most, $"connections begun after {since.TotalMilliseconds:f0} ms and {rounds} rounds {differences.Count} differ:\n" + string.Join('\n', differences.Take(10)));
            }
            while (differences.Count > 0);
            rounds++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} rounds, the longest wrong verdict was seen {worst.TotalMilliseconds:f0} ms after its change");
    }
}
