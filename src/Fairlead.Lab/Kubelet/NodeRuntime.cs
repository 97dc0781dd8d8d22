using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Lab.Kubelet.Containers;
using Fairlead.Lab.Kubelet.Images;
using Fairlead.Lab.Kubelet.Nodes;
using Fairlead.Lab.Kubelet.Pods;
using Fairlead.Lab.Kubelet.Probes;
using Fairlead.Lab.Kubelet.Sandboxes;
using Fairlead.Lab.Kubelet.Server;
using Fairlead.Lab.Kubelet.Volumes;
using Fairlead.Lab.Native;
using Microsoft.Extensions.Logging;

namespace Fairlead.Lab.Kubelet;

/// <summary>
/// The kubelet's part on one node of the lab: registers the node, runs its pods, serves the kubelet API. The process that calls it is already inside
/// the node's network and mount namespace. Killed at any instant, the next run takes up what runs.
/// </summary>
public static class NodeRuntime
{
    /// <summary>Runs until cancelled. The pods go on running without it.</summary>
    /// <param name="options">Who and where the node is.</param>
    /// <param name="loggers">Where to log; null for nowhere.</param>
    /// <param name="cancellationToken">Stops the runtime, not the pods.</param>
    /// <exception cref="InvalidOperationException">crun cannot work in this mount namespace.</exception>
    public static async Task RunAsync(NodeRuntimeOptions options, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        var logger = loggers?.CreateLogger("Fairlead.Lab.Kubelet") ?? (ILogger)Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        Cgroups.HideSecondVersion();
        NodePaths paths = new(options.StateDirectory);
        foreach (var directory in (string[])[paths.Root, paths.Crun, paths.Exits, paths.Sockets, paths.Pods])
        {
            Directory.CreateDirectory(directory);
        }

        using KubernetesClient client = new(KubernetesClientOptions.FromKubeconfig(options.Kubeconfig) with { UserAgent = "fairlead-kubelet", TimeProvider = options.TimeProvider });
        EventRecorder events = new(client, "kubelet", options.NodeName);
        OciRuntime runtime = new(paths);
        var machine = Machine.Read(await OciRuntime.VersionAsync(cancellationToken).ConfigureAwait(false), paths.Root);
        PodNetwork network = new(options);
        ApiConfiguration configuration = new(client, options.TimeProvider);
        Informer<Pod> pods = new(client, Pod.ResourceKind, new InformerOptions { Selection = new ListOptions { FieldSelector = $"spec.nodeName={options.NodeName}" } });
        Informer<Service> services = new(client, Service.ResourceKind);
        pods.Failed += failure => logger.WillRetry("watch pods", failure.Message);
        services.Failed += failure => logger.WillRetry("watch services", failure.Message);
        using ExitWatcher exits = new(paths, runtime, options.TimeProvider);
        using ProbeRunner probes = new(runtime, options.TimeProvider);
        NodeServices node = new()
        {
            Options = options,
            Paths = paths,
            Logger = logger,
            Client = client,
            Events = events,
            Runtime = runtime,
            Exits = exits,
            Sandboxes = new PodSandboxes(options, paths, network),
            Volumes = new PodVolumes(configuration, configuration.TokenAsync, options.TimeProvider),
            Configuration = configuration,
            Probes = probes,
            Images = new ImageStore(options.ImageDirectory),
            MachineMemory = machine.Memory,
            Services = async cancellation =>
            {
                await services.WaitForSyncAsync(cancellation).ConfigureAwait(false);
                return services.List();
            },
        };
        PodManager manager = new(node, pods);
        NodeHeartbeat heartbeat = new(options, client, network, machine, events, logger);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        KubeletServer server = new(node, manager);
        Task serving = server.RunAsync(stopping.Token);
        List<Task> running = [events.RunAsync(stopping.Token), pods.RunAsync(stopping.Token), services.RunAsync(stopping.Token), serving];
        try
        {
            await (await Task.WhenAny(server.Listening, serving).ConfigureAwait(false)).ConfigureAwait(false);
            await heartbeat.RegisterAsync(stopping.Token).ConfigureAwait(false);
            logger.NodeRegistered(options.NodeName, options.KubeletPort);
            running.AddRange([heartbeat.RunAsync(stopping.Token), manager.RunAsync(stopping.Token)]);
            await (await Task.WhenAny(running).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            try
            {
                await Task.WhenAll(running).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // As asked.
            }
        }
    }

    /// <summary>
    /// Removes everything that a node's runtime left in the kernel and on disk: its pods' processes, cgroups, names of network namespaces, mounts and state.
    /// The runtime itself must not be running. Succeeds when nothing is left, also when nothing was there.
    /// </summary>
    /// <param name="labName">The lab.</param>
    /// <param name="nodeName">The node.</param>
    /// <param name="stateDirectory">The <see cref="NodeRuntimeOptions.StateDirectory"/> that it ran with.</param>
    /// <param name="cgroupParent">The <see cref="NodeRuntimeOptions.CgroupParent"/> that it ran with; null for its default.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task CleanUpAsync(
        string labName, string nodeName, string stateDirectory, string? cgroupParent = null, CancellationToken cancellationToken = default)
    {
        var cgroup = cgroupParent ?? $"/fairlead/{labName}/{nodeName}";
        var title = PauseProcess.Title(labName, nodeName);
        // A pause process that was started in the instant before its maker died may not have reached its cgroup.
        foreach (var pid in Directory.GetDirectories("/proc").Select(Path.GetFileName).Select(static name => int.TryParse(name, out var pid) ? pid : 0).Where(static pid => pid > 0))
        {
            if (CommandLineOf(pid).StartsWith(title, StringComparison.Ordinal))
            {
                _ = LibC.Kill(pid, LibC.SIGKILL);
                _ = Spawn.Reap(pid, block: false);
            }
        }

        await Cgroups.KillAsync(cgroup, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        foreach (var name in NetworkNamespace.ListNamed().Where(name => name.StartsWith(PodSandboxes.NamePrefix(labName, nodeName), StringComparison.Ordinal)))
        {
            NetworkNamespace.DeleteNamed(name);
        }

        foreach (var point in MountTable.Below(stateDirectory))
        {
            Mounts.UnmountAll(point);
        }

        if (Directory.Exists(stateDirectory))
        {
            Directory.Delete(stateDirectory, recursive: true);
        }

        // Zombies leave their cgroup when they are reaped, which is init's affair and takes a moment.
        for (var attempt = 0; attempt < 40; attempt++)
        {
            Cgroups.Remove(cgroup);
            if (!Cgroups.Exists(cgroup))
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return ""; // Gone meanwhile.
        }
    }
}
