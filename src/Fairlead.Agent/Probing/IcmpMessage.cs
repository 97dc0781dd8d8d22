using System.Buffers.Binary;

namespace Fairlead.Agent.Probing;

/// <summary>What an ICMP message says of one of our echo requests.</summary>
internal enum IcmpKind
{
    /// <summary>The other end answers.</summary>
    Reply,

    /// <summary>A router can't send on so long a packet.</summary>
    TooBig,

    /// <summary>A router counted the packet's hops to the end.</summary>
    Expired,

    /// <summary>A router, or the other end, knows no way.</summary>
    Unreachable,
}

/// <summary>An ICMP message about an echo request of ours (RFC 792, RFC 1191, RFC 4443).</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Identifier">The request's identifier.</param>
/// <param name="Sequence">The request's number.</param>
/// <param name="Mtu">With <see cref="IcmpKind.TooBig"/>: how long packets may be behind that router; 0: it doesn't say.</param>
internal readonly record struct IcmpMessage(IcmpKind Kind, ushort Identifier, ushort Sequence, int Mtu)
{
    /// <summary>Header of IPv4 without options, of IPv6, of ICMP and ICMPv6.</summary>
    private const int Header4 = 20, Header6 = 40, IcmpHeader = 8;

    private const byte EchoRequest4 = 8, EchoReply4 = 0, Unreachable4 = 3, Expired4 = 11, FragmentationNeeded = 4;
    private const byte EchoRequest6 = 128, EchoReply6 = 129, Unreachable6 = 1, TooBig6 = 2, Expired6 = 3;
    private const byte IcmpProtocol4 = 1, IcmpProtocol6 = 58;

    /// <summary>The shortest packet that can be asked for.</summary>
    public static int Shortest(bool ipv6) => (ipv6 ? Header6 : Header4) + IcmpHeader;

    /// <summary>An echo request for a raw socket, such that the packet with its IP header has <paramref name="length"/> bytes.</summary>
    public static byte[] Request(bool ipv6, ushort identifier, ushort sequence, int length)
    {
        byte[] message = new byte[length - (ipv6 ? Header6 : Header4)];
        message[0] = ipv6 ? EchoRequest6 : EchoRequest4;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), sequence);
        for (int i = IcmpHeader; i < message.Length; i++)
        {
            message[i] = (byte)i;
        }

        if (!ipv6)
        {
            // Of ICMPv6 the kernel makes the checksum, which covers addresses too.
            BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum(message));
        }

        return message;
    }

    /// <summary>Reads what a raw socket received: with the IP header for IPv4, without it for IPv6. Null: nothing about an echo request.</summary>
    public static IcmpMessage? Read(bool ipv6, ReadOnlySpan<byte> received)
    {
        if (!ipv6 && !TrySkipHeader4(ref received))
        {
            return null;
        }

        if (received.Length < IcmpHeader)
        {
            return null;
        }

        byte type = received[0], code = received[1];
        if (type == (ipv6 ? EchoReply6 : EchoReply4))
        {
            return About(IcmpKind.Reply, received, 0);
        }

        bool tooBig = ipv6 ? type == TooBig6 : type == Unreachable4 && code == FragmentationNeeded;
        IcmpKind? kind = tooBig ? IcmpKind.TooBig
            : type == (ipv6 ? Expired6 : Expired4) ? IcmpKind.Expired
            : type == (ipv6 ? Unreachable6 : Unreachable4) ? IcmpKind.Unreachable
            : null;
        if (kind is null)
        {
            return null;
        }

        // The beginning of the packet that it is about follows: an IP header, then ours.
        int mtu = !tooBig ? 0 : ipv6 ? BinaryPrimitives.ReadInt32BigEndian(received[4..]) : BinaryPrimitives.ReadUInt16BigEndian(received[6..]);
        ReadOnlySpan<byte> original = received[IcmpHeader..];
        if (ipv6)
        {
            if (original.Length < Header6 || original[6] != IcmpProtocol6)
            {
                return null;
            }

            original = original[Header6..];
        }
        else if (original.Length < Header4 || original[9] != IcmpProtocol4 || !TrySkipHeader4(ref original))
        {
            return null;
        }

        return original.Length >= IcmpHeader && original[0] == (ipv6 ? EchoRequest6 : EchoRequest4) ? About(kind.Value, original, mtu) : null;
    }

    private static IcmpMessage About(IcmpKind kind, ReadOnlySpan<byte> echo, int mtu) =>
        new(kind, BinaryPrimitives.ReadUInt16BigEndian(echo[4..]), BinaryPrimitives.ReadUInt16BigEndian(echo[6..]), mtu);

    private static bool TrySkipHeader4(ref ReadOnlySpan<byte> packet)
    {
        int length = packet.Length > 0 ? (packet[0] & 15) * 4 : 0;
        if (length < Header4 || packet.Length < length)
        {
            return false;
        }

        packet = packet[length..];
        return true;
    }

    /// <summary>RFC 1071.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += i % 2 == 0 ? (uint)bytes[i] << 8 : bytes[i];
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
