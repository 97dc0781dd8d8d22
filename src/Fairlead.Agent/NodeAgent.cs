using System.Globalization;
using Fairlead.Agent.Health;
using Fairlead.Agent.Local;
using Fairlead.Agent.Names;
using Fairlead.Agent.Policies;
using Fairlead.Agent.Probing;
using Fairlead.Agent.Reconciling;
using Fairlead.Agent.Telemetry;
using Fairlead.Agent.Watching;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent;

/// <summary>The node's daemon: watch → plan → diff → commit → prove. Runs in the network namespace of the node.</summary>
public static class NodeAgent
{
    /// <summary>Runs until cancelled. What the agent put into the kernel stays when it ends.</summary>
    /// <param name="options">What the operator wants.</param>
    /// <param name="cancellationToken">Ends the agent.</param>
    /// <exception cref="ArgumentException">The options don't fit; the message names the one.</exception>
    /// <exception cref="Kernel.KernelException">The kernel doesn't let us work at all (no CAP_NET_ADMIN).</exception>
    public static async Task RunAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        }));
        ILogger logger = loggers.CreateLogger("agent");
        using KubernetesClient client = new(KubernetesClientOptions.Find(options.Kubeconfig) with { UserAgent = "fairlead-agent" });
        await RunAsync(options, client, logger, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    internal static async Task RunAsync(AgentOptions options, KubernetesClient client, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using AgentMetrics metrics = new();
        using PrometheusText prometheus = new(AgentMetrics.MeterName);
        ClusterFeed feed = new(time) { NodeName = options.NodeName };

        // Who is served by another proxy, or headless, isn't even sent to us, unless the node's DNS has names for them.
        ServiceReflectors services = new(client, (resource, message) => Log.WatchFailed(logger, resource, message), options.Dns is not null
            ? null
            : new() { Selection = new() { LabelSelector = $"!{Annotations.ServiceProxyName},!{Annotations.Headless}" } });
        ClusterWatcher watcher = new(client, services, feed, options.VxlanId, logger, options.EnforcePolicies);
        NodePublisher publisher = new(client, watcher, options, time, logger);
        EventRecorder events = new(client, "fairlead-agent", options.NodeName);
        using Reconciler reconciler = new(
            feed, options.ToSettings(), new(options.FirstCommitDelay, options.CommitInterval, options.AuditInterval, options.NetworkFile)
            {
                Sysctls = options.ManageSysctls ? new(options.LocalhostNodePorts, logger) : null,
            }, metrics, logger, time);
        reconciler.ProblemFound += problem => events.Record(Reference(problem), "Warning", problem.Reason, problem.Message);
        reconciler.Problems.Found += problem => events.Record(Reference(problem), "Warning", problem.Reason, problem.Message);
        reconciler.PlanCommitted += publisher.Publish;
        using ChecksumCheck checksums = new(options.NodeName, reconciler.FindOverlay, reconciler.Problems, logger);
        using PathProber? prober = options.ProbeInterval > TimeSpan.Zero
            ? PathProber.Start(options.NodeName, options.ProbeInterval, checksums, reconciler.Problems, metrics, logger)
            : null;
        if (prober is not null)
        {
            reconciler.PlanCommitted += prober.Follow;
        }

        using PolicyParts? policies = options.EnforcePolicies ? new(options, client, feed, reconciler, events, metrics, logger, time) : null;
        await using DnsPart? dns = options.Dns is { } names ? new DnsPart(options, names, client, services, logger, time) : null;
        List<Task> parts =
        [
            services.RunAsync(stop.Token),
            watcher.RunAsync(stop.Token),
            events.RunAsync(stop.Token),
            publisher.RunAsync(stop.Token),
            new SoleAgent(options.NodeName, SoleAgent.UsualHandover, reconciler.Problems, time).RunAsync(stop.Token),
            ReconcileAsync(watcher, reconciler, stop.Token),
            .. policies?.Run(stop.Token) ?? [],
        ];
        if (dns is not null)
        {
            parts.Add(dns.RunAsync(stop.Token));
        }

        // An agent that this one replaces may still have the address.
        using HealthListeners health = new(
            () => new(IsAlive: !reconciler.IsStuck, IsReady: watcher.IsSynced && reconciler.HasCommitted && dns is null or { IsReady: true }, IsHealthy: reconciler.HasCommitted && !reconciler.IsFailing),
            () => prometheus.Write() + dns?.Metrics(),
            logger,
            time);
        if (options.HealthAddress is { } address)
        {
            health.Use([address]);
            parts.Add(health.RunAsync(mustServe: false, stop.Token));
        }

        if (options.LocalSocketPath is { } path)
        {
            LocalRoutes routes = new LocalRoutes()
                .Text("/status", _ => Status(options, reconciler))
                .Text("/ways", _ => prober is null ? "" : string.Concat(prober.Describe().Select(way => way + "\n")))
                .Text("/services", request => Services(options, reconciler, request.Find("service"), request.Find("namespace")))
                .Text("/services/iptables", request => AsIptables(options, reconciler, request.Has("ipv6")));
            policies?.AddTo(routes);
            dns?.AddTo(routes);
            parts.Add(LocalSocket.RunAsync(path, routes, logger, stop.Token));
        }

        // Whichever part ends first takes the others with it; what it threw is thrown here.
        Task first = await Task.WhenAny(parts).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(parts).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        await first.ConfigureAwait(false);
    }

    private static async Task ReconcileAsync(ClusterWatcher watcher, Reconciler reconciler, CancellationToken cancellationToken)
    {
        await watcher.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
        await Task.Factory.StartNew(
            () => reconciler.Run(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static ObjectReference Reference(PlanProblem problem) => new()
    {
        ApiVersion = "v1",
        Kind = problem.Kind,
        Namespace = problem.Object.Namespace.Length > 0 ? problem.Object.Namespace : null,
        Name = problem.Object.Name,
    };

    /// <summary>A Service is named NAMESPACE/NAME, or NAME alone in whatever namespace.</summary>
    private static string Services(AgentOptions options, Reconciler reconciler, string? service, string? inNamespace)
    {
        NodePlan plan = reconciler.Committed;
        return string.IsNullOrEmpty(service) || plan.Services.Keys.Any(Wanted)
            ? ServicesView.Write(plan, reconciler.HandledState ?? ClusterState.Empty, options.NodeName, Wanted)
            : throw new ArgumentException($"this node has no Service {service}: it isn't in the API, is headless or an ExternalName, or another proxy's.");

        bool Wanted(ObjectKey key) =>
            (string.IsNullOrEmpty(inNamespace) || key.Namespace == inNamespace)
            && (string.IsNullOrEmpty(service) || key.ToString() == service || key.Name == service);
    }

    private static string AsIptables(AgentOptions options, Reconciler reconciler, bool ipv6) =>
        IptablesView.Write(reconciler.Committed, reconciler.HandledState ?? ClusterState.Empty, options.ToSettings(), ipv6);

    private static string Status(AgentOptions options, Reconciler reconciler)
    {
        NodePlan plan = reconciler.Committed;
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            node {options.NodeName}
            mode {options.Mode}
            revision {plan.Revision}
            services {plan.Services.Count}
            elements {plan.ElementCount}
            routes {plan.Routes.Count}
            {string.Concat(plan.Problems.Concat(reconciler.Problems.Current).Select(p => $"problem {p.Reason}: {p.Message}\n"))}
            """);
    }
}
