namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>enum nft_table_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class TableAttribute
{
    /// <summary>NFTA_TABLE_NAME.</summary>
    internal const ushort Name = 1;

    /// <summary>NFTA_TABLE_FLAGS.</summary>
    internal const ushort Flags = 2;

    /// <summary>NFTA_TABLE_USE.</summary>
    internal const ushort Use = 3;

    /// <summary>NFTA_TABLE_HANDLE.</summary>
    internal const ushort Handle = 4;

    /// <summary>NFTA_TABLE_USERDATA.</summary>
    internal const ushort UserData = 6;

    /// <summary>NFTA_TABLE_OWNER.</summary>
    internal const ushort Owner = 7;
}

/// <summary>enum nft_chain_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ChainAttribute
{
    /// <summary>NFTA_CHAIN_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_CHAIN_HANDLE.</summary>
    internal const ushort Handle = 2;

    /// <summary>NFTA_CHAIN_NAME.</summary>
    internal const ushort Name = 3;

    /// <summary>NFTA_CHAIN_HOOK.</summary>
    internal const ushort Hook = 4;

    /// <summary>NFTA_CHAIN_POLICY.</summary>
    internal const ushort Policy = 5;

    /// <summary>NFTA_CHAIN_USE.</summary>
    internal const ushort Use = 6;

    /// <summary>NFTA_CHAIN_TYPE.</summary>
    internal const ushort Type = 7;

    /// <summary>NFTA_CHAIN_COUNTERS.</summary>
    internal const ushort Counters = 8;

    /// <summary>NFTA_CHAIN_FLAGS.</summary>
    internal const ushort Flags = 10;

    /// <summary>NFTA_CHAIN_ID.</summary>
    internal const ushort Id = 11;

    /// <summary>NFTA_CHAIN_USERDATA.</summary>
    internal const ushort UserData = 12;
}

/// <summary>enum nft_hook_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class HookAttribute
{
    /// <summary>NFTA_HOOK_HOOKNUM.</summary>
    internal const ushort Number = 1;

    /// <summary>NFTA_HOOK_PRIORITY.</summary>
    internal const ushort Priority = 2;

    /// <summary>NFTA_HOOK_DEV.</summary>
    internal const ushort Device = 3;

    /// <summary>NFTA_HOOK_DEVS.</summary>
    internal const ushort Devices = 4;
}

/// <summary>enum nft_rule_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class RuleAttribute
{
    /// <summary>NFTA_RULE_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_RULE_CHAIN.</summary>
    internal const ushort Chain = 2;

    /// <summary>NFTA_RULE_HANDLE.</summary>
    internal const ushort Handle = 3;

    /// <summary>NFTA_RULE_EXPRESSIONS.</summary>
    internal const ushort Expressions = 4;

    /// <summary>NFTA_RULE_COMPAT.</summary>
    internal const ushort Compat = 5;

    /// <summary>NFTA_RULE_POSITION.</summary>
    internal const ushort Position = 6;

    /// <summary>NFTA_RULE_USERDATA.</summary>
    internal const ushort UserData = 7;

    /// <summary>NFTA_RULE_ID.</summary>
    internal const ushort Id = 9;

    /// <summary>NFTA_RULE_POSITION_ID.</summary>
    internal const ushort PositionId = 10;

    /// <summary>NFTA_RULE_CHAIN_ID.</summary>
    internal const ushort ChainId = 11;
}

/// <summary>enum nft_list_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ListAttribute
{
    /// <summary>NFTA_LIST_ELEM.</summary>
    internal const ushort Element = 1;
}

/// <summary>enum nft_object_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ObjectAttribute
{
    /// <summary>NFTA_OBJ_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_OBJ_NAME.</summary>
    internal const ushort Name = 2;

    /// <summary>NFTA_OBJ_TYPE.</summary>
    internal const ushort Type = 3;

    /// <summary>NFTA_OBJ_DATA.</summary>
    internal const ushort Data = 4;

    /// <summary>NFTA_OBJ_USE.</summary>
    internal const ushort Use = 5;

    /// <summary>NFTA_OBJ_HANDLE.</summary>
    internal const ushort Handle = 6;

    /// <summary>NFTA_OBJ_USERDATA.</summary>
    internal const ushort UserData = 8;
}

/// <summary>enum nft_gen_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class GenerationAttribute
{
    /// <summary>NFTA_GEN_ID.</summary>
    internal const ushort Id = 1;

    /// <summary>NFTA_GEN_PROC_PID.</summary>
    internal const ushort ProcessPid = 2;

    /// <summary>NFTA_GEN_PROC_NAME.</summary>
    internal const ushort ProcessName = 3;
}

/// <summary>enum nft_trace_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class TraceAttribute
{
    /// <summary>NFTA_TRACE_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_TRACE_CHAIN.</summary>
    internal const ushort Chain = 2;

    /// <summary>NFTA_TRACE_RULE_HANDLE.</summary>
    internal const ushort RuleHandle = 3;

    /// <summary>NFTA_TRACE_TYPE.</summary>
    internal const ushort Type = 4;

    /// <summary>NFTA_TRACE_VERDICT.</summary>
    internal const ushort Verdict = 5;

    /// <summary>NFTA_TRACE_ID.</summary>
    internal const ushort Id = 6;

    /// <summary>NFTA_TRACE_LL_HEADER.</summary>
    internal const ushort LinkHeader = 7;

    /// <summary>NFTA_TRACE_NETWORK_HEADER.</summary>
    internal const ushort NetworkHeader = 8;

    /// <summary>NFTA_TRACE_TRANSPORT_HEADER.</summary>
    internal const ushort TransportHeader = 9;

    /// <summary>NFTA_TRACE_IIF.</summary>
    internal const ushort Input = 10;

    /// <summary>NFTA_TRACE_IIFTYPE.</summary>
    internal const ushort InputType = 11;

    /// <summary>NFTA_TRACE_OIF.</summary>
    internal const ushort Output = 12;

    /// <summary>NFTA_TRACE_OIFTYPE.</summary>
    internal const ushort OutputType = 13;

    /// <summary>NFTA_TRACE_MARK.</summary>
    internal const ushort Mark = 14;

    /// <summary>NFTA_TRACE_NFPROTO.</summary>
    internal const ushort Family = 15;

    /// <summary>NFTA_TRACE_POLICY.</summary>
    internal const ushort Policy = 16;
}
