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

/// <summary>enum nft_expr_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ExpressionAttribute
{
    /// <summary>NFTA_EXPR_NAME.</summary>
    internal const ushort Name = 1;

    /// <summary>NFTA_EXPR_DATA.</summary>
    internal const ushort Data = 2;
}

/// <summary>enum nft_list_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ListAttribute
{
    /// <summary>NFTA_LIST_ELEM.</summary>
    internal const ushort Element = 1;
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

/// <summary>enum nft_dynset_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class DynamicSetAttribute
{
    /// <summary>NFTA_DYNSET_SET_NAME.</summary>
    internal const ushort SetName = 1;

    /// <summary>NFTA_DYNSET_SET_ID.</summary>
    internal const ushort SetId = 2;

    /// <summary>NFTA_DYNSET_OP.</summary>
    internal const ushort Operation = 3;

    /// <summary>NFTA_DYNSET_SREG_KEY.</summary>
    internal const ushort SourceKey = 4;

    /// <summary>NFTA_DYNSET_SREG_DATA.</summary>
    internal const ushort SourceData = 5;

    /// <summary>NFTA_DYNSET_TIMEOUT.</summary>
    internal const ushort Timeout = 6;

    /// <summary>NFTA_DYNSET_EXPR.</summary>
    internal const ushort Expression = 7;

    /// <summary>NFTA_DYNSET_FLAGS.</summary>
    internal const ushort Flags = 9;

    /// <summary>NFTA_DYNSET_EXPRESSIONS.</summary>
    internal const ushort Expressions = 10;
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

/// <summary>enum nft_counter_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class CounterAttribute
{
    /// <summary>NFTA_COUNTER_BYTES.</summary>
    internal const ushort Bytes = 1;

    /// <summary>NFTA_COUNTER_PACKETS.</summary>
    internal const ushort Packets = 2;
}

/// <summary>enum nft_limit_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class LimitAttribute
{
    /// <summary>NFTA_LIMIT_RATE.</summary>
    internal const ushort Rate = 1;

    /// <summary>NFTA_LIMIT_UNIT.</summary>
    internal const ushort Unit = 2;

    /// <summary>NFTA_LIMIT_BURST.</summary>
    internal const ushort Burst = 3;

    /// <summary>NFTA_LIMIT_TYPE.</summary>
    internal const ushort Type = 4;

    /// <summary>NFTA_LIMIT_FLAGS.</summary>
    internal const ushort Flags = 5;
}

/// <summary>enum nft_quota_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class QuotaAttribute
{
    /// <summary>NFTA_QUOTA_BYTES.</summary>
    internal const ushort Bytes = 1;

    /// <summary>NFTA_QUOTA_FLAGS.</summary>
    internal const ushort Flags = 2;

    /// <summary>NFTA_QUOTA_CONSUMED.</summary>
    internal const ushort Consumed = 4;
}

/// <summary>enum nft_connlimit_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ConnectionLimitAttribute
{
    /// <summary>NFTA_CONNLIMIT_COUNT.</summary>
    internal const ushort Count = 1;

    /// <summary>NFTA_CONNLIMIT_FLAGS.</summary>
    internal const ushort Flags = 2;
}

/// <summary>enum nft_objref_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class ObjectReferenceAttribute
{
    /// <summary>NFTA_OBJREF_IMM_TYPE.</summary>
    internal const ushort ImmediateType = 1;

    /// <summary>NFTA_OBJREF_IMM_NAME.</summary>
    internal const ushort ImmediateName = 2;

    /// <summary>NFTA_OBJREF_SET_SREG.</summary>
    internal const ushort SetSource = 3;

    /// <summary>NFTA_OBJREF_SET_NAME.</summary>
    internal const ushort SetName = 4;

    /// <summary>NFTA_OBJREF_SET_ID.</summary>
    internal const ushort SetId = 5;
}

/// <summary>enum nft_log_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class LogAttribute
{
    /// <summary>NFTA_LOG_GROUP.</summary>
    internal const ushort Group = 1;

    /// <summary>NFTA_LOG_PREFIX.</summary>
    internal const ushort Prefix = 2;

    /// <summary>NFTA_LOG_SNAPLEN.</summary>
    internal const ushort SnapLength = 3;

    /// <summary>NFTA_LOG_QTHRESHOLD.</summary>
    internal const ushort Threshold = 4;

    /// <summary>NFTA_LOG_LEVEL.</summary>
    internal const ushort Level = 5;

    /// <summary>NFTA_LOG_FLAGS.</summary>
    internal const ushort Flags = 6;
}

/// <summary>enum nft_reject_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class RejectAttribute
{
    /// <summary>NFTA_REJECT_TYPE.</summary>
    internal const ushort Type = 1;

    /// <summary>NFTA_REJECT_ICMP_CODE.</summary>
    internal const ushort IcmpCode = 2;
}

/// <summary>enum nft_nat_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class NatAttribute
{
    /// <summary>NFTA_NAT_TYPE.</summary>
    internal const ushort Type = 1;

    /// <summary>NFTA_NAT_FAMILY.</summary>
    internal const ushort Family = 2;

    /// <summary>NFTA_NAT_REG_ADDR_MIN.</summary>
    internal const ushort AddressMin = 3;

    /// <summary>NFTA_NAT_REG_ADDR_MAX.</summary>
    internal const ushort AddressMax = 4;

    /// <summary>NFTA_NAT_REG_PROTO_MIN.</summary>
    internal const ushort PortMin = 5;

    /// <summary>NFTA_NAT_REG_PROTO_MAX.</summary>
    internal const ushort PortMax = 6;

    /// <summary>NFTA_NAT_FLAGS.</summary>
    internal const ushort Flags = 7;
}

/// <summary>enum nft_masq_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class MasqueradeAttribute
{
    /// <summary>NFTA_MASQ_FLAGS.</summary>
    internal const ushort Flags = 1;

    /// <summary>NFTA_MASQ_REG_PROTO_MIN.</summary>
    internal const ushort PortMin = 2;

    /// <summary>NFTA_MASQ_REG_PROTO_MAX.</summary>
    internal const ushort PortMax = 3;
}

/// <summary>enum nft_redir_attributes (linux/netfilter/nf_tables.h).</summary>
internal static class RedirectAttribute
{
    /// <summary>NFTA_REDIR_REG_PROTO_MIN.</summary>
    internal const ushort PortMin = 1;

    /// <summary>NFTA_REDIR_REG_PROTO_MAX.</summary>
    internal const ushort PortMax = 2;

    /// <summary>NFTA_REDIR_FLAGS.</summary>
    internal const ushort Flags = 3;
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
