using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Fairlead.Kernel;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;
using Fairlead.Kubernetes;

namespace Fairlead.Bench.Routes;

/// <summary>
/// How long a node of a running lab in mode direct takes to follow the API: from before the request is sent until the kernel of a node tells of the route. The API, its watch and the agent are
/// in it, as they are in a cluster.
/// </summary>
internal sealed class FollowBench : IDisposable
{
    private const int Nodes = 30;
    private const string Worker = "worker-0";
    private readonly KubernetesClient client;
    private readonly NetworkNamespace worker;
    private readonly RouteMonitor monitor;
    private readonly List<double> added = [], changed = [], removed = [];

    private FollowBench(string lab)
    {
        client = new(KubernetesClientOptions.FromKubeconfig($"/var/lib/fairlead/labs/{lab}/kubeconfig"));
        worker = NetworkNamespace.OpenNamed($"fl-{lab}-{Worker}");
        monitor = RouteMonitor.Open(worker, RouteTopics.Routes);
    }

    public static void Run(string lab)
    {
        using FollowBench bench = new(lab);
        for (int i = 0; i < Nodes; i++)
        {
            bench.LetOneLive(i);
        }

        Console.WriteLine($"from the request to the route in {Worker}'s kernel, {Nodes} nodes          median ms     p90     max");
        Write("node becomes reachable", bench.added);
        Write("node has another address", bench.changed);
        Write("node deleted", bench.removed);

        static void Write(string what, List<double> times) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-58} {At(times, 0.5),19:F1} {At(times, 0.9),7:F1} {times.Max(),7:F1}"));

        static double At(List<double> times, double part) => times.Order().ElementAt((int)(part * (times.Count - 1)));
    }

    private void LetOneLive(int number)
    {
        ObjectKey key = new("", string.Create(CultureInfo.InvariantCulture, $"followed-{number}"));
        IPNetwork pods = IPNetwork.Parse(string.Create(CultureInfo.InvariantCulture, $"10.200.{200 + number}.0/24"));
        client.CreateAsync<Node>(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject
            {
                ["name"] = key.Name,
            },
            ["spec"] = new JsonObject { ["podCIDR"] = pods.ToString(), ["podCIDRs"] = new JsonArray(pods.ToString()) },
        }, "").GetAwaiter().GetResult();
        try
        {
            added.Add(Time(pods, removal: false, () => Move(key, string.Create(CultureInfo.InvariantCulture, $"10.240.0.{100 + number}"))));
            changed.Add(Time(pods, removal: false, () => Move(key, string.Create(CultureInfo.InvariantCulture, $"10.240.0.{150 + number}"))));
        }
        finally
        {
            removed.Add(Time(pods, removal: true, () => client.DeleteAsync<Node>(key)));
        }
    }

    private Task<Node> Move(ObjectKey key, string address)
    {
        JsonArray addresses = [new JsonObject { ["type"] = "InternalIP", ["address"] = address }];
        return client.PatchAsync<Node>(key, Patch.Merge(new() { ["status"] = new JsonObject { ["addresses"] = addresses } }), "status");
    }

    private double Time(IPNetwork pods, bool removal, Func<Task> request)
    {
        // What was said of this route before isn't what is waited for.
        List<RouteEvent> events = [];
        while (monitor.Receive(events, TimeSpan.FromMilliseconds(150)) == NetlinkReceiveStatus.Received)
        {
        }

        events.Clear();
        long started = Stopwatch.GetTimestamp();
        Task sent = request();
        while (!events.OfType<RouteEntryEvent>().Any(e => e.Route.Destination.Equals(pods) && e.Removed == removal))
        {
            if (monitor.Receive(events, TimeSpan.FromSeconds(30)) == NetlinkReceiveStatus.TimedOut)
            {
                throw new InvalidOperationException($"no word of {pods} in {Worker} for 30 s");
            }
        }

        double taken = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        sent.GetAwaiter().GetResult();
        return taken;
    }

    public void Dispose()
    {
        monitor.Dispose();
        worker.Dispose();
        client.Dispose();
    }
}
