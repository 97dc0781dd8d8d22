namespace Fairlead.Kernel.NfTables.Wire;

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
