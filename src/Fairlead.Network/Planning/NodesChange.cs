using Fairlead.Kernel.Route;
using Fairlead.Network.Layout;

namespace Fairlead.Network;

/// <summary>What a change of nodes came to, so that the difference between two plans needn't be looked for among thousands.</summary>
/// <param name="Since">The revision of the plan before.</param>
internal sealed record NodesChange(long Since)
{
    /// <summary>Routes that the plan before had, and that are gone or lead another way.</summary>
    public List<PlannedRoute> RemovedRoutes { get; } = [];

    /// <summary>Routes that are new or lead another way.</summary>
    public List<PlannedRoute> AddedRoutes { get; } = [];

    /// <summary>Tunnel ends that no route leads to any more.</summary>
    public List<Vtep> RemovedTunnels { get; } = [];

    /// <summary>Elements of the small sets that are gone.</summary>
    public List<MapElement> RemovedElements { get; } = [];

    /// <summary>Elements of the small sets that are new.</summary>
    public List<MapElement> AddedElements { get; } = [];

    /// <summary>The tunnel ends of routes that were, without those whose hardware address is still sent to.</summary>
    public static IEnumerable<Vtep> Unused(IEnumerable<PlannedRoute> were, IEnumerable<PlannedRoute> now)
    {
        HashSet<(bool, MacAddress)> used = [.. now.Select(r => r.Tunnel).OfType<Vtep>().Select(Key)];
        return were.Select(r => r.Tunnel).OfType<Vtep>().Where(v => used.Add(Key(v)));

        static (bool, MacAddress) Key(Vtep vtep) => (vtep.Address.IsIPv6, vtep.Mac);
    }
}
