using System.Collections.Concurrent;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Cleanup;

/// <summary>Deletes events when their time is over, counted from the last time that they were written.</summary>
/// <remarks>A kube-apiserver does this in etcd; there this controller finds nothing to do.</remarks>
internal sealed class EventLifetimeController : IController
{
    private readonly ControllerContext _context;
    private readonly Informer<PartialObject> _events;
    private readonly ReconcileLoop _loop;
    private readonly ConcurrentDictionary<ObjectKey, DateTimeOffset> _due = [];

    public EventLifetimeController(ControllerContext context)
    {
        _context = context;
        _events = new Informer<PartialObject>(context.Client, PartialObject.Of(Event.ResourceKind.Definition));
        _loop = new ReconcileLoop(context, "eventttl", ReconcileAsync, workers: 1);
        if (context.Options.EventLifetime is { } lifetime)
        {
            _loop.On(_events, change =>
            {
                if (change.New is { } item)
                {
                    // What is found at the start was written at its creation, as far as anybody knows; a change is written now.
                    DateTimeOffset due = (change.Old is null ? item.Metadata.CreationTimestamp ?? context.Now : context.Now) + lifetime;
                    _due[change.Key] = due;
                    _loop.Queue.AddAfter(change.Key, due - context.Now);
                }
                else
                {
                    _due.TryRemove(change.Key, out _);
                }
            });
        }
    }

    public Task RunAsync(CancellationToken cancellationToken) =>
        _context.Options.EventLifetime is null
            ? Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
            : Task.WhenAll(_events.RunAsync(cancellationToken), _loop.RunAsync(cancellationToken));

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!_due.TryGetValue(key, out DateTimeOffset due))
        {
            return;
        }

        if (due > _context.Now)
        {
            // It was written again since the appointment was made.
            _loop.Queue.AddAfter(key, due - _context.Now);
            return;
        }

        try
        {
            await _context.Client.DeleteAsync<Event>(key, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // Gone already.
        }
    }
}
