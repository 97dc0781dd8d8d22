using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Loopback;

/// <summary>loopback: switches the container's lo on.</summary>
internal sealed class LoopbackPlugin : CniPlugin
{
    private const string Interface = "lo";

    public override string Name => "loopback";

    public override CniResult Add(CniRequest request)
    {
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink route = RouteNetlink.Open(container);
        Link link = route.FindLink(Interface) ?? throw new CniException(CniErrorCode.InvalidNetworkNamespace, "the namespace has no lo");
        route.SetLink(link.Index, new LinkOptions { Up = true });
        if (request.Configuration.PreviousResult is { } previous)
        {
            return previous;
        }

        CniResult result = new();
        result.Interfaces.Add(new CniInterface { Name = Interface, Mac = (link.MacAddress ?? default).ToString(), Sandbox = request.NetworkNamespace });
        foreach (InterfaceAddress address in route.ListAddresses(link.Index))
        {
            result.Addresses.Add(new CniAddress { Address = new AddressPrefix(address.Address, address.PrefixLength), Interface = 0 });
        }

        return result;
    }

    public override void Delete(CniRequest request)
    {
        using NetworkNamespace? container = ContainerNamespace.TryOpen(request);
        if (container is null)
        {
            return;
        }

        using RouteNetlink route = RouteNetlink.Open(container);
        if (route.FindLink(Interface) is { } link)
        {
            route.SetLink(link.Index, new LinkOptions { Up = false });
        }
    }

    public override void Check(CniRequest request)
    {
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink route = RouteNetlink.Open(container);
        if (route.FindLink(Interface) is not { IsUp: true })
        {
            throw new CniException(CniErrorCode.CheckFailed, "loopback: lo is down");
        }
    }
}
