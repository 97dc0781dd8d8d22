using System.Numerics;

namespace Fairlead.Dns.Caching;

/// <summary>
/// A table of a fixed number of places, eight to a bucket. Reading takes no lock: an entry is published by one reference write and never changes. Writing locks a part of
/// the table; in a full bucket, what has expired goes first, then what wasn't used for longest. A bucket also has a bound in bytes, so that the table as a whole has one,
/// whoever chooses what is asked.
/// </summary>
internal sealed class CacheTable
{
    private const int Ways = 8;

    /// <summary>Bytes of a bucket: 2 KiB for each place, where most answers take some hundred bytes.</summary>
    private const int MostBytes = Ways * 2048;

    private readonly CacheEntry?[] places;
    private readonly Lock[] locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];
    private readonly uint mask;
    private int count;
    private long evictions;

    public CacheTable(int capacity)
    {
        uint buckets = BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, (capacity + Ways - 1) / Ways));
        places = new CacheEntry?[buckets * Ways];
        mask = buckets - 1;
        Capacity = capacity;
    }

    /// <summary>How many were asked for; there are as many places or more, up to twice.</summary>
    public int Capacity { get; }

    /// <summary>How many are kept.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>How many had to go before their time.</summary>
    public long Evictions => Interlocked.Read(ref evictions);

    public CacheEntry? Find(in CacheKey key)
    {
        foreach (ref CacheEntry? place in Bucket(key.Hash))
        {
            CacheEntry? entry = Volatile.Read(ref place);
            if (entry is not null && entry.Is(key))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>Keeps an answer in the place of the one to the same question.</summary>
    /// <returns>False for one that is too large to be kept.</returns>
    public bool TryAdd(in CacheKey key, CacheEntry entry, long now)
    {
        if (Capacity == 0 || entry.Size > MostBytes)
        {
            return false;
        }

        lock (LockOf(key.Hash))
        {
            Span<CacheEntry?> bucket = Bucket(key.Hash);
            int place = -1;
            int bytes = entry.Size;
            for (int i = 0; i < bucket.Length; i++)
            {
                CacheEntry? other = bucket[i];
                if (other is not null && other.Is(key))
                {
                    Clear(ref bucket[i]);
                    other = null;
                }

                bytes += other?.Size ?? 0;
                place = other is null ? i : place;
            }

            while (place < 0 || bytes > MostBytes)
            {
                int victim = Victim(bucket, now);
                bytes -= bucket[victim]!.Size;
                Interlocked.Add(ref evictions, bucket[victim]!.Expires > now ? 1 : 0);
                Clear(ref bucket[victim]);
                place = victim;
            }

            Volatile.Write(ref bucket[place], entry);
            Interlocked.Increment(ref count);
        }

        return true;
    }

    /// <summary>Forgets the answer to a question.</summary>
    public void Remove(in CacheKey key)
    {
        lock (LockOf(key.Hash))
        {
            foreach (ref CacheEntry? place in Bucket(key.Hash))
            {
                if (place is not null && place.Is(key))
                {
                    Clear(ref place);
                }
            }
        }
    }

    private void Clear(ref CacheEntry? place)
    {
        Volatile.Write(ref place, null);
        Interlocked.Decrement(ref count);
    }

    private static int Victim(Span<CacheEntry?> bucket, long now)
    {
        int victim = -1;
        for (int i = 0; i < bucket.Length; i++)
        {
            if (bucket[i] is { } entry && (victim < 0 || Before(entry, bucket[victim]!, now)))
            {
                victim = i;
            }
        }

        return victim;
    }

    private static bool Before(CacheEntry left, CacheEntry right, long now)
    {
        bool leftExpired = left.Expires <= now;
        bool rightExpired = right.Expires <= now;
        return leftExpired != rightExpired ? leftExpired : left.LastUsed < right.LastUsed;
    }

    /// <summary>A bucket's lock; several buckets share one.</summary>
    private Lock LockOf(uint hash) => locks[hash & mask & (uint)(locks.Length - 1)];

    private Span<CacheEntry?> Bucket(uint hash) => places.AsSpan((int)(hash & mask) * Ways, Ways);
}
