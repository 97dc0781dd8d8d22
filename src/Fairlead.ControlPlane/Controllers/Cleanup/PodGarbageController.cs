using System.Collections.Concurrent;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Cleanup;

/// <summary>Deletes pods whose node is gone, that were deleted before they were placed, and ended ones beyond the threshold.</summary>
internal sealed class PodGarbageController : IController
{
    /// <summary>A node that is registered again within this time keeps its pods.</summary>
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    private static readonly ObjectKey Everything = new("", "");

    private readonly ControllerContext _context;
    private readonly Informer<Node> _nodes;
    private readonly ReconcileLoop _loop;
    private readonly ConcurrentDictionary<string, long> _goneSince = [];

    public PodGarbageController(ControllerContext context)
    {
        _context = context;
        _nodes = context.Informer<Node>();
        _loop = new ReconcileLoop(context, "podgc", ReconcileAsync, workers: 1);
        _loop.On(context.Pods, change =>
        {
            if (change.New is { } pod && (PodState.IsTerminal(pod) || pod.Metadata.IsDeleting || change.Old is null))
            {
                _loop.Queue.AddAfter(Everything, TimeSpan.FromMilliseconds(100));
            }
        });
        _loop.On(_nodes, change =>
        {
            if (change.New is null)
            {
                _loop.Queue.Add(Everything);
            }
            else
            {
                _goneSince.TryRemove(change.Key.Name, out _);
            }
        });
    }

    public Task RunAsync(CancellationToken cancellationToken) => _loop.RunAsync(cancellationToken);

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        TimeSpan? wait = null;
        foreach ((Pod pod, _) in PodGarbage.Find(_context.Pods.List(), name => IsGone(name, ref wait), _context.Options.TerminatedPodThreshold).ToArray())
        {
            try
            {
                DeleteOptions how = new() { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
                await _context.Client.DeleteAsync<Pod>(pod.Metadata.Key, how, cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesException e) when (e.IsNotFound || e.IsConflict)
            {
                // Gone, or another by now.
            }
        }

        if (wait is { } later)
        {
            _loop.Queue.AddAfter(Everything, later);
        }
    }

    private bool IsGone(string node, ref TimeSpan? wait)
    {
        if (_nodes.Get(node) is not null)
        {
            return false;
        }

        TimeSpan left = Quarantine - _context.Time.GetElapsedTime(_goneSince.GetOrAdd(node, _ => _context.Time.GetTimestamp()));
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        wait = wait is null || left < wait ? left : wait;
        return false;
    }
}
