using System.Globalization;
using Fairlead.Network;

namespace Fairlead.Agent.Policies;

/// <summary>One denied connection, or several of one pair, with who decided.</summary>
internal sealed record DenialReceipt
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>DENIED, AUDIT (it went on) or UNKNOWN (a pod that no object tells of).</summary>
    public required string Outcome { get; init; }

    /// <summary>What a pod receives, rather than sends.</summary>
    public required bool IsIngress { get; init; }

    public required string Source { get; init; }

    public required string Destination { get; init; }

    /// <summary>The protocol, and the port where it has one.</summary>
    public required string Port { get; init; }

    public required string Reason { get; init; }

    /// <summary>The pod that the deciding policies are about; null if it isn't known.</summary>
    public PodState? Subject { get; init; }

    /// <summary>How many connections of the same pair were denied since the receipt before, this one not counted.</summary>
    public long MoreConnections { get; init; }

    /// <summary>How many packets those had, and repetitions of this one.</summary>
    public long MorePackets { get; init; }

    public string What => $"{Outcome} {(IsIngress ? "ingress" : "egress")} {Source} → {Destination} {Port}: {Reason}";

    public override string ToString()
    {
        string more = MorePackets == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (and {MoreConnections} more connections, {MorePackets} more packets)");
        return string.Create(CultureInfo.InvariantCulture, $"{Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {What}{more}");
    }
}
