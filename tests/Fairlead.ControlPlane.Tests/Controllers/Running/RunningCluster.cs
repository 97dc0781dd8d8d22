using System.Collections.Concurrent;
using System.Net;
using Fairlead.ControlPlane.Controllers;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers.Running;

/// <summary>A real API server on a free port, the controllers, and pretended kubelets.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    /// <summary>Long, because machines are busy; nothing waits for it where all is well.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _directory;
    private readonly ApiServer _server;
    private readonly RecordingHandler _recorder;
    private readonly KubernetesClient _controllerClient;
    private readonly ControllerManagerOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, (CancellationTokenSource Stop, Task Running)> _kubelets = [];
    private CancellationTokenSource _stopControllers = new();
    private Task _controllers = Task.CompletedTask;

    private RunningCluster(string directory, ApiServer server, ControllerManagerOptions options)
    {
        _directory = directory;
        _server = server;
        _options = options;
        KubernetesClientOptions client = KubernetesClientOptions.FromKubeconfigText(server.AdminKubeconfig);
        Client = new KubernetesClient(client);
        _recorder = new RecordingHandler(client);
        _controllerClient = new KubernetesClient(client, _recorder);
    }

    public KubernetesClient Client { get; }

    /// <summary>What the controllers wrote: method and path.</summary>
    public IReadOnlyCollection<string> Writes => _recorder.Writes;

    public static async Task<RunningCluster> StartAsync(int nodes, ControllerManagerOptions? options = null)
    {
        string directory = Directory.CreateTempSubdirectory("fairlead-controllers-").FullName;
        ApiServer server = await ApiServer.StartAsync(new ApiServerOptions { DataDirectory = directory, BindAddress = System.Net.IPAddress.Loopback, SecurePort = 0, SocketActivation = false });
        RunningCluster cluster = new(directory, server, options ?? new ControllerManagerOptions { ClusterCidrs = [IPNetwork.Parse("10.200.0.0/16")] });
        cluster.StartControllers();
        for (int i = 0; i < nodes; i++)
        {
            cluster.StartKubelet($"worker-{i}", i);
        }

        return cluster;
    }

    public void StartControllers()
    {
        _stopControllers = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _recorder.Clear();
        _controllers = ControllerManager.RunAsync(_controllerClient, _options, _stopControllers.Token);
    }

    /// <summary>Stops the controllers wherever they are.</summary>
    public async Task StopControllersAsync()
    {
        await _stopControllers.CancelAsync();
        await _controllers;
    }

    public void StartKubelet(string node, int number)
    {
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _kubelets[node] = (stop, Task.Run(() => new PretendedKubelet(Client, node, number).RunAsync(stop.Token)));
    }

    public async Task StopKubeletAsync(string node)
    {
        (CancellationTokenSource stop, Task running) = _kubelets[node];
        await stop.CancelAsync();
        await Ended(running);
    }

    /// <summary>Waits until all objects of a kind together are as they should be; watches, never sleeps.</summary>
    public async Task<IReadOnlyList<T>> UntilAsync<T>(string ns, Func<IReadOnlyList<T>, bool> holds)
        where T : class, IKubernetesObject<T>
    {
        Informer<T> informer = new(Client, T.ResourceKind, new InformerOptions { Selection = new ListOptions { Namespace = ns.Length > 0 ? ns : null } });
        TaskCompletionSource<IReadOnlyList<T>> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        informer.Changed += _ => Look();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);
        Look();
        try
        {
            return await done.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{typeof(T).Name}s are still: {string.Join('\n', informer.List().Select(item => System.Text.Json.JsonSerializer.Serialize(item, T.ResourceKind.Item)))}");
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }

        void Look()
        {
            if (informer.IsSynced && holds(informer.List()))
            {
                done.TrySetResult(informer.List());
            }
        }
    }

    public Task<T> UntilAsync<T>(ObjectKey key, Func<T, bool> holds)
        where T : class, IKubernetesObject<T> => UntilAsync<T>(key.Namespace, all => all.Any(item => item.Metadata.Name == key.Name && holds(item)))
            .ContinueWith(found => found.Result.First(item => item.Metadata.Name == key.Name), TaskScheduler.Default);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _controllers;
        foreach ((_, Task running) in _kubelets.Values)
        {
            await Ended(running);
        }

        Client.Dispose();
        _controllerClient.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task Ended(Task running)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }

    /// <summary>Notes what is written, on its way to the server.</summary>
    private sealed class RecordingHandler : DelegatingHandler
    {
        private readonly ConcurrentQueue<string> _writes = [];

        public RecordingHandler(KubernetesClientOptions options) => InnerHandler = KubernetesClient.CreateTransport(options);

        public IReadOnlyCollection<string> Writes => _writes;

        public void Clear() => _writes.Clear();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method != HttpMethod.Get)
            {
                _writes.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath}");
            }

            return base.SendAsync(request, cancellationToken);
        }
    }
}
