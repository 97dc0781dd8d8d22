using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Serving;

/// <summary>Who sent a query.</summary>
/// <param name="Address">The client's address.</param>
/// <param name="Port">The client's port.</param>
public readonly record struct Sender(NetAddress Address, ushort Port);

/// <summary>A query and its answer, as they were and will be on the wire; gone when the call returns.</summary>
public readonly ref struct AnsweredQuery
{
    /// <summary>Who asked.</summary>
    public required Sender Sender { get; init; }

    /// <summary>By which way.</summary>
    public required DnsTransport Transport { get; init; }

    /// <summary>The query's number.</summary>
    public required ushort Id { get; init; }

    /// <summary>The query's flags, its operation among them.</summary>
    public required HeaderFlags Flags { get; init; }

    /// <summary>The query's EDNS.</summary>
    public required Edns Edns { get; init; }

    /// <summary>How long the query was.</summary>
    public required int RequestLength { get; init; }

    /// <summary>The name in lower case.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>The question as it was asked.</summary>
    public required ReadOnlySpan<byte> Section { get; init; }

    /// <summary>The answer.</summary>
    public required ReadOnlySpan<byte> Response { get; init; }

    /// <summary>From its arrival to the answer.</summary>
    public required TimeSpan Duration { get; init; }
}
