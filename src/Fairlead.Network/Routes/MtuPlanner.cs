using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>How long pods' packets may be.</summary>
internal static class MtuPlanner
{
    /// <summary>What is told, or what the uplink takes less what the tunnels add; 0 where neither is known.</summary>
    public static int Plan(NodeSettings settings, ImmutableArray<PlannedOverlay> overlays)
    {
        int most = settings.Uplink.Mtu == 0 ? 0 : settings.Uplink.Mtu - overlays.Select(o => o.Overhead).DefaultIfEmpty(0).Max();
        return settings.Mtu > 0 ? settings.Mtu : most;
    }
}
