using System.Runtime.InteropServices;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;

namespace Fairlead.Kernel.Tests.Wire;

/// <summary>Any bytes give a value or an <see cref="InvalidDataException"/>; nothing else.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 30_000;

    /// <summary>Every reader, by the message type that leads to it.</summary>
    private static readonly Action<NetlinkMessage>[] s_readers =
    [
        static message => LinkReader.Read(message),
        static message => LinkReader.CollectStatistics(message, []),
        static message => AddressMessages.Read(message),
        static message => RouteMessages.Read(message),
        static message => RouteMessages.CollectUncached(message, []),
        static message => NeighbourMessages.ReadNeighbour(message),
        static message => NeighbourMessages.ReadForwardingEntry(message),
        static message => RuleMessages.Read(message),
        static message => TrafficMessages.Collect(message, new List<QueueingDiscipline>()),
        static message => TrafficMessages.Collect(message, new List<TrafficClass>()),
        static message => TrafficMessages.Collect(message, new List<TrafficFilter>()),
        static message => ConntrackMessages.Read(message),
        static message => ConntrackMessages.CollectTotals(message, []),
        static message => NetlinkAnswer.ReadError(message),
        static message => NetlinkAnswer.ReadDone(message),
        static message => RouteMonitor.Read(message),
    ];

    private static readonly ushort[] s_types =
    [
        RouteMessageType.NewLink, RouteMessageType.NewAddress, RouteMessageType.NewRoute, RouteMessageType.NewNeighbour, RouteMessageType.NewRule, RouteMessageType.NewQueueingDiscipline,
        RouteMessageType.NewTrafficClass, RouteMessageType.NewTrafficFilter, ConntrackMessageType.New, NetlinkControl.Error, NetlinkControl.Done,
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_bytes_are_read_or_refused(int seed)
    {
        Random random = new(seed);
        byte[] buffer = new byte[512];
        for (int i = 0; i < Rounds; i++)
        {
            Span<byte> bytes = buffer.AsSpan(0, random.Next(buffer.Length));
            random.NextBytes(bytes);
            ReadAll(bytes);
        }
    }

    /// <summary>Bytes that look like messages get further into the readers than noise does.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Messages_with_something_wrong_are_read_or_refused(int seed)
    {
        Random random = new(seed);
        byte[] buffer = new byte[512];
        for (int i = 0; i < Rounds; i++)
        {
            int length = WriteMessage(random, buffer);
            for (int flips = random.Next(4); flips > 0; flips--)
            {
                buffer[random.Next(length)] = (byte)random.Next(256);
            }

            ReadAll(buffer.AsSpan(0, random.Next(8) == 0 ? random.Next(length) : length));
        }
    }

    private static int WriteMessage(Random random, byte[] buffer)
    {
        Array.Clear(buffer);
        int headerSize = random.GetItems([4, 8, 12, 16, 20], 1)[0];
        int position = 16;
        buffer[position] = random.GetItems<byte>([0, 2, 7, 10], 1)[0];
        random.NextBytes(buffer.AsSpan(position + 1, headerSize - 1));
        position += headerSize;
        position += WriteAttributes(random, buffer.AsSpan(position, random.Next(buffer.Length - position)), depth: 3);
        MemoryMarshal.Write(buffer, (uint)position);
        MemoryMarshal.Write(buffer.AsSpan(4), random.GetItems(s_types, 1)[0]);
        MemoryMarshal.Write(buffer.AsSpan(6), (ushort)random.Next(1024));
        return position;
    }

    private static int WriteAttributes(Random random, Span<byte> room, int depth)
    {
        int position = 0;
        while (room.Length - position >= 8)
        {
            Span<byte> rest = room[position..];
            int value = random.Next(4) == 0 && depth > 0
                ? WriteAttributes(random, rest[4..], depth - 1)
                : Math.Min(rest.Length - 4, random.GetItems([0, 1, 2, 4, 4, 6, 8, 16, 16, 36, 44], 1)[0]);
            if (depth == 0 || random.Next(3) > 0)
            {
                random.NextBytes(rest.Slice(4, Math.Min(value, 2)));
            }

            MemoryMarshal.Write(rest, (ushort)(value + 4));
            MemoryMarshal.Write(rest[2..], (ushort)random.Next(60));
            position += Math.Min(NetlinkControl.Align(value + 4), rest.Length);
        }

        return position;
    }

    private static void ReadAll(ReadOnlySpan<byte> bytes)
    {
        try
        {
            foreach (NetlinkMessage message in new NetlinkMessageReader(bytes))
            {
                foreach (Action<NetlinkMessage> read in s_readers)
                {
                    try
                    {
                        read(message);
                    }
                    catch (InvalidDataException)
                    {
                        // The one refusal that is allowed.
                    }
                }
            }
        }
        catch (InvalidDataException)
        {
            // The one refusal that is allowed.
        }
    }
}
