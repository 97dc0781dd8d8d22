using System.Threading.Channels;

namespace Fairlead.Kubernetes;

/// <summary>
/// Keys to look at. A key that is added several times is handed out once; a key that is added while a worker holds it is handed out again
/// when the worker is done; never to two workers at once. Failures come back after a pause that doubles.
/// </summary>
/// <typeparam name="TKey">What is queued.</typeparam>
public sealed class WorkQueue<TKey>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _held = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, ITimer> _timers = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _shortestRetry;
    private readonly TimeSpan _longestRetry;
    private bool _stopped;

    /// <summary>A queue.</summary>
    /// <param name="time">The clock of the pauses.</param>
    /// <param name="shortestRetry">The first pause; 5 ms where not given.</param>
    /// <param name="longestRetry">The longest pause; 60 s where not given.</param>
    public WorkQueue(TimeProvider time, TimeSpan? shortestRetry = null, TimeSpan? longestRetry = null)
    {
        _time = time;
        _shortestRetry = shortestRetry ?? TimeSpan.FromMilliseconds(5);
        _longestRetry = longestRetry ?? TimeSpan.FromSeconds(60);
    }

    /// <summary>The number of keys that wait for a worker.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Asks for a look at a key.</summary>
    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_stopped || !_waiting.Add(key) || _held.Contains(key))
            {
                return;
            }

            _ready.Writer.TryWrite(key);
        }
    }

    /// <summary>Asks for a look at a key after a while; an earlier appointment stands, a later one is moved forward.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            DateTimeOffset due = _time.GetUtcNow() + delay;
            if (_timers.TryGetValue(key, out ITimer? earlier))
            {
                if (_due[key] <= due)
                {
                    return;
                }

                earlier.Dispose();
            }

            _due[key] = due;
            _timers[key] = _time.CreateTimer(static state => ((Appointment)state!).Keep(), new Appointment(this, key, due), delay, Timeout.InfiniteTimeSpan);
        }
    }

    private readonly Dictionary<TKey, DateTimeOffset> _due = [];

    /// <summary>Brings a key back after a pause that doubles with each failure in a row.</summary>
    public void Retry(TKey key)
    {
        int failures;
        lock (_gate)
        {
            failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
        }

        double milliseconds = Math.Min(_shortestRetry.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 30)), _longestRetry.TotalMilliseconds);
        AddAfter(key, TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>Forgets a key's failures.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key; the caller has it to itself until <see cref="Done"/>.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        TKey key = await _ready.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            _waiting.Remove(key);
            _held.Add(key);
        }

        return key;
    }

    /// <summary>Gives a key back.</summary>
    /// <param name="key">The key.</param>
    /// <param name="pause">How long it rests where it was added again meanwhile; what comes in during the pause is seen in one look.</param>
    public void Done(TKey key, TimeSpan pause = default)
    {
        lock (_gate)
        {
            _held.Remove(key);
            if (!_waiting.Contains(key))
            {
                return;
            }

            if (pause <= TimeSpan.Zero)
            {
                _ready.Writer.TryWrite(key);
                return;
            }

            _waiting.Remove(key);
        }

        AddAfter(key, pause);
    }

    /// <summary>Stops all appointments; nothing is queued any more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            foreach (ITimer timer in _timers.Values)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    private sealed class Appointment(WorkQueue<TKey> queue, TKey key, DateTimeOffset due)
    {
        public void Keep()
        {
            lock (queue._gate)
            {
                if (!queue._due.TryGetValue(key, out DateTimeOffset current) || current != due)
                {
                    return;
                }

                queue._due.Remove(key);
                if (queue._timers.Remove(key, out ITimer? timer))
                {
                    timer.Dispose();
                }
            }

            queue.Add(key);
        }
    }
}
