using System.Globalization;

namespace Fairlead.Bench.Routes;

/// <summary>What of a packet's way costs what: the same two pods with one thing after the other taken away. Each line is measured beside the floor, as machines change their mind.</summary>
internal static class CostBench
{
    public static void Run(int seconds)
    {
        using PodPairs pairs = new();
        Console.WriteLine("way                                        Gbit/s   of floor");
        Measure("direct by hand, bridge-nf-call-iptables", "hand-a", "hand-c", "10.210.1.7");
        pairs.Set("hand", "net.bridge.bridge-nf-call-iptables", "0");
        Measure("direct by hand", "hand-a", "hand-c", "10.210.1.7");
        Measure("one node by hand", "hand-a", "hand-b", "10.210.0.6");
        Measure("direct, Fairlead", "a0", "b0", "10.200.1.7");
        Measure("one node, Fairlead", "a0", "a1", "10.200.0.6");
        pairs.Set("direct", "net.bridge.bridge-nf-call-iptables", "0");
        Measure("direct, without bridge-nf-call", "a0", "b0", "10.200.1.7");
        Measure("one node, without bridge-nf-call", "a0", "a1", "10.200.0.6");
        pairs.DeleteTables("direct");
        Measure("direct, without rules and conntrack too", "a0", "b0", "10.200.1.7");
        pairs.Set("direct", "net.bridge.bridge-nf-call-iptables", "1");
        Measure("direct, without rules and conntrack", "a0", "b0", "10.200.1.7");

        void Measure(string name, string from, string to, string address)
        {
            double floor = pairs.Throughput("floor-a", "floor-b", "192.168.0.2", seconds);
            double way = pairs.Throughput(from, to, address, seconds);
            floor = (floor + pairs.Throughput("floor-a", "floor-b", "192.168.0.2", seconds)) / 2;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-42} {way,6:F1} {way / floor,10:P0}"));
        }
    }
}
