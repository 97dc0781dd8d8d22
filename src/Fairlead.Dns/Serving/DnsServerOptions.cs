using System.Collections.Immutable;
using System.Net;

namespace Fairlead.Dns.Serving;

/// <summary>Where a server listens and what it bounds.</summary>
public sealed record DnsServerOptions
{
    /// <summary>Addresses and ports, each by UDP and TCP. An address need not be the machine's yet (IP_FREEBIND).</summary>
    public required ImmutableArray<IPEndPoint> Listen { get; init; }

    /// <summary>How many threads wait for datagrams at each address, each with a socket of its own.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How long a connection may say nothing (RFC 7766 section 6.2.3).</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many connections there may be at each address; one more closes the one that has been silent the longest.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>How many queries may wait for upstreams; more are answered SERVFAIL at once.</summary>
    public int MaxPending { get; init; } = 10_000;

    /// <summary>How much a second, beyond three times the questions, goes by UDP to an address that may be a lie.</summary>
    public int AmplificationBytesPerSecond { get; init; } = 1 << 20;

    /// <summary>How many of the last queries each thread keeps for the log; a power of two.</summary>
    public int LogCapacity { get; init; } = 4096;

    /// <summary>How long queries on their way may take when the server ends.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
