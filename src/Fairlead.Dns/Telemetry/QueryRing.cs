using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Telemetry;

/// <summary>
/// The last queries of one thread. Its thread writes and never waits; readers copy a slot and look whether it was written meanwhile. Keeping a query costs some
/// 20 ns, so it is always done: what went wrong a moment ago can be seen afterwards.
/// </summary>
internal sealed class QueryRing
{
    private const int NameCapacity = 200;

    private readonly Slot[] _slots;
    private long _written;

    /// <summary>A ring of so many queries.</summary>
    /// <param name="capacity">A power of two.</param>
    public QueryRing(int capacity) => _slots = new Slot[capacity];

    /// <summary>How many queries were written, ever.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Keeps a query. One thread only.</summary>
    public void Write(long timestamp, NetAddress client, ReadOnlySpan<byte> name, RecordType type, ResponseCode code, AnswerOrigin origin, DnsTransport transport, long ticks, int length)
    {
        long number = _written;
        ref Slot slot = ref _slots[number & (_slots.Length - 1)];
        Volatile.Write(ref slot.Version, -1);
        slot.Timestamp = timestamp;
        slot.Client = client;
        slot.Type = type;
        slot.Code = code;
        slot.Origin = origin;
        slot.Transport = transport;
        slot.Ticks = ticks;
        slot.Length = length;
        if (name.Length > NameCapacity)
        {
            name = name[..NameCapacity];
        }

        slot.NameLength = name.Length;
        name.CopyTo(slot.Name);
        Volatile.Write(ref slot.Version, number + 1);
        Volatile.Write(ref _written, number + 1);
    }

    /// <summary>Reads what came since a position, oldest first, and moves the position on. What was overwritten meanwhile is left out.</summary>
    public void Read(ref long position, ICollection<QueryRecord> into)
    {
        long end = Written;
        for (position = Math.Max(position, end - _slots.Length); position < end; position++)
        {
            ref Slot slot = ref _slots[position & (_slots.Length - 1)];
            if (Volatile.Read(ref slot.Version) != position + 1)
            {
                continue;
            }

            Slot copy = slot;
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref slot.Version) == position + 1)
            {
                into.Add(new(
                    copy.Timestamp, copy.Client, ReadName(((ReadOnlySpan<byte>)copy.Name)[..copy.NameLength]), copy.Type, copy.Code, copy.Origin, copy.Transport,
                    Stopwatch.GetElapsedTime(0, copy.Ticks), copy.Length));
            }
        }
    }

    private static DnsName ReadName(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || NameBytes.TryMeasure(name, out _))
        {
            return name.IsEmpty ? DnsName.Root : DnsName.FromWire(name);
        }

        // It was cut: as many whole labels as there are.
        int end = 0;
        while (end < name.Length && end + name[end] + 1 <= name.Length)
        {
            end += name[end] + 1;
        }

        return DnsName.FromWire([.. name[..end], 0]);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Slot
    {
        public long Version;
        public long Timestamp;
        public long Ticks;
        public NetAddress Client;
        public int Length;
        public int NameLength;
        public RecordType Type;
        public ResponseCode Code;
        public AnswerOrigin Origin;
        public DnsTransport Transport;
        public NameBuffer Name;
    }

    [InlineArray(NameCapacity)]
    private struct NameBuffer
    {
        private byte _first;
    }
}
