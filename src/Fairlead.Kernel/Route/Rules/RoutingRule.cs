using System.Net;
using System.Net.Sockets;

namespace Fairlead.Kernel.Route;

/// <summary>FR_ACT_…: what a rule does.</summary>
public enum RuleAction : byte
{
    /// <summary>FR_ACT_TO_TBL: look the route up in the table.</summary>
    Table = 1,

    /// <summary>FR_ACT_GOTO: go on at the rule with another priority.</summary>
    Goto = 2,

    /// <summary>FR_ACT_NOP: nothing.</summary>
    Nothing = 3,

    /// <summary>FR_ACT_BLACKHOLE.</summary>
    Blackhole = 6,

    /// <summary>FR_ACT_UNREACHABLE.</summary>
    Unreachable = 7,

    /// <summary>FR_ACT_PROHIBIT.</summary>
    Prohibit = 8,
}

/// <summary>A rule that chooses a routing table (<c>ip rule</c>).</summary>
public sealed record RoutingRule
{
    /// <summary>IPv4 or IPv6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>FRA_PRIORITY: rules are tried from the lowest up. Null: the kernel chooses one below the lowest it has.</summary>
    public uint? Priority { get; init; }

    /// <summary>FRA_SRC: only packets from there.</summary>
    public IPNetwork? Source { get; init; }

    /// <summary>FRA_DST: only packets to there.</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>FRA_IIFNAME: only packets that come in by this link; "lo" is this machine's own.</summary>
    public string? InputLink { get; init; }

    /// <summary>FRA_OIFNAME: only packets of sockets bound to this link.</summary>
    public string? OutputLink { get; init; }

    /// <summary>FRA_FWMARK: only packets with this mark.</summary>
    public uint? Mark { get; init; }

    /// <summary>FRA_FWMASK: only these bits of the mark count. Null: all.</summary>
    public uint? MarkMask { get; init; }

    /// <summary>Not the packets that match, but all others (FIB_RULE_INVERT).</summary>
    public bool Invert { get; init; }

    /// <summary>What is done.</summary>
    public RuleAction Action { get; init; } = RuleAction.Table;

    /// <summary>FRA_TABLE.</summary>
    public uint Table { get; init; }

    /// <summary>FRA_GOTO.</summary>
    public uint? Goto { get; init; }

    /// <summary>FRA_SUPPRESS_PREFIXLEN: routes with a prefix of this length or shorter don't count (0: no default routes).</summary>
    public int? SuppressPrefixLength { get; init; }

    /// <summary>FRA_PROTOCOL: who made it.</summary>
    public RouteProtocol Protocol { get; init; }

    /// <summary>As <c>ip rule</c> would be told it.</summary>
    public override string ToString() => string.Concat(
        Priority is null ? "" : $"priority {Priority} ",
        Invert ? "not " : "",
        $"from {Source?.ToString() ?? "all"}",
        Destination is null ? "" : $" to {Destination}",
        InputLink is null ? "" : $" iif {InputLink}",
        OutputLink is null ? "" : $" oif {OutputLink}",
        Mark is null ? "" : $" fwmark 0x{Mark:x}{(MarkMask is null ? "" : $"/0x{MarkMask:x}")}",
        Action == RuleAction.Table ? $" lookup {Table}" : $" {Action}".ToLowerInvariant());
}
