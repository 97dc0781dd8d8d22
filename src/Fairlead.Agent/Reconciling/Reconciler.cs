using Fairlead.Agent.Health;
using Fairlead.Agent.KernelState;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Reconciling;

/// <summary>
/// Brings the kernel to what the cluster's state asks for, and keeps it there. One thread does all of it: the kernel is
/// spoken to synchronously.
/// </summary>
/// <remarks>
/// Changes are planned from the plan last committed and cost what they change. Whenever that cannot be relied upon (at start, after a
/// failure, when somebody else touched our objects, and on a slow timer) the kernel is read and compared with the plan instead.
/// </remarks>
internal sealed class Reconciler : IDisposable
{
    private const int ManyElements = 10_000;
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    private readonly ClusterFeed feed;
    private NodeSettings settings;
    private readonly ReconcilerOptions options;
    private readonly AgentMetrics metrics;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly ServiceTable table;
    private readonly NodeNetwork network;
    private readonly NodeSysctls? sysctls;
    private readonly ForwardCheck forward;
    private readonly FlowTable flows;
    private readonly HealthCheckPorts healthChecks;
    private readonly AutoResetEvent wake = new(false);
    private readonly ProblemDigest digest;
    private readonly Lock auditGate = new();
    private FeedChange? pending;
    private NodePlan committed = NodePlan.Empty;
    private AuditReason auditReason = AuditReason.Start;
    private KernelPart auditParts = KernelPart.All;
    private string auditAuthor = "nobody known";
    private long workBegan; // 0: there is none
    private int failures;
    private bool bridgeFiltering = true;

    public Reconciler(
        ClusterFeed feed, NodeSettings settings, ReconcilerOptions options, AgentMetrics metrics, ILogger logger, TimeProvider time)
    {
        (this.feed, this.settings, this.options, this.metrics, this.logger, this.time) = (feed, settings, options, metrics, logger, time);
        table = new();
        network = new(settings, new(options.NetworkFile), logger);
        sysctls = options.Sysctls;
        Problems = new(logger);
        digest = new(settings.NodeName);
        forward = table.CheckForward(Problems);
        flows = new();
        healthChecks = new(() => HasCommitted && !IsFailing, logger);
        feed.Changed += Wake;
    }

    /// <summary>The plan that the kernel acknowledged last.</summary>
    public NodePlan Committed => Volatile.Read(ref committed);

    /// <summary>The VXLAN link for tunnels over a family; null: there is none. Safe for any thread.</summary>
    public (int Index, string Name)? FindOverlay(bool ipv6) => network.FindOverlay(ipv6);

    /// <summary>What is wrong with the node itself.</summary>
    public NodeProblems Problems { get; }

    /// <summary>The state of the cluster that the committed plan was made from.</summary>
    internal ClusterState? HandledState { get; private set; }

    /// <summary>Whether the kernel ever acknowledged a plan.</summary>
    public bool HasCommitted => Committed.Revision > 0;

    /// <summary>Whether the last attempt failed.</summary>
    public bool IsFailing => Volatile.Read(ref failures) > 0;

    /// <summary>Whether the work in hand takes so long that it will hardly end: a liveness probe restarts the agent then, which drops no connection.</summary>
    public bool IsStuck => Volatile.Read(ref workBegan) is > 0 and var began && time.GetElapsedTime(began) > options.LongestWork;

    /// <summary>Raised after a commit, on the reconciler's thread.</summary>
    public event Action<NodePlan>? PlanCommitted;

    /// <summary>Raised for something in the API that can't be put into the kernel, once for each.</summary>
    public event Action<PlanProblem>? ProblemFound;

    /// <summary>Works until the token is cancelled; the caller has waited for the feed to be complete.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration stop = cancellationToken.Register(Wake);
        using KernelMonitor monitor = KernelMonitor.Start(table.PortId, network, sysctls, () => table.Generation, KernelChanged, logger);
        long nextAudit = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (nextAudit <= time.GetTimestamp() && nextAudit != 0)
            {
                RequestAudit(AuditReason.Timer, KernelPart.All);
            }

            long started = time.GetTimestamp();
            if (TryWork(monitor))
            {
                // Not put off by commits: a cluster that never rests is audited as well.
                long now = time.GetTimestamp();
                nextAudit = nextAudit > now ? nextAudit : now + (long)(options.AuditInterval.TotalSeconds * time.TimestampFrequency);
                Rest(time.GetElapsedTime(started), cancellationToken);
            }
            else if (IsFailing)
            {
                cancellationToken.WaitHandle.WaitOne(RetryDelay());
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            TimeSpan untilAudit = nextAudit == 0 ? TimeSpan.Zero : time.GetElapsedTime(time.GetTimestamp(), nextAudit);
            if (!IsFailing && untilAudit > TimeSpan.Zero)
            {
                wake.WaitOne(untilAudit);
                if (options.FirstCommitDelay > TimeSpan.Zero)
                {
                    cancellationToken.WaitHandle.WaitOne(options.FirstCommitDelay);
                }
            }
        }
    }

    private void Wake() => wake.Set();

    private void KernelChanged(KernelPart part, string author)
    {
        RequestAudit(AuditReason.ForeignChange, part, author);
        if (part == KernelPart.Table)
        {
            Log.ForeignChange(logger, author);
        }

        Wake();
    }

    private void RequestAudit(AuditReason reason, KernelPart parts, string? author = null)
    {
        lock (auditGate)
        {
            auditAuthor = author ?? auditAuthor;
            auditReason = auditReason == AuditReason.None ? reason : auditReason;
            auditParts |= parts;
        }
    }

    private (AuditReason Reason, KernelPart Parts) TakeAudit()
    {
        lock (auditGate)
        {
            (AuditReason, KernelPart) audit = (auditReason, auditParts);
            (auditReason, auditParts) = (AuditReason.None, KernelPart.None);
            return audit;
        }
    }

    private bool TryWork(KernelMonitor monitor)
    {
        FeedChange change = feed.Take();
        pending = pending?.Then(change) ?? change;
        (AuditReason audit, KernelPart parts) = TakeAudit();
        if (pending.IsEmpty && audit == AuditReason.None)
        {
            pending = null;
            return false;
        }

        Volatile.Write(ref workBegan, time.GetTimestamp());
        try
        {
            if (pending.Nodes.Touch(settings.NodeName) || (parts & KernelPart.Routes) != 0)
            {
                ReadUplink();
            }

            if ((parts & KernelPart.Table) != 0)
            {
                Audit(audit, monitor);
            }
            else
            {
                if ((parts & (KernelPart.Routes | KernelPart.Ports)) != 0)
                {
                    AuditNetwork(audit, parts);
                }

                if (!pending.IsEmpty)
                {
                    Sync(monitor);
                }
            }

            Look(audit, parts);
            pending = null;
            Volatile.Write(ref failures, 0);
            return true;
        }
        catch (KernelException e)
        {
            // What was committed isn't known for sure any more: read it.
            RequestAudit(audit == AuditReason.Start ? AuditReason.Start : AuditReason.Failure, KernelPart.All);
            Volatile.Write(ref failures, failures + 1);
            metrics.SyncFailed();
            Log.CommitFailed(logger, e.Message, RetryDelay().TotalMilliseconds);
            return false;
        }
        finally
        {
            Volatile.Write(ref workBegan, 0);
        }
    }

    private void Sync(KernelMonitor monitor)
    {
        long started = time.GetTimestamp();
        FeedChange change = pending!;
        NodePlan desired = NetworkPlanner.Replan(committed, change.State, settings, change.All ? null : change.Touched, change.All ? NodeChanges.All : change.Nodes, policies: change.Policies);
        NodePlanDiff diff = NodePlan.Diff(committed, desired);
        Transaction transaction = TableWriter.Write(diff, desired);
        TimeSpan kernel = monitor.Commit(transaction, () => table.Commit(transaction));
        NetworkChanges changes = network.Apply(diff, desired);
        if (committed.Policies.ChainCount == 0)
        {
            CheckBridgeFiltering(desired);
        }

        Accept(desired, diff, change, started, kernel);
        if (!transaction.IsEmpty || changes.Total > 0)
        {
            Log.Committed(logger, desired.Revision, change.Touched.Count, diff.AddedChains.Count(), transaction.Operations.Count, changes.Routes, kernel.TotalMilliseconds);
        }
    }

    private void AuditNetwork(AuditReason reason, KernelPart parts)
    {
        if ((parts & KernelPart.Routes) != 0)
        {
            Repaired(reason, 0, network.Reconcile(committed), "");
        }

        ReconcilePods(committed);
    }

    /// <summary>At what the kernel doesn't hold because of a plan: sysctls, and other programs' rules.</summary>
    private void Look(AuditReason reason, KernelPart parts)
    {
        if (sysctls is not null && (parts & (KernelPart.Sysctls | KernelPart.Routes)) != 0)
        {
            string? bridge = network.FindBridge(committed);
            int changed = sysctls.Apply(committed.LocalPods.Any(p => p.IsIPv6), bridge is null ? network.OverlayNames : network.OverlayNames.Append(bridge), network.UplinkNames);
            if (reason != AuditReason.Start)
            {
                Repaired(reason, 0, new(Sysctls: changed), "");
            }
        }

        if ((parts & KernelPart.OtherTables) != 0 && network.FindBridge(committed) is { } pods)
        {
            try
            {
                forward.Run(committed, settings.NodeName, pods, settings.Uplink.Name, network.OverlayNames.FirstOrDefault());
            }
            catch (KernelException e)
            {
                Log.ForwardCheckFailed(logger, e.Message);
            }
        }
    }

    /// <summary>The uplink is an input of plans that isn't in the API: where it is another one than before, nodes are planned again.</summary>
    private void ReadUplink()
    {
        Uplink uplink = network.ReadUplink(pending!.State.Nodes.GetValueOrDefault(settings.NodeName));
        if (uplink != settings.Uplink)
        {
            settings = settings with { Uplink = uplink };
            pending = pending with { Nodes = NodeChanges.All };
            Log.UplinkFound(logger, uplink.Name, uplink.Mtu, string.Join(", ", uplink.Segments));
        }
    }

    private void Audit(AuditReason reason, KernelMonitor monitor)
    {
        long started = time.GetTimestamp();
        FeedChange change = pending!;
        bool starting = reason == AuditReason.Start;
        Ruleset? held = table.Read();
        NodePlan desired = starting
            ? NetworkPlanner.Plan(change.State, settings, TableAudit.Remember(held), TableAudit.CapacityOf(held))
            : change.IsEmpty ? committed
            : NetworkPlanner.Replan(committed, change.State, settings, change.All ? null : change.Touched, change.All ? NodeChanges.All : change.Nodes, policies: change.Policies);
        TableRepair repair = TableAudit.Compare(held, desired);
        TimeSpan kernel = TimeSpan.Zero;
        if (!repair.IsEmpty)
        {
            Transaction transaction = TableWriter.Write(repair, desired);
            kernel = monitor.Commit(transaction, () => table.Commit(transaction));
        }

        NetworkChanges changes = network.Reconcile(desired);
        ReconcilePods(desired);
        if (starting)
        {
            Log.Adopted(logger, desired.Services.Count, desired.ElementCount, held is not null, repair.Count, changes.Routes, kernel.TotalMilliseconds);
        }
        else if (change.IsEmpty)
        {
            Repaired(reason, repair.NeedsNewTable ? desired.ElementCount : repair.Count, changes, repair.Reason ?? "");
        }

        metrics.Audited();
        CheckBridgeFiltering(desired);
        Accept(desired, NodePlan.Diff(committed, desired), change, started, kernel);
        if (starting && desired.ElementCount > ManyElements)
        {
            StartupMemory.Release();
        }
    }

    private void CleanFlows(NodePlanDiff diff, ClusterState state)
    {
        try
        {
            int removed = flows.Clean(diff.StaleFlows(), state.Nodes.GetValueOrDefault(settings.NodeName));
            if (removed > 0)
            {
                metrics.FlowsCleaned(removed);
                Log.FlowsCleaned(logger, removed);
            }
        }
        catch (KernelException e)
        {
            // The plan is committed; only flows that nobody will answer remain, until they time out.
            Log.FlowsFailed(logger, e.Message);
        }
    }

    private void ReconcilePods(NodePlan plan)
    {
        int ports = network.ReconcilePods(plan).Ports;
        if (ports > 0)
        {
            Log.HairpinSet(logger, ports);
        }
    }

    /// <summary>Without it, pods on one bridge reach each other whatever policies say.</summary>
    private void CheckBridgeFiltering(NodePlan plan)
    {
        bool works = plan.Policies.ChainCount == 0 || NodeSysctls.FiltersBridges(ipv6: plan.Policies.GuardsIPv6);
        if (!works && bridgeFiltering)
        {
            PlanProblem problem = new("Node", new("", settings.NodeName), "BridgeFilteringOff",
                $"Node {settings.NodeName}: net.bridge.bridge-nf-call-iptables and -ip6tables aren't 1 (or br_netfilter isn't loaded): policies between pods of this node have no effect.");
            Log.Problem(logger, problem.Reason, problem.Message);
            ProblemFound?.Invoke(problem);
        }

        bridgeFiltering = works;
    }

    private void Repaired(AuditReason reason, int elements, NetworkChanges changes, string detail)
    {
        if (elements > 0 || changes.Total > 0)
        {
            metrics.Repaired(elements, changes);
            string what = string.Join(", ", new[] { elements > 0 ? $"{elements} chains and elements" : "", changes.ToString() }.Where(w => w.Length > 0));
            Log.Repaired(logger, reason, what, reason == AuditReason.ForeignChange ? auditAuthor : "nobody known", detail);
        }
    }

    private void Accept(NodePlan desired, NodePlanDiff diff, FeedChange change, long started, TimeSpan kernel)
    {
        if (!ReferenceEquals(desired, committed))
        {
            Volatile.Write(ref committed, desired);
            CleanFlows(diff, change.State);
        }

        metrics.Synced(time, started, change, kernel, desired);
        foreach (PlanProblem problem in digest.Take(desired.Problems))
        {
            Log.Problem(logger, problem.Reason, problem.Message);
            ProblemFound?.Invoke(problem);
        }

        healthChecks.Apply(desired);
        HandledState = change.State;
        PlanCommitted?.Invoke(desired);
    }

    /// <summary>
    /// The pause after a commit, in which a burst gathers. Where pods, policies or nodes change it is cut short, so far that all the work takes a twentieth of one core at
    /// most: a pod that starts, and the way to a node that has just said where it is, don't wait for the whole interval behind a cheap commit.
    /// </summary>
    private void Rest(TimeSpan worked, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        TimeSpan least = worked * 19 < options.CommitInterval ? worked * 19 : options.CommitInterval;
        bool wasWoken = false;
        TimeSpan Left() => (feed.HasUrgentChanges ? least : options.CommitInterval) - time.GetElapsedTime(began);
        while (Left() is var left && left > TimeSpan.Zero && !cancellationToken.IsCancellationRequested)
        {
            wasWoken |= wake.WaitOne(left);
        }

        if (wasWoken)
        {
            Wake();
        }
    }

    private TimeSpan RetryDelay()
    {
        double delay = ShortestRetry.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 16));
        return TimeSpan.FromMilliseconds(Math.Min(delay, LongestRetry.TotalMilliseconds));
    }

    public void Dispose()
    {
        feed.Changed -= Wake;
        table.Dispose();
        network.Dispose();
        flows.Dispose();
        healthChecks.Dispose();
        wake.Dispose();
    }
}

/// <summary>Why the kernel is read.</summary>
internal enum AuditReason
{
    /// <summary>It isn't.</summary>
    None,

    /// <summary>The agent starts.</summary>
    Start,

    /// <summary>A commit failed.</summary>
    Failure,

    /// <summary>The kernel said that somebody else changed our objects.</summary>
    ForeignChange,

    /// <summary>It is time to.</summary>
    Timer,
}

/// <summary>The reconciler's rhythm.</summary>
/// <param name="FirstCommitDelay">The wait before the first change of a burst is committed.</param>
/// <param name="CommitInterval">The pause after a commit, in which changes gather for the next one; changes of pods, policies and nodes may cut it short.</param>
/// <param name="AuditInterval">The most time between audits.</param>
/// <param name="NetworkFile">Where plugins are told the MTU; null: nowhere.</param>
internal sealed record ReconcilerOptions(TimeSpan FirstCommitDelay, TimeSpan CommitInterval, TimeSpan AuditInterval, string? NetworkFile = null)
{
    /// <summary>Keeps the node's sysctls as the network needs them; null: nobody does.</summary>
    public NodeSysctls? Sysctls { get; init; }

    /// <summary>How long one turn of planning and committing may take before it counts as stuck.</summary>
    public TimeSpan LongestWork { get; init; } = TimeSpan.FromMinutes(2);
}
