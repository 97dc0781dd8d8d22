namespace Fairlead.Kernel.Netlink;

/// <summary>Message types below NLMSG_MIN_TYPE, the same in every protocol.</summary>
internal static class NetlinkControl
{
    /// <summary>NLMSG_NOOP.</summary>
    internal const ushort NoOperation = 1;

    /// <summary>NLMSG_ERROR: an acknowledgement; errno 0 is success.</summary>
    internal const ushort Error = 2;

    /// <summary>NLMSG_DONE: the end of a dump.</summary>
    internal const ushort Done = 3;

    /// <summary>NLMSG_OVERRUN.</summary>
    internal const ushort Overrun = 4;

    /// <summary>NLMSGERR_ATTR_MSG.</summary>
    internal const ushort ErrorMessage = 1;

    /// <summary>NLMSGERR_ATTR_OFFS.</summary>
    internal const ushort ErrorOffset = 2;

    /// <summary>NLMSGERR_ATTR_MISS_TYPE.</summary>
    internal const ushort ErrorMissingType = 5;

    /// <summary>struct nlmsghdr.</summary>
    internal const int HeaderSize = 16;

    /// <summary>struct nlattr.</summary>
    internal const int AttributeHeaderSize = 4;

    /// <summary>NLA_F_NESTED.</summary>
    internal const ushort NestedFlag = 0x8000;

    /// <summary>NLA_F_NET_BYTEORDER.</summary>
    internal const ushort NetworkByteOrderFlag = 0x4000;

    /// <summary>NLA_TYPE_MASK.</summary>
    internal const ushort TypeMask = 0x3fff;

    /// <summary>NLMSG_ALIGN, NLA_ALIGN.</summary>
    internal static int Align(int length) => (length + 3) & ~3;
}
