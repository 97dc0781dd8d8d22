using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns;

/// <summary>How names of pods' addresses, such as <c>10-200-0-5.default.pod.cluster.local</c>, are answered (<c>pods</c>).</summary>
public enum PodNames
{
    /// <summary>Not at all.</summary>
    Disabled,

    /// <summary>Any address of any namespace that exists, whether or not there is such a pod.</summary>
    Insecure,

    /// <summary>Only where a pod of that namespace has the address; all pods are watched for that.</summary>
    Verified,
}

/// <summary>To what a plugin passes on names that it doesn't have.</summary>
/// <param name="Zones">In which zones it does; empty: nowhere.</param>
public readonly record struct Fallthrough(ImmutableArray<DnsName> Zones)
{
    /// <summary>Nothing is passed on.</summary>
    public static Fallthrough None { get; } = new([]);

    /// <summary>Whether a name that isn't there is asked of the next plugin.</summary>
    /// <param name="name">A whole name, lower-cased.</param>
    public bool Applies(ReadOnlySpan<byte> name) => Corefile.Zones.Contain(Zones, name);
}

/// <summary>The cluster's zones.</summary>
public sealed record KubernetesOptions
{
    /// <summary>The zones; the first forward one is where Services live.</summary>
    public required ImmutableArray<DnsName> Zones { get; init; }

    /// <summary>What names of pods' addresses give.</summary>
    public PodNames Pods { get; init; }

    /// <summary>How long clients keep an answer, in seconds.</summary>
    public uint Ttl { get; init; } = 5;

    /// <summary>Which names that don't exist are asked of the next plugin.</summary>
    public Fallthrough Fallthrough { get; init; } = Fallthrough.None;

    /// <summary>Endpoints without a hostname are named after their pod.</summary>
    public bool EndpointPodNames { get; init; }

    /// <summary>Endpoints have no records.</summary>
    public bool NoEndpoints { get; init; }

    /// <summary>Services without a ready endpoint don't exist.</summary>
    public bool IgnoresEmptyServices { get; init; }

    /// <summary>The namespaces that are seen; empty: all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>The labels of Services that are seen.</summary>
    public LabelQuery Labels { get; init; } = LabelQuery.Everything;

    /// <summary>The labels of namespaces that are seen.</summary>
    public LabelQuery NamespaceLabels { get; init; } = LabelQuery.Everything;

    /// <summary>The reverse zones among <see cref="Zones"/>.</summary>
    public IEnumerable<DnsName> ReverseZones => Zones.Where(IsReverse);

    /// <summary>The others.</summary>
    public IEnumerable<DnsName> ForwardZones => Zones.Where(z => !IsReverse(z));

    private static bool IsReverse(DnsName zone) => zone.IsWithin(Corefile.Zones.Reverse4) || zone.IsWithin(Corefile.Zones.Reverse6);
}

/// <summary>Of which answers a log speaks.</summary>
[Flags]
public enum ResponseClasses
{
    /// <summary>Of none.</summary>
    None = 0,

    /// <summary>NOERROR with an answer.</summary>
    Success = 1,

    /// <summary>NXDOMAIN, and NOERROR without an answer.</summary>
    Denial = 2,

    /// <summary>Everything else.</summary>
    Error = 4,

    /// <summary>Of all.</summary>
    All = Success | Denial | Error,
}

/// <summary>One log of queries.</summary>
/// <param name="Zones">Names that are logged.</param>
/// <param name="Format">The line, with CoreDNS's placeholders.</param>
/// <param name="Classes">Answers that are logged.</param>
/// <param name="MinimumDuration">Other answers are logged too when they took longer; null: they aren't.</param>
public sealed record LogOptions(ImmutableArray<DnsName> Zones, LogFormat Format, ResponseClasses Classes, TimeSpan? MinimumDuration);

/// <summary>How errors are logged.</summary>
/// <param name="Consolidations">Those that are counted and told once in a while, the first that matches.</param>
/// <param name="ShowsStackTraces">Whether our own mistakes are logged with where they happened.</param>
public sealed record ErrorsOptions(ImmutableArray<ErrorConsolidation> Consolidations, bool ShowsStackTraces);

/// <summary>Errors that are told together.</summary>
/// <param name="Interval">How long they are counted.</param>
/// <param name="Pattern">Which.</param>
/// <param name="Level">warning, error, info or debug.</param>
public sealed record ErrorConsolidation(TimeSpan Interval, Regex Pattern, string Level);

/// <summary>Liveness over HTTP.</summary>
/// <param name="Address">Where <c>/health</c> is served.</param>
/// <param name="LameDuck">How long the server goes on answering after it was told to end.</param>
public sealed record HealthOptions(IPEndPoint Address, TimeSpan LameDuck);

/// <summary>How often the Corefile is looked at.</summary>
/// <param name="Interval">Between two looks.</param>
/// <param name="Jitter">Up to so much is added, so that nodes don't reload at once.</param>
public sealed record ReloadOptions(TimeSpan Interval, TimeSpan Jitter);

/// <summary>Whose search path is walked for clients.</summary>
/// <param name="Zones">For names in these zones.</param>
/// <param name="SearchPath">The path; empty: that of the client's pod (<c>@kubernetes</c>).</param>
public sealed record AutopathOptions(ImmutableArray<DnsName> Zones, ImmutableArray<DnsName> SearchPath);

/// <summary>What happens to a query that an <see cref="AccessRule"/> fits.</summary>
public enum AccessAction
{
    /// <summary>It is answered.</summary>
    Allow,

    /// <summary>It is refused: REFUSED with the extended error "Prohibited" (RFC 8914).</summary>
    Block,

    /// <summary>It gets an empty answer.</summary>
    Filter,

    /// <summary>It is refused too: silence would make clients ask again and again.</summary>
    Drop,
}

/// <summary>Who may ask what.</summary>
/// <param name="Zones">For names in these zones.</param>
/// <param name="Action">What is done.</param>
/// <param name="Types">Types of questions; empty: all.</param>
/// <param name="Networks">Sources; empty: all.</param>
public sealed record AccessRule(ImmutableArray<DnsName> Zones, AccessAction Action, ImmutableArray<RecordType> Types, ImmutableArray<IPNetwork> Networks);

/// <summary>An answer that needs nobody.</summary>
/// <param name="Zones">For names in these zones.</param>
/// <param name="Type">The type of question; null: all.</param>
/// <param name="Matches">Names, as regular expressions of which one has to match; empty: all.</param>
/// <param name="Code">The answer's code.</param>
/// <param name="Fallthrough">Which names that no expression matches are asked of the next plugin.</param>
public sealed record TemplateRule(ImmutableArray<DnsName> Zones, RecordType? Type, ImmutableArray<Regex> Matches, ResponseCode Code, Fallthrough Fallthrough);
