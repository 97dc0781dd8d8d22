using System.Buffers.Binary;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>
/// An answer that is kept, ready to be copied: header, question, records, and where their times to live stand. It never changes but for the marks of its use, so that
/// any thread may read it without a lock.
/// </summary>
internal sealed class CacheEntry
{
    private readonly byte[] message;
    private readonly ushort[] ttlPositions;
    private readonly int questionEnd;
    private readonly int rotateStart;
    private readonly int rotateSize;
    private readonly int rotateCount;
    private long lastUsed;
    private int uses;
    private int isRefreshing;

    public CacheEntry(CacheKey key, byte[] message, in AnswerShape shape, long stored, long expires, long lifetime)
    {
        (Hash, Name, Type, Class, Variant) = (key.Hash, key.Name.ToArray(), key.Type, key.Class, key.Variant);
        (this.message, ttlPositions) = (message, shape.TtlPositions);
        questionEnd = DnsHeader.Size + Name.Length + 4;
        (rotateStart, rotateSize, rotateCount) = (shape.RotateStart, shape.RotateSize, shape.RotateCount);
        (Stored, Expires, Lifetime, lastUsed) = (stored, expires, lifetime, stored);
    }

    public uint Hash { get; }

    public byte[] Name { get; }

    public RecordType Type { get; }

    public RecordClass Class { get; }

    public byte Variant { get; }

    /// <summary>When it came, in the clock's ticks.</summary>
    public long Stored { get; }

    /// <summary>Until when it is true, in the clock's ticks.</summary>
    public long Expires { get; }

    /// <summary>How long that is, in the clock's ticks.</summary>
    public long Lifetime { get; }

    /// <summary>About how much memory it takes.</summary>
    public int Size => message.Length + (2 * ttlPositions.Length) + Name.Length + 160;

    /// <summary>When it was last given, in the clock's ticks.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    public bool Is(in CacheKey key) => Hash == key.Hash && Type == key.Type && Variant == key.Variant && Class == key.Class && key.Name.SequenceEqual(Name);

    /// <summary>Writes the answer with the client's own question and times to live of so many seconds.</summary>
    /// <param name="section">The question as the client wrote it.</param>
    /// <param name="ttl">Seconds.</param>
    /// <param name="rotate">By how many places addresses are moved on.</param>
    /// <param name="response">Takes the answer.</param>
    public int WriteTo(ReadOnlySpan<byte> section, uint ttl, uint rotate, Span<byte> response)
    {
        ReadOnlySpan<byte> source = message;
        source[..DnsHeader.Size].CopyTo(response);
        section.CopyTo(response[DnsHeader.Size..]);
        if (rotateCount > 1 && rotate % (uint)rotateCount != 0)
        {
            int moved = rotateSize * (int)(rotate % (uint)rotateCount);
            int end = rotateStart + (rotateSize * rotateCount);
            source[questionEnd..rotateStart].CopyTo(response[questionEnd..]);
            source[(rotateStart + moved)..end].CopyTo(response[rotateStart..]);
            source.Slice(rotateStart, moved).CopyTo(response[(end - moved)..]);
            source[end..].CopyTo(response[end..]);
        }
        else
        {
            source[questionEnd..].CopyTo(response[questionEnd..]);
        }

        foreach (ushort position in ttlPositions)
        {
            BinaryPrimitives.WriteUInt32BigEndian(response[position..], ttl);
        }

        return message.Length;
    }

    /// <summary>Marks a use, and counts those that follow each other closely.</summary>
    /// <returns>How many there were without a gap.</returns>
    public int Use(long now, long gap)
    {
        uses = now - lastUsed > gap ? 1 : uses + 1;
        Volatile.Write(ref lastUsed, now);
        return uses;
    }

    /// <summary>Marks a use.</summary>
    public void Use(long now) => Volatile.Write(ref lastUsed, now);

    /// <summary>Whether the caller is the one who has it fetched again.</summary>
    public bool TryBeginRefresh() => Interlocked.CompareExchange(ref isRefreshing, 1, 0) == 0;

    /// <summary>It wasn't fetched: another may try.</summary>
    public void EndRefresh() => Volatile.Write(ref isRefreshing, 0);

    /// <summary>The question that it answers, to be asked again.</summary>
    public DnsQuery ToQuery() => DnsQuery.For(DnsName.FromWire(Name), Type) with
    {
        Class = Class,
        Section = (byte[])[.. Name, (byte)((ushort)Type >> 8), (byte)Type, (byte)((ushort)Class >> 8), (byte)Class],
        Flags = HeaderFlags.RecursionDesired | ((Variant & CacheKey.CheckingDisabled) != 0 ? HeaderFlags.CheckingDisabled : 0),
        Edns = (Variant & CacheKey.DnssecOk) != 0 ? new() { IsPresent = true, UdpSize = Edns.SafeUdpSize, DnssecOk = true } : default,
    };
}
