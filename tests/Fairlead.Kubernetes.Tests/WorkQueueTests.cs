namespace Fairlead.Kubernetes.Tests;

public class WorkQueueTests
{
    private readonly HandMovedTime _time = new();

    [Fact]
    public async Task A_key_that_is_added_twice_is_handed_out_once()
    {
        WorkQueue<string> queue = new(_time);
        queue.Add("a");
        queue.Add("a");
        queue.Add("b");

        Assert.Equal(["a", "b"], [await TakeAsync(queue), await TakeAsync(queue)]);
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task A_key_that_is_added_while_it_is_held_comes_back_when_it_is_done()
    {
        WorkQueue<string> queue = new(_time);
        queue.Add("a");
        await TakeAsync(queue);
        queue.Add("a");
        queue.Add("b");
        Assert.Equal("b", await TakeAsync(queue));

        queue.Done("a");

        Assert.Equal("a", await TakeAsync(queue));
    }

    [Fact]
    public async Task Failures_come_back_after_pauses_that_double_until_they_are_forgotten()
    {
        WorkQueue<string> queue = new(_time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        foreach (int seconds in (int[])[1, 2, 3, 3])
        {
            queue.Retry("a");
            _time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
            Assert.Equal(0, queue.Count);
            _time.Advance(TimeSpan.FromSeconds(0.1));
            Assert.Equal("a", await TakeAsync(queue));
            queue.Done("a");
        }

        queue.Forget("a");
        queue.Retry("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void The_earlier_of_two_appointments_is_kept()
    {
        WorkQueue<string> queue = new(_time);
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(2));
        queue.AddAfter("a", TimeSpan.FromSeconds(20));

        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, queue.Count);
    }

    private static ValueTask<string> TakeAsync(WorkQueue<string> queue) => queue.TakeAsync(TestContext.Current.CancellationToken);
}

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class HandMovedTime : TimeProvider
{
    private readonly List<HandMovedTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by)
    {
        _now += by;
        foreach (HandMovedTimer timer in _timers.Where(timer => timer.Due <= _now).ToArray())
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        HandMovedTimer timer = new(this, callback, state) { Due = _now + dueTime };
        _timers.Add(timer);
        return timer;
    }

    private sealed class HandMovedTimer(HandMovedTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset Due { get; set; }

        public void Fire()
        {
            time._timers.Remove(this);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = time._now + dueTime;
            return true;
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
