using System.Collections.Immutable;

namespace Fairlead.Network;

/// <summary>What policies say of a new connection in one direction, and why.</summary>
public sealed record PolicyVerdict
{
    /// <summary>Whether it goes on.</summary>
    public required bool IsAllowed { get; init; }

    /// <summary>True for what the destination receives, false for what the source sends.</summary>
    public required bool IsIngress { get; init; }

    /// <summary>The policy that decided; null where none did: the pod isn't isolated, or it is and nothing allows the connection.</summary>
    public PolicyState? Policy { get; init; }

    /// <summary>The rule of <see cref="Policy"/>.</summary>
    public PolicyRule? Rule { get; init; }

    /// <summary>The NetworkPolicies that isolate the pod.</summary>
    public ImmutableArray<PolicyState> IsolatedBy { get; init; } = [];

    /// <summary>The rule that comes closest to allowing what is denied, and what is missing.</summary>
    public NearMiss? Closest { get; init; }

    /// <summary>Policies under audit that would deny what goes on.</summary>
    public ImmutableArray<PolicyState> AuditedBy { get; init; } = [];

    /// <summary>One sentence.</summary>
    public override string ToString()
    {
        string reason = (Policy, IsAllowed) switch
        {
            ({ Tier: PolicyTier.Network } policy, _) => $"{policy} rule {Rule!.Name} allows it",
            ({ } policy, true) => $"{policy} ({policy.Tier}) rule {Rule!.Name} accepts it",
            ({ } policy, false) => $"{policy} ({policy.Tier}) rule {Rule!.Name} denies it",
            (null, true) => "no policy isolates the pod",
            _ => $"isolated by {string.Join(", ", IsolatedBy)}, nothing allows it",
        };
        string audited = AuditedBy.IsEmpty ? "" : $"; under audit {string.Join(", ", AuditedBy)} would deny it";
        return Closest is null ? reason + audited : $"{reason}; {Closest}";
    }
}

/// <summary>A rule that nearly allows a connection.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="Rule">The rule.</param>
/// <param name="Missing">The conditions that failed, as few as there are.</param>
public sealed record NearMiss(PolicyState Policy, PolicyRule Rule, ImmutableArray<string> Missing)
{
    /// <inheritdoc/>
    public override string ToString() => Missing.Length == 1
        ? $"{Policy} rule {Rule.Name} would allow it: {Missing[0]}"
        : $"{Policy} rule {Rule.Name} comes closest: {string.Join("; ", Missing)}";
}
