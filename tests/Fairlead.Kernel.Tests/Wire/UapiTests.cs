using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Fairlead.Kernel.Conntrack;
using Fairlead.Kernel.Interop;
using Fairlead.Kernel.Netlink;
using Fairlead.Kernel.Route;

namespace Fairlead.Kernel.Tests.Wire;

/// <summary>Our constants and struct sizes beside those of the system's C headers, which a C compiler reads for us.</summary>
public sealed class UapiTests
{
    private static readonly string[] s_headers =
    [
        "errno.h", "fcntl.h", "stddef.h", "sys/ioctl.h", "sys/stat.h", "poll.h", "sched.h", "sys/eventfd.h", "sys/file.h", "sys/mount.h", "sys/socket.h",
        "linux/fib_rules.h", "linux/if.h", "linux/if_addr.h", "linux/if_bridge.h", "linux/if_ether.h", "linux/if_link.h", "linux/ip.h", "linux/ethtool.h", "linux/neighbour.h", "linux/sockios.h",
        "linux/netfilter/nf_conntrack_common.h", "linux/netfilter/nf_conntrack_tcp.h", "linux/netfilter/nfnetlink.h", "linux/netfilter/nfnetlink_compat.h", "linux/netfilter/nfnetlink_conntrack.h",
        "linux/netlink.h", "linux/net_namespace.h", "linux/nsfs.h", "linux/pkt_cls.h", "linux/pkt_sched.h", "linux/rtnetlink.h", "linux/tc_act/tc_mirred.h", "linux/veth.h",
    ];

    [Fact]
    public void Every_constant_is_that_of_the_headers()
    {
        (string Name, long Ours)[] rows = [.. Constants()];
        long[] theirs = Compile(rows.Select(row => row.Name));
        Assert.Equal(rows.Select((row, i) => $"{row.Name} = {theirs[i]}"), rows.Select(row => $"{row.Name} = {row.Ours}"));
    }

    [Fact]
    public void Every_struct_has_the_size_of_the_headers()
    {
        (string Name, int Ours)[] rows =
        [
            ("struct sockaddr_nl", Unsafe.SizeOf<LibC.SocketAddressNetlink>()),
            ("struct pollfd", Unsafe.SizeOf<LibC.PollDescriptor>()),
            ("struct nlmsghdr", NetlinkControl.HeaderSize),
            ("struct nlattr", NetlinkControl.AttributeHeaderSize),
            ("struct ifinfomsg", Unsafe.SizeOf<LinkHeader>()), ("struct ifinfomsg", LinkHeader.Size),
            ("struct ifaddrmsg", Unsafe.SizeOf<AddressHeader>()), ("struct ifaddrmsg", AddressHeader.Size),
            ("struct ifa_cacheinfo", Unsafe.SizeOf<AddressLifetimes>()),
            ("struct rtmsg", Unsafe.SizeOf<RouteHeader>()), ("struct rtmsg", RouteHeader.Size),
            ("struct rtnexthop", Unsafe.SizeOf<NextHopHeader>()), ("struct rtnexthop", NextHopHeader.Size),
            ("struct ndmsg", Unsafe.SizeOf<NeighbourHeader>()), ("struct ndmsg", NeighbourHeader.Size),
            ("struct fib_rule_hdr", Unsafe.SizeOf<RuleHeader>()), ("struct fib_rule_hdr", RuleHeader.Size),
            ("struct tcmsg", Unsafe.SizeOf<TrafficHeader>()), ("struct tcmsg", TrafficHeader.Size),
            ("struct tc_ratespec", Unsafe.SizeOf<RateSpecification>()),
            ("struct tc_tbf_qopt", Unsafe.SizeOf<TokenBucketParameters>()),
            ("struct tc_htb_opt", Unsafe.SizeOf<HtbParameters>()),
            ("struct tc_htb_glob", Unsafe.SizeOf<HtbGlobal>()),
            ("struct tc_u32_sel", U32Selector.Size), ("struct tc_u32_sel", Unsafe.SizeOf<U32Selector>()),
            ("struct tc_u32_key", U32Key.Size), ("struct tc_u32_key", Unsafe.SizeOf<U32Key>()),
            ("struct tc_mirred", Unsafe.SizeOf<MirredParameters>()),
            ("struct bridge_vlan_info", 4),
            ("struct nfgenmsg", 4),
            ("struct rtgenmsg", NamespaceIdAttribute.HeaderSize),
            ("struct ifreq", Unsafe.SizeOf<LibC.InterfaceRequest>()),
        ];
        long[] theirs = Compile(rows.Select(row => $"sizeof({row.Name})"));
        Assert.Equal(rows.Select((row, i) => $"{row.Name}: {theirs[i]}"), rows.Select(row => $"{row.Name}: {row.Ours}"));
    }

    private static IEnumerable<(string Name, long Ours)> Constants() =>
    [
        ("AF_NETLINK", LibC.AfNetlink), ("SOCK_RAW", LibC.SockRaw), ("SOCK_CLOEXEC", LibC.SockCloexec), ("SOL_SOCKET", LibC.SolSocket),
        ("SO_SNDBUF", LibC.SoSndBuf), ("SO_RCVBUF", LibC.SoRcvBuf), ("SO_SNDBUFFORCE", LibC.SoSndBufForce), ("SO_RCVBUFFORCE", LibC.SoRcvBufForce),
        ("SOL_NETLINK", LibC.SolNetlink), ("NETLINK_ADD_MEMBERSHIP", LibC.NetlinkAddMembership), ("NETLINK_DROP_MEMBERSHIP", LibC.NetlinkDropMembership),
        ("NETLINK_CAP_ACK", LibC.NetlinkCapAck), ("NETLINK_EXT_ACK", LibC.NetlinkExtAck), ("NETLINK_GET_STRICT_CHK", LibC.NetlinkGetStrictCheck),
        ("MSG_DONTWAIT", LibC.MsgDontWait), ("MSG_TRUNC", LibC.MsgTrunc), ("POLLIN", LibC.PollIn), ("POLLERR", LibC.PollErr),
        ("EFD_CLOEXEC", LibC.EventFdCloexec), ("EFD_NONBLOCK", LibC.EventFdNonBlock),
        ("O_RDONLY", LibC.OpenReadOnly), ("O_WRONLY", LibC.OpenWriteOnly), ("O_CREAT", LibC.OpenCreate), ("O_EXCL", LibC.OpenExclusive), ("O_CLOEXEC", LibC.OpenCloexec), ("O_DIRECTORY", LibC.OpenDirectory),
        ("LOCK_EX", LibC.LockExclusive), ("CLONE_NEWNS", LibC.CloneNewNs), ("CLONE_NEWNET", LibC.CloneNewNet), ("CLONE_FS", LibC.CloneFs), ("MNT_DETACH", LibC.UnmountDetach),
        ("MS_PRIVATE", (long)MountPropagation.Private), ("MS_SLAVE", (long)MountPropagation.Slave), ("MS_SHARED", (long)MountPropagation.Shared),
        ("MS_RDONLY", (long)MountOptions.ReadOnly), ("MS_NOSUID", (long)MountOptions.NoSetUser), ("MS_NODEV", (long)MountOptions.NoDevices), ("MS_NOEXEC", (long)MountOptions.NoExecute),
        ("MS_REMOUNT", (long)MountOptions.Remount), ("MS_BIND", (long)MountOptions.Bind), ("MS_REC", (long)MountOptions.Recursive),
        ("EPERM", (long)Errno.OperationNotPermitted), ("ENOENT", (long)Errno.NotFound), ("ESRCH", (long)Errno.NoSuchProcess), ("EINTR", (long)Errno.Interrupted), ("EIO", (long)Errno.InputOutput),
        ("ENXIO", (long)Errno.NoSuchDeviceOrAddress), ("E2BIG", (long)Errno.ArgumentListTooLong), ("EBADF", (long)Errno.BadDescriptor), ("EAGAIN", (long)Errno.TryAgain), ("ENOMEM", (long)Errno.OutOfMemory),
        ("EACCES", (long)Errno.AccessDenied), ("EFAULT", (long)Errno.BadAddress), ("EBUSY", (long)Errno.Busy), ("EEXIST", (long)Errno.Exists), ("EXDEV", (long)Errno.CrossDevice),
        ("ENODEV", (long)Errno.NoDevice), ("ENOTDIR", (long)Errno.NotDirectory), ("EISDIR", (long)Errno.IsDirectory), ("EINVAL", (long)Errno.InvalidArgument), ("ENFILE", (long)Errno.TooManyFilesInSystem),
        ("EMFILE", (long)Errno.TooManyFiles), ("ENOSPC", (long)Errno.NoSpace), ("EROFS", (long)Errno.ReadOnlyFileSystem), ("EMLINK", (long)Errno.TooManyLinks), ("EPIPE", (long)Errno.BrokenPipe),
        ("ERANGE", (long)Errno.OutOfRange), ("ENAMETOOLONG", (long)Errno.NameTooLong), ("ENOSYS", (long)Errno.NotImplemented), ("ENOTEMPTY", (long)Errno.NotEmpty), ("ELOOP", (long)Errno.Loop),
        ("ENODATA", (long)Errno.NoData), ("EPROTO", (long)Errno.Protocol), ("EBADMSG", (long)Errno.BadMessage), ("EOVERFLOW", (long)Errno.Overflow), ("ENOTUNIQ", (long)Errno.NotUnique),
        ("EMSGSIZE", (long)Errno.MessageTooLong), ("ENOPROTOOPT", (long)Errno.ProtocolOptionUnknown), ("EPROTONOSUPPORT", (long)Errno.ProtocolNotSupported), ("EOPNOTSUPP", (long)Errno.NotSupported),
        ("EAFNOSUPPORT", (long)Errno.FamilyNotSupported), ("EADDRINUSE", (long)Errno.AddressInUse), ("EADDRNOTAVAIL", (long)Errno.AddressNotAvailable), ("ENETDOWN", (long)Errno.NetworkDown),
        ("ENETUNREACH", (long)Errno.NetworkUnreachable), ("ENOBUFS", (long)Errno.NoBufferSpace), ("ENOTCONN", (long)Errno.NotConnected), ("ETIMEDOUT", (long)Errno.TimedOut),
        ("ECONNREFUSED", (long)Errno.ConnectionRefused), ("EHOSTUNREACH", (long)Errno.HostUnreachable), ("EALREADY", (long)Errno.AlreadyInProgress), ("ESTALE", (long)Errno.Stale),
        ("EDQUOT", (long)Errno.QuotaExceeded), ("ECANCELED", (long)Errno.Canceled),
        ("ETHTOOL_GRXCSUM", (long)LinkFeature.ReceiveChecksum), ("ETHTOOL_SRXCSUM", (long)LinkFeature.ReceiveChecksum + 1), ("ETHTOOL_GTXCSUM", (long)LinkFeature.TransmitChecksum),
        ("ETHTOOL_STXCSUM", (long)LinkFeature.TransmitChecksum + 1), ("ETHTOOL_GTSO", (long)LinkFeature.TcpSegmentation), ("ETHTOOL_STSO", (long)LinkFeature.TcpSegmentation + 1),
        ("ETHTOOL_GGSO", (long)LinkFeature.GenericSegmentation), ("ETHTOOL_SGSO", (long)LinkFeature.GenericSegmentation + 1), ("ETHTOOL_GGRO", (long)LinkFeature.GenericReceive),
        ("ETHTOOL_SGRO", (long)LinkFeature.GenericReceive + 1), ("SIOCETHTOOL", 0x8946), ("NS_GET_NSTYPE", 0xb703), ("AT_EMPTY_PATH", 0x1000), ("STATX_INO", 0x100), ("offsetof(struct statx, stx_ino)", 32),
        ("NETLINK_ROUTE", (long)NetlinkProtocol.Route), ("NETLINK_NETFILTER", (long)NetlinkProtocol.Netfilter),
        ("NLM_F_REQUEST", (long)NetlinkFlags.Request), ("NLM_F_MULTI", (long)NetlinkFlags.Multi), ("NLM_F_ACK", (long)NetlinkFlags.Acknowledge), ("NLM_F_ECHO", (long)NetlinkFlags.Echo),
        ("NLM_F_DUMP_INTR", (long)NetlinkFlags.DumpInterrupted), ("NLM_F_DUMP_FILTERED", (long)NetlinkFlags.DumpFiltered), ("NLM_F_DUMP", (long)NetlinkFlags.Dump), ("NLM_F_REPLACE", (long)NetlinkFlags.Replace),
        ("NLM_F_EXCL", (long)NetlinkFlags.Exclusive), ("NLM_F_CREATE", (long)NetlinkFlags.Create), ("NLM_F_APPEND", (long)NetlinkFlags.Append), ("NLM_F_NONREC", (long)NetlinkFlags.NonRecursive),
        ("NLM_F_BULK", (long)NetlinkFlags.Bulk), ("NLM_F_CAPPED", (long)NetlinkFlags.Capped), ("NLM_F_ACK_TLVS", (long)NetlinkFlags.AcknowledgementAttributes),
        ("NLMSG_NOOP", NetlinkControl.NoOperation), ("NLMSG_ERROR", NetlinkControl.Error), ("NLMSG_DONE", NetlinkControl.Done), ("NLMSG_OVERRUN", NetlinkControl.Overrun),
        ("NLMSGERR_ATTR_MSG", NetlinkControl.ErrorMessage), ("NLMSGERR_ATTR_OFFS", NetlinkControl.ErrorOffset), ("NLMSGERR_ATTR_MISS_TYPE", NetlinkControl.ErrorMissingType),
        ("NLA_F_NESTED", NetlinkControl.NestedFlag), ("NLA_F_NET_BYTEORDER", NetlinkControl.NetworkByteOrderFlag), ("(__u16)NLA_TYPE_MASK", NetlinkControl.TypeMask),
        ("RTM_NEWLINK", RouteMessageType.NewLink), ("RTM_DELLINK", RouteMessageType.DeleteLink), ("RTM_GETLINK", RouteMessageType.GetLink), ("RTM_SETLINK", RouteMessageType.SetLink),
        ("RTM_NEWADDR", RouteMessageType.NewAddress), ("RTM_DELADDR", RouteMessageType.DeleteAddress), ("RTM_GETADDR", RouteMessageType.GetAddress),
        ("RTM_NEWROUTE", RouteMessageType.NewRoute), ("RTM_DELROUTE", RouteMessageType.DeleteRoute), ("RTM_GETROUTE", RouteMessageType.GetRoute),
        ("RTM_NEWNEIGH", RouteMessageType.NewNeighbour), ("RTM_DELNEIGH", RouteMessageType.DeleteNeighbour), ("RTM_GETNEIGH", RouteMessageType.GetNeighbour),
        ("RTM_NEWRULE", RouteMessageType.NewRule), ("RTM_DELRULE", RouteMessageType.DeleteRule), ("RTM_GETRULE", RouteMessageType.GetRule),
        ("RTM_NEWQDISC", RouteMessageType.NewQueueingDiscipline), ("RTM_DELQDISC", RouteMessageType.DeleteQueueingDiscipline), ("RTM_GETQDISC", RouteMessageType.GetQueueingDiscipline),
        ("RTM_NEWTCLASS", RouteMessageType.NewTrafficClass), ("RTM_DELTCLASS", RouteMessageType.DeleteTrafficClass), ("RTM_GETTCLASS", RouteMessageType.GetTrafficClass),
        ("RTM_NEWTFILTER", RouteMessageType.NewTrafficFilter), ("RTM_DELTFILTER", RouteMessageType.DeleteTrafficFilter), ("RTM_GETTFILTER", RouteMessageType.GetTrafficFilter),
        ("RTM_NEWNSID", RouteMessageType.NewNamespaceId), ("RTM_GETNSID", RouteMessageType.GetNamespaceId), ("NETNSA_NSID", NamespaceIdAttribute.Id), ("NETNSA_FD", NamespaceIdAttribute.Descriptor),
        ("AF_UNSPEC", Family.Unspecified), ("AF_INET", Family.IPv4), ("AF_BRIDGE", Family.Bridge), ("AF_INET6", Family.IPv6),
        ("RTNLGRP_LINK", RouteGroup.Link), ("RTNLGRP_NEIGH", RouteGroup.Neighbour), ("RTNLGRP_IPV4_IFADDR", RouteGroup.IPv4Address), ("RTNLGRP_IPV4_ROUTE", RouteGroup.IPv4Route),
        ("RTNLGRP_IPV4_RULE", RouteGroup.IPv4Rule), ("RTNLGRP_IPV6_IFADDR", RouteGroup.IPv6Address), ("RTNLGRP_IPV6_ROUTE", RouteGroup.IPv6Route), ("RTNLGRP_IPV6_RULE", RouteGroup.IPv6Rule),
        ("IFLA_ADDRESS", LinkAttribute.Address), ("IFLA_BROADCAST", LinkAttribute.Broadcast), ("IFLA_IFNAME", LinkAttribute.Name), ("IFLA_MTU", LinkAttribute.Mtu), ("IFLA_LINK", LinkAttribute.Link),
        ("IFLA_MASTER", LinkAttribute.Master), ("IFLA_PROTINFO", LinkAttribute.ProtocolInfo), ("IFLA_TXQLEN", LinkAttribute.TransmitQueueLength), ("IFLA_OPERSTATE", LinkAttribute.OperationalState),
        ("IFLA_LINKINFO", LinkAttribute.LinkInfo), ("IFLA_IFALIAS", LinkAttribute.Alias), ("IFLA_STATS64", LinkAttribute.Statistics64), ("IFLA_AF_SPEC", LinkAttribute.AddressFamilySpecific),
        ("IFLA_GROUP", LinkAttribute.Group), ("IFLA_NET_NS_FD", LinkAttribute.NamespaceDescriptor), ("IFLA_EXT_MASK", LinkAttribute.ExtendedMask), ("IFLA_PROMISCUITY", LinkAttribute.Promiscuity),
        ("IFLA_CARRIER", LinkAttribute.Carrier), ("IFLA_LINK_NETNSID", LinkAttribute.LinkNamespaceId), ("IFLA_TARGET_NETNSID", LinkAttribute.TargetNamespaceId), ("IFLA_ALT_IFNAME", LinkAttribute.AlternativeName), ("IFLA_PERM_ADDRESS", LinkAttribute.PermanentAddress),
        ("RTEXT_FILTER_SKIP_STATS", LinkAttribute.SkipStatistics), ("RTEXT_FILTER_BRVLAN_COMPRESSED", LinkAttribute.BridgeVlanCompressed),
        ("IFLA_INFO_KIND", LinkInfoAttribute.Kind), ("IFLA_INFO_DATA", LinkInfoAttribute.Data), ("IFLA_INFO_SLAVE_KIND", LinkInfoAttribute.PortKind), ("IFLA_INFO_SLAVE_DATA", LinkInfoAttribute.PortData),
        ("IFLA_BR_FORWARD_DELAY", BridgeAttribute.ForwardDelay), ("IFLA_BR_HELLO_TIME", BridgeAttribute.HelloTime), ("IFLA_BR_AGEING_TIME", BridgeAttribute.AgeingTime), ("IFLA_BR_STP_STATE", BridgeAttribute.StpState),
        ("IFLA_BR_VLAN_FILTERING", BridgeAttribute.VlanFiltering), ("IFLA_BR_GROUP_FWD_MASK", BridgeAttribute.GroupForwardMask), ("IFLA_BR_MCAST_SNOOPING", BridgeAttribute.MulticastSnooping),
        ("IFLA_BR_NF_CALL_IPTABLES", BridgeAttribute.NetfilterCallIPv4), ("IFLA_BR_NF_CALL_IP6TABLES", BridgeAttribute.NetfilterCallIPv6), ("IFLA_BR_NF_CALL_ARPTABLES", BridgeAttribute.NetfilterCallArp),
        ("IFLA_BR_VLAN_DEFAULT_PVID", BridgeAttribute.VlanDefaultPvid),
        ("IFLA_BRPORT_STATE", BridgePortAttribute.State), ("IFLA_BRPORT_MODE", BridgePortAttribute.Hairpin), ("IFLA_BRPORT_GUARD", BridgePortAttribute.Guard), ("IFLA_BRPORT_PROTECT", BridgePortAttribute.Protect),
        ("IFLA_BRPORT_LEARNING", BridgePortAttribute.Learning), ("IFLA_BRPORT_UNICAST_FLOOD", BridgePortAttribute.UnicastFlood), ("IFLA_BRPORT_PROXYARP", BridgePortAttribute.ProxyArp),
        ("IFLA_BRPORT_MCAST_FLOOD", BridgePortAttribute.MulticastFlood), ("IFLA_BRPORT_BCAST_FLOOD", BridgePortAttribute.BroadcastFlood), ("IFLA_BRPORT_NEIGH_SUPPRESS", BridgePortAttribute.NeighbourSuppression),
        ("IFLA_BRPORT_ISOLATED", BridgePortAttribute.Isolated), ("IFLA_BRIDGE_FLAGS", BridgeVlanAttribute.Flags), ("IFLA_BRIDGE_VLAN_INFO", BridgeVlanAttribute.VlanInfo),
        ("IFLA_VXLAN_ID", VxlanAttribute.Id), ("IFLA_VXLAN_GROUP", VxlanAttribute.Group), ("IFLA_VXLAN_LINK", VxlanAttribute.Link), ("IFLA_VXLAN_LOCAL", VxlanAttribute.Local), ("IFLA_VXLAN_TTL", VxlanAttribute.TimeToLive),
        ("IFLA_VXLAN_LEARNING", VxlanAttribute.Learning), ("IFLA_VXLAN_AGEING", VxlanAttribute.Ageing), ("IFLA_VXLAN_PORT_RANGE", VxlanAttribute.PortRange), ("IFLA_VXLAN_PROXY", VxlanAttribute.Proxy),
        ("IFLA_VXLAN_L2MISS", VxlanAttribute.L2Miss), ("IFLA_VXLAN_L3MISS", VxlanAttribute.L3Miss), ("IFLA_VXLAN_PORT", VxlanAttribute.Port), ("IFLA_VXLAN_GROUP6", VxlanAttribute.Group6),
        ("IFLA_VXLAN_LOCAL6", VxlanAttribute.Local6), ("IFLA_VXLAN_UDP_CSUM", VxlanAttribute.UdpChecksum), ("IFLA_VXLAN_UDP_ZERO_CSUM6_TX", VxlanAttribute.UdpZeroChecksum6Transmit),
        ("IFLA_VXLAN_UDP_ZERO_CSUM6_RX", VxlanAttribute.UdpZeroChecksum6Receive), ("IFLA_VXLAN_GBP", VxlanAttribute.GroupPolicy), ("IFLA_VXLAN_DF", VxlanAttribute.DontFragment),
        ("IFLA_VLAN_ID", VlanAttribute.Id), ("IFLA_VLAN_PROTOCOL", VlanAttribute.Protocol), ("IFLA_MACVLAN_MODE", MacvlanAttribute.Mode), ("VETH_INFO_PEER", VethAttribute.Peer),
        ("MACVLAN_MODE_PRIVATE", (long)MacvlanMode.Private), ("MACVLAN_MODE_VEPA", (long)MacvlanMode.Vepa), ("MACVLAN_MODE_BRIDGE", (long)MacvlanMode.Bridge), ("MACVLAN_MODE_PASSTHRU", (long)MacvlanMode.PassThrough),
        ("IFLA_INET6_ADDR_GEN_MODE", Inet6LinkAttribute.AddressGenerationMode), ("IFLA_INET_CONF", InetLinkAttribute.Settings), ("IPV4_DEVCONF_ARP_NOTIFY", InetLinkAttribute.ArpNotify),
        ("IFF_UP", (long)LinkFlags.Up), ("IFF_BROADCAST", (long)LinkFlags.Broadcast), ("IFF_LOOPBACK", (long)LinkFlags.Loopback), ("IFF_POINTOPOINT", (long)LinkFlags.PointToPoint),
        ("IFF_RUNNING", (long)LinkFlags.Running), ("IFF_NOARP", (long)LinkFlags.NoArp), ("IFF_PROMISC", (long)LinkFlags.Promiscuous), ("IFF_ALLMULTI", (long)LinkFlags.AllMulticast),
        ("IFF_MULTICAST", (long)LinkFlags.Multicast), ("IFF_LOWER_UP", (long)LinkFlags.LowerUp), ("IF_OPER_UP", (long)OperationalState.Up), ("IF_OPER_LOWERLAYERDOWN", (long)OperationalState.LowerLayerDown),
        ("IN6_ADDR_GEN_MODE_NONE", (long)AddressGeneration.None), ("IN6_ADDR_GEN_MODE_RANDOM", (long)AddressGeneration.Random),
        ("IFA_ADDRESS", AddressAttribute.Address), ("IFA_LOCAL", AddressAttribute.Local), ("IFA_LABEL", AddressAttribute.Label), ("IFA_BROADCAST", AddressAttribute.Broadcast),
        ("IFA_CACHEINFO", AddressAttribute.Lifetimes), ("IFA_FLAGS", AddressAttribute.Flags), ("IFA_RT_PRIORITY", AddressAttribute.RoutePriority), ("IFA_PROTO", AddressAttribute.Protocol),
        ("IFA_F_SECONDARY", (long)AddressFlags.Secondary), ("IFA_F_NODAD", (long)AddressFlags.NoDuplicateDetection), ("IFA_F_OPTIMISTIC", (long)AddressFlags.Optimistic), ("IFA_F_DADFAILED", (long)AddressFlags.DuplicateDetected),
        ("IFA_F_DEPRECATED", (long)AddressFlags.Deprecated), ("IFA_F_TENTATIVE", (long)AddressFlags.Tentative), ("IFA_F_PERMANENT", (long)AddressFlags.Permanent), ("IFA_F_NOPREFIXROUTE", (long)AddressFlags.NoPrefixRoute),
        ("RT_SCOPE_UNIVERSE", (long)RouteScope.Universe), ("RT_SCOPE_SITE", (long)RouteScope.Site), ("RT_SCOPE_LINK", (long)RouteScope.Link), ("RT_SCOPE_HOST", (long)RouteScope.Host), ("RT_SCOPE_NOWHERE", (long)RouteScope.Nowhere),
        ("RTA_DST", RouteAttribute.Destination), ("RTA_SRC", RouteAttribute.Source), ("RTA_IIF", RouteAttribute.InputLink), ("RTA_OIF", RouteAttribute.OutputLink), ("RTA_GATEWAY", RouteAttribute.Gateway),
        ("RTA_PRIORITY", RouteAttribute.Priority), ("RTA_PREFSRC", RouteAttribute.PreferredSource), ("RTA_METRICS", RouteAttribute.Metrics), ("RTA_MULTIPATH", RouteAttribute.Multipath), ("RTA_TABLE", RouteAttribute.Table),
        ("RTA_MARK", RouteAttribute.Mark), ("RTA_VIA", RouteAttribute.Via), ("RTA_UID", RouteAttribute.UserId), ("RTA_IP_PROTO", RouteAttribute.IpProtocol), ("RTA_SPORT", RouteAttribute.SourcePort), ("RTA_DPORT", RouteAttribute.DestinationPort),
        ("RTAX_LOCK", RouteMetric.Lock), ("RTAX_MTU", RouteMetric.Mtu), ("RTAX_ADVMSS", RouteMetric.AdvertisedMss),
        ("RTN_UNICAST", (long)RouteType.Unicast), ("RTN_LOCAL", (long)RouteType.Local), ("RTN_BLACKHOLE", (long)RouteType.Blackhole), ("RTN_UNREACHABLE", (long)RouteType.Unreachable), ("RTN_PROHIBIT", (long)RouteType.Prohibit), ("RTN_THROW", (long)RouteType.Throw),
        ("RTPROT_KERNEL", (long)RouteProtocol.Kernel), ("RTPROT_BOOT", (long)RouteProtocol.Boot), ("RTPROT_STATIC", (long)RouteProtocol.Static), ("RTNH_F_DEAD", (long)RouteFlags.Dead), ("RTNH_F_ONLINK", (long)RouteFlags.OnLink), ("RTNH_F_LINKDOWN", (long)RouteFlags.LinkDown),
        ("RT_TABLE_MAIN", RouteEntry.MainTable), ("RT_TABLE_LOCAL", RouteEntry.LocalTable),
        ("NDA_DST", NeighbourAttribute.Destination), ("NDA_LLADDR", NeighbourAttribute.LinkLayerAddress), ("NDA_VLAN", NeighbourAttribute.Vlan), ("NDA_PORT", NeighbourAttribute.Port), ("NDA_VNI", NeighbourAttribute.Vni),
        ("NDA_IFINDEX", NeighbourAttribute.OutputLink), ("NDA_MASTER", NeighbourAttribute.Master), ("NDA_SRC_VNI", NeighbourAttribute.SourceVni), ("NDA_PROTOCOL", NeighbourAttribute.Protocol),
        ("NTF_SELF", NeighbourFlag.Self), ("NTF_MASTER", NeighbourFlag.Master), ("NTF_PROXY", NeighbourFlag.Proxy), ("NTF_EXT_LEARNED", NeighbourFlag.ExternallyLearned), ("NTF_ROUTER", NeighbourFlag.Router),
        ("NUD_INCOMPLETE", (long)NeighbourState.Incomplete), ("NUD_REACHABLE", (long)NeighbourState.Reachable), ("NUD_STALE", (long)NeighbourState.Stale), ("NUD_DELAY", (long)NeighbourState.Delay), ("NUD_PROBE", (long)NeighbourState.Probe),
        ("NUD_FAILED", (long)NeighbourState.Failed), ("NUD_NOARP", (long)NeighbourState.NoArp), ("NUD_PERMANENT", (long)NeighbourState.Permanent),
        ("FRA_DST", RuleAttribute.Destination), ("FRA_SRC", RuleAttribute.Source), ("FRA_IIFNAME", RuleAttribute.InputLink), ("FRA_GOTO", RuleAttribute.Goto), ("FRA_PRIORITY", RuleAttribute.Priority), ("FRA_FWMARK", RuleAttribute.Mark),
        ("FRA_SUPPRESS_PREFIXLEN", RuleAttribute.SuppressPrefixLength), ("FRA_TABLE", RuleAttribute.Table), ("FRA_FWMASK", RuleAttribute.Mask), ("FRA_OIFNAME", RuleAttribute.OutputLink), ("FRA_PROTOCOL", RuleAttribute.Protocol),
        ("FRA_IP_PROTO", RuleAttribute.IpProtocol), ("FRA_SPORT_RANGE", RuleAttribute.SourcePorts), ("FRA_DPORT_RANGE", RuleAttribute.DestinationPorts),
        ("FR_ACT_TO_TBL", (long)RuleAction.Table), ("FR_ACT_GOTO", (long)RuleAction.Goto), ("FR_ACT_NOP", (long)RuleAction.Nothing), ("FR_ACT_BLACKHOLE", (long)RuleAction.Blackhole), ("FR_ACT_UNREACHABLE", (long)RuleAction.Unreachable), ("FR_ACT_PROHIBIT", (long)RuleAction.Prohibit),
        ("TCA_KIND", TrafficAttribute.Kind), ("TCA_OPTIONS", TrafficAttribute.Options), ("TCA_TBF_PARMS", TokenBucketAttribute.Parameters), ("TCA_TBF_RATE64", TokenBucketAttribute.Rate64), ("TCA_TBF_BURST", TokenBucketAttribute.Burst),
        ("TCA_HTB_PARMS", HtbAttribute.Parameters), ("TCA_HTB_INIT", HtbAttribute.Init), ("TCA_HTB_RATE64", HtbAttribute.Rate64), ("TCA_HTB_CEIL64", HtbAttribute.Ceiling64),
        ("TCA_U32_CLASSID", FilterAttribute.U32ClassId), ("TCA_U32_SEL", FilterAttribute.U32Selector), ("TCA_U32_ACT", FilterAttribute.U32Action), ("TCA_MATCHALL_CLASSID", FilterAttribute.MatchAllClassId), ("TCA_MATCHALL_ACT", FilterAttribute.MatchAllAction),
        ("TCA_ACT_KIND", ActionAttribute.Kind), ("TCA_ACT_OPTIONS", ActionAttribute.Options), ("TCA_MIRRED_PARMS", ActionAttribute.MirredParameters), ("TCA_EGRESS_REDIR", MirredParameters.EgressRedirect), ("TC_ACT_STOLEN", MirredParameters.Stolen),
        ("TC_LINKLAYER_ETHERNET", RateSpecification.Ethernet), ("TC_U32_TERMINAL", U32Selector.Terminal), ("TC_H_ROOT", TrafficHandle.Root.Value), ("TC_H_INGRESS", TrafficHandle.Ingress.Value),
        ("TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)", TrafficHandle.IngressFilters.Value), ("TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)", TrafficHandle.EgressFilters.Value),
        ("ETH_P_ALL", TrafficFilter.AllProtocols), ("ETH_P_IP", TrafficFilter.IPv4), ("ETH_P_IPV6", TrafficFilter.IPv6),
        ("NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW", ConntrackMessageType.New), ("NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET", ConntrackMessageType.Get),
        ("NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE", ConntrackMessageType.Delete), ("NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS", ConntrackMessageType.GetStatistics),
        ("NFNLGRP_CONNTRACK_NEW", ConntrackGroup.New), ("NFNLGRP_CONNTRACK_UPDATE", ConntrackGroup.Update), ("NFNLGRP_CONNTRACK_DESTROY", ConntrackGroup.Destroy),
        ("CTA_TUPLE_ORIG", ConntrackAttribute.TupleOriginal), ("CTA_TUPLE_REPLY", ConntrackAttribute.TupleReply), ("CTA_STATUS", ConntrackAttribute.Status), ("CTA_PROTOINFO", ConntrackAttribute.ProtocolInfo),
        ("CTA_TIMEOUT", ConntrackAttribute.Timeout), ("CTA_MARK", ConntrackAttribute.Mark), ("CTA_COUNTERS_ORIG", ConntrackAttribute.CountersOriginal), ("CTA_COUNTERS_REPLY", ConntrackAttribute.CountersReply),
        ("CTA_ID", ConntrackAttribute.Id), ("CTA_ZONE", ConntrackAttribute.Zone), ("CTA_MARK_MASK", ConntrackAttribute.MarkMask), ("CTA_FILTER", ConntrackAttribute.Filter),
        ("CTA_TUPLE_IP", TupleAttribute.Ip), ("CTA_TUPLE_PROTO", TupleAttribute.Protocol), ("CTA_TUPLE_ZONE", TupleAttribute.Zone), ("CTA_IP_V4_SRC", TupleIpAttribute.IPv4Source), ("CTA_IP_V6_DST", TupleIpAttribute.IPv6Destination),
        ("CTA_PROTO_NUM", TupleProtocolAttribute.Number), ("CTA_PROTO_SRC_PORT", TupleProtocolAttribute.SourcePort), ("CTA_PROTO_DST_PORT", TupleProtocolAttribute.DestinationPort), ("CTA_PROTO_ICMP_ID", TupleProtocolAttribute.IcmpId),
        ("CTA_PROTO_ICMP_TYPE", TupleProtocolAttribute.IcmpType), ("CTA_PROTO_ICMP_CODE", TupleProtocolAttribute.IcmpCode), ("CTA_PROTO_ICMPV6_ID", TupleProtocolAttribute.IcmpV6Id), ("CTA_PROTO_ICMPV6_TYPE", TupleProtocolAttribute.IcmpV6Type),
        ("CTA_PROTO_ICMPV6_CODE", TupleProtocolAttribute.IcmpV6Code), ("CTA_FILTER_ORIG_FLAGS", ConntrackFilterAttribute.OriginalFlags), ("CTA_FILTER_REPLY_FLAGS", ConntrackFilterAttribute.ReplyFlags),
        ("CTA_PROTOINFO_TCP", ConntrackDetailAttribute.TcpInfo), ("CTA_PROTOINFO_TCP_STATE", ConntrackDetailAttribute.TcpState), ("CTA_COUNTERS_PACKETS", ConntrackDetailAttribute.CounterPackets), ("CTA_COUNTERS_BYTES", ConntrackDetailAttribute.CounterBytes),
        ("CTA_STATS_GLOBAL_ENTRIES", ConntrackDetailAttribute.GlobalEntries), ("CTA_STATS_GLOBAL_MAX_ENTRIES", ConntrackDetailAttribute.GlobalMaximum),
        ("IPS_SEEN_REPLY", (long)ConntrackStatus.SeenReply), ("IPS_ASSURED", (long)ConntrackStatus.Assured), ("IPS_CONFIRMED", (long)ConntrackStatus.Confirmed), ("IPS_SRC_NAT", (long)ConntrackStatus.SourceNat), ("IPS_DST_NAT", (long)ConntrackStatus.DestinationNat),
        ("IPS_DYING", (long)ConntrackStatus.Dying), ("IPS_FIXED_TIMEOUT", (long)ConntrackStatus.FixedTimeout),
        ("TCP_CONNTRACK_SYN_SENT", (long)TcpTracking.SynSent), ("TCP_CONNTRACK_ESTABLISHED", (long)TcpTracking.Established), ("TCP_CONNTRACK_TIME_WAIT", (long)TcpTracking.TimeWait), ("TCP_CONNTRACK_CLOSE", (long)TcpTracking.Close),
    ];

    private static long[] Compile(IEnumerable<string> expressions)
    {
        StringBuilder source = new("#define _GNU_SOURCE\n#include <stdio.h>\n");
        foreach (string header in s_headers)
        {
            source.Append(CultureInfo.InvariantCulture, $"#include <{header}>\n");
        }

        source.Append("int main(void) {\n");
        foreach (string expression in expressions)
        {
            source.Append(CultureInfo.InvariantCulture, $"  printf(\"%lld\\n\", (long long)({expression}));\n");
        }

        source.Append("  return 0;\n}\n");
        string directory = Directory.CreateTempSubdirectory("fairlead-uapi-").FullName;
        try
        {
            File.WriteAllText($"{directory}/uapi.c", source.ToString());
            Run("gcc", "-o", $"{directory}/uapi", $"{directory}/uapi.c");
            return [.. Run($"{directory}/uapi").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {error.Result}");
        return output;
    }
}
