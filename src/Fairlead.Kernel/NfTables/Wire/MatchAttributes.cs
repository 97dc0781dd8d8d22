namespace Fairlead.Kernel.NfTables.Wire;

/// <summary>enum nft_expr_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ExpressionAttribute
{
    /// <summary>NFTA_EXPR_NAME.</summary>
    internal const ushort Name = 1;

    /// <summary>NFTA_EXPR_DATA.</summary>
    internal const ushort Data = 2;
}

/// <summary>enum nft_immediate_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ImmediateAttribute
{
    /// <summary>NFTA_IMMEDIATE_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_IMMEDIATE_DATA.</summary>
    internal const ushort Data = 2;
}

/// <summary>enum nft_bitwise_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class BitwiseAttribute
{
    /// <summary>NFTA_BITWISE_SREG.</summary>
    internal const ushort Source = 1;

    /// <summary>NFTA_BITWISE_DREG.</summary>
    internal const ushort Destination = 2;

    /// <summary>NFTA_BITWISE_LEN.</summary>
    internal const ushort Length = 3;

    /// <summary>NFTA_BITWISE_MASK.</summary>
    internal const ushort Mask = 4;

    /// <summary>NFTA_BITWISE_XOR.</summary>
    internal const ushort Xor = 5;

    /// <summary>NFTA_BITWISE_OP.</summary>
    internal const ushort Operation = 6;

    /// <summary>NFTA_BITWISE_DATA.</summary>
    internal const ushort Data = 7;
}

/// <summary>enum nft_byteorder_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ByteOrderAttribute
{
    /// <summary>NFTA_BYTEORDER_SREG.</summary>
    internal const ushort Source = 1;

    /// <summary>NFTA_BYTEORDER_DREG.</summary>
    internal const ushort Destination = 2;

    /// <summary>NFTA_BYTEORDER_OP.</summary>
    internal const ushort Operation = 3;

    /// <summary>NFTA_BYTEORDER_LEN.</summary>
    internal const ushort Length = 4;

    /// <summary>NFTA_BYTEORDER_SIZE.</summary>
    internal const ushort Size = 5;
}

/// <summary>enum nft_cmp_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class CompareAttribute
{
    /// <summary>NFTA_CMP_SREG.</summary>
    internal const ushort Source = 1;

    /// <summary>NFTA_CMP_OP.</summary>
    internal const ushort Operation = 2;

    /// <summary>NFTA_CMP_DATA.</summary>
    internal const ushort Data = 3;
}

/// <summary>enum nft_range_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class RangeAttribute
{
    /// <summary>NFTA_RANGE_SREG.</summary>
    internal const ushort Source = 1;

    /// <summary>NFTA_RANGE_OP.</summary>
    internal const ushort Operation = 2;

    /// <summary>NFTA_RANGE_FROM_DATA.</summary>
    internal const ushort FromData = 3;

    /// <summary>NFTA_RANGE_TO_DATA.</summary>
    internal const ushort ToData = 4;
}

/// <summary>enum nft_lookup_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class LookupAttribute
{
    /// <summary>NFTA_LOOKUP_SET.</summary>
    internal const ushort Set = 1;

    /// <summary>NFTA_LOOKUP_SREG.</summary>
    internal const ushort Source = 2;

    /// <summary>NFTA_LOOKUP_DREG.</summary>
    internal const ushort Destination = 3;

    /// <summary>NFTA_LOOKUP_SET_ID.</summary>
    internal const ushort SetId = 4;

    /// <summary>NFTA_LOOKUP_FLAGS.</summary>
    internal const ushort Flags = 5;
}

/// <summary>enum nft_payload_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class PayloadAttribute
{
    /// <summary>NFTA_PAYLOAD_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_PAYLOAD_BASE.</summary>
    internal const ushort Base = 2;

    /// <summary>NFTA_PAYLOAD_OFFSET.</summary>
    internal const ushort Offset = 3;

    /// <summary>NFTA_PAYLOAD_LEN.</summary>
    internal const ushort Length = 4;

    /// <summary>NFTA_PAYLOAD_SREG.</summary>
    internal const ushort Source = 5;

    /// <summary>NFTA_PAYLOAD_CSUM_TYPE.</summary>
    internal const ushort ChecksumType = 6;

    /// <summary>NFTA_PAYLOAD_CSUM_OFFSET.</summary>
    internal const ushort ChecksumOffset = 7;

    /// <summary>NFTA_PAYLOAD_CSUM_FLAGS.</summary>
    internal const ushort ChecksumFlags = 8;
}

/// <summary>enum nft_meta_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class MetaAttribute
{
    /// <summary>NFTA_META_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_META_KEY.</summary>
    internal const ushort Key = 2;

    /// <summary>NFTA_META_SREG.</summary>
    internal const ushort Source = 3;
}

/// <summary>enum nft_ct_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ConntrackAttribute
{
    /// <summary>NFTA_CT_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_CT_KEY.</summary>
    internal const ushort Key = 2;

    /// <summary>NFTA_CT_DIRECTION.</summary>
    internal const ushort Direction = 3;

    /// <summary>NFTA_CT_SREG.</summary>
    internal const ushort Source = 4;
}

/// <summary>enum nft_socket_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class SocketAttribute
{
    /// <summary>NFTA_SOCKET_KEY.</summary>
    internal const ushort Key = 1;

    /// <summary>NFTA_SOCKET_DREG.</summary>
    internal const ushort Destination = 2;
}

/// <summary>enum nft_fib_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class FibAttribute
{
    /// <summary>NFTA_FIB_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_FIB_RESULT.</summary>
    internal const ushort Result = 2;

    /// <summary>NFTA_FIB_FLAGS.</summary>
    internal const ushort Flags = 3;
}

/// <summary>enum nft_ng_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class NumberGeneratorAttribute
{
    /// <summary>NFTA_NG_DREG.</summary>
    internal const ushort Destination = 1;

    /// <summary>NFTA_NG_MODULUS.</summary>
    internal const ushort Modulus = 2;

    /// <summary>NFTA_NG_TYPE.</summary>
    internal const ushort Type = 3;

    /// <summary>NFTA_NG_OFFSET.</summary>
    internal const ushort Offset = 4;

    /// <summary>NFTA_NG_SET_NAME.</summary>
    internal const ushort SetName = 5;

    /// <summary>NFTA_NG_SET_ID.</summary>
    internal const ushort SetId = 6;
}

/// <summary>enum nft_hash_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class HashAttribute
{
    /// <summary>NFTA_HASH_SREG.</summary>
    internal const ushort Source = 1;

    /// <summary>NFTA_HASH_DREG.</summary>
    internal const ushort Destination = 2;

    /// <summary>NFTA_HASH_LEN.</summary>
    internal const ushort Length = 3;

    /// <summary>NFTA_HASH_MODULUS.</summary>
    internal const ushort Modulus = 4;

    /// <summary>NFTA_HASH_SEED.</summary>
    internal const ushort Seed = 5;

    /// <summary>NFTA_HASH_OFFSET.</summary>
    internal const ushort Offset = 6;

    /// <summary>NFTA_HASH_TYPE.</summary>
    internal const ushort Type = 7;

    /// <summary>NFTA_HASH_SET_NAME.</summary>
    internal const ushort SetName = 8;

    /// <summary>NFTA_HASH_SET_ID.</summary>
    internal const ushort SetId = 9;
}
