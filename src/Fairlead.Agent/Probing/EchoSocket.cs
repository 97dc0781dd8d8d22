using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Fairlead.Agent.Probing;

/// <summary>Sends echo requests that nobody may cut into pieces, and hears what becomes of them. For one thread.</summary>
internal sealed class EchoSocket : IDisposable
{
    private const int LevelIPv4 = 0, LevelIPv6 = 41; // IPPROTO_IP, IPPROTO_IPV6
    private const int MtuDiscover4 = 10, MtuDiscover6 = 23; // IP_MTU_DISCOVER, IPV6_MTU_DISCOVER
    private const int ProbeAlways = 3; // IP_PMTUDISC_PROBE: set DF, and forget what was learned of the path before

    private readonly Socket socket;
    private readonly bool ipv6;
    private readonly ushort identifier = (ushort)Random.Shared.Next(1, ushort.MaxValue);
    private readonly byte[] buffer = new byte[65536];
    private ushort sequence;

    /// <summary>Opens a raw socket, in the calling thread's network namespace.</summary>
    /// <exception cref="SocketException">CAP_NET_RAW is missing.</exception>
    public EchoSocket(bool ipv6)
    {
        this.ipv6 = ipv6;
        socket = ipv6 ? new(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6) : new(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
        socket.SetRawSocketOption(ipv6 ? LevelIPv6 : LevelIPv4, ipv6 ? MtuDiscover6 : MtuDiscover4, BitConverter.GetBytes(ProbeAlways));
    }

    /// <summary>Begins another question: answers to those before it don't count any more.</summary>
    public void Begin() => sequence++;

    /// <summary>Asks once; what was asked since <see cref="Begin"/> may be answered as well.</summary>
    /// <param name="target">Whom.</param>
    /// <param name="length">How long the packet is, with its IP header.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="hops">How many routers it may pass; 0: as many as there are.</param>
    /// <returns>What came back, from whom; null: nothing did. That this node's own link doesn't take the packet is told as by a router, from the unspecified address.</returns>
    public (IcmpMessage Message, IPAddress From)? Ask(IPAddress target, int length, TimeSpan patience, short hops = 0)
    {
        socket.Ttl = hops > 0 ? hops : (short)64;
        try
        {
            socket.SendTo(IcmpMessage.Request(ipv6, identifier, sequence, length), new IPEndPoint(target, 0));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.MessageSize)
        {
            return (new(IcmpKind.TooBig, identifier, sequence, 0), ipv6 ? IPAddress.IPv6Any : IPAddress.Any);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.AccessDenied)
        {
            return (new(IcmpKind.Unreachable, identifier, sequence, 0), ipv6 ? IPAddress.IPv6Any : IPAddress.Any);
        }

        long started = Stopwatch.GetTimestamp();
        while (patience - Stopwatch.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
        {
            if (!socket.Poll(left, SelectMode.SelectRead))
            {
                return null;
            }

            EndPoint from = new IPEndPoint(ipv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
            try
            {
                int received = socket.ReceiveFrom(buffer, ref from);
                if (IcmpMessage.Read(ipv6, buffer.AsSpan(0, received)) is { } message && message.Identifier == identifier && message.Sequence == sequence)
                {
                    return (message, ((IPEndPoint)from).Address);
                }
            }
            catch (SocketException)
            {
                // An error that a router reported, which comes as a message too.
            }
        }

        return null;
    }

    public void Dispose() => socket.Dispose();
}
