using System.Net;
using System.Net.Sockets;
using Fairlead.Kernel;
using Fairlead.Kernel.NfTables;
using Fairlead.Kernel.Route;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// The lab's wires: bridges in the router's namespace are the segments, each host hangs on one with a veth pair. No wire leads to the machine's own network
/// (docs/decisions/0002-a-lab-without-an-uplink.md).
/// </summary>
internal static class FabricNetwork
{
    /// <summary>A host's own end of its wire; the router's end has the host's name.</summary>
    public const string HostLink = "eth0";

    /// <summary>Makes every host's network namespace, its links, addresses and default routes.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static void Create(LabTopology topology)
    {
        MachineDirectories.Make(NetworkNamespace.NamedDirectory);
        using NetworkNamespace routerNamespace = NetworkNamespace.CreateNamed(topology.Router.Namespace);
        using RouteNetlink router = RouteNetlink.Open(routerNamespace);
        BringLoopbackUp(router);
        routerNamespace.Run(() => SetRouterSysctls(topology.DualStack));
        foreach (LabSegment segment in topology.Segments)
        {
            // A bridge follows the least MTU of its ports until somebody sets one that it doesn't have; so it is born with another.
            int bridge = router.AddLink(new LinkOptions { Name = segment.Name, Mtu = (uint)topology.Mtu ^ 1 }, new BridgeKind());
            router.SetLink(bridge, new LinkOptions { Mtu = (uint)topology.Mtu, Up = true });
            foreach (IPAddress address in segment.RouterAddresses)
            {
                AddAddress(router, bridge, address, segment);
            }
        }

        foreach (LabHost host in topology.Hosts.Where(host => host.Role != LabRole.Router))
        {
            CreateHost(topology, host, router);
        }

        using NfTablesClient rules = routerNamespace.Run(NfTablesClient.Open);
        rules.Commit(EdgeRules.Plan(topology));
    }

    /// <summary>Makes one host's network namespace and its wire to the router.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static void CreateHost(LabTopology topology, LabHost host, RouteNetlink router)
    {
        using NetworkNamespace hostNamespace = NetworkNamespace.CreateNamed(host.Namespace);
        using RouteNetlink link = RouteNetlink.Open(hostNamespace);
        BringLoopbackUp(link);
        int segment = router.FindLink(host.Segment.Name)!.Index;
        VethPair pair = router.AddVeth(
            new LinkOptions { Name = host.Name, Mtu = (uint)topology.Mtu, MasterIndex = segment, Up = true, AddressGeneration = AddressGeneration.None },
            new LinkOptions { Name = HostLink, Mtu = (uint)topology.Mtu, Namespace = hostNamespace });
        link.SetLink(pair.Far, new LinkOptions { Up = true });
        HostUplink.Configure(link, pair.Far, host);
    }

    private static void SetRouterSysctls(bool ipv6)
    {
        Sysctl.Write("net/ipv4/ip_forward", "1");
        if (ipv6)
        {
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
        }

        // The segments are switches: what only crosses one is none of the router's rules' business.
        foreach (string hook in (string[])["iptables", "ip6tables", "arptables"])
        {
            if (Sysctl.Exists($"net/bridge/bridge-nf-call-{hook}"))
            {
                Sysctl.Write($"net/bridge/bridge-nf-call-{hook}", "0");
            }
        }

        foreach (string links in (string[])["all", "default"])
        {
            // A cloud's router tells nobody of a shorter way, and asks no packet whether it would go back the way it came.
            Sysctl.Write($"net/ipv4/conf/{links}/send_redirects", "0");
            Sysctl.Write($"net/ipv4/conf/{links}/rp_filter", "0");
        }
    }

    // Nobody else can have the address: without waiting for the answer to that question it is usable at once.
    internal static void AddAddress(RouteNetlink netlink, int link, IPAddress address, LabSegment segment) => netlink.AddAddress(new InterfaceAddress
    {
        LinkIndex = link,
        Address = address,
        PrefixLength = segment.PrefixLength(address),
        Flags = address.AddressFamily == AddressFamily.InterNetworkV6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None,
    });

    private static void BringLoopbackUp(RouteNetlink netlink) => netlink.SetLink(netlink.FindLink("lo")!.Index, new LinkOptions { Up = true });
}
