using Fairlead.Kubernetes;

namespace Fairlead.Dns.Cluster;

/// <summary>Which pods have to be known.</summary>
internal enum PodScope
{
    /// <summary>None.</summary>
    None,

    /// <summary>This node's: to know whose search path a question goes, and who asks.</summary>
    Node,

    /// <summary>All: their names are verified.</summary>
    All,
}

/// <summary>A watch of pods. One of a wider scope takes its place once it has seen them all.</summary>
/// <param name="client">The API.</param>
/// <param name="scope">Which pods.</param>
/// <param name="nodeName">The node whose pods <see cref="PodScope.Node"/> means.</param>
internal sealed class PodWatch(KubernetesClient client, PodScope scope, string nodeName) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public PodScope Scope => scope;

    /// <summary>Whether all have been seen.</summary>
    public bool IsSynced => scope == PodScope.None || Pods.IsSynced;

    public Informer<Pod> Pods { get; } = new(
        client, Pod.ResourceKind, new() { Selection = new() { FieldSelector = scope == PodScope.Node ? $"spec.nodeName={nodeName}" : null } }, Keep);

    /// <summary>Watches until cancelled, or disposed of; at once where no pods have to be known.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (scope == PodScope.None)
        {
            return;
        }

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        await Pods.RunAsync(either.Token).ConfigureAwait(false);
    }

    public Task WaitForSyncAsync(CancellationToken cancellationToken) => scope == PodScope.None ? Task.CompletedTask : Pods.WaitForSyncAsync(cancellationToken);

    public void Dispose() => _stop.Cancel();

    /// <summary>Names and addresses; containers and conditions are most of a pod.</summary>
    private static Pod Keep(Pod pod) => new()
    {
        Metadata = pod.Metadata.Identity,
        Spec = new() { HostNetwork = pod.Spec.HostNetwork },
        Status = new() { Phase = pod.Status.Phase, PodIPs = pod.Status.PodIPs },
    };
}
