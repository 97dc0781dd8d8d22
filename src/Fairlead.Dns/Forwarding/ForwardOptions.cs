using System.Collections.Immutable;
using System.Net;
using Fairlead.Dns.Corefile;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Forwarding;

/// <summary>In which order upstreams are asked.</summary>
public enum UpstreamPolicy
{
    /// <summary>In any.</summary>
    Random,

    /// <summary>Each the next one first.</summary>
    RoundRobin,

    /// <summary>As written, the first that is healthy.</summary>
    Sequential,
}

/// <summary>Where names of a domain are asked.</summary>
public sealed record ForwardOptions
{
    /// <summary>The domains: one, or the reverse zones of a range.</summary>
    public required ImmutableArray<DnsName> From { get; init; }

    /// <summary>The upstreams; empty where a resolv.conf has none.</summary>
    public required ImmutableArray<UpstreamAddress> Upstreams { get; init; }

    /// <summary>Domains within <see cref="From"/> that aren't asked here.</summary>
    public ImmutableArray<DnsName> Except { get; init; } = [];

    /// <summary>Whom to ask first.</summary>
    public UpstreamPolicy Policy { get; init; }

    /// <summary>How queries travel where the upstream doesn't say.</summary>
    public UpstreamProtocol Protocol { get; init; }

    /// <summary>So many failures in a row make an upstream unhealthy; 0: it always counts as healthy.</summary>
    public int MaximumFailures { get; init; } = 2;

    /// <summary>How long an idle connection is kept.</summary>
    public TimeSpan Expire { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an unhealthy upstream is asked whether it lives again.</summary>
    public HealthProbe HealthCheck { get; init; } = new(TimeSpan.FromMilliseconds(500), RecursionDesired: true, DnsName.Root);

    /// <summary>More queries at once than this are refused; 0: without end, as far as memory bounds it.</summary>
    public int MaximumConcurrent { get; init; }

    /// <summary>How often one question connects at most; 0: as often as there are upstreams.</summary>
    public int MaximumAttempts { get; init; }

    /// <summary>Codes for which the next upstream is asked too.</summary>
    public ImmutableArray<ResponseCode> FailoverCodes { get; init; } = [];

    /// <summary>Codes for which the block's next <c>forward</c> is asked.</summary>
    public ImmutableArray<ResponseCode> NextCodes { get; init; } = [];

    /// <summary>Whether SERVFAIL is given at once when all upstreams are unhealthy, rather than trying one.</summary>
    public bool FailsFast { get; init; }

    /// <summary>What TLS connections prove and demand.</summary>
    public UpstreamTls Tls { get; init; } = new();

    /// <summary>Whether names of <see cref="From"/>, and not of <see cref="Except"/>, are asked here.</summary>
    /// <param name="name">A whole name, lower-cased.</param>
    public bool Takes(ReadOnlySpan<byte> name) => Zones.Contain(From, name) && !Zones.Contain(Except, name);
}

/// <summary>How queries travel.</summary>
public enum UpstreamProtocol
{
    /// <summary>As they came: UDP for UDP, TCP for TCP.</summary>
    AsAsked,

    /// <summary>UDP, and TCP where the answer is truncated.</summary>
    PreferUdp,

    /// <summary>TCP.</summary>
    ForceTcp,
}

/// <summary>One upstream.</summary>
/// <param name="Address">Where it answers.</param>
/// <param name="IsTls">Whether it is spoken to over TLS (RFC 7858).</param>
/// <param name="ServerName">The name that its certificate must have; null: that of <see cref="UpstreamTls"/>, or its address.</param>
public readonly record struct UpstreamAddress(IPEndPoint Address, bool IsTls = false, string? ServerName = null)
{
    /// <summary>As CoreDNS's metrics name it: <c>1.2.3.4:53</c>.</summary>
    public override string ToString() => Address.ToString();
}

/// <summary>How an unhealthy upstream is asked whether it lives again.</summary>
/// <param name="Interval">How often.</param>
/// <param name="RecursionDesired">Whether the probe desires recursion.</param>
/// <param name="Domain">Whose NS it asks for.</param>
public sealed record HealthProbe(TimeSpan Interval, bool RecursionDesired, DnsName Domain);

/// <summary>What TLS connections prove and demand.</summary>
public sealed record UpstreamTls
{
    /// <summary>The name that certificates must have; null: the upstream's address.</summary>
    public string? ServerName { get; init; }

    /// <summary>Our certificate's file; null: none.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its key's file.</summary>
    public string? Key { get; init; }

    /// <summary>A file of authorities that upstreams' certificates must come from; null: the system's.</summary>
    public string? Authorities { get; init; }
}
