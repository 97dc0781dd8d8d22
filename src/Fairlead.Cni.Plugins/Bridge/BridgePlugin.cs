using System.Net;
using Fairlead.Cni.Plugins.HostLocal;
using Fairlead.Cni.Plugins.Ipam;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Cni.Plugins.Masquerade;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Bridge;

/// <summary>bridge: connects the container to a bridge on the host by a pair of links.</summary>
internal sealed class BridgePlugin : CniPlugin
{
    public override string Name => "bridge";

    public override CniResult Add(CniRequest request)
    {
        BridgeConfiguration configuration = BridgeConfiguration.Read(request);
        AddressManagement? ipam = AddressManagement.For(request);
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink host = RouteNetlink.Open();
        Undo undo = new();
        try
        {
            configuration = configuration with { Mtu = NodeMtu.Choose(configuration.Mtu) };
            Link bridge = HostBridge.Ensure(host, configuration);
            MacAddress hostMac = RequestedMac.Random(), containerMac = configuration.Mac ?? RequestedMac.Random();
            uint? mtu = (uint?)configuration.Mtu;
            VethPair veth = HostVeth.Create(
                host,
                request,
                new LinkOptions { MasterIndex = bridge.Index, MacAddress = hostMac, Mtu = mtu, Up = true },
                new LinkOptions
                {
                    Name = request.InterfaceName,
                    Namespace = container,
                    MacAddress = containerMac,
                    Mtu = mtu,
                    Up = ipam is { IsOwn: false } ? true : null, // DHCP and its like speak over the link before it has an address.
                });
            undo.Push(() => host.DeleteLink(veth.Near));
            if (configuration.Vlan > 0)
            {
                host.AddBridgeVlan(veth.Near, (ushort)configuration.Vlan, untaggedPvid: true);
            }

            CniResult result = new();
            if (ipam is not null)
            {
                undo.Push(ipam.Undo);
                CniResult given = ipam.Add();
                result = Complete(given, configuration);
                ConnectAddresses(host, container, request, configuration, bridge, veth, result, undo);
            }
            else if (!configuration.DisableContainerInterface)
            {
                ContainerLink.Configure(container, request.InterfaceName, veth.Far, result, configuration.DuplicateAddressDetection);
            }

            HostVeth.Finish(host, request, veth, configuration.Hairpin || configuration.PortIsolation
                ? new BridgePort { Hairpin = configuration.Hairpin ? true : null, Isolated = configuration.PortIsolation ? true : null }
                : null);

            result.Interfaces.Add(new CniInterface { Name = configuration.Bridge, Mac = bridge.MacAddress?.ToString(), Mtu = (int)bridge.Mtu });
            result.Interfaces.Add(new CniInterface { Name = Ownership.LinkName(request.Configuration.Name, request.Attachment), Mac = hostMac.ToString(), Mtu = configuration.Mtu ?? NodeMtu.KernelsDefault });
            result.Interfaces.Add(new CniInterface { Name = request.InterfaceName, Mac = containerMac.ToString(), Mtu = configuration.Mtu ?? NodeMtu.KernelsDefault, Sandbox = request.NetworkNamespace });
            result.Dns = ResolverSettings.Choose(request, result.Dns);
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
        BridgeConfiguration configuration = BridgeConfiguration.Read(request);
        CniResult previous = request.RequirePreviousResult();
        AddressManagement.For(request)?.Check();
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink host = RouteNetlink.Open();
        if (host.FindLink(configuration.Bridge) is not { Kind: BridgeKind } bridge)
        {
            throw ContainerLink.Failed($"the bridge {configuration.Bridge} is gone");
        }

        HostVeth.Check(host, request, previous, bridge);
        if (configuration.DisableContainerInterface)
        {
            return;
        }

        ContainerLink.Check(container, request, previous);
        IPAddress[] onBridge = [.. host.ListAddresses(bridge.Index).Select(address => address.Address)];
        foreach (CniAddress address in previous.ContainerAddresses)
        {
            if (configuration.IsGateway && address.Gateway is { } gateway && !onBridge.Contains(gateway))
            {
                throw ContainerLink.Failed($"the bridge {configuration.Bridge} does not have the gateway's address {gateway}");
            }
        }

        if (configuration.Masquerade)
        {
            PodMasquerade.Check(request, previous, configuration.NonMasquerade);
        }
    }

    public override void CollectGarbage(CniRequest request)
    {
        AddressManagement? ipam = AddressManagement.For(request);
        Concurrently.Run(() => HostVeth.CollectGarbage(request), () => PodMasquerade.CollectGarbage(request));
        ipam?.CollectGarbage();
    }

    public override void Status(CniRequest request)
    {
        try
        {
            BridgeConfiguration.Read(request);
        }
        catch (CniException exception)
        {
            throw new CniException(CniErrorCode.NotAvailable, exception.Message, exception.Details, exception);
        }

        AddressManagement.For(request)?.Status();
    }

    private static void ConnectAddresses(
        RouteNetlink host, NetworkNamespace container, CniRequest request, BridgeConfiguration configuration, Link bridge, VethPair veth, CniResult result, Undo undo)
    {
        if (configuration.IsGateway)
        {
            HashSet<AddressPrefix> gateways = [];
            foreach (CniAddress address in result.Addresses)
            {
                if (address.Gateway is { } gateway)
                {
                    gateways.Add(new AddressPrefix(gateway, address.Address.PrefixLength));
                }
            }

            HostBridge.SetGateways(host, configuration, bridge, gateways);
            Forwarding.Enable(result);
        }

        ContainerLink.Configure(container, request.InterfaceName, veth.Far, result, configuration.DuplicateAddressDetection);
        if (configuration.Masquerade)
        {
            undo.Push(() => PodMasquerade.Remove(request));
            PodMasquerade.Add(request, result, configuration.NonMasquerade);
        }
    }

    /// <summary>The IPAM plugin's result with what the bridge adds: the interface's index, gateways, default routes.</summary>
    private static CniResult Complete(CniResult given, BridgeConfiguration configuration)
    {
        const int ContainerInterface = 2; // behind the bridge and the host's end
        CniResult result = new() { Dns = given.Dns, Routes = given.Routes, Unknown = given.Unknown };
        foreach (CniAddress address in given.Addresses)
        {
            AddressPrefix network = address.Address.Network;
            IPAddress? gateway = address.Gateway ?? (configuration.IsGateway
                ? AddressNumber.ToAddress(AddressNumber.Of(network.Address) + 1, network.Address.AddressFamily)
                : null);
            result.Addresses.Add(address with { Interface = ContainerInterface, Gateway = gateway });
        }

        if (configuration.IsDefaultGateway)
        {
            foreach (CniAddress address in result.Addresses)
            {
                AddressPrefix destination = address.Address.IsIPv6 ? AddressPrefix.DefaultIPv6 : AddressPrefix.DefaultIPv4;
                if (!result.Routes.Any(route => route.Destination == destination))
                {
                    result.Routes.Add(new CniRoute { Destination = destination, Gateway = address.Gateway });
                }
            }
        }

        return result;
    }
}
