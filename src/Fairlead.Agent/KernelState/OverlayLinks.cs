using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Fairlead.Agent.Telemetry;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;
using Fairlead.Network;
using Fairlead.Network.Layout;
using Microsoft.Extensions.Logging;

namespace Fairlead.Agent.KernelState;

/// <summary>
/// The node's VXLAN links. They are known by network identifier and port, not by name: one that flannel made is taken over as it is, so that the node's traffic
/// doesn't stop while it moves from flannel to us.
/// </summary>
internal sealed class OverlayLinks(RouteNetlink client, uint id, ushort port, ILogger logger)
{
    // Read by the monitor's thread; 0: none.
    private volatile int index4;
    private volatile int index6;

    /// <summary>The link for tunnels over a family; null: there is none.</summary>
    public int? IndexOf(bool ipv6) => (ipv6 ? index6 : index4) is var index and not 0 ? index : null;

    /// <summary>All of them.</summary>
    public IEnumerable<int> Indexes => new[] { index4, index6 }.Where(i => i != 0);

    /// <summary>Makes and mends the links that are wanted; says what was changed.</summary>
    /// <exception cref="NetlinkException">The kernel refused: it has no VXLAN, or the port is taken.</exception>
    public NetworkChanges Ensure(ImmutableArray<PlannedOverlay> desired, int mtu)
    {
        if (desired.IsEmpty)
        {
            (index4, index6) = (0, 0);
            return default;
        }

        (int Over4, int Over6) indexes = default;
        NetworkChanges changes = default;
        IReadOnlyList<Link> held = client.ListLinks(kind: "vxlan");
        foreach (PlannedOverlay overlay in desired)
        {
            Link? link = held.FirstOrDefault(l => l.Kind is VxlanKind kind && IsOurs(kind) && IsIPv6(kind) == overlay.IsIPv6);
            if (link is { Kind: VxlanKind { } old } && (!Equals(old.Local, overlay.Local.ToIPAddress()) || old.Learning == true))
            {
                client.DeleteLink(link.Index);
                link = null;
            }

            int index;
            if (link is null)
            {
                index = Make(overlay, mtu);
                changes = changes with { Links = changes.Links + 1 };
                Log.OverlayMade(logger, KernelNames.OverlayLink(id, overlay.IsIPv6), overlay.Mac.ToString(), overlay.Local.ToString(), mtu);
            }
            else
            {
                index = link.Index;
                changes = changes with { Links = changes.Links + (Mend(link, overlay, mtu) ? 1 : 0) };
            }

            indexes = overlay.IsIPv6 ? (indexes.Over4, index) : (index, indexes.Over6);
            changes = changes with { Addresses = changes.Addresses + ReconcileAddresses(index, overlay) };
        }

        (index4, index6) = indexes;
        return changes;
    }

    /// <summary>Deletes links that are no longer wanted, once no route leads through them; says how many.</summary>
    public int RemoveOthers(ImmutableArray<PlannedOverlay> desired)
    {
        int removed = 0;
        foreach (Link link in client.ListLinks(kind: "vxlan"))
        {
            if (link.Kind is VxlanKind kind && IsOurs(kind) && link.Alias == KernelNames.LinkAlias && !desired.Any(o => o.IsIPv6 == IsIPv6(kind)))
            {
                removed += client.DeleteLink(link.Index) ? 1 : 0;
                Log.OverlayRemoved(logger, link.Name);
            }
        }

        return removed;
    }

    private int Make(PlannedOverlay overlay, int mtu) => client.AddLink(
        new LinkOptions
        {
            Name = KernelNames.OverlayLink(id, overlay.IsIPv6),
            MacAddress = overlay.Mac,
            Mtu = mtu > 0 ? (uint)mtu : null,
            Alias = KernelNames.LinkAlias,

            // A link-local address of its own would be announced to a link on which nothing is flooded.
            AddressGeneration = Sysctl.Exists("net.ipv6.conf.all.forwarding") ? AddressGeneration.None : null,
            Up = true,
        },
        new VxlanKind
        {
            Id = id,
            DestinationPort = port,
            Local = overlay.Local.ToIPAddress(),
            Learning = false,
            UdpChecksum = overlay.IsIPv6, // RFC 7348, 4.1 and 6.1: over IPv4 the checksum should be zero
        });

    /// <summary>Brings a link to what it should be, as far as that goes without making it anew; says whether anything was wrong.</summary>
    private bool Mend(Link link, PlannedOverlay overlay, int mtu)
    {
        LinkOptions changes = new()
        {
            MacAddress = link.MacAddress == overlay.Mac ? null : overlay.Mac,
            Mtu = mtu == 0 || link.Mtu == mtu ? null : (uint)mtu,
            Up = link.IsUp ? null : true,
            Alias = link.Alias == KernelNames.LinkAlias ? null : KernelNames.LinkAlias,
            AddressGeneration = link.AddressGeneration is null or AddressGeneration.None ? null : AddressGeneration.None,
        };
        if (changes == new LinkOptions())
        {
            return false;
        }

        if (changes.Alias is not null)
        {
            Log.OverlayTaken(logger, link.Name);
        }

        client.SetLink(link.Index, changes);
        return true;
    }

    private int ReconcileAddresses(int link, PlannedOverlay overlay)
    {
        int changes = 0;
        HashSet<IPAddress> wanted = [.. new[] { overlay.Address4, overlay.Address6 }.OfType<NetAddress>().Select(a => a.ToIPAddress())];
        foreach (InterfaceAddress held in client.ListAddresses(link).Where(a => a.LinkIndex == link))
        {
            bool isHost = held.PrefixLength == (held.Address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32);
            if (!isHost || !wanted.Remove(held.Address))
            {
                changes += client.DeleteAddress(held) ? 1 : 0;
            }
        }

        foreach (IPAddress address in wanted)
        {
            bool ipv6 = address.AddressFamily == AddressFamily.InterNetworkV6;
            changes += client.AddAddress(new()
            {
                LinkIndex = link,
                Address = address,
                PrefixLength = ipv6 ? 128 : 32,
                Flags = ipv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None,
            }) ? 1 : 0;
        }

        return changes;
    }

    private bool IsOurs(VxlanKind kind) => kind.Id == id && kind.DestinationPort == port;

    private static bool IsIPv6(VxlanKind kind) => kind.Local?.AddressFamily == AddressFamily.InterNetworkV6;
}
