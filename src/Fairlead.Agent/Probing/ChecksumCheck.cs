using System.Net.Sockets;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kubernetes;
using Fairlead.Network;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.Probing;

/// <summary>
/// Finds out whether packets come out of a tunnel with right checksums. The kernel leaves a UDP or TCP checksum to the hardware; some hardware, and some hypervisors', gets it wrong
/// inside VXLAN, and the other node silently drops the packet (kubernetes#88986). Echo requests, whose checksum is made in software, still arrive.
/// </summary>
/// <remarks>
/// The proof is an experiment: a datagram to a port at which nobody listens is answered by the kernel there, if it arrives whole. If it gets no answer, and gets one when the link makes
/// checksums in software, they were wrong before, and the link is left that way. If it gets none either way, a firewall swallows it, and nothing is changed.
/// </remarks>
internal sealed class ChecksumCheck(string nodeName, NodeNetworkLinks links, NodeProblems problems, ILogger logger) : IDisposable
{
    private const int NobodysPort = 1; // tcpmux, which nobody serves by UDP
    private const int Tries = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);
    private readonly Ethtool ethtool = Ethtool.Open();
    private readonly HashSet<int> settled = [];

    /// <summary>Looks once for each link of tunnels, along the first way that gives a clear answer.</summary>
    /// <param name="route">A way that carries echo requests.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void Run(PlannedRoute route, CancellationToken cancellationToken)
    {
        if (route.Tunnel is not { } vtep || links(vtep.Address.IsIPv6) is not { } link || settled.Contains(link.Index))
        {
            return;
        }

        try
        {
            if (Answers(route, cancellationToken))
            {
                settled.Add(link.Index);
                return;
            }

            if (!ethtool.Set(link.Name, LinkFeature.TransmitChecksum, on: false))
            {
                return; // it was off, so it isn't that
            }

            if (Answers(route, cancellationToken))
            {
                settled.Add(link.Index);
                problems.Raise($"checksum/{link.Name}", new("Node", new ObjectKey("", nodeName), "ChecksumOffloadBroken",
                    $"Datagrams to {route.NodeName} through {link.Name} arrived with wrong checksums (kubernetes#88986): tx-checksum-ip-generic of {link.Name} is switched off, and they arrive. Tunnels cost more CPU that way; a newer kernel or driver mends it."));
                return;
            }

            ethtool.Set(link.Name, LinkFeature.TransmitChecksum, on: true);
        }
        catch (KernelException e)
        {
            Log.ChecksumCheckFailed(logger, e.Message);
        }
    }

    /// <summary>Whether the other node's kernel says that nobody listens there.</summary>
    private static bool Answers(PlannedRoute route, CancellationToken cancellationToken)
    {
        using Socket socket = new(route.Gateway.IsIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(route.Gateway.ToIPAddress(), NobodysPort);
            for (int i = 0; i < Tries; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                socket.Send("fairlead: does this arrive whole?"u8);
                if (socket.Poll(Patience, SelectMode.SelectRead))
                {
                    socket.Receive(new byte[64]);
                    return true;
                }
            }

            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    public void Dispose() => ethtool.Dispose();
}

/// <summary>The link of tunnels over a family of node addresses; null: there is none.</summary>
internal delegate (int Index, string Name)? NodeNetworkLinks(bool ipv6);
