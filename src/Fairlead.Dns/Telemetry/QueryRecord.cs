using Fairlead.Dns.Serving;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Telemetry;

/// <summary>One query that was answered.</summary>
/// <param name="Timestamp">When it came, as <see cref="TimeProvider.GetTimestamp"/> of the system's clock.</param>
/// <param name="Client">Who asked.</param>
/// <param name="Name">For what name; cut where it is longer than 200 bytes.</param>
/// <param name="Type">For what type.</param>
/// <param name="Code">How it ended.</param>
/// <param name="Origin">Where the answer came from.</param>
/// <param name="Transport">How it came.</param>
/// <param name="Duration">How long the answer took.</param>
/// <param name="Length">How long the answer was.</param>
public sealed record QueryRecord(
    long Timestamp, NetAddress Client, DnsName Name, RecordType Type, ResponseCode Code, AnswerOrigin Origin, DnsTransport Transport, TimeSpan Duration, int Length);
