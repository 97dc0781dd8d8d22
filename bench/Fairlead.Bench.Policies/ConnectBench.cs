using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.KernelState;
using Fairlead.Bench.Services;
using Fairlead.Network;

namespace Fairlead.Bench.Policies;

/// <summary>How long it takes to set up a connection between two pods of one node, and a byte to go there and back on one that stands, without policies and under them, by turns in one run.</summary>
internal static class ConnectBench
{
    private const int Blocks = 6;
    private const int Block = 1500;
    private const int RoundTrips = 5000;
    private static readonly IPEndPoint s_target = IPEndPoint.Parse("10.200.1.7:8080");

    public static void Run(IReadOnlyList<int> sizes)
    {
        Console.WriteLine("policies | connection set-up: without policies, with, difference | there and back on an established one: without, with, difference (medians)");
        using TwoPods pods = new();
        pods.Serve(8080);
        foreach (int size in sizes)
        {
            // Both sides are under policies: the client's egress is isolated, the server's ingress has all policies of its app and one that lets the client in.
            PodState client = GeneratedPolicies.Pod(0, 1, 30) with { Addresses = [NetAddress.Parse("10.200.0.5")] };
            PodState server = GeneratedPolicies.Pod(0, 0, 30) with { Addresses = [NetAddress.Parse("10.200.1.7")] };
            ClusterState with = GeneratedPolicies.Of(size).With(client).With(server)
                .With(new PolicyState
                {
                    Key = new("ns0", "in"),
                    Subject = new("ns0", LabelQuery.Everything, GeneratedPolicies.Query("app", "app0")),
                    HasIngress = true,
                    Ingress = [new() { Name = "1", Peers = [new PolicyPeer.Pods(new("ns0", LabelQuery.Everything, GeneratedPolicies.Query("app", "app1")))], Ports = [new(TransportProtocol.Tcp, 8080, 8080)] }],
                })
                .With(new PolicyState
                {
                    Key = new("ns0", "out"),
                    Subject = new("ns0", LabelQuery.Everything, GeneratedPolicies.Query("app", "app1")),
                    HasEgress = true,
                    Egress = [new() { Name = "1", Peers = [new PolicyPeer.Pods(new("ns0", LabelQuery.Everything, GeneratedPolicies.Query("app", "app0")))], Ports = [new(TransportProtocol.Tcp, 8080, 8080)] }],
                });
            NodePlan[] plans = [NetworkPlanner.Plan(ClusterState.Empty, GeneratedPolicies.Settings), NetworkPlanner.Plan(with, GeneratedPolicies.Settings)];
            List<double>[] times = [[], []], trips = [[], []];
            using ServiceTable table = pods.Node.Run(static () => new ServiceTable());
            for (int block = 0; block < Blocks * 2; block++)
            {
                table.Commit(TableWriter.WriteNewTable(plans[block % 2]));
                times[block % 2].AddRange(pods.Client.Run(Connections).Skip(Block / 10));
                using Socket established = pods.Connect(s_target);
                trips[block % 2].AddRange(ThereAndBack(established).Skip(RoundTrips / 10));
            }

            Console.WriteLine($"{size} | {Compare(times)} | {Compare(trips)}");
        }
    }

    private static string Compare(List<double>[] times) => string.Create(CultureInfo.InvariantCulture,
        $"{Median(times[0]):f1} µs, {Median(times[1]):f1} µs, {Median(times[1]) - Median(times[0]):f1} µs");

    private static List<double> ThereAndBack(Socket socket)
    {
        socket.NoDelay = true;
        byte[] one = new byte[1];
        List<double> times = [];
        for (int i = 0; i < RoundTrips; i++)
        {
            long started = Stopwatch.GetTimestamp();
            socket.Send(one);
            socket.Receive(one);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return times;
    }

    private static List<double> Connections()
    {
        List<double> times = [];
        for (int i = 0; i < Block; i++)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
            long started = Stopwatch.GetTimestamp();
            socket.Connect(s_target);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMicroseconds);
        }

        return times;
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);
}
