using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fairlead.Network;

namespace Fairlead.Dns.Serving.Native;

/// <summary>struct sockaddr_in and sockaddr_in6, as bytes.</summary>
internal static class RawAddress
{
    /// <summary>Room for either.</summary>
    public const int Size = 28;

    private const int IPv4Size = 16;

    /// <summary>Writes an address and port; gives the length.</summary>
    public static int Write(IPEndPoint endpoint, Span<byte> destination)
    {
        bool ipv6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        destination[..Size].Clear();
        ushort family = (ushort)(ipv6 ? LibC.AfInet6 : LibC.AfInet);
        MemoryMarshal.Write(destination, family);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)endpoint.Port);
        endpoint.Address.TryWriteBytes(destination[(ipv6 ? 8 : 4)..], out _);
        if (ipv6)
        {
            uint scope = (uint)endpoint.Address.ScopeId;
            MemoryMarshal.Write(destination[24..], scope);
        }

        return ipv6 ? Size : IPv4Size;
    }

    /// <summary>Reads the address; an IPv4 address that came to an IPv6 socket is an IPv4 address.</summary>
    public static NetAddress ReadAddress(ReadOnlySpan<byte> address)
    {
        if (MemoryMarshal.Read<ushort>(address) != LibC.AfInet6)
        {
            return NetAddress.Read(address.Slice(4, 4));
        }

        ReadOnlySpan<byte> bytes = address.Slice(8, 16);
        bool mapped = bytes[..10].IndexOfAnyExcept((byte)0) < 0 && bytes[10] == 0xff && bytes[11] == 0xff;
        return NetAddress.Read(mapped ? bytes[12..] : bytes);
    }

    /// <summary>Reads the port.</summary>
    public static ushort ReadPort(ReadOnlySpan<byte> address) => BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
}
