using System.Buffers.Binary;

namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>Builds the headers that rules load bytes of. What a packet doesn't say (identification, sequence numbers, checksums) is zero.</summary>
internal static class Headers
{
    internal static byte[] Network(Packet packet)
    {
        if (packet.Family == TableFamily.Ipv6)
        {
            byte[] six = new byte[40];
            six[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(six.AsSpan(4), (ushort)Math.Max(0, packet.Length - 40));
            six[6] = (byte)packet.Protocol;
            six[7] = 64;
            packet.Source.TryWriteBytes(six.AsSpan(8), out _);
            packet.Destination.TryWriteBytes(six.AsSpan(24), out _);
            return six;
        }

        byte[] four = new byte[20];
        four[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(four.AsSpan(2), packet.Length);
        four[8] = 64;
        four[9] = (byte)packet.Protocol;
        packet.Source.TryWriteBytes(four.AsSpan(12), out _);
        packet.Destination.TryWriteBytes(four.AsSpan(16), out _);
        return four;
    }

    internal static byte[] Transport(Packet packet)
    {
        byte[] header = new byte[20];
        switch (packet.Protocol)
        {
            case IpProtocol.Icmp or IpProtocol.IcmpV6:
                header[0] = packet.IcmpType;
                header[1] = packet.IcmpCode;
                return header[..8];
            case IpProtocol.Tcp:
                header[12] = 0x50;
                header[13] = packet.TcpFlags;
                break;
            default:
                break;
        }

        BinaryPrimitives.WriteUInt16BigEndian(header, packet.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), packet.DestinationPort);
        return packet.Protocol switch
        {
            IpProtocol.Udp => header[..8],
            IpProtocol.Sctp => header[..12],
            _ => header,
        };
    }
}
