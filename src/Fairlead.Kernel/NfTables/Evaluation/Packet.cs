using System.Net;
using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>A packet as rules see it: what its headers say, and what the kernel knows besides.</summary>
public sealed record Packet
{
    /// <summary>Where it comes from.</summary>
    public required IPAddress Source { get; init; }

    /// <summary>Where it goes.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>The protocol behind the IP header.</summary>
    public required IpProtocol Protocol { get; init; }

    /// <summary>Its port there; 0 where the protocol has none.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>The port that it goes to; 0 where the protocol has none.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>TCP's flag bits; a connection begins with SYN (2).</summary>
    public byte TcpFlags { get; init; } = 2;

    /// <summary>Of ICMP and ICMPv6: the type.</summary>
    public byte IcmpType { get; init; }

    /// <summary>Of ICMP and ICMPv6: the code.</summary>
    public byte IcmpCode { get; init; }

    /// <summary>Bytes from the IP header on.</summary>
    public ushort Length { get; init; } = 60;

    /// <summary>The link that it came in by; null for what this node sends.</summary>
    public string? InputInterface { get; init; }

    /// <summary>The link that it goes out by; null before that is known, and for what is for this node.</summary>
    public string? OutputInterface { get; init; }

    /// <summary>Its mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Its priority (<c>meta priority</c>), which rules also use to carry a number from one to the next.</summary>
    public uint Priority { get; init; }

    /// <summary>What conntrack thinks of it.</summary>
    public ConntrackStates State { get; init; } = ConntrackStates.New;

    /// <summary>What is known of its connection.</summary>
    public ConntrackStatuses Status { get; init; }

    /// <summary>Its connection's mark.</summary>
    public uint ConntrackMark { get; init; }

    /// <summary>Whether it goes as the connection's first packet went.</summary>
    public ConntrackDirection Direction { get; init; }

    /// <summary>Who began the connection, with whom, before any translation; null: this packet's own addresses and ports.</summary>
    public ConnectionTuple? Original { get; init; }

    /// <summary>What the destination is to this node; null where nobody looked.</summary>
    public FibAddressType? DestinationType { get; init; }

    /// <summary>What the source is to this node; null where nobody looked.</summary>
    public FibAddressType? SourceType { get; init; }

    /// <summary>The packet's own addresses and ports.</summary>
    public ConnectionTuple Tuple => new(Source, Destination, SourcePort, DestinationPort);

    /// <summary>IPv4 or IPv6, by the destination.</summary>
    public TableFamily Family => Destination.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? TableFamily.Ipv6 : TableFamily.Ipv4;

    /// <summary><c>10.200.0.5:40000 → 10.32.0.1:443 tcp</c>.</summary>
    public override string ToString() => $"{new IPEndPoint(Source, SourcePort)} → {new IPEndPoint(Destination, DestinationPort)} {Protocol.ToString().ToLowerInvariant()}";
}

/// <summary>Addresses and ports of one direction of a connection.</summary>
/// <param name="Source">From.</param>
/// <param name="Destination">To.</param>
/// <param name="SourcePort">From this port.</param>
/// <param name="DestinationPort">To this port.</param>
public sealed record ConnectionTuple(IPAddress Source, IPAddress Destination, ushort SourcePort, ushort DestinationPort);
