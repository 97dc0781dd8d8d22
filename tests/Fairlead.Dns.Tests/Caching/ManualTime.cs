namespace Fairlead.Dns.Tests.Caching;

/// <summary>A clock that stands until a test moves it. Timers run on the machine's own, or never.</summary>
internal sealed class ManualTime(bool hasTimers = true) : TimeProvider
{
    private long milliseconds = 1_000_000;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => Interlocked.Read(ref milliseconds);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        hasTimers ? base.CreateTimer(callback, state, dueTime, period) : base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Advance(double seconds) => Interlocked.Add(ref milliseconds, (long)(seconds * 1000));
}
