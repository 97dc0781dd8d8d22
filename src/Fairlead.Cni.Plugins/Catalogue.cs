using Fairlead.Cni.Plugins.Bridge;
using Fairlead.Cni.Plugins.HostLocal;
using Fairlead.Cni.Plugins.Loopback;
using Fairlead.Cni.Plugins.Static;

namespace Fairlead.Cni.Plugins;

/// <summary>The plugins that this executable is.</summary>
internal static class Catalogue
{
    /// <summary>Under which names it is to be linked.</summary>
    public static IReadOnlyList<string> Names { get; } = ["bridge", "host-local", "loopback", "static"];

    public static CniPlugin? Create(string name) => name switch
    {
        "bridge" => new BridgePlugin(),
        "loopback" => new LoopbackPlugin(),
        "host-local" => new HostLocalPlugin(),
        "static" => new StaticPlugin(),
        _ => null,
    };
}
