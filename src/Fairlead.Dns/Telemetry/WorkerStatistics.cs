using System.Diagnostics;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Telemetry;

/// <summary>
/// What one thread counts. Plain additions to memory of its own; a scrape adds up the threads' numbers and may miss the last few.
/// </summary>
internal sealed class WorkerStatistics
{
    /// <summary>The bounds of durations, in seconds: 250 µs, doubled 16 times, as CoreDNS has them, and finer ones below, because answers from memory take microseconds.</summary>
    public static readonly double[] DurationBounds =
        [.. new[] { 0.000004, 0.000008, 0.000016, 0.000032, 0.000064, 0.000125 }, .. Enumerable.Range(0, 16).Select(i => 0.00025 * (1 << i))];

    /// <summary>The bounds of message sizes, in bytes, as CoreDNS has them.</summary>
    public static readonly double[] SizeBounds = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

    /// <summary>The types that are counted by name; all others together.</summary>
    public static readonly RecordType[] Types =
        [RecordType.A, RecordType.Aaaa, RecordType.Srv, RecordType.Ptr, RecordType.CName, RecordType.Txt, RecordType.Soa, RecordType.NS, RecordType.MX, RecordType.Https, RecordType.Svcb, RecordType.Any];

    public const int Codes = 24;

    /// <summary>How many buckets a histogram of sizes has.</summary>
    public static readonly int SizeBuckets = SizeBounds.Length + 1;

    private const int Transports = 3;

    private static readonly double SecondsPerTick = 1.0 / Stopwatch.Frequency;
    private static readonly byte[] TypeIndexes = MakeTypeIndexes();

    /// <summary>By transport, family and type.</summary>
    public long[] Requests { get; } = new long[Transports * 2 * (Types.Length + 1)];

    /// <summary>By code and origin.</summary>
    public long[] Responses { get; } = new long[Codes * OriginCount];

    public long[] Durations { get; } = new long[DurationBounds.Length + 1];

    /// <summary>By transport and size.</summary>
    public long[] RequestSizes { get; } = new long[Transports * SizeBuckets];

    /// <summary>By transport and size.</summary>
    public long[] ResponseSizes { get; } = new long[Transports * SizeBuckets];

    public double DurationSum { get; private set; }

    /// <summary>By transport.</summary>
    public long[] RequestSizeSums { get; } = new long[Transports];

    /// <summary>By transport.</summary>
    public long[] ResponseSizeSums { get; } = new long[Transports];

    /// <summary>Packets that were no queries.</summary>
    public long Ignored { get; private set; }

    /// <summary>Answers that were cut because their receiver could not be sure of.</summary>
    public long Limited { get; private set; }

    public const int OriginCount = (int)AnswerOrigin.Upstream + 1;

    public static int RequestIndex(DnsTransport transport, bool ipv6, int type) => ((((int)transport * 2) + (ipv6 ? 1 : 0)) * (Types.Length + 1)) + type;

    public void CountIgnored() => Ignored++;

    public void CountLimited() => Limited++;

    public void Count(DnsTransport transport, bool ipv6, RecordType type, int requestLength, ResponseCode code, AnswerOrigin origin, long ticks, int responseLength)
    {
        int index = (ushort)type < TypeIndexes.Length ? TypeIndexes[(ushort)type] : Types.Length;
        Requests[RequestIndex(transport, ipv6, index)]++;
        Responses[(Math.Min((int)code, Codes - 1) * OriginCount) + (int)origin]++;
        double seconds = ticks * SecondsPerTick;
        DurationSum += seconds;
        Durations[Bucket(DurationBounds, seconds)]++;
        RequestSizeSums[(int)transport] += requestLength;
        RequestSizes[((int)transport * SizeBuckets) + Bucket(SizeBounds, requestLength)]++;
        ResponseSizeSums[(int)transport] += responseLength;
        ResponseSizes[((int)transport * SizeBuckets) + Bucket(SizeBounds, responseLength)]++;
    }

    private static int Bucket(double[] bounds, double value)
    {
        int i = 0;
        while (i < bounds.Length && value > bounds[i])
        {
            i++;
        }

        return i;
    }

    private static byte[] MakeTypeIndexes()
    {
        byte[] indexes = new byte[256];
        Array.Fill(indexes, (byte)Types.Length);
        for (int i = 0; i < Types.Length; i++)
        {
            indexes[(int)Types[i]] = (byte)i;
        }

        return indexes;
    }
}
