using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>What the zone has for a question.</summary>
internal enum ZoneAnswerKind : byte
{
    /// <summary>The name is outside of the zone.</summary>
    NotOurs,

    /// <summary>NXDOMAIN.</summary>
    NoName,

    /// <summary>The name is there, the type isn't.</summary>
    NoData,

    /// <summary>Records made in advance.</summary>
    Records,

    /// <summary>The name stands for another.</summary>
    Alias,

    /// <summary>One address, which the name itself says.</summary>
    Address,

    /// <summary>The names of an address.</summary>
    Names,

    /// <summary>SOA or NS of the zone.</summary>
    Apex,

    /// <summary>The addresses of the zone's server.</summary>
    Servers,

    /// <summary>The specification's version.</summary>
    Version,
}

/// <summary>What the zone has for a question, and of that kind's fields the one that it needs.</summary>
internal readonly record struct ZoneAnswer(ZoneAnswerKind Kind)
{
    public static ZoneAnswer NoName => new(ZoneAnswerKind.NoName);

    public static ZoneAnswer NoData => new(ZoneAnswerKind.NoData);

    public RecordSet Set { get; init; }

    public DnsName Alias { get; init; }

    public NetAddress Address { get; init; }

    public AddressNames? Names { get; init; }

    /// <summary>Whether the name is below in-addr.arpa or ip6.arpa.</summary>
    public bool IsReverse { get; init; }
}
