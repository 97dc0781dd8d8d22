using Fairlead.Cni.Plugins.Bandwidth;
using Fairlead.Cni.Plugins.Bridge;
using Fairlead.Cni.Plugins.Firewall;
using Fairlead.Cni.Plugins.HostLocal;
using Fairlead.Cni.Plugins.Loopback;
using Fairlead.Cni.Plugins.Macvlan;
using Fairlead.Cni.Plugins.PointToPoint;
using Fairlead.Cni.Plugins.Policies;
using Fairlead.Cni.Plugins.PortMap;
using Fairlead.Cni.Plugins.SourceRouting;
using Fairlead.Cni.Plugins.Static;
using Fairlead.Cni.Plugins.Tuning;
using Fairlead.Cni.Plugins.Vlan;

namespace Fairlead.Cni.Plugins;

/// <summary>The plugins that this executable is.</summary>
internal static class Catalogue
{
    /// <summary>Under which names it is to be linked.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["bandwidth", "bridge", "fairlead", "firewall", "host-local", "loopback", "macvlan", "portmap", "ptp", "sbr", "static", "tuning", "vlan"];

    public static CniPlugin? Create(string name) => name switch
    {
        "bandwidth" => new BandwidthPlugin(),
        "bridge" => new BridgePlugin(),
        "fairlead" => new PolicyGatePlugin(),
        "firewall" => new FirewallPlugin(),
        "host-local" => new HostLocalPlugin(),
        "loopback" => new LoopbackPlugin(),
        "macvlan" => new MacvlanPlugin(),
        "portmap" => new PortMapPlugin(),
        "ptp" => new PointToPointPlugin(),
        "sbr" => new SourceRoutingPlugin(),
        "static" => new StaticPlugin(),
        "tuning" => new TuningPlugin(),
        "vlan" => new VlanPlugin(),
        _ => null,
    };
}
