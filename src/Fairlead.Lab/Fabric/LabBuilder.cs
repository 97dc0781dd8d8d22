using Fairlead.Kubernetes;

namespace Fairlead.Lab.Fabric;

/// <summary>Brings a lab up: namespaces and links, the API, the nodes.</summary>
public static class LabBuilder
{
    /// <summary>What takes a second takes a minute on a machine that does much else; a process that has died is not waited for any shorter.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    /// <summary>A process enters its control group after it was started: on a busy machine, some time after. Only one that stays away has ended.</summary>
    private const int LooksUntilEnded = 30;
    private const int LogLinesShown = 12;
    private const int LogsShown = 8;

    /// <summary>Brings a lab up and returns when every worker is Ready, or registered where nobody makes the pods' network. One of the same name, in whatever state, is taken down first.</summary>
    /// <exception cref="LabException">Something of the lab did not start; what was made is gone again, and the message has the last lines of the log.</exception>
    public static async Task<RunningLab> UpAsync(LabOptions options, LabSteps steps, CancellationToken cancellationToken)
    {
        LabTopology topology = LabTopology.Plan(options);
        var paths = new LabPaths(topology.Name);
        RequireRoot();
        RequirePlugins();
        LabDaemons.RequireMode(topology.Mode);
        MachineLimits.RequireWatches(topology.Workers.Count());
        using LabLock held = LabLock.Take(topology.Name);
        await steps.RunAsync("clear what is left of an earlier lab", () => LabSweeper.SweepAsync(topology.Name, cancellationToken)).ConfigureAwait(false);
        try
        {
            using LabSocket socket = LabSocket.Listen(options.ApiPort);
            LabDefinition definition = LabDefinition.From(options, socket.Port);
            Directory.CreateDirectory(paths.Logs);
            definition.Write(paths);

            steps.Run("make the network", () => MakeNetwork(topology, paths));
            steps.Run("issue credentials", () => Credentials.Issue(topology, paths, socket.Port));
            var daemons = new LabDaemons(topology, paths);
            using var client = KubernetesClient.FromKubeconfig(paths.Kubeconfig);
            await steps.RunAsync("start the API", async () =>
            {
                daemons.Start(topology.Controller, LabDaemons.ApiServer, socket.Socket);
                foreach (LabHost host in topology.Hosts.Where(host => host.Role is LabRole.Internet or LabRole.Router))
                {
                    daemons.StartAll(host);
                }

                // The socket listens already: the question waits in its backlog until the server takes it.
                await WithinPatience(topology, [topology.Controller], token => ApiReadyAsync(client, token), "the API did not become ready", cancellationToken).ConfigureAwait(false);
                await ClusterDnsObjects.CreateAsync(client, topology, cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
            string state = topology.Network == LabNetwork.None ? "there" : "ready";
            await steps.RunAsync($"start {topology.Workers.Count()} nodes and wait until they are {state}", async () =>
            {
                foreach (LabHost worker in topology.Workers)
                {
                    daemons.StartAll(worker);
                }

                await WithinPatience(topology, [topology.Controller, .. topology.Workers], token => NodesReadyAsync(client, topology, token), $"not every node is {state}", cancellationToken).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return RunningLab.Open(topology.Name);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            string logs = LastLines(paths);
            await LabSweeper.SweepAsync(topology.Name, CancellationToken.None).ConfigureAwait(false);
            held.Forget();
            throw new LabException($"lab {topology.Name} did not come up: {exception.Message}{logs}", exception);
        }
        catch (OperationCanceledException)
        {
            await LabSweeper.SweepAsync(topology.Name, CancellationToken.None).ConfigureAwait(false);
            held.Forget();
            throw;
        }
    }

    private static void RequireRoot()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new LabException("a lab needs root: it makes namespaces, links and mounts. Run it with sudo.");
        }
    }

    private static void RequirePlugins()
    {
        if (!File.Exists(Path.Combine(LabDaemons.PluginDirectory, "bridge")))
        {
            throw new LabException($"the CNI plugins are not in {LabDaemons.PluginDirectory}. 'make build' puts them there, beside the directory of the fairlead executable.");
        }
    }

    private static void MakeNetwork(LabTopology topology, LabPaths paths)
    {
        FabricNetwork.Create(topology);
        foreach (LabHost host in topology.Hosts)
        {
            new HostNamespaces(paths, host).Create();
            if (host.Role != LabRole.Worker)
            {
                continue;
            }

            Directory.CreateDirectory(paths.HostCniConfiguration(host.Name));
            if (topology.Network != LabNetwork.None)
            {
                CniConfiguration.Write(paths.HostCniConfiguration(host.Name), host, topology.PodMtu, waitsForPolicies: topology.Network == LabNetwork.Fairlead);
            }
        }
    }

    /// <summary>The API answers before it has written what every cluster has, such as kube-system.</summary>
    private static async Task ApiReadyAsync(KubernetesClient client, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await client.SendAsync(HttpMethod.Get, "/readyz", null, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (KubernetesException e) when (e.Status.Code is >= 500)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The client's own patience, which is shorter.
            }
        }
    }

    private static async Task NodesReadyAsync(KubernetesClient client, LabTopology topology, CancellationToken cancellationToken)
    {
        var nodes = new Informer<Node>(client, Node.ResourceKind);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes.Changed += _ => CompleteWhenReady();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = nodes.RunAsync(stop.Token);
        await nodes.WaitForSyncAsync(cancellationToken).ConfigureAwait(false);
        CompleteWhenReady();
        await ready.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        void CompleteWhenReady()
        {
            // Without a network nodes are there, and not ready before somebody brings one.
            if (topology.Workers.All(worker => nodes.Get(worker.Name) is { } node && (topology.Network == LabNetwork.None || IsReady(node))))
            {
                ready.TrySetResult();
            }
        }
    }

    private static bool IsReady(Node node) => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) ?? false;

    /// <summary>Waits for what the hosts' processes have to do, as long as they all run.</summary>
    private static async Task WithinPatience(LabTopology topology, IReadOnlyList<LabHost> hosts, Func<CancellationToken, Task> action, string otherwise, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        Task acting = action(patience.Token);
        try
        {
            int missing = 0;
            while (await Task.WhenAny(acting, Task.Delay(s_look, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false) != acting)
            {
                string? ended = LabDaemons.Ended(topology, hosts);
                missing = ended is null ? 0 : missing + 1;
                if (missing >= LooksUntilEnded)
                {
                    await patience.CancelAsync().ConfigureAwait(false);
                    await acting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw new LabException($"{otherwise}: {ended} has ended. A log without its reason means that the disk is full");
                }
            }

            await acting.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException($"{otherwise} within {s_patience.TotalSeconds:F0} s");
        }
    }

    private static string LastLines(LabPaths paths)
    {
        if (!Directory.Exists(paths.Logs))
        {
            return "";
        }

        string[] logs = [.. Directory.GetFiles(paths.Logs).Order(StringComparer.Ordinal)
            .Select(file => (File: file, Lines: File.ReadAllLines(file)))
            .Where(log => log.Lines.Length > 0)
            .Select(log => $"\n--- {Path.GetFileName(log.File)}\n{string.Join('\n', log.Lines.TakeLast(LogLinesShown))}")];
        return string.Concat(logs.Take(LogsShown)) + (logs.Length > LogsShown ? $"\n--- and {logs.Length - LogsShown} more like these" : "");
    }
}
