using Fairlead.Kernel.NfTables.Text;

namespace Fairlead.Kernel.NfTables;

/// <summary>What a rule says of a packet.</summary>
/// <param name="Code">The kind of verdict.</param>
/// <param name="Chain">The chain of a jump or goto; null for all others.</param>
public readonly record struct Verdict(VerdictCode Code, string? Chain = null)
{
    /// <summary>Leaves this hook's base chain; later base chains are asked too.</summary>
    public static Verdict Accept => new(VerdictCode.Accept);

    /// <summary>The packet ends here.</summary>
    public static Verdict Drop => new(VerdictCode.Drop);

    /// <summary>The next rule.</summary>
    public static Verdict Continue => new(VerdictCode.Continue);

    /// <summary>Back to where the chain was jumped to from; from a base chain, its policy.</summary>
    public static Verdict Return => new(VerdictCode.Return);

    /// <summary>Into a chain, and back behind the rule when it ends.</summary>
    public static Verdict Jump(string chain) => new(VerdictCode.Jump, chain);

    /// <summary>Into a chain, not back here when it ends.</summary>
    public static Verdict Goto(string chain) => new(VerdictCode.Goto, chain);

    /// <summary>As nft writes it: <c>goto lb-2</c>.</summary>
    public override string ToString() => NftWords.Of(this);
}

/// <summary>enum nft_verdicts and the netfilter verdicts that share their numbers.</summary>
public enum VerdictCode
{
    /// <summary>NF_DROP.</summary>
    Drop = 0,

    /// <summary>NF_ACCEPT.</summary>
    Accept = 1,

    /// <summary>NF_STOLEN.</summary>
    Stolen = 2,

    /// <summary>NF_QUEUE.</summary>
    Queue = 3,

    /// <summary>NFT_CONTINUE.</summary>
    Continue = -1,

    /// <summary>NFT_BREAK: the rule doesn't match.</summary>
    Break = -2,

    /// <summary>NFT_JUMP.</summary>
    Jump = -3,

    /// <summary>NFT_GOTO.</summary>
    Goto = -4,

    /// <summary>NFT_RETURN.</summary>
    Return = -5,
}
