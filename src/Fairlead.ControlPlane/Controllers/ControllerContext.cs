using System.Collections.Concurrent;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>What all controllers share: the client, the caches, the clock, event recorders.</summary>
internal sealed class ControllerContext
{
    private readonly ConcurrentDictionary<Type, (object Informer, Func<CancellationToken, Task> Run)> _informers = [];
    private readonly List<Func<CancellationToken, Task>> _recorders = [];

    public ControllerContext(KubernetesClient client, ControllerManagerOptions options)
    {
        Client = client;
        Options = options;
        Pods = Informer<Pod>();
        Pods.AddIndex(PodIndex.Owner, PodIndex.OwnerOf);
        Pods.AddIndex(PodIndex.Node, PodIndex.NodeOf);
        Pods.AddIndex(PodIndex.Orphans, PodIndex.OrphanOf);
    }

    public KubernetesClient Client { get; }

    public ControllerManagerOptions Options { get; }

    public TimeProvider Time => Client.Options.TimeProvider;

    public DateTimeOffset Now => Time.GetUtcNow();

    public Informer<Pod> Pods { get; }

    /// <summary>The cache of a kind, one for all controllers.</summary>
    public Informer<T> Informer<T>()
        where T : class, IKubernetesObject<T>
    {
        return (Informer<T>)_informers.GetOrAdd(typeof(T), _ =>
        {
            Informer<T> informer = new(Client, T.ResourceKind);
            ILogger log = Options.LoggerFactory.CreateLogger($"informer.{informer.Definition.Plural}");
            informer.Failed += error => Log.WatchFailed(log, informer.Definition.Plural, error.Message);
            return (informer, informer.RunAsync);
        }).Informer;
    }

    public EventRecorder Events(string component)
    {
        EventRecorder recorder = new(Client, component);
        _recorders.Add(recorder.RunAsync);
        return recorder;
    }

    public ILogger Logger(string name) => Options.LoggerFactory.CreateLogger(name);

    public IEnumerable<Task> Start(CancellationToken cancellationToken)
    {
        foreach ((_, Func<CancellationToken, Task> run) in _informers.Values)
        {
            yield return run(cancellationToken);
        }

        foreach (Func<CancellationToken, Task> run in _recorders)
        {
            yield return run(cancellationToken);
        }
    }
}

/// <summary>How pods are looked up.</summary>
internal static class PodIndex
{
    public const string Owner = "owner";
    public const string Node = "node";

    /// <summary>Pods that nobody controls, by namespace: those that may be adopted.</summary>
    public const string Orphans = "orphans";

    public static IEnumerable<string> OwnerOf(Pod pod) => pod.Metadata.Controller is { } owner ? [owner.Uid] : [];

    public static IEnumerable<string> OrphanOf(Pod pod) => pod.Metadata.Controller is null ? [pod.Metadata.Namespace] : [];

    public static IEnumerable<string> NodeOf(Pod pod) => string.IsNullOrEmpty(pod.Spec.NodeName) ? [] : [pod.Spec.NodeName];
}
