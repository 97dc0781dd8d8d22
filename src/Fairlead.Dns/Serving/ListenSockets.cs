using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Fairlead.Dns.Serving.Native;

namespace Fairlead.Dns.Serving;

/// <summary>Makes the sockets that a server waits at.</summary>
internal static class ListenSockets
{
    private const int ReceiveBuffer = 4 << 20;
    private const int Backlog = 1024;

    /// <summary>A datagram socket; several may share an address, and the kernel spreads clients over them.</summary>
    /// <exception cref="Win32Exception">The address can't be bound; the message names it.</exception>
    public static Descriptor OpenUdp(IPEndPoint endpoint)
    {
        Descriptor socket = Open(endpoint, LibC.SockDatagram);

        // Beyond net.core.rmem_max only with CAP_NET_ADMIN; without, a burst has less room.
        if (LibC.SetSocketOption(socket, LibC.SolSocket, LibC.SoReceiveBufferForce, ReceiveBuffer, sizeof(int)) != 0)
        {
            _ = LibC.SetSocketOption(socket, LibC.SolSocket, LibC.SoReceiveBuffer, ReceiveBuffer, sizeof(int));
        }

        if (IsWildcard(endpoint))
        {
            // Answers must come from the address that was asked.
            bool ipv6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
            Check(LibC.SetSocketOption(socket, ipv6 ? LibC.SolIPv6 : LibC.SolIP, ipv6 ? LibC.IPv6ReceivePacketInfo : LibC.IPPacketInfo, 1, sizeof(int)), "ask for packet information at", endpoint);
        }

        Bind(socket, endpoint);
        return socket;
    }

    /// <summary>A socket that takes connections.</summary>
    /// <exception cref="Win32Exception">The address can't be bound; the message names it.</exception>
    public static Descriptor OpenTcp(IPEndPoint endpoint)
    {
        Descriptor socket = Open(endpoint, LibC.SockStream | LibC.SockNonBlock);
        Check(LibC.SetSocketOption(socket, LibC.SolSocket, LibC.SoReuseAddress, 1, sizeof(int)), "reuse", endpoint);
        Bind(socket, endpoint);
        Check(LibC.Listen(socket, Backlog), "listen at", endpoint);
        return socket;
    }

    /// <summary>Whether the address stands for all of the machine's.</summary>
    public static bool IsWildcard(IPEndPoint endpoint) => endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any);

    /// <summary>The port that a socket was given where 0 was asked for.</summary>
    public static unsafe ushort Port(Descriptor socket)
    {
        byte* address = stackalloc byte[RawAddress.Size];
        uint length = RawAddress.Size;
        return LibC.GetSocketName(socket, address, &length) == 0 ? RawAddress.ReadPort(new(address, RawAddress.Size)) : (ushort)0;
    }

    private static Descriptor Open(IPEndPoint endpoint, int type)
    {
        bool ipv6 = endpoint.AddressFamily == AddressFamily.InterNetworkV6;
        int number = LibC.Socket(ipv6 ? LibC.AfInet6 : LibC.AfInet, type | LibC.SockCloexec, 0);
        Check(number, "open a socket for", endpoint);
        Descriptor socket = new(number);
        Check(LibC.SetSocketOption(socket, LibC.SolSocket, LibC.SoReusePort, 1, sizeof(int)), "share", endpoint);
        Check(LibC.SetSocketOption(socket, ipv6 ? LibC.SolIPv6 : LibC.SolIP, ipv6 ? LibC.IPv6FreeBind : LibC.IPFreeBind, 1, sizeof(int)), "bind freely", endpoint);
        if (ipv6)
        {
            Check(LibC.SetSocketOption(socket, LibC.SolIPv6, LibC.IPv6Only, 1, sizeof(int)), "keep to IPv6", endpoint);
        }

        return socket;
    }

    private static unsafe void Bind(Descriptor socket, IPEndPoint endpoint)
    {
        byte* address = stackalloc byte[RawAddress.Size];
        int length = RawAddress.Write(endpoint, new(address, RawAddress.Size));
        Check(LibC.Bind(socket, address, (uint)length), "bind", endpoint);
    }

    private static void Check(int result, string operation, IPEndPoint endpoint)
    {
        if (result < 0)
        {
            int error = LibC.LastError;
            throw new Win32Exception(error, $"{operation} {endpoint}: {new Win32Exception(error).Message}");
        }
    }
}
