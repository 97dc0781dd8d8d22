namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>enum nft_set_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class SetAttribute
{
    /// <summary>NFTA_SET_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_SET_NAME.</summary>
    internal const ushort Name = 2;

    /// <summary>NFTA_SET_FLAGS.</summary>
    internal const ushort Flags = 3;

    /// <summary>NFTA_SET_KEY_TYPE.</summary>
    internal const ushort KeyType = 4;

    /// <summary>NFTA_SET_KEY_LEN.</summary>
    internal const ushort KeyLength = 5;

    /// <summary>NFTA_SET_DATA_TYPE.</summary>
    internal const ushort DataType = 6;

    /// <summary>NFTA_SET_DATA_LEN.</summary>
    internal const ushort DataLength = 7;

    /// <summary>NFTA_SET_POLICY.</summary>
    internal const ushort Policy = 8;

    /// <summary>NFTA_SET_DESC.</summary>
    internal const ushort Description = 9;

    /// <summary>NFTA_SET_ID.</summary>
    internal const ushort Id = 10;

    /// <summary>NFTA_SET_TIMEOUT.</summary>
    internal const ushort Timeout = 11;

    /// <summary>NFTA_SET_GC_INTERVAL.</summary>
    internal const ushort GarbageCollectionInterval = 12;

    /// <summary>NFTA_SET_USERDATA.</summary>
    internal const ushort UserData = 13;

    /// <summary>NFTA_SET_OBJ_TYPE.</summary>
    internal const ushort ObjectType = 15;

    /// <summary>NFTA_SET_HANDLE.</summary>
    internal const ushort Handle = 16;

    /// <summary>NFTA_SET_EXPR.</summary>
    internal const ushort Expression = 17;

    /// <summary>NFTA_SET_EXPRESSIONS.</summary>
    internal const ushort Expressions = 18;
}

/// <summary>enum nft_set_elem_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ElementAttribute
{
    /// <summary>NFTA_SET_ELEM_KEY.</summary>
    internal const ushort Key = 1;

    /// <summary>NFTA_SET_ELEM_DATA.</summary>
    internal const ushort Data = 2;

    /// <summary>NFTA_SET_ELEM_FLAGS.</summary>
    internal const ushort Flags = 3;

    /// <summary>NFTA_SET_ELEM_TIMEOUT.</summary>
    internal const ushort Timeout = 4;

    /// <summary>NFTA_SET_ELEM_EXPIRATION.</summary>
    internal const ushort Expiration = 5;

    /// <summary>NFTA_SET_ELEM_USERDATA.</summary>
    internal const ushort UserData = 6;

    /// <summary>NFTA_SET_ELEM_EXPR.</summary>
    internal const ushort Expression = 7;

    /// <summary>NFTA_SET_ELEM_OBJREF.</summary>
    internal const ushort Object = 9;

    /// <summary>NFTA_SET_ELEM_KEY_END.</summary>
    internal const ushort KeyEnd = 10;

    /// <summary>NFTA_SET_ELEM_EXPRESSIONS.</summary>
    internal const ushort Expressions = 11;
}

/// <summary>enum nft_set_elem_list_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ElementListAttribute
{
    /// <summary>NFTA_SET_ELEM_LIST_TABLE.</summary>
    internal const ushort Table = 1;

    /// <summary>NFTA_SET_ELEM_LIST_SET.</summary>
    internal const ushort Set = 2;

    /// <summary>NFTA_SET_ELEM_LIST_ELEMENTS.</summary>
    internal const ushort Elements = 3;

    /// <summary>NFTA_SET_ELEM_LIST_SET_ID.</summary>
    internal const ushort SetId = 4;
}

/// <summary>enum nft_set_desc_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class SetDescriptionAttribute
{
    /// <summary>NFTA_SET_DESC_SIZE.</summary>
    internal const ushort Size = 1;

    /// <summary>NFTA_SET_DESC_CONCAT.</summary>
    internal const ushort Concat = 2;
}

/// <summary>enum nft_set_field_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class SetFieldAttribute
{
    /// <summary>NFTA_SET_FIELD_LEN.</summary>
    internal const ushort Length = 1;
}

/// <summary>enum nft_data_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class DataAttribute
{
    /// <summary>NFTA_DATA_VALUE.</summary>
    internal const ushort Value = 1;

    /// <summary>NFTA_DATA_VERDICT.</summary>
    internal const ushort Verdict = 2;
}

/// <summary>enum nft_verdict_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class VerdictAttribute
{
    /// <summary>NFTA_VERDICT_CODE.</summary>
    internal const ushort Code = 1;

    /// <summary>NFTA_VERDICT_CHAIN.</summary>
    internal const ushort Chain = 2;

    /// <summary>NFTA_VERDICT_CHAIN_ID.</summary>
    internal const ushort ChainId = 3;
}
