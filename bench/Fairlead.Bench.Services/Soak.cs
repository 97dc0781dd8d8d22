using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Bench.Services;

/// <summary>
/// 1,000 Services whose endpoints change 50 times a second, under connections that live long and connections that live short: not one reset or
/// timeout where the endpoint lives. Every endpoint here always lives; only whether it is among a Service's endpoints changes.
/// </summary>
internal static class Soak
{
    private const int Services = 1000;
    private const int Addresses = 16;
    private const int ChangesPerSecond = 50;
    private const int LongLived = 100;

    public static int Run(TimeSpan duration)
    {
        using TwoPods pods = new();
        pods.RouteToServer("10.200.9.0/24");
        for (int i = 0; i < Addresses; i++)
        {
            pods.AddServerAddress(string.Create(CultureInfo.InvariantCulture, $"10.200.9.{i + 1}"));
        }

        pods.Serve(8080);
        ClusterFeed feed = new(TimeProvider.System) { NodeName = "node-0" };
        feed.Apply("node-0", GeneratedCluster.Node);
        EndpointSliceState[] slices = new EndpointSliceState[Services];
        Random random = new(7);
        for (int i = 0; i < Services; i++)
        {
            ServiceState service = GeneratedCluster.Service(i);
            feed.Apply(service.Key, service);
            feed.Apply(null, slices[i] = Slice(i, random));
        }

        using AgentMetrics metrics = new();
        using Reconciler reconciler = pods.Node.Run(() => new Reconciler(
            feed, GeneratedCluster.Settings, new(TimeSpan.Zero, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), metrics, NullLogger.Instance, TimeProvider.System));
        using CancellationTokenSource stop = new();
        Thread agent = new(() => pods.Node.Run(() => reconciler.Run(stop.Token)));
        agent.Start();
        while (!reconciler.HasCommitted)
        {
            Thread.Sleep(10);
        }

        long failures = 0, short_ = 0, said = 0, changes = 0;
        List<Socket> living = [.. Enumerable.Range(0, LongLived).Select(i => pods.Connect(ClusterIP(i * 7 % Services)))];
        Thread[] clients =
        [
            new(() => Loop(() =>
            {
                byte[] buffer = new byte[16];
                foreach (Socket socket in living)
                {
                    socket.Send("ping"u8);
                    if (socket.Receive(buffer) != 4)
                    {
                        throw new SocketException((int)SocketError.ConnectionReset);
                    }

                    said++;
                }
            })),
            new(() => Loop(() =>
            {
                using Socket socket = pods.Connect(ClusterIP(Random.Shared.Next(Services)));
                socket.Send("ping"u8);
                byte[] buffer = new byte[16];
                if (socket.Receive(buffer) != 4)
                {
                    throw new SocketException((int)SocketError.ConnectionReset);
                }

                short_++;
            })),
        ];
        foreach (Thread client in clients)
        {
            client.Start();
        }

        long end = Environment.TickCount64 + (long)duration.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            int service = random.Next(Services);
            EndpointSliceState next = Slice(service, random);
            feed.Apply(slices[service], next);
            slices[service] = next;
            changes++;
            Thread.Sleep(1000 / ChangesPerSecond);
        }

        stop.Cancel();
        foreach (Thread client in clients)
        {
            client.Join();
        }

        agent.Join();
        foreach (Socket socket in living)
        {
            socket.Dispose();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{duration.TotalSeconds:f0} s: {changes} changes in {reconciler.Committed.Revision} commits, {living.Count} long connections spoke {said} times, {short_} short ones, {failures} resets or timeouts"));
        return failures == 0 && said > 0 && short_ > 0 ? 0 : 1;

        void Loop(Action work)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    work();
                }
                catch (SocketException e)
                {
                    Interlocked.Increment(ref failures);
                    Console.WriteLine(e.Message);
                }
            }
        }
    }

    private static IPEndPoint ClusterIP(int service) => new(GeneratedCluster.Address(32, service).ToIPAddress(), 80);

    private static EndpointSliceState Slice(int service, Random random)
    {
        ImmutableArray<EndpointState> endpoints =
        [
            .. Enumerable.Range(1, Addresses).OrderBy(_ => random.Next()).Take(random.Next(1, 8)).Select(i => new EndpointState
            {
                Address = NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.200.9.{i}")),
                Readiness = EndpointReadiness.Ready | EndpointReadiness.Serving,
                NodeName = "node-1",
            }),
        ];
        return GeneratedCluster.Slice(service, 1) with { Endpoints = endpoints };
    }
}
