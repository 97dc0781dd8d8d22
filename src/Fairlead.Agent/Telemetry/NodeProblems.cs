using System.Collections.Immutable;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Telemetry;

/// <summary>
/// What is wrong at the moment with this node or with its ways to others, beside what plans say. Each problem has a key; it is told when it comes, when it
/// becomes another one, and when it is over. Safe for any number of threads.
/// </summary>
internal sealed class NodeProblems(ILogger logger)
{
    private readonly Lock gate = new();
    private ImmutableSortedDictionary<string, PlanProblem> problems = ImmutableSortedDictionary.Create<string, PlanProblem>(StringComparer.Ordinal);

    /// <summary>Raised for a problem that is new, or another one than before.</summary>
    public event Action<PlanProblem>? Found;

    /// <summary>Those that last.</summary>
    public IEnumerable<PlanProblem> Current => Volatile.Read(ref problems).Values;

    /// <summary>There is one.</summary>
    public void Raise(string key, PlanProblem problem)
    {
        lock (gate)
        {
            if (problems.GetValueOrDefault(key) == problem)
            {
                return;
            }

            Volatile.Write(ref problems, problems.SetItem(key, problem));
        }

        Log.Problem(logger, problem.Reason, problem.Message);
        Found?.Invoke(problem);
    }

    /// <summary>It is over, if there was one.</summary>
    public void Clear(string key)
    {
        PlanProblem? gone;
        lock (gate)
        {
            if (!problems.TryGetValue(key, out gone))
            {
                return;
            }

            Volatile.Write(ref problems, problems.Remove(key));
        }

        Log.ProblemOver(logger, gone.Reason, gone.Message);
    }

    /// <summary>Of those whose keys begin so, only these last.</summary>
    public void Keep(string prefix, IReadOnlySet<string> keys)
    {
        foreach (string key in Volatile.Read(ref problems).Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal) && !keys.Contains(k)))
        {
            Clear(key);
        }
    }
}
