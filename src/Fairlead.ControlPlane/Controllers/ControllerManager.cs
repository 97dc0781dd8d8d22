using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>Runs the controllers of a cluster against any conforming API server, through its public API alone.</summary>
public static class ControllerManager
{
    private static readonly Dictionary<string, Func<ControllerContext, IController>> Known = new()
    {
        ["deployment"] = context => new Deployments.DeploymentController(context),
        ["replicaset"] = ReplicaSets.ReplicaKinds.ReplicaSets,
        ["replicationcontroller"] = ReplicaSets.ReplicaKinds.ReplicationControllers,
        ["scheduler"] = context => new Scheduling.Scheduler(context),
        ["endpointslice"] = context => new EndpointSlices.EndpointSliceController(context),
        ["nodeipam"] = context => new Nodes.NodeIpamController(context),
        ["nodelifecycle"] = context => new Nodes.NodeLifecycleController(context),
        ["tainteviction"] = context => new Nodes.TaintEvictionController(context),
        ["namespace"] = context => new Namespaces.NamespaceController(context),
        ["garbagecollector"] = context => new GarbageCollection.GarbageCollector(context),
        ["serviceaccount"] = context => new ServiceAccounts.ServiceAccountController(context),
        ["daemonset"] = context => new DaemonSets.DaemonSetController(context),
        ["statefulset"] = context => new StatefulSets.StatefulSetController(context),
        ["job"] = context => new Jobs.JobController(context),
        ["cronjob"] = context => new CronJobs.CronJobController(context),
        ["endpoints"] = context => new Endpoints.EndpointsController(context),
        ["endpointslicemirroring"] = context => new Endpoints.EndpointSliceMirroringController(context),
        ["disruption"] = context => new Disruption.DisruptionController(context),
        ["podgc"] = context => new Cleanup.PodGarbageController(context),
        ["eventttl"] = context => new Cleanup.EventLifetimeController(context),
        ["rootca"] = context => new ServiceAccounts.RootCertificateController(context),
    };

    /// <summary>The names of all controllers, for <see cref="ControllerManagerOptions.Disabled"/>.</summary>
    public static IReadOnlyCollection<string> Names => Known.Keys;

    /// <summary>
    /// Runs until cancelled. A server that is away is waited for; a defect in a controller is thrown, because a control plane that has quietly
    /// lost one of its controllers is worse than none.
    /// </summary>
    /// <param name="client">A client that may do everything.</param>
    /// <param name="options">The cluster's ranges and periods.</param>
    /// <param name="cancellationToken">Ends all controllers.</param>
    public static async Task RunAsync(KubernetesClient client, ControllerManagerOptions options, CancellationToken cancellationToken)
    {
        ControllerContext context = new(client, options);
        IController[] controllers = [.. Known.Where(known => !options.Disabled.Contains(known.Key)).Select(known => known.Value(context))];
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> running = [.. controllers.Select(controller => controller.RunAsync(stop.Token)), .. context.Start(stop.Token)];
        Task first = await Task.WhenAny(running).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await Task.WhenAll(running).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested || !first.IsFaulted)
        {
            // Asked to stop.
        }

        if (first.IsFaulted)
        {
            await first.ConfigureAwait(false);
        }
    }
}
