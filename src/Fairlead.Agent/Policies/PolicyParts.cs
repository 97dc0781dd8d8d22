using System.Globalization;
using System.Text;
using Fairlead.Agent.Local;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Policies;

/// <summary>What the agent does around policies, beside putting them into the kernel: admits pods, says what was denied, cuts connections, tells how far it is.</summary>
internal sealed class PolicyParts : IDisposable
{
    private readonly PolicyGate gate;
    private readonly DenialLog denials;
    private readonly ConnectionCutter cutter;
    private readonly PolicyProgress progress;
    private readonly Reconciler reconciler;

    public PolicyParts(
        AgentOptions options, KubernetesClient client, ClusterFeed feed, Reconciler reconciler, EventRecorder events, AgentMetrics metrics, ILogger logger, TimeProvider time)
    {
        this.reconciler = reconciler;
        gate = new(client, feed, reconciler);
        denials = new(() => reconciler.HandledState, metrics, logger, time);
        denials.Received += new DenialEvents(events, time).Tell;
        cutter = new(options.CutConnections, metrics, logger);
        progress = new(client, options.NodeName, logger, time);
        reconciler.PlanCommitted += plan =>
        {
            cutter.Notice(plan, reconciler.HandledState);
            progress.Notice(reconciler.HandledState);
        };
    }

    public void AddTo(LocalRoutes routes)
    {
        gate.AddTo(routes);
        denials.AddTo(routes);
        routes.Text("/policy/status", _ => Status());
    }

    public IEnumerable<Task> Run(CancellationToken cancellationToken) =>
    [
        OnThread(() => denials.Run(cancellationToken)),
        OnThread(() => cutter.Run(cancellationToken)),
        progress.RunAsync(cancellationToken),
    ];

    private string Status()
    {
        NodePlan plan = reconciler.Committed;
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"revision {plan.Revision}: {plan.Policies.Policies.Count} policies to resourceVersion {PolicyProgress.Newest(plan.Policies.Policies)} with digest {PolicyDigest.Of(plan.Policies.Policies.Values)}, {plan.Policies.ClassCount} classes of pods, {plan.Policies.ChainCount} chains");
        foreach ((PolicyState policy, int pods) in plan.Policies.OnThisNode().OrderBy(p => p.Policy.Tier).ThenBy(p => p.Policy.Key))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{policy} revision {policy.Revision}: {pods} pods of this node{(policy.IsAudit ? ", under audit" : "")}");
        }

        return text.ToString();
    }

    private static Task OnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose()
    {
        denials.Dispose();
        cutter.Dispose();
        progress.Dispose();
    }
}
