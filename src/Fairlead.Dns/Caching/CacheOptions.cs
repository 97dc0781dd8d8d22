using System.Collections.Immutable;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Caching;

/// <summary>How answers are kept. The numbers that aren't given are CoreDNS's.</summary>
public sealed record CacheOptions
{
    /// <summary>Names that are kept.</summary>
    public required ImmutableArray<DnsName> Zones { get; init; }

    /// <summary>Answers with records.</summary>
    public CacheLimits Success { get; init; } = new(9984, TimeSpan.FromHours(1), TimeSpan.FromSeconds(5));

    /// <summary>NXDOMAIN, and NOERROR without records of the type (RFC 2308).</summary>
    public CacheLimits Denial { get; init; } = new(9984, TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(5));

    /// <summary>How long SERVFAIL is kept; RFC 2308, section 7.1, allows five minutes.</summary>
    public TimeSpan ServerFailure { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Answers that are asked for often are fetched again before they run out; null: none.</summary>
    public PrefetchOptions? Prefetch { get; init; }

    /// <summary>How old an answer may be that is given where the upstreams are silent (RFC 8767); zero: none.</summary>
    public TimeSpan ServeStale { get; init; }

    /// <summary>Whether an upstream is asked before an old answer is given, rather than after.</summary>
    public bool VerifiesStale { get; init; }

    /// <summary>Zones whose answers with records aren't kept.</summary>
    public ImmutableArray<DnsName> SuccessDisabled { get; init; } = [];

    /// <summary>Zones whose denials aren't kept.</summary>
    public ImmutableArray<DnsName> DenialDisabled { get; init; } = [];
}

/// <summary>Bounds of one part of the cache.</summary>
/// <param name="Capacity">How many answers it holds; 0: it keeps none.</param>
/// <param name="MaximumTtl">Nothing is kept longer.</param>
/// <param name="MinimumTtl">Nothing is kept shorter.</param>
public readonly record struct CacheLimits(int Capacity, TimeSpan MaximumTtl, TimeSpan MinimumTtl);

/// <summary>When an answer is fetched again before it runs out.</summary>
/// <param name="Amount">After so many queries for it …</param>
/// <param name="Within">… none of which came later than this after the one before …</param>
/// <param name="Percentage">… when so many percent of its time are left.</param>
public sealed record PrefetchOptions(int Amount, TimeSpan Within, int Percentage);
