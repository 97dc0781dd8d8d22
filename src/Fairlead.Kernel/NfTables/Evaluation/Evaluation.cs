using System.Net;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>What the rules of one hook do with a packet.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Packet">How it goes on: with its marks and translated addresses.</param>
/// <param name="Steps">Every rule that was asked, in order, and what it said.</param>
/// <param name="Effects">What else happened, in order.</param>
public sealed record EvaluationResult(PacketOutcome Outcome, Packet Packet, IReadOnlyList<EvaluationStep> Steps, IReadOnlyList<PacketEffect> Effects)
{
    /// <summary>The rules that said something of the packet, in order.</summary>
    public IEnumerable<EvaluationStep> Hits => Steps.Where(static step => step.Outcome is not StepOutcome.Passed);
}

/// <summary>What becomes of a packet at a hook.</summary>
public abstract record PacketOutcome
{
    private PacketOutcome()
    {
    }

    /// <summary>It goes on.</summary>
    public sealed record Accepted : PacketOutcome;

    /// <summary>It ends here, silently.</summary>
    public sealed record Dropped : PacketOutcome;

    /// <summary>It ends here, and its sender is told.</summary>
    /// <param name="Reject">How.</param>
    public sealed record Rejected(Reject Reject) : PacketOutcome;

    /// <summary>It can't be said: a rule asks for what isn't known, or does what isn't understood.</summary>
    /// <param name="Reason">One sentence.</param>
    public sealed record Undecided(string Reason) : PacketOutcome;
}

/// <summary>One rule, or a base chain's policy, that was asked.</summary>
/// <param name="Chain">The chain.</param>
/// <param name="Rule">The rule; null for the policy.</param>
/// <param name="Outcome">What it said.</param>
public sealed record EvaluationStep(string Chain, ListedRule? Rule, StepOutcome Outcome);

/// <summary>What a rule said of a packet.</summary>
public abstract record StepOutcome
{
    private StepOutcome()
    {
    }

    /// <summary>It doesn't match.</summary>
    /// <param name="Expression">The place of the condition that failed.</param>
    public sealed record Passed(int Expression) : StepOutcome;

    /// <summary>It matches, did what it does, and leaves the verdict to the next.</summary>
    public sealed record Continued : StepOutcome;

    /// <summary>It matches and gave this verdict.</summary>
    /// <param name="Verdict">The verdict; accept where it translated addresses, drop where it rejected.</param>
    public sealed record Decided(Verdict Verdict) : StepOutcome;

    /// <summary>It can't be said.</summary>
    /// <param name="Expression">The place of the expression that can't be evaluated.</param>
    /// <param name="Reason">One sentence.</param>
    public sealed record Undecided(int Expression, string Reason) : StepOutcome;
}

/// <summary>What rules do besides deciding.</summary>
public abstract record PacketEffect
{
    private PacketEffect()
    {
    }

    /// <summary>The connection's destination was translated.</summary>
    /// <param name="Address">The new address; null: as it was.</param>
    /// <param name="Port">The new port; null: as it was.</param>
    public sealed record DestinationTranslated(IPAddress? Address, ushort? Port) : PacketEffect;

    /// <summary>The connection's source was translated.</summary>
    /// <param name="Address">The new address; null: as it was.</param>
    /// <param name="Port">The new port; null: as it was.</param>
    public sealed record SourceTranslated(IPAddress? Address, ushort? Port) : PacketEffect;

    /// <summary>The connection's source becomes an address of the link that it goes out by.</summary>
    public sealed record Masqueraded : PacketEffect;

    /// <summary>The destination becomes this node itself.</summary>
    /// <param name="Port">The new port; null: as it was.</param>
    public sealed record Redirected(ushort? Port) : PacketEffect;

    /// <summary>The packet was reported.</summary>
    /// <param name="Log">How.</param>
    public sealed record Logged(Log Log) : PacketEffect;

    /// <summary>Conntrack was told to leave it alone.</summary>
    public sealed record Untracked : PacketEffect;

    /// <summary>From here on it is traced.</summary>
    public sealed record Traced : PacketEffect;

    /// <summary>A dynamic set was changed.</summary>
    /// <param name="Set">Its name.</param>
    /// <param name="Operation">How.</param>
    /// <param name="Key">The key.</param>
    /// <param name="Data">In a map: the data.</param>
    public sealed record SetChanged(string Set, DynamicSetOperation Operation, DataValue Key, DataValue Data) : PacketEffect;
}
