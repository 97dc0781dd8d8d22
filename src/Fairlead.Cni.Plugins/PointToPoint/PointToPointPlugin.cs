using System.Net;
using Fairlead.Cni.Plugins.Bridge;
using Fairlead.Cni.Plugins.Ipam;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Cni.Plugins.Masquerade;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.PointToPoint;

/// <summary>
/// ptp: a pair of links between the host and each container, without a bridge. The host's end has the gateway's address alone and a route to the
/// container; the container reaches its own subnet, too, through the gateway.
/// </summary>
internal sealed class PointToPointPlugin : CniPlugin
{
    private const int ContainerInterface = 1; // behind the host's end

    public override string Name => "ptp";

    public override CniResult Add(CniRequest request)
    {
        ConfigurationObject root = request.Configuration.Root;
        MasqueradeKeys.CheckBackend(root);
        int? mtu = NodeMtu.Choose(RequestedMtu.Read(root));
        AddressManagement ipam = AddressManagement.For(request) ?? throw root.Invalid("ipam", "is missing: ptp needs addresses");
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink host = RouteNetlink.Open();
        Undo undo = new();
        try
        {
            MacAddress hostMac = RequestedMac.Random(), containerMac = RequestedMac.Read(request) ?? RequestedMac.Random();
            VethPair veth = HostVeth.Create(
                host,
                request,
                new LinkOptions { MacAddress = hostMac, Mtu = (uint?)mtu },
                new LinkOptions { Name = request.InterfaceName, Namespace = container, MacAddress = containerMac, Mtu = (uint?)mtu });
            undo.Push(() => host.DeleteLink(veth.Near));
            undo.Push(ipam.Undo);
            CniResult result = Complete(request, ipam.Add());
            Neighbours.SkipDuplicateAddressDetection(Ownership.LinkName(request.Configuration.Name, request.Attachment));
            ConfigureHost(host, veth.Near, result);
            ConfigureContainer(container, request.InterfaceName, veth.Far, result, root.GetBoolean("enabledad"));
            Forwarding.Enable(result);
            if (root.GetBoolean("ipMasq"))
            {
                undo.Push(() => PodMasquerade.Remove(request));
                PodMasquerade.Add(request, result, MasqueradeKeys.ReadNonMasquerade(root));
            }

            HostVeth.Finish(host, request, veth);
            result.Interfaces.Add(new CniInterface { Name = Ownership.LinkName(request.Configuration.Name, request.Attachment), Mac = hostMac.ToString(), Mtu = mtu ?? NodeMtu.KernelsDefault });
            result.Interfaces.Add(new CniInterface { Name = request.InterfaceName, Mac = containerMac.ToString(), Mtu = mtu ?? NodeMtu.KernelsDefault, Sandbox = request.NetworkNamespace });
            return result;
        }
        catch
        {
            undo.Run();
            throw;
        }
    }

    public override void Delete(CniRequest request)
    {
        AddressManagement? ipam = AddressManagement.For(request);
        Concurrently.Run(() => HostVeth.Delete(request), () => PodMasquerade.Remove(request));
        ipam?.Delete();
    }

    public override void Check(CniRequest request)
    {
        CniResult previous = request.RequirePreviousResult();
        ConfigurationObject root = request.Configuration.Root;
        AddressManagement.For(request)?.Check();
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink host = RouteNetlink.Open();
        HostVeth.Check(host, request, previous, null);
        ContainerLink.Check(container, request, previous);
        foreach (CniAddress address in previous.ContainerAddresses)
        {
            if (host.LookUpRoute(address.Address.Address, match: true) is not { LinkIndex: { } link, Destination.PrefixLength: var length }
                || length != address.Address.Width
                || host.FindLink(link)?.Name != Ownership.LinkName(request.Configuration.Name, request.Attachment))
            {
                throw ContainerLink.Failed($"the host has no route of its own to {address.Address.Address}");
            }
        }

        if (root.GetBoolean("ipMasq"))
        {
            PodMasquerade.Check(request, previous, MasqueradeKeys.ReadNonMasquerade(root));
        }
    }

    public override void CollectGarbage(CniRequest request)
    {
        AddressManagement? ipam = AddressManagement.For(request);
        Concurrently.Run(() => HostVeth.CollectGarbage(request), () => PodMasquerade.CollectGarbage(request));
        ipam?.CollectGarbage();
    }

    public override void Status(CniRequest request) => AddressManagement.For(request)?.Status();

    private static CniResult Complete(CniRequest request, CniResult given)
    {
        CniResult result = new() { Dns = ResolverSettings.Choose(request, given.Dns), Routes = given.Routes, Unknown = given.Unknown };
        foreach (CniAddress address in given.Addresses)
        {
            if (address.Gateway is null)
            {
                throw request.Configuration.Root.Invalid("ipam", $"gave {address.Address} without a gateway, which ptp needs");
            }

            result.Addresses.Add(address with { Interface = ContainerInterface });
        }

        return result;
    }

    private static void ConfigureHost(RouteNetlink host, int index, CniResult result)
    {
        host.SetLink(index, new LinkOptions { Up = true });
        foreach (CniAddress address in result.Addresses)
        {
            int width = address.Address.Width;
            host.AddAddress(LinkAddress.Of(index, new AddressPrefix(address.Gateway!, width)));
            host.AddRoute(new RouteEntry { Destination = new IPNetwork(address.Address.Address, width), LinkIndex = index });
        }
    }

    /// <summary>Everything goes by the gateway, the own subnet too: nobody else of it is on the link to answer ARP.</summary>
    private static void ConfigureContainer(NetworkNamespace container, string name, int index, CniResult result, bool duplicateAddressDetection)
    {
        using RouteNetlink route = ContainerLink.Open(container, name, result, duplicateAddressDetection);
        foreach (CniAddress address in result.Addresses)
        {
            InterfaceAddress own = LinkAddress.Of(index, address.Address, duplicateAddressDetection);
            route.AddAddress(own with { Flags = own.Flags | AddressFlags.NoPrefixRoute });
        }

        route.SetLink(index, new LinkOptions { ArpNotify = true, Up = true });
        foreach (CniAddress address in result.Addresses)
        {
            AddressPrefix network = address.Address.Network;
            route.AddRoute(new RouteEntry { Destination = new IPNetwork(address.Gateway!, network.Width), LinkIndex = index });
            route.AddRoute(new RouteEntry
            {
                Destination = new IPNetwork(network.Address, network.PrefixLength),
                Gateway = address.Gateway,
                LinkIndex = index,
                PreferredSource = network.IsIPv6 ? null : address.Address.Address,
            });
        }

        foreach (CniRoute wanted in result.Routes)
        {
            route.AddRoute(ContainerLink.ToEntry(wanted, index, wanted.Gateway ?? ContainerLink.GatewayOf(result, wanted.Destination.IsIPv6)));
        }
    }
}
