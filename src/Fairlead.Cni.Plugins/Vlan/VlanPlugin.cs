using Fairlead.Cni.Plugins.Ipam;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Cni.Plugins.Macvlan;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Vlan;

/// <summary>vlan: gives the container a VLAN of one of the host's links.</summary>
internal sealed class VlanPlugin : CniPlugin
{
    public override string Name => "vlan";

    public override CniResult Add(CniRequest request)
    {
        ConfigurationObject root = request.Configuration.Root;
        ushort id = ReadId(root);
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink below = UnderlyingLink.Open(request, container);
        Link link = UnderlyingLink.Find(below, root, required: true);
        return UnderlyingLink.Connect(request, container, below, new LinkOptions { Mtu = UnderlyingLink.ReadMtu(root, link) }, new VlanKind { ParentIndex = link.Index, Id = id });
    }

    public override void Delete(CniRequest request) => UnderlyingLink.Disconnect(request);

    public override void Check(CniRequest request)
    {
        ushort id = ReadId(request.Configuration.Root);
        UnderlyingLink.Check(request, link =>
        {
            if (link.Kind is not VlanKind kind || kind.Id != id)
            {
                throw ContainerLink.Failed($"{request.InterfaceName} is not VLAN {id}");
            }
        });
    }

    public override void CollectGarbage(CniRequest request) => AddressManagement.For(request)?.CollectGarbage();

    public override void Status(CniRequest request) => AddressManagement.For(request)?.Status();

    private static ushort ReadId(ConfigurationObject root) =>
        root.GetInteger("vlanId") is { } id and >= 0 and <= 4094 ? (ushort)id : throw root.Invalid("vlanId", "must be a VLAN, 0 to 4094");
}
