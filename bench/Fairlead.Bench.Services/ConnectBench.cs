using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.KernelState;
using Fairlead.Network;

namespace Fairlead.Bench.Services;

/// <summary>How long it takes to set up a connection, through a cluster IP and to the endpoint itself, in turns in one run.</summary>
internal static class ConnectBench
{
    private const int Rounds = 3000;

    public static void Run(string[] sizes)
    {
        Console.WriteLine("services | connection set-up: direct, through a cluster IP, difference (medians)");
        foreach (string size in sizes.Length > 0 ? sizes : ["100", "1000", "10000", "45000"])
        {
            One(int.Parse(size, CultureInfo.InvariantCulture));
        }
    }

    private static void One(int services)
    {
        using TwoPods pods = new();
        pods.Serve(8080);
        ClusterState cluster = GeneratedCluster.Of(services, 1);
        ServiceState service = GeneratedCluster.Service(services);
        EndpointSliceState slice = GeneratedCluster.Slice(services, 1);
        cluster = cluster.With(service).With(slice with { Endpoints = [slice.Endpoints[0] with { Address = NetAddress.Parse("10.200.1.7") }] });
        pods.Node.Run(() =>
        {
            using ServiceTable table = new();
            table.Commit(TableWriter.WriteNewTable(NetworkPlanner.Plan(cluster, GeneratedCluster.Settings)));
        });

        // Sockets are made in the client's namespace, on this one thread.
        (List<double> direct, List<double> through) = pods.Client.Run(() =>
        {
            List<double> a = [], b = [];
            IPEndPoint endpoint = IPEndPoint.Parse("10.200.1.7:8080");
            IPEndPoint clusterIP = new(service.ClusterIPs[0].ToIPAddress(), 80);
            for (int i = 0; i < Rounds; i++)
            {
                a.Add(Connect(endpoint));
                b.Add(Connect(clusterIP));
            }

            return (a, b);
        });
        double first = Median(direct), second = Median(through);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{services} | {first:f1} µs, {second:f1} µs, {second - first:f1} µs"));
    }

    private static double Connect(IPEndPoint target)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
        long started = Stopwatch.GetTimestamp();
        socket.Connect(target);
        return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
    }

    private static double Median(List<double> times) => times.Skip(times.Count / 10).Order().ElementAt(times.Count * 9 / 20);
}
