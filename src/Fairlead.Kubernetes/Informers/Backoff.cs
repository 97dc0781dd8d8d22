namespace Fairlead.Kubernetes;

/// <summary>A pause that doubles with each failure in a row, with jitter so that many clients do not come back together.</summary>
internal sealed class Backoff(TimeSpan shortest, TimeSpan longest, TimeProvider time)
{
    private int _failures;

    public void Reset() => _failures = 0;

    public TimeSpan Next()
    {
        double milliseconds = shortest.TotalMilliseconds * Math.Pow(2, Math.Min(_failures++, 30));
        milliseconds = Math.Min(milliseconds, longest.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(milliseconds * (1 + (Random.Shared.NextDouble() / 2)));
    }

    public Task WaitAsync(CancellationToken cancellationToken) => Task.Delay(Next(), time, cancellationToken);
}
