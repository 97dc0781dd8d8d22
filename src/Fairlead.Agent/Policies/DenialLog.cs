using System.Globalization;
using System.Threading.Channels;
using Fairlead.Agent.Local;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Network;
using Fairlead.Network.Layout;
using Microsoft.Extensions.Logging;
using ConnectionTuple = Fairlead.Kernel.NfTables.Evaluation.ConnectionTuple;

namespace Fairlead.Agent.Policies;

/// <summary>
/// Reads what the policies' chains report and keeps it as receipts: the first denial of a pair at once, those that follow as counts every ten seconds,
/// so that a flood is read as one line with exact numbers.
/// </summary>
internal sealed class DenialLog(Func<ClusterState?> state, AgentMetrics metrics, ILogger logger, TimeProvider time) : IDisposable
{
    private const int MostKept = 1000;
    private const int MostPairs = 20_000;
    private const int MostPortsKept = 4096;
    private const uint CopiedBytes = 96;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);
    private readonly Lock gate = new();
    private readonly Queue<DenialReceipt> kept = [];
    private readonly List<Channel<DenialReceipt>> followers = [];
    private readonly Dictionary<Pair, Entry> pairs = [];
    private PacketLogReader? reader;
    private DenialNames? names;
    private DateTimeOffset nextSweep;
    private long lost;

    /// <summary>Raised for each receipt, on the reader's thread.</summary>
    public event Action<DenialReceipt>? Received;

    /// <summary>How many packets are counted that no receipt has told of yet.</summary>
    internal long Waiting
    {
        get
        {
            lock (gate)
            {
                return pairs.Values.Sum(e => e.MorePackets);
            }
        }
    }

    /// <summary>Opens the kernel's reports, in the calling thread's namespace; false while somebody else reads them.</summary>
    public bool TryOpen()
    {
        try
        {
            reader ??= PacketLogReader.Open(KernelNames.PolicyLogGroup, CopiedBytes);
            return true;
        }
        catch (KernelException e)
        {
            Log.ReportsFailed(logger, e.Message);
            return false;
        }
    }

    /// <summary>Reads until cancelled, on the calling thread.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (reader is null && !TryOpen())
            {
                cancellationToken.WaitHandle.WaitOne(s_quiet);
                continue;
            }

            try
            {
                foreach (LoggedPacket packet in reader!.Receive(TimeSpan.FromSeconds(1), cancellationToken))
                {
                    Note(packet);
                }

                if (reader.Lost > lost)
                {
                    metrics.ReportsLost(reader.Lost - lost);
                    lost = reader.Lost;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (InvalidDataException e)
            {
                Log.ReportsFailed(logger, e.Message);
            }

            Sweep();
        }
    }

    public void AddTo(LocalRoutes routes) => routes.Stream("/policy/denials", "text/plain; charset=utf-8", AnswerAsync);

    internal void Note(LoggedPacket packet)
    {
        if (packet.Tuple is not { } tuple || packet.Protocol is not { } protocol)
        {
            return;
        }

        DateTimeOffset now = time.GetUtcNow();
        Pair pair = new(packet.Prefix, NetAddress.From(tuple.Source), NetAddress.From(tuple.Destination), protocol, tuple.DestinationPort);
        DenialReceipt? receipt = null;
        lock (gate)
        {
            if (!pairs.TryGetValue(pair, out Entry? entry))
            {
                if (pairs.Count >= MostPairs)
                {
                    metrics.Denied(isNew: true, packet.Prefix);
                    return;
                }

                pairs.Add(pair, entry = new(tuple));
            }

            bool isNew = entry.Note(tuple.SourcePort);
            metrics.Denied(isNew, packet.Prefix);
            if (entry.LastTold is { } told && now - told < s_quiet)
            {
                entry.MorePackets++;
                entry.MoreConnections += isNew ? 1 : 0;
                return;
            }

            receipt = Tell(pair, entry, now);
        }

        Publish(receipt);
    }

    /// <summary>Tells the counts of pairs that have gone quiet, and forgets those that were told.</summary>
    private void Sweep()
    {
        DateTimeOffset now = time.GetUtcNow();
        if (now < nextSweep)
        {
            return;
        }

        nextSweep = now + TimeSpan.FromSeconds(1);
        List<DenialReceipt> receipts = [];
        lock (gate)
        {
            foreach ((Pair pair, Entry entry) in pairs.Where(p => now - p.Value.LastTold >= s_quiet).ToArray())
            {
                if (entry.MorePackets > 0)
                {
                    receipts.Add(Tell(pair, entry, now));
                }
                else
                {
                    pairs.Remove(pair);
                }
            }
        }

        receipts.ForEach(Publish);
    }

    private DenialReceipt Tell(Pair pair, Entry entry, DateTimeOffset now)
    {
        if (names is null || !ReferenceEquals(names.Cluster, state()))
        {
            names = new(state() ?? ClusterState.Empty);
        }

        DenialReceipt receipt = names.Describe(pair.Prefix, entry.Tuple, pair.Protocol, now) with { MoreConnections = entry.MoreConnections, MorePackets = entry.MorePackets };
        entry.LastTold = now;
        (entry.MoreConnections, entry.MorePackets) = (0, 0);
        entry.Turn();
        return receipt;
    }

    private void Publish(DenialReceipt receipt)
    {
        lock (gate)
        {
            kept.Enqueue(receipt);
            if (kept.Count > MostKept)
            {
                kept.Dequeue();
            }

            foreach (Channel<DenialReceipt> follower in followers)
            {
                follower.Writer.TryWrite(receipt);
            }
        }

        Received?.Invoke(receipt);
    }

    private async Task AnswerAsync(LocalRequest request)
    {
        Channel<DenialReceipt> channel = Channel.CreateBounded<DenialReceipt>(new BoundedChannelOptions(MostKept) { FullMode = BoundedChannelFullMode.DropOldest });
        DenialReceipt[] past;
        bool follow = request.Has("follow");
        int last = int.TryParse(request.Find("last"), NumberStyles.None, CultureInfo.InvariantCulture, out int wanted) ? wanted : MostKept;
        lock (gate)
        {
            past = [.. kept.TakeLast(last)];
            if (follow)
            {
                followers.Add(channel);
            }
        }

        try
        {
            foreach (DenialReceipt receipt in past)
            {
                await request.WriteLineAsync(receipt.ToString()).ConfigureAwait(false);
            }

            if (follow)
            {
                await foreach (DenialReceipt receipt in channel.Reader.ReadAllAsync(request.Aborted).ConfigureAwait(false))
                {
                    await request.WriteLineAsync(receipt.ToString()).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            lock (gate)
            {
                followers.Remove(channel);
            }
        }
    }

    public void Dispose() => reader?.Dispose();

    private readonly record struct Pair(string Prefix, NetAddress Source, NetAddress Destination, IpProtocol Protocol, ushort Port);

    private sealed class Entry(ConnectionTuple tuple)
    {
        public ConnectionTuple Tuple { get; } = tuple;

        /// <summary>Source ports since the last receipt, and between it and the one before: one seen again is a packet of the same connection.</summary>
        private HashSet<ushort> ports = [], earlier = [];

        public DateTimeOffset? LastTold { get; set; }

        public long MoreConnections { get; set; }

        public long MorePackets { get; set; }

        /// <summary>A packet; gives whether it is of a connection that wasn't seen before.</summary>
        public bool Note(ushort port) => ports.Count >= MostPortsKept || (ports.Add(port) && !earlier.Contains(port));

        /// <summary>A receipt was written.</summary>
        public void Turn() => (ports, earlier) = ([], ports);
    }
}
