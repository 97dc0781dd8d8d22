using System.Text.Json;
using Fairlead.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Fairlead.ControlPlane.Controllers;

/// <summary>
/// A controller's loop: keys wake it, workers reconcile one key each. What the server or the network refuses is retried with growing pauses;
/// an object that makes no sense is logged once and left until it changes; anything else ends the process.
/// </summary>
internal class ReconcileLoop<TKey>
    where TKey : notnull
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly ILogger _log;
    private readonly int _workers;
    private readonly TimeProvider _time;
    private readonly Func<TKey, CancellationToken, Task> _reconcile;
    private readonly List<Func<CancellationToken, Task>> _wanted = [];

    public ReconcileLoop(ControllerContext context, string name, Func<TKey, CancellationToken, Task> reconcile, int workers = 5)
    {
        _name = name;
        _log = context.Logger(name);
        _workers = workers;
        _time = context.Time;
        _reconcile = reconcile;
        Queue = new WorkQueue<TKey>(context.Time);
    }

    public WorkQueue<TKey> Queue { get; }

    /// <summary>Wakes the loop for what changes in a cache, and lets it start only when the cache is full.</summary>
    public void On<T>(Informer<T> informer, Action<InformerChange<T>> wake)
        where T : class, IKubernetesObject
    {
        informer.Changed += wake;
        _wanted.Add(informer.WaitForSyncAsync);
    }

    /// <summary>Lets the loop start only when something else is ready too.</summary>
    public void After(Func<CancellationToken, Task> ready) => _wanted.Add(ready);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_wanted.Select(wanted => wanted(cancellationToken))).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, _workers).Select(_ => Task.Run(() => WorkAsync(cancellationToken), cancellationToken))).ConfigureAwait(false);
        }
        finally
        {
            Queue.Stop();
        }
    }

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TKey key = await Queue.TakeAsync(cancellationToken).ConfigureAwait(false);
            long started = _time.GetTimestamp();
            string outcome = ControllerMetrics.Done;
            try
            {
                await _reconcile(key, cancellationToken).ConfigureAwait(false);
                Queue.Forget(key);
            }
            catch (KubernetesException e) when (e.IsConflict || e.IsNotFound)
            {
                outcome = ControllerMetrics.Conflict;
                Log.Conflict(_log, _name, key);
                Queue.Retry(key);
            }
            catch (Exception e) when (e is KubernetesException or HttpRequestException or IOException or TimeoutException)
            {
                outcome = ControllerMetrics.Refused;
                Log.Retrying(_log, _name, key, e.Message);
                Queue.Retry(key);
            }
            catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
            {
                outcome = ControllerMetrics.Unusable;
                Log.Unusable(_log, _name, key, e.Message);
                Queue.Forget(key);
            }
            finally
            {
                // A key that keeps changing rests as long as its last look took: a set of a thousand pods that all start must not cost a thousand looks.
                TimeSpan duration = _time.GetElapsedTime(started);
                Queue.Done(key, duration < LongestRest ? duration : LongestRest);
                ControllerMetrics.Record(_name, outcome, duration);
            }
        }
    }
}

/// <summary>A loop whose keys are the objects' own.</summary>
internal sealed class ReconcileLoop(ControllerContext context, string name, Func<ObjectKey, CancellationToken, Task> reconcile, int workers = 5)
    : ReconcileLoop<ObjectKey>(context, name, reconcile, workers)
{
    /// <summary>Wakes the loop for each object itself.</summary>
    public void OnEach<T>(Informer<T> informer)
        where T : class, IKubernetesObject => On(informer, change => Queue.Add(change.Key));
}
