using System.Globalization;
using System.Net;

namespace Fairlead.Kernel.Route;

/// <summary>Where a bridge or a VXLAN tunnel sends frames for a hardware address (<c>bridge fdb</c>).</summary>
public sealed record ForwardingEntry
{
    /// <summary>The index of the VXLAN link, or of the bridge's port.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>NDA_LLADDR. 00:00:00:00:00:00 on a VXLAN: frames for unknown addresses and broadcasts, one copy per entry.</summary>
    public required MacAddress MacAddress { get; init; }

    /// <summary>NDA_DST: the other end of the tunnel.</summary>
    public IPAddress? Destination { get; init; }

    /// <summary>NDA_VLAN.</summary>
    public ushort? Vlan { get; init; }

    /// <summary>NDA_PORT: the UDP port there. Null: the link's.</summary>
    public ushort? Port { get; init; }

    /// <summary>NDA_VNI: the network identifier there. Null: the link's.</summary>
    public uint? Vni { get; init; }

    /// <summary>NDA_IFINDEX: the link by which the tunnel's packets leave.</summary>
    public int? UnderlayIndex { get; init; }

    /// <summary>Permanent or NoArp where somebody set it, Reachable or Stale where it was learned.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>NTF_MASTER: an entry of the bridge whose port the link is; otherwise one of the link's own (NTF_SELF).</summary>
    public bool OfBridge { get; init; }

    /// <summary>NTF_EXT_LEARNED.</summary>
    public bool IsExternallyLearned { get; init; }

    /// <summary>"0a:58:0a:c8:01:00 dst 10.240.0.21 on link 5".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{MacAddress}{(Destination is null ? "" : $" dst {Destination}")} on link {LinkIndex}");
}
