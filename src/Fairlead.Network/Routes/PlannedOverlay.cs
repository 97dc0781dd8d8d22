using Fairlead.Kernel.Route;

namespace Fairlead.Network;

/// <summary>A VXLAN link of this node. There is one for each family of node addresses that tunnels run over.</summary>
/// <param name="Local">The node's address that tunnels start and end at.</param>
/// <param name="Mac">The link's hardware address.</param>
public sealed record PlannedOverlay(NetAddress Local, MacAddress Mac)
{
    /// <summary>VXLAN's header and those below it: outer Ethernet is not counted, inner Ethernet is.</summary>
    private const int HeadersOverIPv4 = 50, HeadersOverIPv6 = 70;

    /// <summary>The address that the node itself sends from through this link: the first one of its own pod CIDR, which no pod gets.</summary>
    public NetAddress? Address4 { get; init; }

    /// <summary>As <see cref="Address4"/>, for IPv6 pods.</summary>
    public NetAddress? Address6 { get; init; }

    /// <summary>Whether tunnels run over IPv6.</summary>
    public bool IsIPv6 => Local.IsIPv6;

    /// <summary>How many bytes longer packets get.</summary>
    public int Overhead => OverheadOf(IsIPv6);

    /// <summary>How other nodes find this end.</summary>
    public Vtep Vtep => new(Mac, Local);

    /// <summary>How many bytes a tunnel over this family costs.</summary>
    public static int OverheadOf(bool ipv6) => ipv6 ? HeadersOverIPv6 : HeadersOverIPv4;
}
