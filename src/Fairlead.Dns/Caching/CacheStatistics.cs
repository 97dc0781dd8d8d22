namespace Fairlead.Dns.Caching;

/// <summary>How the cache serves. Plain numbers that are read when somebody asks for metrics.</summary>
internal sealed class CacheStatistics
{
    private long successHits;
    private long denialHits;
    private long misses;
    private long stale;
    private long prefetches;

    public long SuccessHits => Interlocked.Read(ref successHits);

    public long DenialHits => Interlocked.Read(ref denialHits);

    public long Misses => Interlocked.Read(ref misses);

    public long Stale => Interlocked.Read(ref stale);

    public long Prefetches => Interlocked.Read(ref prefetches);

    public void Hit(bool isDenial)
    {
        if (isDenial)
        {
            Interlocked.Increment(ref denialHits);
        }
        else
        {
            Interlocked.Increment(ref successHits);
        }
    }

    public void Miss() => Interlocked.Increment(ref misses);

    public void ServedStale() => Interlocked.Increment(ref stale);

    public void Prefetched() => Interlocked.Increment(ref prefetches);
}
