using System.Globalization;

namespace Fairlead.Bench.Routes;

/// <summary>
/// What a pod's packets lose on their way: throughput by iperf3, latency by a byte that goes there and back (netperf's TCP_RR). The floor is measured before and after
/// each way, and the figure is the median of the ratios: what a machine gives changes from one second to the next by more than what is looked for.
/// </summary>
internal static class WayBench
{
    private static readonly TimeSpan Trips = TimeSpan.FromSeconds(0.3);

    /// <summary>Prints the table.</summary>
    /// <param name="seconds">How long each connection sends.</param>
    /// <param name="rounds">How many times each way is measured.</param>
    public static void Run(int seconds, int rounds)
    {
        using PodPairs pairs = new();
        (string Name, string From, string To, string Address)[] ways =
        [
            ("one node, bridge by hand", "hand-a", "hand-b", "10.210.0.6"),
            ("one node, Fairlead", "a0", "a1", "10.200.0.6"),
            ("two nodes, direct by hand", "hand-a", "hand-c", "10.210.1.7"),
            ("two nodes, direct, Fairlead", "a0", "b0", "10.200.1.7"),
            ("two nodes, VXLAN by hand", "tunnel-a", "tunnel-c", "10.220.1.7"),
            ("two nodes, VXLAN, Fairlead", "c0", "d0", "10.230.1.7"),
        ];
        List<Figure> floors = [];
        List<Figure>[] found = [.. ways.Select(_ => new List<Figure>())], shares = [.. ways.Select(_ => new List<Figure>())];
        Measure("floor-a", "floor-b", "192.168.0.2");
        for (int round = 0; round < rounds; round++)
        {
            Figure before = Measure("floor-a", "floor-b", "192.168.0.2");
            for (int i = 0; i < ways.Length; i++)
            {
                Figure way = Measure(ways[i].From, ways[i].To, ways[i].Address), after = Measure("floor-a", "floor-b", "192.168.0.2");
                found[i].Add(way);
                shares[i].Add(new(2 * way.Throughput / (before.Throughput + after.Throughput), (before.Trip + after.Trip) / 2 / way.Trip));
                floors.Add(after);
                before = after;
            }
        }

        Console.WriteLine("way                            Gbit/s   of floor (range)        µs there and back   of floor");
        Write("bare veth (the floor)", floors, [.. floors.Select(f => new Figure(f.Throughput / Median(floors, x => x.Throughput), Median(floors, x => x.Trip) / f.Trip))]);
        for (int i = 0; i < ways.Length; i++)
        {
            Write(ways[i].Name, found[i], shares[i]);
        }

        Figure Measure(string from, string to, string address) => new(pairs.Throughput(from, to, address, seconds), pairs.Trip(from, to, address, Trips));

        static void Write(string name, List<Figure> figures, List<Figure> shares) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-30} {Median(figures, f => f.Throughput),6:F1} {Median(shares, s => s.Throughput),10:P0} ({shares.Min(s => s.Throughput):P0}-{shares.Max(s => s.Throughput):P0}) {Median(figures, f => f.Trip),18:F1} {Median(shares, s => s.Trip),10:P0}"));

        static double Median(List<Figure> figures, Func<Figure, double> part) => figures.Select(part).Order().ElementAt(figures.Count / 2);
    }

    /// <summary>Gigabits a second, and microseconds there and back; or what share of the floor each is, more being better.</summary>
    private readonly record struct Figure(double Throughput, double Trip);
}
