using System.Collections.Concurrent;
using System.Net.Sockets;
using Fairlead.Agent.Telemetry;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Probing;

/// <summary>
/// Sends a packet of full length along the way to every other node, when the way is new and again and again: what a router on the way or a link with a smaller MTU
/// swallows is said before a pod's connection hangs on it. The other node's kernel answers; no agent has to be there.
/// </summary>
internal sealed class PathProber : IDisposable
{
    private const string KeyPrefix = "path/";

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    private readonly TimeSpan interval;
    private readonly NodeProblems problems;
    private readonly AgentMetrics metrics;
    private readonly ILogger logger;
    private readonly string nodeName;
    private readonly CancellationTokenSource stop = new();
    private readonly ManualResetEventSlim wake = new();
    private readonly ChecksumCheck? checksums;
    private readonly Thread thread;
    private readonly ConcurrentDictionary<NetPrefix, Way> ways = new();
    private NodePlan plan = NodePlan.Empty;

    private PathProber(string nodeName, TimeSpan interval, ChecksumCheck? checksums, NodeProblems problems, AgentMetrics metrics, ILogger logger)
    {
        (this.nodeName, this.interval, this.checksums, this.problems, this.metrics, this.logger) = (nodeName, interval, checksums, problems, metrics, logger);
        thread = new Thread(Run) { IsBackground = true, Name = "path probes" };
    }

    /// <summary>A way to be probed: where to, how long packets are, and what was found last.</summary>
    private sealed class Way(PlannedRoute route, int length)
    {
        public PlannedRoute Route => route;

        public int Length => length;

        /// <summary>In milliseconds of <see cref="Environment.TickCount64"/>; 0: at once.</summary>
        public long Due { get; set; }

        public WayRecord Record { get; set; } = WayRecord.Empty;
    }

    /// <summary>Begins, in the calling thread's network namespace.</summary>
    /// <param name="nodeName">This node.</param>
    /// <param name="interval">How long a way that was found clear isn't looked at.</param>
    /// <param name="checksums">Looks whether tunnels carry right checksums; null: nobody does.</param>
    /// <param name="problems">Where failures are reported.</param>
    /// <param name="metrics">Where all is counted.</param>
    /// <param name="logger">For what isn't a problem of the network.</param>
    public static PathProber Start(string nodeName, TimeSpan interval, ChecksumCheck? checksums, NodeProblems problems, AgentMetrics metrics, ILogger logger)
    {
        PathProber prober = new(nodeName, interval, checksums, problems, metrics, logger);
        prober.thread.Start();
        return prober;
    }

    /// <summary>What was found of each node's way at last: <c>10.200.1.0/24 via 10.240.0.21 (worker-1) is clear</c>.</summary>
    public IEnumerable<string> Describe() => ways.Values.OrderBy(w => w.Route.Destination.Address).Select(w => $"{w.Route} {w.Record.Found?.ToString() ?? "is not probed yet"}");

    /// <summary>From now on these are the ways.</summary>
    public void Follow(NodePlan committed)
    {
        NodePlan before = Interlocked.Exchange(ref plan, committed);
        if (!ReferenceEquals(before.Routes, committed.Routes) || before.Mtu != committed.Mtu)
        {
            wake.Set();
        }
    }

    private void Run()
    {
        EchoSocket? over4 = null, over6 = null;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                long next = Environment.TickCount64 + (long)interval.TotalMilliseconds;
                Update(Volatile.Read(ref plan));
                foreach (Way way in ways.Values)
                {
                    if (way.Due <= Environment.TickCount64)
                    {
                        bool ipv6 = way.Route.Gateway.IsIPv6;
                        Probe(ipv6 ? over6 ??= new(true) : over4 ??= new(false), way);
                        stop.Token.WaitHandle.WaitOne(Pace);
                    }

                    next = Math.Min(next, way.Due);
                    if (wake.IsSet)
                    {
                        break; // the ways are other ones
                    }
                }

                wake.Wait(TimeSpan.FromMilliseconds(Math.Max(1, next - Environment.TickCount64)), stop.Token);
                wake.Reset();
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (SocketException e)
        {
            Log.ProbesFailed(logger, e.Message);
        }
        finally
        {
            over4?.Dispose();
            over6?.Dispose();
        }
    }

    private void Update(NodePlan now)
    {
        if (now.Mtu == 0)
        {
            return;
        }

        foreach (PlannedRoute route in now.Routes.Values)
        {
            if (!ways.TryGetValue(route.Destination, out Way? way) || way.Route != route || way.Length != now.Mtu)
            {
                ways[route.Destination] = new(route, now.Mtu);
            }
        }

        foreach (NetPrefix gone in ways.Keys.Where(p => !now.Routes.ContainsKey(p)))
        {
            ways.TryRemove(gone, out _);
        }

        problems.Keep(KeyPrefix, ways.Keys.Select(Key).ToHashSet());
    }

    private void Probe(EchoSocket socket, Way way)
    {
        PathFinding found = PathProbe.Run(socket, way.Route.Gateway.ToIPAddress(), way.Length, way.Record.IsSureAfter, stop.Token);
        way.Record = way.Record.Then(found);
        metrics.Probed(found);
        way.Due = Environment.TickCount64 + (long)way.Record.Pause(interval).TotalMilliseconds;
        string key = Key(way.Route.Destination);
        if (found is PathFinding.Clear)
        {
            problems.Clear(key);
            checksums?.Run(way.Route, stop.Token);
        }
        else if (way.Record.IsSure)
        {
            problems.Raise(key, new("Node", new ObjectKey("", way.Route.NodeName), found is PathFinding.Silent ? "PathSilent" : "PathNarrow",
                $"The way from node {nodeName} to {way.Route} {found}."));
        }
    }

    private static string Key(NetPrefix destination) => $"{KeyPrefix}{destination}";

    public void Dispose()
    {
        stop.Cancel();
        thread.Join();
        wake.Dispose();
        stop.Dispose();
    }
}
