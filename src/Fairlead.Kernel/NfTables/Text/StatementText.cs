using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Text;

/// <summary>Writes the expressions that need no registers.</summary>
internal static class StatementText
{
    private static readonly string[] s_levels = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"];

    internal static string Write(Expression expression) => expression switch
    {
        Counter counter => $"counter packets {counter.Packets} bytes {counter.Bytes}",
        Limit limit => WriteLimit(limit),
        Quota quota => $"quota {(quota.Over ? "over " : "")}{quota.Bytes} bytes{(quota.Consumed == 0 ? "" : $" used {quota.Consumed} bytes")}",
        ConnectionLimit limit => $"ct count {(limit.Over ? "over " : "")}{limit.Count}",
        ObjectReference { Type: ObjectType.ConntrackHelper } reference => $"ct helper set {NftWords.Quote(reference.Name)}",
        ObjectReference reference => $"{NftWords.Of(reference.Type)} name {NftWords.Quote(reference.Name)}",
        Log log => WriteLog(log),
        Reject reject => WriteReject(reject),
        NoTrack => "notrack",
        UnknownExpression unknown => $"[{unknown.Name} {unknown.Attributes}]",
        _ => $"[{expression}]",
    };

    private static string WriteLimit(Limit limit)
    {
        string over = limit.Over ? "over " : "";
        string unit = limit.Unit switch
        {
            1 => "second",
            60 => "minute",
            3600 => "hour",
            86400 => "day",
            604800 => "week",
            _ => $"{limit.Unit}-seconds",
        };
        return limit.OfBytes
            ? $"limit rate {over}{limit.Rate} bytes/{unit}{(limit.Burst == 0 ? "" : $" burst {limit.Burst} bytes")}"
            : $"limit rate {over}{limit.Rate}/{unit}{(limit.Burst is 0 or 5 ? "" : $" burst {limit.Burst} packets")}";
    }

    private static string WriteLog(Log log)
    {
        string text = "log";
        text += log.Prefix is { } prefix ? $" prefix {NftWords.Quote(prefix)}" : "";
        if (log.Group is { } group)
        {
            text += $" group {group}";
            text += log.SnapLength is { } length ? $" snaplen {length}" : "";
            text += log.Threshold is { } threshold ? $" queue-threshold {threshold}" : "";
            return text;
        }

        return log.Level == 4 ? text : $"{text} level {(log.Level < s_levels.Length ? s_levels[log.Level] : log.Level.ToString())}";
    }

    private static string WriteReject(Reject reject) => reject.Type switch
    {
        RejectType.TcpReset => "reject with tcp reset",
        RejectType.IcmpAny => reject.Code switch
        {
            RejectCode.PortUnreachable => "reject",
            RejectCode.NoRoute => "reject with icmpx no-route",
            RejectCode.HostUnreachable => "reject with icmpx host-unreachable",
            RejectCode.AdminProhibited => "reject with icmpx admin-prohibited",
            _ => $"reject with icmpx {reject.Code}",
        },
        _ => reject.Code switch
        {
            1 => "reject with icmp host-unreachable",
            3 => "reject with icmp port-unreachable",
            13 => "reject with icmp admin-prohibited",
            _ => $"reject with icmp {reject.Code}",
        },
    };
}
