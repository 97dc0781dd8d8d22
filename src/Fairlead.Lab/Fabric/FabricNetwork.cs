using System.Net;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Lab.Fabric;

/// <summary>
/// The lab's wires: a bridge in the router's namespace is the segment on which all nodes are, each with a veth pair. No wire leads to the machine's own network
/// (docs/decisions/0002-a-lab-without-an-uplink.md).
/// </summary>
internal static class FabricNetwork
{
    private const string Segment = "nodes";
    private const string NodeLink = "eth0";

    /// <summary>Makes every host's network namespace, its links, addresses and default route.</summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public static void Create(LabTopology topology)
    {
        MachineDirectories.Make(NetworkNamespace.NamedDirectory);
        int prefixLength = topology.Preset.Nodes.PrefixLength;
        using NetworkNamespace routerNamespace = NetworkNamespace.CreateNamed(topology.Router.Namespace);
        using RouteNetlink router = RouteNetlink.Open(routerNamespace);
        BringLoopbackUp(router);
        int segment = router.AddLink(new LinkOptions { Name = Segment, Mtu = (uint)topology.Mtu, Up = true }, new BridgeKind());
        router.AddAddress(new InterfaceAddress { LinkIndex = segment, Address = topology.Router.Address, PrefixLength = prefixLength });
        routerNamespace.Run(() => Sysctl.Write("net/ipv4/ip_forward", "1"));

        foreach (LabHost host in topology.Hosts.Where(host => host.Role != LabRole.Router))
        {
            using NetworkNamespace hostNamespace = NetworkNamespace.CreateNamed(host.Namespace);
            using RouteNetlink link = RouteNetlink.Open(hostNamespace);
            BringLoopbackUp(link);
            VethPair pair = router.AddVeth(
                new LinkOptions { Name = host.Name, Mtu = (uint)topology.Mtu, MasterIndex = segment, Up = true },
                new LinkOptions { Name = NodeLink, Mtu = (uint)topology.Mtu, Namespace = hostNamespace, Up = true });
            link.AddAddress(new InterfaceAddress { LinkIndex = pair.Far, Address = host.Address, PrefixLength = prefixLength });
            link.AddRoute(new RouteEntry { Destination = new IPNetwork(IPAddress.Any, 0), Gateway = topology.Router.Address });
        }
    }

    private static void BringLoopbackUp(RouteNetlink netlink) => netlink.SetLink(netlink.FindLink("lo")!.Index, new LinkOptions { Up = true });
}
