using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables;

/// <summary>
/// A rule: expressions that are run one after another until one says that the packet doesn't match, or gives a verdict.
/// It is data: encoded for the kernel, printed as nft text, and evaluated against a packet.
/// </summary>
public sealed record Rule
{
    /// <summary>The chain that it is in.</summary>
    public required string Chain { get; init; }

    /// <summary>What it does, in order.</summary>
    public required ValueList<Expression> Expressions { get; init; }

    /// <summary>At most 127 bytes: say which API object caused it.</summary>
    public string? Comment { get; init; }

    /// <summary>
    /// A rule of parts: <c>Rule.Of("forward", Match.Prefix(Field.IpSource, network), Statement.Accept)</c>. What an earlier part has already made
    /// sure of (that the packet is IPv4, that it is TCP) isn't asked again.
    /// </summary>
    public static Rule Of(string chain, params ReadOnlySpan<ValueList<Expression>> parts) => new() { Chain = chain, Expressions = RuleParts.Join(parts) };

    /// <summary>The same rule with a comment.</summary>
    public Rule Commented(string comment) => this with { Comment = comment };

    /// <summary>The same rule with counters at zero: what two rules are compared by.</summary>
    public Rule WithoutState() => this with { Expressions = RuleParts.WithoutState(Expressions) };
}
