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
    private const int Changes = 50;

    public static void Run(IReadOnlyList<int> counts)
    {
        Console.WriteLine("mode    nodes   plan ms  kernel ms   from empty ms   adopt ms   one change: plan ms  kernel ms  sum ms   plan MB");
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
        long started = Stopwatch.GetTimestamp();
        NodePlan committed = NetworkPlanner.Plan(cluster, settings);
        TimeSpan plans = Stopwatch.GetElapsedTime(started);
        memory = GC.GetTotalMemory(true) - memory;
        started = Stopwatch.GetTimestamp();
        network.Reconcile(committed);
        TimeSpan kernel = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        int wrong = network.Reconcile(committed).Total;
        TimeSpan adopt = Stopwatch.GetElapsedTime(started);
        if (wrong != 0 || client.ListRoutes(table: RouteEntry.MainTable, protocol: RouteProtocol.Fairlead).Count != count - 1)
        {
            throw new InvalidOperationException($"{wrong} objects were wrong after {count} nodes had been programmed");
        }

        List<double> planning = [], programming = [];
        for (int i = 0; i < Changes; i++)
        {
            NodeState node = cluster.Nodes[string.Create(CultureInfo.InvariantCulture, $"node-{count / 2}")];
            NetAddress moved = NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.255.{i}.1"));
            cluster = cluster.With(node with { Addresses = [moved], Vtep = new(node.Vtep!.Value.Mac, moved) });
            started = Stopwatch.GetTimestamp();
            NodePlan next = NetworkPlanner.Replan(committed, cluster, settings, [], nodesChanged: true);
            NodePlanDiff diff = NodePlan.Diff(committed, next);
            planning.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            if (network.Apply(diff, next).Total == 0)
            {
                throw new InvalidOperationException("a node moved, and nothing was changed");
            }

            programming.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            committed = next;
        }

        planning.Sort();
        programming.Sort();
        double plan1 = planning[Changes / 2], kernel1 = programming[Changes / 2];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{mode,-6} {count,6} {plans.TotalMilliseconds,9:F1} {kernel.TotalMilliseconds,10:F1} {(plans + kernel).TotalMilliseconds,15:F1} {adopt.TotalMilliseconds,10:F1} {plan1,20:F2} {kernel1,10:F2} {plan1 + kernel1,7:F2} {memory / 1048576.0,9:F1}"));
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
}
