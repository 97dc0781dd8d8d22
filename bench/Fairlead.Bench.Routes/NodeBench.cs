using System.Diagnostics;
using System.Globalization;
using Fairlead.Agent.KernelState;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Bench.Routes;

/// <summary>How long the kernel and we take for the routes of many nodes.</summary>
internal static class NodeBench
{
    private const int Changes = 200;

    public static void Run(IReadOnlyList<int> counts)
    {
        Console.WriteLine("from empty, adopting what is there, and one node that moved (median and p99): wall time, with processor time in brackets");
        Console.WriteLine("mode    nodes  from empty ms   plan ms       kernel ms      adopt ms    one change ms   p99   plan   kernel   plan MB");
        foreach (int count in counts.Count > 0 ? counts : [100, 1000, 5000])
        {
            foreach (RoutingMode mode in (RoutingMode[])[RoutingMode.Direct, RoutingMode.Vxlan])
            {
                using NetworkNamespace node = NetworkNamespace.Create();
                node.Run(() => Measure(mode, count));
            }
        }
    }

    private static void Measure(RoutingMode mode, int count)
    {
        using RouteNetlink client = RouteNetlink.Open();
        int uplink = client.AddLink(new LinkOptions { Name = "eth0", Up = true }, new BridgeKind());
        client.AddAddress(new() { LinkIndex = uplink, Address = System.Net.IPAddress.Parse("10.128.0.1"), PrefixLength = 9 });
        ClusterState cluster = ClusterState.Create(Enumerable.Range(0, count).Select(Node), [], []);
        NodeSettings settings = new() { NodeName = "node-0", Mode = mode, ClusterCidrs = [NetPrefix.Parse("10.0.0.0/9")] };

        // Once for the runtime's sake, in an object of its own.
        using (NodeNetwork warm = new(settings, new(null), NullLogger.Instance))
        {
            NodePlan plan = NetworkPlanner.Plan(ClusterState.Create(Enumerable.Range(0, 20).Select(Node), [], []), settings);
            warm.Reconcile(plan);
            warm.Reconcile(NodePlan.Empty);
        }

        using NodeNetwork network = new(settings, new(null), NullLogger.Instance);
        settings = settings with { Uplink = network.ReadUplink(cluster.Nodes["node-0"]) };
        GC.Collect();
        long memory = GC.GetTotalMemory(true);
        Span span = Span.Start();
        NodePlan committed = NetworkPlanner.Plan(cluster, settings);
        span = span.Next(out Span plans);
        memory = GC.GetTotalMemory(true) - memory;
        span = Span.Start();
        network.Reconcile(committed);
        span = span.Next(out Span kernel);
        int wrong = network.Reconcile(committed).Total;
        span.Next(out Span adopt);
        if (wrong != 0 || client.ListRoutes(table: RouteEntry.MainTable, protocol: RouteProtocol.Fairlead).Count != count - 1)
        {
            throw new InvalidOperationException($"{wrong} objects were wrong after {count} nodes had been programmed");
        }

        List<double> planning = [], programming = [], both = [];
        for (int i = 0; i < Changes; i++)
        {
            NodeState node = cluster.Nodes[string.Create(CultureInfo.InvariantCulture, $"node-{count / 2}")];
            NetAddress moved = NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{250 + (i >> 8)}.{i & 255}.1"));
            cluster = cluster.With(node with { Addresses = [moved], Vtep = new(node.Vtep!.Value.Mac, moved) });
            long started = Stopwatch.GetTimestamp();
            NodePlan next = NetworkPlanner.Replan(committed, cluster, settings, [], NodeChanges.Of(node.Name));
            NodePlanDiff diff = NodePlan.Diff(committed, next);
            double planned = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (network.Apply(diff, next).Total == 0)
            {
                throw new InvalidOperationException("a node moved, and nothing was changed");
            }

            double done = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            planning.Add(planned);
            programming.Add(done - planned);
            both.Add(done);
            committed = next;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{mode,-6} {count,6} {plans.Wall + kernel.Wall,14:F0} {plans,14} {kernel,14} {adopt,13} {At(both, 0.5),15:F2} {At(both, 0.99),6:F2} {At(planning, 0.5),6:F2} {At(programming, 0.5),8:F2} {memory / 1048576.0,9:F1}"));

        static double At(List<double> values, double part) => values.Order().ElementAt((int)(part * (values.Count - 1)));
    }

    private static NodeState Node(int number)
    {
        int host = number + 1;
        NetAddress address = NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{128 + (host >> 16)}.{(host >> 8) & 255}.{host & 255}"));
        return new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"node-{number}"),
            Addresses = [address],
            PodCidrs = [NetPrefix.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{number >> 8}.{number & 255}.0/24"))],
            Mode = RoutingMode.Vxlan,
            Vtep = new(new MacAddress(0x0a_00_00_00_00_00UL + (ulong)number), address),
        };
    }

    /// <summary>Milliseconds by the clock and of the processor, which what else the machine does doesn't lengthen.</summary>
    private readonly record struct Span(double Wall, double Processor)
    {
        public static Span Start() => new(Stopwatch.GetElapsedTime(0).TotalMilliseconds, Environment.CpuUsage.TotalTime.TotalMilliseconds);

        /// <summary>What has passed since, and where the next one starts.</summary>
        public Span Next(out Span passed)
        {
            Span now = Start();
            passed = new(now.Wall - Wall, now.Processor - Processor);
            return now;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Wall:F0} ({Processor:F0})");
    }
}
