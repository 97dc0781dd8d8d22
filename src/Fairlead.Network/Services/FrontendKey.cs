using System.Globalization;

namespace Fairlead.Network;

/// <summary>Where a Service is addressed: one of its addresses and ports, or a port on the node's own addresses.</summary>
/// <param name="Address">The address; for a node port the family's unspecified address (0.0.0.0 or ::).</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="IsNodePort">True for a port on the node's own addresses.</param>
public readonly record struct FrontendKey(NetAddress Address, TransportProtocol Protocol, ushort Port, bool IsNodePort)
{
    /// <summary>True for IPv6.</summary>
    public bool IsIPv6 => Address.IsIPv6;

    /// <summary>A port on the node's own addresses of one family.</summary>
    public static FrontendKey NodePort(bool ipv6, TransportProtocol protocol, ushort port) =>
        new(ipv6 ? UnspecifiedIPv6 : UnspecifiedIPv4, protocol, port, true);

    private static NetAddress UnspecifiedIPv4 { get; } = NetAddress.Parse("0.0.0.0");

    private static NetAddress UnspecifiedIPv6 { get; } = NetAddress.Parse("::");

    /// <summary><c>10.32.0.1:443/tcp</c>, or <c>*:30080/tcp</c> for a node port.</summary>
    public override string ToString()
    {
        string place = IsNodePort
            ? string.Create(CultureInfo.InvariantCulture, $"{(IsIPv6 ? "[*]" : "*")}:{Port}")
            : new EndpointAddress(Address, Port).ToString();
        return $"{place}/{Protocol.Word()}";
    }
}

/// <summary>Words for protocols.</summary>
public static class TransportProtocols
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public static string Word(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp",
        TransportProtocol.Udp => "udp",
        TransportProtocol.Sctp => "sctp",
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, null),
    };
}
