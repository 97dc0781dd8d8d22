using System.Diagnostics.Metrics;
using Fairlead.Agent.KernelState;
using Fairlead.Agent.Probing;
using Fairlead.Agent.Watching;
using Fairlead.Network;
using Fairlead.Network.Layout;

namespace Fairlead.Agent.Telemetry;

/// <summary>The agent's instruments. Names are kube-proxy's where they mean the same.</summary>
internal sealed class AgentMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Fairlead.Agent";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> syncDuration;
    private readonly Histogram<double> programming;
    private readonly Histogram<double> kernelDuration;
    private readonly Histogram<double> changeDuration;
    private readonly Counter<long> syncs;
    private readonly Counter<long> failures;
    private readonly Counter<long> audits;
    private readonly Counter<long> repairedElements;
    private readonly Counter<long> repairedRoutes;
    private readonly Counter<long> repairedNetwork;
    private readonly Counter<long> probes;
    private readonly Counter<long> cleanedFlows;
    private readonly Counter<long> serviceChanges;
    private readonly Counter<long> deniedConnections;
    private readonly Counter<long> deniedPackets;
    private readonly Counter<long> auditedConnections;
    private readonly Counter<long> lostReports;
    private readonly Counter<long> cutConnections;
    private NodePlan plan = NodePlan.Empty;
    private double lastSync;
    private double lastQueued;

    public AgentMetrics()
    {
        InstrumentAdvice<double> seconds = new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] };
        syncDuration = meter.CreateHistogram("kubeproxy_sync_proxy_rules_duration_seconds", "s", "From planning to the kernel's acknowledgement", advice: seconds);
        programming = meter.CreateHistogram("kubeproxy_network_programming_duration_seconds", "s", "From the change of an endpoint, as its slice's trigger time tells, to the kernel's acknowledgement", advice: seconds);
        kernelDuration = meter.CreateHistogram("fairlead_kernel_commit_duration_seconds", "s", "The kernel's part of a sync", advice: seconds);
        changeDuration = meter.CreateHistogram("fairlead_change_duration_seconds", "s", "From the agent's receipt of a change to the kernel's acknowledgement", advice: seconds);
        syncs = meter.CreateCounter<long>("fairlead_syncs_total", null, "Commits and audits");
        failures = meter.CreateCounter<long>("fairlead_sync_failures_total", null, "Commits that the kernel refused and that were tried again");
        audits = meter.CreateCounter<long>("fairlead_audits_total", null, "Comparisons of the kernel with the plan");
        repairedElements = meter.CreateCounter<long>("fairlead_repaired_elements_total", null, "Elements and chains that others had changed");
        repairedRoutes = meter.CreateCounter<long>("fairlead_repaired_routes_total", null, "Routes that others had changed");
        repairedNetwork = meter.CreateCounter<long>("fairlead_repaired_network_total", null, "Links, addresses, routes, neighbours, forwarding entries, bridge ports and sysctls that others had changed");
        probes = meter.CreateCounter<long>("fairlead_path_probes_total", null, "Probes of the ways to other nodes, by what was found");
        cleanedFlows = meter.CreateCounter<long>("fairlead_conntrack_flows_removed_total", null, "Flows to endpoints that are gone");
        serviceChanges = meter.CreateCounter<long>("kubeproxy_sync_proxy_rules_service_changes_total", null, "Changes of Services and their endpoints");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", () => Volatile.Read(ref lastSync), "s", "When the last sync succeeded");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", () => Volatile.Read(ref lastQueued), "s", "When a sync was last asked for");
        meter.CreateObservableGauge("fairlead_services", () => Volatile.Read(ref plan).Services.Count, null, "Services in the kernel");
        meter.CreateObservableGauge("fairlead_elements", () => Volatile.Read(ref plan).ElementCount, null, "Elements of all sets and maps in the kernel");
        deniedConnections = meter.CreateCounter<long>("fairlead_policy_denied_connections_total", null, "New connections that policies denied");
        deniedPackets = meter.CreateCounter<long>("fairlead_policy_denied_packets_total", null, "Packets of such connections");
        auditedConnections = meter.CreateCounter<long>("fairlead_policy_audited_connections_total", null, "New connections that policies under audit would deny");
        lostReports = meter.CreateCounter<long>("fairlead_policy_lost_reports_total", null, "Denied packets that came faster than they could be read");
        cutConnections = meter.CreateCounter<long>("fairlead_policy_cut_connections_total", null, "Established connections that a new policy forbids");
        meter.CreateObservableGauge("fairlead_policies", () => Volatile.Read(ref plan).Policies.Policies.Count, null, "NetworkPolicies and ClusterNetworkPolicies in the cluster");
        meter.CreateObservableGauge("fairlead_policy_chains", () => Volatile.Read(ref plan).Policies.ChainCount, null, "Combinations of policies that pods of this node are under, in each direction");
        meter.CreateObservableGauge("fairlead_routes", () => Volatile.Read(ref plan).Routes.Count, null, "Routes to other nodes' pods");
        meter.CreateObservableGauge("fairlead_plan_revision", () => Volatile.Read(ref plan).Revision, null, "The plan that the kernel holds");
        meter.CreateObservableGauge("fairlead_problems", () => Volatile.Read(ref plan).Problems.Length, null, "What in the API can't be put into the kernel");
    }

    public void Synced(TimeProvider time, long started, FeedChange change, TimeSpan kernel, NodePlan committed)
    {
        DateTimeOffset now = time.GetUtcNow();
        double duration = time.GetElapsedTime(started).TotalSeconds;
        syncs.Add(1);
        syncDuration.Record(duration);
        kernelDuration.Record(kernel.TotalSeconds);
        serviceChanges.Add(change.Touched.Count);
        if (change.FirstChange != 0)
        {
            double since = time.GetElapsedTime(change.FirstChange).TotalSeconds;
            changeDuration.Record(since);
            Volatile.Write(ref lastQueued, Seconds(now) - since);
        }

        // The first plan's annotations tell of changes from before this agent was there.
        if (plan.Revision > 0)
        {
            foreach (DateTimeOffset trigger in change.Triggers)
            {
                programming.Record(Math.Max(0, (now - trigger).TotalSeconds));
            }
        }

        Volatile.Write(ref lastSync, Seconds(now));
        Volatile.Write(ref plan, committed);
    }

    public void SyncFailed() => failures.Add(1);

    public void Audited() => audits.Add(1);

    public void Repaired(int elements, NetworkChanges changes)
    {
        repairedElements.Add(elements);
        repairedRoutes.Add(changes.Routes);
        foreach ((string kind, _, int count) in changes.ByKind())
        {
            if (count > 0)
            {
                repairedNetwork.Add(count, new KeyValuePair<string, object?>("kind", kind));
            }
        }
    }

    public void Probed(PathFinding found) => probes.Add(1, new KeyValuePair<string, object?>("found", found switch
    {
        PathFinding.Clear => "clear",
        PathFinding.Narrow => "narrow",
        _ => "silent",
    }));

    public void FlowsCleaned(int flows) => cleanedFlows.Add(flows);

    /// <summary>A packet that a policy's chain reported.</summary>
    public void Denied(bool isNew, string prefix)
    {
        if (prefix.StartsWith(KernelNames.AuditPrefix, StringComparison.Ordinal))
        {
            auditedConnections.Add(isNew ? 1 : 0);
            return;
        }

        deniedConnections.Add(isNew ? 1 : 0);
        deniedPackets.Add(1);
    }

    public void ReportsLost(long reports) => lostReports.Add(reports);

    public void ConnectionsCut(int connections) => cutConnections.Add(connections);

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;

    public void Dispose() => meter.Dispose();
}
