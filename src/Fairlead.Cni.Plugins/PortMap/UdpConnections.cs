using System.Buffers.Binary;
using System.Net;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>
/// Forgets the UDP connections of host ports that come and go. A client that keeps sending keeps its conntrack entry alive, and with it the
/// translation (or the lack of one) that was decided before.
/// </summary>
internal static class UdpConnections
{
    public static void Forget(IEnumerable<PortMapping> mappings) =>
        Forget([.. mappings.Where(mapping => mapping.Protocol == IpProtocol.Udp).Select(mapping => mapping.HostPort).Distinct()]);

    /// <summary>As above, for elements that were removed: the port is the last field of their keys, the protocol the one before.</summary>
    public static void Forget(IReadOnlyList<(Set Set, Element Element)> removed)
    {
        HashSet<ushort> ports = [];
        foreach ((Set set, Element element) in removed)
        {
            ReadOnlySpan<byte> key = element.Key.Span;
            if (set is Map && key.Length >= 8 && key[^8] == (byte)IpProtocol.Udp)
            {
                ports.Add(BinaryPrimitives.ReadUInt16BigEndian(key[^4..]));
            }
        }

        Forget([.. ports]);
    }

    /// <summary>Only connections to the host's own addresses: those that pass through to the same port elsewhere are none of our business.</summary>
    private static void Forget(ushort[] ports)
    {
        if (ports.Length == 0)
        {
            return;
        }

        using RouteNetlink host = RouteNetlink.Open();
        HashSet<IPAddress> own = [.. host.ListAddresses().Select(address => address.Address)];
        using ConntrackNetlink conntrack = ConntrackNetlink.Open();
        foreach (ushort port in ports)
        {
            foreach (ConntrackEntry connection in conntrack.List(new ConntrackFilter { Protocol = TransportProtocol.Udp, OriginalDestinationPort = port }))
            {
                if (own.Contains(connection.Original.Destination))
                {
                    conntrack.Delete(connection);
                }
            }
        }
    }
}
