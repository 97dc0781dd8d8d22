using System.Globalization;

namespace Fairlead.Bench.Routes;

/// <summary>What a pod's packets lose on their way: throughput by iperf3, latency by a byte that goes there and back (netperf's TCP_RR).</summary>
internal static class WayBench
{
    private const int Rounds = 3;

    public static void Run(int seconds)
    {
        using PodPairs pairs = new();
        (string Name, string From, string To, string Address)[] ways =
        [
            ("bare veth (the floor)", "floor-a", "floor-b", "192.168.0.2"),
            ("one node, bridge by hand", "hand-a", "hand-b", "10.210.0.6"),
            ("one node, Fairlead", "a0", "a1", "10.200.0.6"),
            ("two nodes, direct by hand", "hand-a", "hand-c", "10.210.1.7"),
            ("two nodes, direct, Fairlead", "a0", "b0", "10.200.1.7"),
            ("two nodes, VXLAN by hand", "tunnel-a", "tunnel-c", "10.220.1.7"),
            ("two nodes, VXLAN, Fairlead", "c0", "d0", "10.230.1.7"),
        ];
        double[][] bits = [.. ways.Select(_ => new double[Rounds])], trips = [.. ways.Select(_ => new double[Rounds])];
        for (int round = 0; round < Rounds; round++)
        {
            // One round measures each way once, so that what else the machine does meets all of them.
            for (int i = 0; i < ways.Length; i++)
            {
                bits[i][round] = pairs.Throughput(ways[i].From, ways[i].To, ways[i].Address, seconds);
                trips[i][round] = pairs.Trip(ways[i].From, ways[i].To, ways[i].Address, TimeSpan.FromSeconds(1));
            }
        }

        Console.WriteLine("way                            Gbit/s   of floor   µs there and back   of floor");
        for (int i = 0; i < ways.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{ways[i].Name,-30} {Median(bits[i]),6:F1} {Median(bits[i]) / Median(bits[0]),10:P0} {Median(trips[i]),19:F1} {Median(trips[0]) / Median(trips[i]),10:P0}"));
        }

        static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
    }
}
