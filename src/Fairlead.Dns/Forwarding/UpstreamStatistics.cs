using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>How an upstream has served. Plain numbers that are read when somebody asks for metrics.</summary>
internal sealed class UpstreamStatistics
{
    /// <summary>Upper bounds of the buckets of durations, in seconds; a last one is without bound.</summary>
    public static readonly double[] Bounds = [0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096];

    private readonly long[] buckets = new long[Bounds.Length + 1];
    private readonly long[] codes = new long[16];
    private long failures;
    private long healthCheckFailures;
    private long connections;
    private long ticks;

    public long Failures => Interlocked.Read(ref failures);

    public long HealthCheckFailures => Interlocked.Read(ref healthCheckFailures);

    public long Connections => Interlocked.Read(ref connections);

    public double TotalSeconds => Interlocked.Read(ref ticks) / (double)TimeSpan.TicksPerSecond;

    public long Answers(ResponseCode code) => Interlocked.Read(ref codes[(int)code & 15]);

    public long Bucket(int index) => Interlocked.Read(ref buckets[index]);

    public void Answered(ResponseCode code, TimeSpan duration)
    {
        int bucket = 0;
        while (bucket < Bounds.Length && duration.TotalSeconds > Bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref buckets[bucket]);
        Interlocked.Increment(ref codes[(int)code & 15]);
        Interlocked.Add(ref ticks, duration.Ticks);
    }

    public void Failed() => Interlocked.Increment(ref failures);

    public void HealthCheckFailed() => Interlocked.Increment(ref healthCheckFailures);

    public void Connected() => Interlocked.Increment(ref connections);
}
