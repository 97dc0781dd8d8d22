namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>enum nf_tables_msg_types (linux/netfilter/nf_tables.h) and what carries them in nfnetlink.</summary>
internal static class NfTablesMessage
{
    internal const byte NewTable = 0;
    internal const byte GetTable = 1;
    internal const byte DeleteTable = 2;
    internal const byte NewChain = 3;
    internal const byte GetChain = 4;
    internal const byte DeleteChain = 5;
    internal const byte NewRule = 6;
    internal const byte GetRule = 7;
    internal const byte DeleteRule = 8;
    internal const byte NewSet = 9;
    internal const byte GetSet = 10;
    internal const byte DeleteSet = 11;
    internal const byte NewElement = 12;
    internal const byte GetElement = 13;
    internal const byte DeleteElement = 14;
    internal const byte NewGeneration = 15;
    internal const byte GetGeneration = 16;
    internal const byte Trace = 17;
    internal const byte NewObject = 18;
    internal const byte GetObject = 19;
    internal const byte DeleteObject = 20;

    /// <summary>NFT_MSG_DESTROYCHAIN and its siblings came with Linux 6.3.</summary>
    internal const byte DestroyChain = 27;
    internal const byte DestroyRule = 28;
    internal const byte DestroySet = 29;
    internal const byte DestroyElement = 30;
    internal const byte DestroyObject = 31;

    /// <summary>NFNL_SUBSYS_NFTABLES.</summary>
    internal const byte Subsystem = 10;

    /// <summary>NFNL_MSG_BATCH_BEGIN.</summary>
    internal const ushort BatchBegin = 16;

    /// <summary>NFNL_MSG_BATCH_END.</summary>
    internal const ushort BatchEnd = 17;

    /// <summary>NFNL_BATCH_GENID.</summary>
    internal const ushort BatchGeneration = 1;

    /// <summary>struct nfgenmsg: family, version, resource id in network order.</summary>
    internal const int FamilyHeaderSize = 4;

    /// <summary>NFNLGRP_NFTABLES.</summary>
    internal const int ChangesGroup = 7;

    /// <summary>NFNLGRP_NFTRACE.</summary>
    internal const int TraceGroup = 9;

    /// <summary>nlmsg_type of a message of ours.</summary>
    internal static ushort Type(byte message) => (ushort)((Subsystem << 8) | message);
}
