using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Serving;

/// <summary>A query that takes time, and what its answer needs to get home.</summary>
/// <param name="Query">The question.</param>
/// <param name="Port">The client's port.</param>
/// <param name="Id">The client's identifier.</param>
/// <param name="Flags">The client's flags.</param>
/// <param name="Reply">The answer's OPT record.</param>
/// <param name="Limit">How long the answer may be.</param>
/// <param name="Received">When it came.</param>
/// <param name="RequestLength">How long it was.</param>
/// <param name="IsProven">Whether the client has shown a cookie of ours, or came by a connection.</param>
internal sealed record PendingQuery(
    DnsQuery Query, ushort Port, ushort Id, HeaderFlags Flags, Edns Reply, int Limit, long Received, int RequestLength, bool IsProven);
