namespace Fairlead.Kernel.NfTables;

/// <summary>Which packets a table sees (NFPROTO_*, linux/netfilter.h).</summary>
public enum TableFamily : byte
{
    /// <summary>No family: in a listing, all of them.</summary>
    Unspecified = 0,

    /// <summary>NFPROTO_INET: IPv4 and IPv6 in one table.</summary>
    Inet = 1,

    /// <summary>NFPROTO_IPV4.</summary>
    Ipv4 = 2,

    /// <summary>NFPROTO_ARP.</summary>
    Arp = 3,

    /// <summary>NFPROTO_NETDEV: at one link's ingress or egress.</summary>
    Netdev = 5,

    /// <summary>NFPROTO_BRIDGE: frames on a bridge.</summary>
    Bridge = 7,

    /// <summary>NFPROTO_IPV6.</summary>
    Ipv6 = 10,
}
