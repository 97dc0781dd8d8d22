using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Fabric;
using IPAddress = System.Net.IPAddress;

namespace Fairlead.Bench.Policies;

/// <summary>
/// How soon a pod that starts is let in by a pod of another node, whose policy admits it by its label: in a lab of three nodes that out/bin/fairlead brings up. The new pod tries
/// from its own namespace, a connection each millisecond, from the moment at which it has an address.
/// </summary>
internal static class AdmissionBench
{
    private const string Lab = "bench-policy";
    private const string Namespace = "shop";
    private const int Port = 8080;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(1);
    private static readonly ConcurrentDictionary<string, long> s_known = [];

    public static async Task RunAsync(int pods)
    {
        Shipped.Run("lab", "up", "--name", Lab, "--nodes", "3");
        try
        {
            using KubernetesClient client = KubernetesClient.FromKubeconfig(RunningLab.Open(Lab).Paths.Kubeconfig);
            using CancellationTokenSource stop = new();
            Task watch = WatchAsync(client, stop.Token);
            IPAddress server = await ServeAsync(client);
            using NetworkNamespace place = NetworkNamespace.OpenNamed(NameOf("server", 0));
            using Socket listener = place.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            listener.Bind(new IPEndPoint(server, Port));
            listener.Listen(4096);
            Console.WriteLine("pods that start         | from status.podIP in the API to admitted: median, p95 | from the address in the pod (before CNI ADD returns) to admitted: median, p95");
            await StartAsync(client, new(server, Port), "warm", 2, together: false);
            Print("one after the other", await StartAsync(client, new(server, Port), "one", pods, together: false));
            Print("ten at a time", await TensAsync(client, new(server, Port), pods));
            await stop.CancelAsync();
            await watch;
        }
        finally
        {
            Shipped.Run("lab", "down", "--name", Lab);
        }
    }

    private static async Task<List<Times>> TensAsync(KubernetesClient client, IPEndPoint server, int pods)
    {
        List<Times> times = [];
        for (int round = 0; round * 10 < pods; round++)
        {
            times.AddRange(await StartAsync(client, server, string.Create(CultureInfo.InvariantCulture, $"ten{round}"), 10, together: true));
        }

        return times;
    }

    /// <summary>The server, isolated but for pods with the role client.</summary>
    private static async Task<IPAddress> ServeAsync(KubernetesClient client)
    {
        _ = await client.CreateAsync(new Namespace { Metadata = new() { Name = Namespace } });
        _ = await client.CreateAsync(new NetworkPolicy
        {
            Metadata = new() { Namespace = Namespace, Name = "clients" },
            Spec = new()
            {
                PodSelector = Labels("server"),
                Ingress = [new() { From = [new() { PodSelector = Labels("client") }], Ports = [new() { Port = Port }] }],
            },
        });
        _ = await client.CreateAsync(NewPod("server", "server", 0));
        while (true)
        {
            if ((await client.GetAsync<Pod>(new(Namespace, "server"))).Status is { Phase: "Running", PodIP: { Length: > 0 } address })
            {
                return IPAddress.Parse(address);
            }

            await Task.Delay(20);
        }
    }

    private static async Task<List<Times>> StartAsync(KubernetesClient client, IPEndPoint server, string prefix, int count, bool together)
    {
        List<Times> times = [];
        List<Task<Times>> running = [];
        for (int i = 0; i < count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}");
            int worker = 1 + (i % 2);
            _ = await client.CreateAsync(NewPod(name, "client", worker));
            Task<Times> one = Task.Factory.StartNew(() => Try(name, worker, server), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            running.Add(one);
            if (!together)
            {
                await one;
            }
        }

        times.AddRange(await Task.WhenAll(running));
        for (int i = 0; i < count; i++)
        {
            await client.DeleteAsync<Pod>(new(Namespace, string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i}")));
        }

        await Task.Delay(500); // deletions are changes, too, and aren't what is measured
        return times;
    }

    /// <summary>Tries from inside the pod until a connection is accepted.</summary>
    private static Times Try(string name, int worker, IPEndPoint server)
    {
        long started = Stopwatch.GetTimestamp();
        string path = Path.Combine(NetworkNamespace.NamedDirectory, NameOf(name, worker));
        NetworkNamespace? pod = null;
        while (pod is null)
        {
            Wait();
            try
            {
                pod = File.Exists(path) ? NetworkNamespace.Open(path) : null;
            }
            catch (KernelException)
            {
                // The file is there before the namespace is.
            }
        }

        using (pod)
        {
            return pod.Run(() =>
            {
                long? addressed = null;
                List<Socket> tries = [];
                try
                {
                    while (true)
                    {
                        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                        tries.Add(socket);
                        try
                        {
                            socket.Connect(server);
                        }
                        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                        {
                            addressed ??= Stopwatch.GetTimestamp();
                        }
                        catch (SocketException)
                        {
                            tries.Remove(socket); // no route yet
                            socket.Dispose();
                        }

                        List<Socket> writable = [.. tries];
                        if (writable.Count > 0)
                        {
                            Socket.Select(null, writable, null, 0);
                            if (writable.Exists(s => (int)s.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! == 0))
                            {
                                long admitted = Stopwatch.GetTimestamp();
                                while (!s_known.ContainsKey(name))
                                {
                                    Wait();
                                }

                                return new Times(Stopwatch.GetElapsedTime(s_known[name], admitted), Stopwatch.GetElapsedTime(addressed ?? admitted, admitted));
                            }
                        }

                        Wait();
                    }
                }
                finally
                {
                    tries.ForEach(s => s.Dispose());
                }
            });
        }

        void Wait()
        {
            if (Stopwatch.GetElapsedTime(started) > s_patience)
            {
                throw new InvalidOperationException($"pod {name} isn't admitted within {s_patience.TotalSeconds} s");
            }

            Thread.Sleep(s_pause);
        }
    }

    /// <summary>Notes when each pod's address is in the API.</summary>
    private static async Task WatchAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (WatchEvent<Pod> one in client.WatchAsync(Pod.ResourceKind, new ListOptions { Namespace = Namespace }, cancellationToken: cancellationToken))
            {
                if (one.Object?.Status.PodIP is { Length: > 0 })
                {
                    s_known.TryAdd(one.Object.Metadata.Name, Stopwatch.GetTimestamp());
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static Pod NewPod(string name, string role, int worker) => new()
    {
        Metadata = new() { Namespace = Namespace, Name = name, Labels = new Dictionary<string, string> { ["role"] = role } },
        Spec = new()
        {
            NodeName = string.Create(CultureInfo.InvariantCulture, $"worker-{worker}"),
            TerminationGracePeriodSeconds = 0,
            Containers = [new() { Name = "main", Image = "machine", Command = ["sleep", "infinity"] }],
        },
    };

    private static LabelSelector Labels(string role) => new() { MatchLabels = new Dictionary<string, string> { ["role"] = role } };

    private static string NameOf(string pod, int worker) => string.Create(CultureInfo.InvariantCulture, $"fl-{Lab}-worker-{worker}_{Namespace}_{pod}");

    private static void Print(string how, List<Times> times) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{times.Count,3} {how,-19} | {Of(times, t => t.Known, 50),5:f0} ms, {Of(times, t => t.Known, 95):f0} ms | {Of(times, t => t.Addressed, 50),5:f0} ms, {Of(times, t => t.Addressed, 95):f0} ms"));

    private static double Of(List<Times> times, Func<Times, TimeSpan> which, int percent) => times.Select(which).Order().ElementAt(Math.Min(times.Count - 1, times.Count * percent / 100)).TotalMilliseconds;

    /// <param name="Known">From the address in the API to the first connection that was accepted.</param>
    /// <param name="Addressed">The same from the address in the pod.</param>
    private readonly record struct Times(TimeSpan Known, TimeSpan Addressed);
}
