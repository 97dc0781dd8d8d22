using System.Globalization;

namespace Fairlead.Network;

/// <summary>Where a connection may be sent: an address and a port.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
public readonly record struct EndpointAddress(NetAddress Address, ushort Port) : IComparable<EndpointAddress>
{
    /// <summary>By address, then by port.</summary>
    public int CompareTo(EndpointAddress other)
    {
        int order = Address.CompareTo(other.Address);
        return order != 0 ? order : Port.CompareTo(other.Port);
    }

    /// <summary><c>10.200.0.5:8080</c> or <c>[fd00::5]:8080</c>.</summary>
    public override string ToString() => Address.IsIPv6
        ? string.Create(CultureInfo.InvariantCulture, $"[{Address}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Address}:{Port}");

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) < 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) > 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator <=(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) <= 0;

    /// <summary>By <see cref="CompareTo"/>.</summary>
    public static bool operator >=(EndpointAddress left, EndpointAddress right) => left.CompareTo(right) >= 0;
}
