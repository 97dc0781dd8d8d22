namespace Fairlead.Cni.Plugins.Links;

/// <summary>What makes neighbours know one another from the first packet on.</summary>
internal static class Neighbours
{
    /// <summary>
    /// Lets the link's own link-local address be used as soon as the link is up, in the namespace of the calling thread. While that one is tentative the kernel
    /// asks for no neighbour on behalf of packets that it forwards (ndisc_send_ns in net/ipv6/ndisc.c), and the first ones wait for two seconds.
    /// </summary>
    public static void SkipDuplicateAddressDetection(string link) => ContainerLink.TrySetSysctl($"ipv6/conf/{link}/accept_dad", "0");

    /// <summary>Lets neighbours that knew an IPv6 address's last owner learn the new hardware address as the link comes up, in the namespace of the calling thread.</summary>
    public static void AnnounceIPv6(string link) => ContainerLink.TrySetSysctl($"ipv6/conf/{link}/ndisc_notify", "1");
}
