using Fairlead.Cni.Plugins.Bridge;
using Fairlead.Cni.Plugins.Ipam;
using Fairlead.Cni.Plugins.Links;
using Fairlead.Kernel;
using Fairlead.Kernel.Route;

namespace Fairlead.Cni.Plugins.Macvlan;

/// <summary>macvlan: gives the container a link with a hardware address of its own on one of the host's links.</summary>
internal sealed class MacvlanPlugin : CniPlugin
{
    public override string Name => "macvlan";

    public override CniResult Add(CniRequest request)
    {
        ConfigurationObject root = request.Configuration.Root;
        MacvlanMode mode = ReadMode(root);
        using NetworkNamespace container = ContainerNamespace.Open(request);
        using RouteNetlink below = UnderlyingLink.Open(request, container);
        Link link = UnderlyingLink.Find(below, root, required: false);
        return UnderlyingLink.Connect(
            request,
            container,
            below,
            new LinkOptions { Mtu = UnderlyingLink.ReadMtu(root, link), MacAddress = RequestedMac.Read(request) },
            new MacvlanKind { ParentIndex = link.Index, Mode = mode });
    }

    public override void Delete(CniRequest request) => UnderlyingLink.Disconnect(request);

    public override void Check(CniRequest request)
    {
        MacvlanMode mode = ReadMode(request.Configuration.Root);
        UnderlyingLink.Check(request, link =>
        {
            if (link.Kind is not MacvlanKind kind || kind.Mode != mode)
            {
                throw ContainerLink.Failed($"{request.InterfaceName} is not a macvlan in the mode {mode}");
            }
        });
    }

    public override void CollectGarbage(CniRequest request) => AddressManagement.For(request)?.CollectGarbage();

    public override void Status(CniRequest request) => AddressManagement.For(request)?.Status();

    private static MacvlanMode ReadMode(ConfigurationObject root) => root.GetString("mode") switch
    {
        null or "" or "bridge" => MacvlanMode.Bridge,
        "private" => MacvlanMode.Private,
        "vepa" => MacvlanMode.Vepa,
        "passthru" => MacvlanMode.PassThrough,
        { } mode => throw root.Invalid("mode", $"\"{mode}\" is none of bridge, private, vepa, passthru"),
    };
}
