using System.Collections.Immutable;
using Fairlead.Dns.Wire;

namespace Fairlead.Dns.Hosts;

/// <summary>Addresses from a file like /etc/hosts and from lines of the Corefile.</summary>
public sealed record HostsOptions
{
    /// <summary>The file.</summary>
    public string Path { get; init; } = "/etc/hosts";

    /// <summary>Names that are looked up in it, and reverse zones.</summary>
    public required ImmutableArray<DnsName> Zones { get; init; }

    /// <summary>Lines of the Corefile, as a hosts file would have them; they come before the file's.</summary>
    public ImmutableArray<string> Lines { get; init; } = [];

    /// <summary>How long clients keep an answer, in seconds.</summary>
    public uint Ttl { get; init; } = 3600;

    /// <summary>Addresses have no PTR records.</summary>
    public bool NoReverse { get; init; }

    /// <summary>How often the file is looked at; zero: once.</summary>
    public TimeSpan Reload { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Which names that aren't there are asked of the next plugin.</summary>
    public Fallthrough Fallthrough { get; init; } = Fallthrough.None;
}
