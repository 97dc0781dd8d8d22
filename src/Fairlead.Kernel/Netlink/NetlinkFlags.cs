namespace Fairlead.Kernel.Netlink;

/// <summary>
/// nlmsg_flags (linux/netlink.h). Bits from 0x100 up mean different things in requests that read (Root, Match), that make
/// (Replace, Exclusive, Create, Append), that delete (NonRecursive, Bulk) and in acknowledgements (Capped, AcknowledgementAttributes).
/// </summary>
[Flags]
public enum NetlinkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NLM_F_REQUEST: to the kernel.</summary>
    Request = 0x01,

    /// <summary>NLM_F_MULTI: one of several messages that a DONE message ends.</summary>
    Multi = 0x02,

    /// <summary>NLM_F_ACK: answer success as well as failure.</summary>
    Acknowledge = 0x04,

    /// <summary>NLM_F_ECHO: send the notification of this change to the sender too.</summary>
    Echo = 0x08,

    /// <summary>NLM_F_DUMP_INTR: the dump was overtaken by changes; it must not be used.</summary>
    DumpInterrupted = 0x10,

    /// <summary>NLM_F_DUMP_FILTERED: the kernel applied the request's filter.</summary>
    DumpFiltered = 0x20,

    /// <summary>NLM_F_ROOT.</summary>
    Root = 0x100,

    /// <summary>NLM_F_MATCH.</summary>
    Match = 0x200,

    /// <summary>NLM_F_DUMP: all objects.</summary>
    Dump = Root | Match,

    /// <summary>NLM_F_REPLACE: overwrite what exists.</summary>
    Replace = 0x100,

    /// <summary>NLM_F_EXCL: fail where it exists.</summary>
    Exclusive = 0x200,

    /// <summary>NLM_F_CREATE: make it where it doesn't exist.</summary>
    Create = 0x400,

    /// <summary>NLM_F_APPEND: at the end of a list.</summary>
    Append = 0x800,

    /// <summary>NLM_F_NONREC: don't delete recursively.</summary>
    NonRecursive = 0x100,

    /// <summary>NLM_F_BULK: delete all that match.</summary>
    Bulk = 0x200,

    /// <summary>NLM_F_CAPPED: the acknowledgement doesn't repeat the request.</summary>
    Capped = 0x100,

    /// <summary>NLM_F_ACK_TLVS: the acknowledgement carries extended attributes.</summary>
    AcknowledgementAttributes = 0x200,
}
