using System.Buffers.Binary;
using System.Net.Sockets;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Tests.Serving;

/// <summary>Queries as bytes.</summary>
internal static class Packets
{
    public static byte[] Query(string name, string type, ushort id = 0x1234, Edns edns = default)
    {
        byte[] buffer = new byte[512];
        MessageWriter writer = new(buffer);
        writer.TryWriteQuestion(DnsName.Parse(name).Wire, Enum.Parse<RecordType>(type, true), RecordClass.Internet);
        writer.WriteHeader(new(id, HeaderFlags.RecursionDesired, 1, 0, 0, (ushort)(edns.IsPresent ? 1 : 0)));
        int length = writer.Length;
        if (edns.IsPresent)
        {
            edns.WriteTo(buffer.AsSpan(length));
            length += edns.Length;
        }

        return buffer[..length];
    }

    public static byte[] Framed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    /// <summary>Reads one framed message; null at the connection's end.</summary>
    public static byte[]? ReadFrame(Socket socket)
    {
        byte[] length = new byte[2];
        if (!Fill(socket, length))
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        return Fill(socket, message) ? message : null;
    }

    private static bool Fill(Socket socket, byte[] buffer)
    {
        for (int read = 0; read < buffer.Length;)
        {
            int more = socket.Receive(buffer, read, buffer.Length - read, SocketFlags.None);
            if (more == 0)
            {
                return false;
            }

            read += more;
        }

        return true;
    }
}
