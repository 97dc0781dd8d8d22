using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Cluster;
using Fairlead.Dns.Configured;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Tests.Forwarding;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fairlead.Dns.Tests.Soak;

/// <summary>Services that come, go and change their address while clients ask for them, and for names outside.</summary>
public sealed class ChangeSoakTests
{
    private const int Services = 1000;
    private const int ChangesPerSecond = 200;
    private const int Clients = 4;

    /// <summary>How long an answer may be what was true before.</summary>
    private static readonly TimeSpan Staleness = TimeSpan.FromSeconds(1);

    [Fact]
    public Task Two_seconds_of_changes() => RunAsync(TimeSpan.FromSeconds(2));

    [Fact(Explicit = true)]
    public Task Ten_minutes_of_changes() => RunAsync(TimeSpan.FromMinutes(10));

    /// <summary>Not one wrong answer, none that is stale by more than a second, none lost.</summary>
    private static async Task RunAsync(TimeSpan duration)
    {
        await using ScriptedUpstream upstream = ScriptedUpstream.Plain("192.0.2.80");
        using CorefileFolder folder = new($".:53 {{\n kubernetes cluster.local\n cache 5\n forward . {upstream.Address}\n}}\n");
        ClusterZone zone = new(new());
        History[] histories = [.. Enumerable.Range(0, Services).Select(_ => new History())];
        await using ConfiguredHandler handler = new(folder.Load(), 53, (_, next) => new ClusterHandler(zone, next), TimeProvider.System, NullLogger.Instance);
        await using DnsServer server = DnsServer.Start(new() { Listen = [new(System.Net.IPAddress.Loopback, 0)], Threads = 2 }, handler, NullLogger.Instance);
        zone.Set("default", new Namespace { Metadata = new() { Name = "default" } });
        for (int i = 0; i < Services; i++)
        {
            Change(zone, histories, i, version: 0);
        }

        zone.MarkSynced();
        zone.Publish();

        using CancellationTokenSource ending = new(duration);
        Task changing = Task.Factory.StartNew(() => ChangeUntil(zone, histories, ending.Token), TaskCreationOptions.LongRunning);
        Task<(long Asked, string? Wrong)>[] asking =
            [.. Enumerable.Range(0, Clients).Select(i => Task.Factory.StartNew(() => AskUntil(server.Endpoints[0], histories, new Random(i), ending.Token), TaskCreationOptions.LongRunning))];
        await changing;
        (long Asked, string? Wrong)[] results = await Task.WhenAll(asking);
        Assert.Empty(results.Select(r => r.Wrong).OfType<string>());
        Assert.All(results, r => Assert.NotEqual(0, r.Asked));
    }

    private static void ChangeUntil(ClusterZone zone, History[] histories, CancellationToken ending)
    {
        Random random = new(1);
        long started = Stopwatch.GetTimestamp();
        for (int version = 1; !ending.IsCancellationRequested; version++)
        {
            Change(zone, histories, random.Next(Services), version);
            zone.Publish();
            TimeSpan ahead = TimeSpan.FromSeconds((double)version / ChangesPerSecond) - Stopwatch.GetElapsedTime(started);
            if (ahead > TimeSpan.Zero)
            {
                ending.WaitHandle.WaitOne(ahead);
            }
        }
    }

    /// <summary>Gives a service another address; one change of eight takes it away.</summary>
    private static void Change(ClusterZone zone, History[] histories, int number, int version)
    {
        string address = version % 8 == 7 ? "" : string.Create(CultureInfo.InvariantCulture, $"10.{32 + (version >> 16)}.{(version >> 8) & 255}.{version & 255}");
        string name = Name(number);
        Service service = new()
        {
            Metadata = new() { Name = name, Namespace = "default" },
            Spec = new() { ClusterIP = address, ClusterIPs = [address], Type = "ClusterIP", Ports = [new() { Name = "http", Port = 80 }] },
        };
        zone.Set(new("default", name), address.Length > 0 ? service : null, []);
        histories[number].Add(address);
    }

    private static (long Asked, string? Wrong) AskUntil(IPEndPoint server, History[] histories, Random random, CancellationToken ending)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 30_000 };
        socket.Connect(server);
        byte[] buffer = new byte[4096];
        long asked = 0;
        for (; !ending.IsCancellationRequested; asked++)
        {
            bool outside = random.Next(10) == 0;
            int number = random.Next(Services);
            string name = outside ? $"w{random.Next(500)}.example.com" : $"{Name(number)}.default.svc.cluster.local";
            long sent = Stopwatch.GetTimestamp();
            socket.Send([(byte)(asked >> 8), (byte)asked, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. DnsName.Parse(name).Wire, 0, 1, 0, 1]);
            try
            {
                int length = socket.Receive(buffer);
                string answer = MessageText.Of(buffer.AsSpan(0, length));
                string address = answer.StartsWith("NOERROR", StringComparison.Ordinal) ? answer.Split(' ')[^1] : answer.StartsWith("NXDOMAIN", StringComparison.Ordinal) ? "" : answer;
                if (buffer[0] != (byte)(asked >> 8) || buffer[1] != (byte)asked || !(outside ? address == "192.0.2.80" : histories[number].WasTrue(address, sent)))
                {
                    return (asked, $"{name}: {answer}; it was {histories[number]}");
                }
            }
            catch (SocketException e)
            {
                return (asked, $"{name}: no answer: {e.Message}");
            }
        }

        return (asked, null);
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number}");

    /// <summary>What was true of a service, and from when on.</summary>
    private sealed class History
    {
        private readonly List<(long From, string Address)> states = [];
        private readonly Lock gate = new();

        public void Add(string address)
        {
            lock (gate)
            {
                states.Add((Stopwatch.GetTimestamp(), address));
            }
        }

        /// <summary>Whether an address, or its absence, was true at some time from a second before the question on.</summary>
        public bool WasTrue(string address, long sent)
        {
            lock (gate)
            {
                for (int i = states.Count - 1; i >= 0; i--)
                {
                    if (states[i].Address == address)
                    {
                        return true;
                    }

                    if (states[i].From < sent - (long)(Staleness.TotalSeconds * Stopwatch.Frequency))
                    {
                        return false;
                    }
                }

                return false;
            }
        }

        public override string ToString()
        {
            lock (gate)
            {
                return string.Join(", ", states.TakeLast(4).Select(s => $"'{s.Address}' since {Stopwatch.GetElapsedTime(s.From).TotalSeconds:0.000} s"));
            }
        }
    }
}
