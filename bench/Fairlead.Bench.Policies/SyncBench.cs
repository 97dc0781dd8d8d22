using System.Diagnostics;
using System.Globalization;
using Fairlead.Agent.KernelState;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Bench.Policies;

/// <summary>Policies into one node's kernel: from empty, a label changed, a pod added. Beside each time the kernel's own part of it, which is the floor.</summary>
internal static class SyncBench
{
    private const int Rounds = 40;

    public static void Run(IReadOnlyList<int> sizes)
    {
        Console.WriteLine("policies, 1,000 pods | from empty (kernel) | one label (kernel) | one pod (kernel) | one policy (kernel) | elements, chains | heap");
        One(20, print: false); // compiles the code
        foreach (int size in sizes)
        {
            One(size, print: true);
        }
    }

    private static void One(int policies, bool print)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"flbp{Environment.ProcessId}");
        using NetworkNamespace node = NetworkNamespace.CreateNamed(name);
        try
        {
            using ServiceTable table = node.Run(static () => new ServiceTable());
            long before = GC.GetTotalMemory(forceFullCollection: true);
            ClusterState cluster = GeneratedPolicies.Of(policies);
            long started = Stopwatch.GetTimestamp();
            NodePlan plan = NetworkPlanner.Plan(cluster, GeneratedPolicies.Settings);
            TimeSpan kernel = table.Commit(TableWriter.WriteNewTable(plan));
            TimeSpan empty = Stopwatch.GetElapsedTime(started);
            long heap = GC.GetTotalMemory(forceFullCollection: true) - before;

            List<(double All, double Kernel)> labels = [], pods = [], changed = [];
            for (int round = 0; round < Rounds; round++)
            {
                PodState pod = GeneratedPolicies.Pod(round % GeneratedPolicies.Namespaces, round % 4, 0);
                labels.Add(Change(c => c.With(pod with { Labels = GeneratedPolicies.Labels((round + 1) % 4) }), new([pod.Key], [], [])));
                PodState added = GeneratedPolicies.Pod(round % GeneratedPolicies.Namespaces, 1, 20) with { Key = new($"ns{round % GeneratedPolicies.Namespaces}", $"new{round}") };
                pods.Add(Change(c => c.With(added), new([added.Key], [], [])));
                PolicyState policy = GeneratedPolicies.Policy(policies + round);
                changed.Add(Change(c => c.With(policy), new([], [], [policy.Key])));
            }

            if (print)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{policies} | {empty.TotalMilliseconds:f0} ms ({kernel.TotalMilliseconds:f0}) | {Text(labels)} | {Text(pods)} | {Text(changed)} | {plan.Policies.ElementCount}, {plan.Policies.ChainCount} | {heap / 1e6:f1} MB"));
            }

            (double All, double Kernel) Change(Func<ClusterState, ClusterState> change, PolicyChanges what)
            {
                cluster = change(cluster);
                long at = Stopwatch.GetTimestamp();
                NodePlan next = NetworkPlanner.Replan(plan, cluster, GeneratedPolicies.Settings, Array.Empty<ObjectKey>(), NodeChanges.None, policies: what);
                TimeSpan part = table.Commit(TableWriter.Write(NodePlan.Diff(plan, next), next));
                plan = next;
                return (Stopwatch.GetElapsedTime(at).TotalMilliseconds, part.TotalMilliseconds);
            }
        }
        finally
        {
            NetworkNamespace.DeleteNamed(name);
        }
    }

    private static string Text(List<(double All, double Kernel)> times) => string.Create(CultureInfo.InvariantCulture,
        $"{times.Select(t => t.All).Order().ElementAt(times.Count / 2):f2} ms ({times.Select(t => t.Kernel).Order().ElementAt(times.Count / 2):f2}), worst {times.Max(t => t.All):f1}");
}
