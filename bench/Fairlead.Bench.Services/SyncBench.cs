using System.Diagnostics;
using System.Globalization;
using Fairlead.Agent.KernelState;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kernel;
using Fairlead.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Bench.Services;

/// <summary>What a sync costs: from empty, one change, a rolling churn.</summary>
internal static class SyncBench
{
    private const int Rounds = 5;

    public static void Run(string[] sizes, bool peers)
    {
        sizes = sizes.Length > 0 ? sizes : ["100x10", "1000x10", "10000x10", "45000x1"];
        Console.WriteLine("services x endpoints | from empty: total, of it CPU of ours, of the kernel | endpoint changed: median, p99 | service added: median | 1% churn: commits, agent CPU | memory");
        foreach (string size in sizes)
        {
            (int services, int endpoints) = Parse(size);
            One(services, endpoints);
            if (peers && (sizes.Length == 1 || services <= 1000))
            {
                KubeProxyLayouts.Run(services, endpoints);
            }
        }
    }

    public static void FromEmpty(string[] sizes)
    {
        foreach (string size in sizes)
        {
            (int services, int endpoints) = Parse(size);
            for (int round = 0; round < Rounds; round++)
            {
                (TimeSpan total, TimeSpan user, TimeSpan kernel) = FromEmpty(services, endpoints, 1);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size} | {total.TotalMilliseconds:f0} ms, {user.TotalMilliseconds:f0} ms, {kernel.TotalMilliseconds:f0} ms"));
            }
        }
    }

    private static (int Services, int Endpoints) Parse(string size)
    {
        int[] numbers = [.. size.Split('x').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1]);
    }

    private static void One(int services, int endpoints)
    {
        (TimeSpan total, TimeSpan user, TimeSpan kernel) = FromEmpty(services, endpoints, Rounds);
        using NetworkNamespace second = NetworkNamespace.Create();
        ClusterFeed feed = new(TimeProvider.System) { NodeName = "node-0" };
        feed.Apply("node-0", GeneratedCluster.Node);
        for (int i = 0; i < services; i++)
        {
            ServiceState service = GeneratedCluster.Service(i);
            feed.Apply(service.Key, service);
            feed.Apply(null, GeneratedCluster.Slice(i, endpoints));
        }

        using AgentMetrics metrics = new();
        using Reconciler reconciler = second.Run(() => new Reconciler(
            feed, GeneratedCluster.Settings, new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)), metrics, NullLogger.Instance, TimeProvider.System));
        using CancellationTokenSource stop = new();
        using SemaphoreSlim committed = new(0);
        reconciler.PlanCommitted += _ => committed.Release();
        Thread thread = new(() => second.Run(() => reconciler.Run(stop.Token)));
        thread.Start();
        committed.Wait();
        GC.Collect();

        using ServiceTable observer = second.Run(() => new ServiceTable());
        uint generation = observer.Generation;
        List<double> endpointChanged = Measure(200, n =>
        {
            int service = n * 7919 % services;
            feed.Apply(GeneratedCluster.Slice(service, endpoints), GeneratedCluster.Slice(service, endpoints, n + 1));
        }, committed, () => reconciler.HandledState == feed.State);
        if (observer.Generation - generation != endpointChanged.Count)
        {
            throw new InvalidOperationException($"{observer.Generation - generation} commits for {endpointChanged.Count} changes");
        }

        List<double> serviceAdded = Measure(100, n =>
        {
            ServiceState service = GeneratedCluster.Service(services + (n / 2));
            if (n % 2 == 0)
            {
                feed.Apply(null, GeneratedCluster.Slice(services + (n / 2), endpoints));
            }
            else
            {
                feed.Apply(service.Key, service);
            }
        }, committed, () => reconciler.HandledState == feed.State).Where((_, n) => n % 2 == 1).ToList();

        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        long revision = reconciler.Committed.Revision;
        int churned = Math.Max(1, services / 100);
        for (int i = 0; i < churned; i++)
        {
            int service = i * 104729 % services;
            feed.Apply(GeneratedCluster.Slice(service, endpoints), GeneratedCluster.Slice(service, endpoints, i + 2));
        }

        while (reconciler.HandledState != feed.State)
        {
            Thread.Sleep(1);
        }

        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime - before;
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{services}x{endpoints} | {total.TotalMilliseconds:f0} ms, {user.TotalMilliseconds:f0} ms, {kernel.TotalMilliseconds:f0} ms | {Quantile(endpointChanged, 0.5):f2} ms, {Quantile(endpointChanged, 0.99):f2} ms | {Quantile(serviceAdded, 0.5):f2} ms | {reconciler.Committed.Revision - revision}, {cpu.TotalMilliseconds:f0} ms | managed {GC.GetTotalMemory(true) >> 20} MB, resident {self.WorkingSet64 >> 20} MB"));
        stop.Cancel();
        thread.Join();
    }

    /// <summary>
    /// The median of several rounds, each in a namespace of its own. The first ones pay for memory that a virtual machine never touched before, in the kernel as well as here.
    /// </summary>
    private static (TimeSpan Total, TimeSpan User, TimeSpan Kernel) FromEmpty(int services, int endpoints, int rounds)
    {
        List<(TimeSpan Total, TimeSpan User, TimeSpan Kernel)> all = [];
        for (int round = 0; round < rounds; round++)
        {
            using NetworkNamespace node = NetworkNamespace.Create();
            all.Add(node.Run(() => FromEmpty(services, endpoints)));
        }

        return all.OrderBy(one => one.Total).ElementAt(rounds / 2);
    }

    /// <summary>Plan, encode, commit. The kernel's time is what this process spent in system mode meanwhile.</summary>
    private static (TimeSpan Total, TimeSpan User, TimeSpan Kernel) FromEmpty(int services, int endpoints)
    {
        ClusterState cluster = GeneratedCluster.Of(services, endpoints);
        using ServiceTable table = new();
        using Process self = Process.GetCurrentProcess();
        GC.Collect();
        (TimeSpan user, TimeSpan privileged) = (self.UserProcessorTime, self.PrivilegedProcessorTime);
        long started = Stopwatch.GetTimestamp();
        NodePlan plan = NetworkPlanner.Plan(cluster, GeneratedCluster.Settings);
        table.Commit(TableWriter.WriteNewTable(plan));
        TimeSpan total = Stopwatch.GetElapsedTime(started);
        self.Refresh();
        return (total, self.UserProcessorTime - user, self.PrivilegedProcessorTime - privileged);
    }

    private static List<double> Measure(int count, Action<int> change, SemaphoreSlim committed, Func<bool> isCurrent)
    {
        List<double> times = [];
        while (committed.Wait(0))
        {
        }

        for (int n = 0; n < count; n++)
        {
            long started = Stopwatch.GetTimestamp();
            change(n);
            do
            {
                committed.Wait();
            }
            while (!isCurrent());

            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times;
    }

    private static double Quantile(List<double> times, double quantile)
    {
        List<double> sorted = [.. times.Order()];
        return sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * quantile))];
    }
}
