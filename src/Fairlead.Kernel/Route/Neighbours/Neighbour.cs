using System.Globalization;
using System.Net;

namespace Fairlead.Kernel.Route;

/// <summary>NUD_…: what the kernel knows of a neighbour.</summary>
[Flags]
public enum NeighbourState : ushort
{
    /// <summary>NUD_NONE.</summary>
    None = 0,

    /// <summary>NUD_INCOMPLETE: asked, no answer yet.</summary>
    Incomplete = 0x01,

    /// <summary>NUD_REACHABLE: heard of lately.</summary>
    Reachable = 0x02,

    /// <summary>NUD_STALE: known, to be confirmed when used.</summary>
    Stale = 0x04,

    /// <summary>NUD_DELAY.</summary>
    Delay = 0x08,

    /// <summary>NUD_PROBE.</summary>
    Probe = 0x10,

    /// <summary>NUD_FAILED: nobody answered.</summary>
    Failed = 0x20,

    /// <summary>NUD_NOARP: never asked for. For a bridge's entries: "static".</summary>
    NoArp = 0x40,

    /// <summary>NUD_PERMANENT: set by an administrator, kept until deleted. For a bridge's entries: its own address.</summary>
    Permanent = 0x80,
}

/// <summary>Which hardware address an IP address on a link has (<c>ip neighbour</c>).</summary>
public sealed record Neighbour
{
    /// <summary>The link's index.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>NDA_DST.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>NDA_LLADDR. Null for a proxy entry, and while it is not known.</summary>
    public MacAddress? MacAddress { get; init; }

    /// <summary>What is known.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>NTF_PROXY: this machine answers for that address on that link.</summary>
    public bool IsProxy { get; init; }

    /// <summary>NTF_ROUTER: it is a router (IPv6).</summary>
    public bool IsRouter { get; init; }

    /// <summary>NTF_EXT_LEARNED: a control plane said so; the kernel doesn't expire it.</summary>
    public bool IsExternallyLearned { get; init; }

    /// <summary>NDA_PROTOCOL: who made it, as of a route.</summary>
    public RouteProtocol Protocol { get; init; }

    /// <summary>"10.200.1.0 lladdr 0a:58:0a:c8:01:00 on link 5".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsProxy ? "proxy " : "")}{Address}{(MacAddress is null ? "" : $" lladdr {MacAddress}")} on link {LinkIndex}");
}
