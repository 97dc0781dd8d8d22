using System.Globalization;
using System.Net;

namespace Fairlead.Lab.Fabric;

/// <summary>The addresses of a lab. They may be the same in every lab: each lab's network is its own.</summary>
public sealed record LabPreset
{
    /// <summary>The preset's name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The segment between the nodes; its first address is the router's.</summary>
    public required IPNetwork Nodes { get; init; }

    /// <summary>All pod CIDRs; worker <c>i</c> has the <c>i</c>-th /24 of it.</summary>
    public required IPNetwork Pods { get; init; }

    /// <summary>The cluster IPs; the first is the API's, the tenth the cluster DNS.</summary>
    public required IPNetwork Services { get; init; }

    /// <summary>Where the edge router puts the nodes' public addresses, 1:1, by the last octet (RFC 5737, TEST-NET-3).</summary>
    public required IPNetwork Public { get; init; }

    /// <summary>Where clients and the internet are (RFC 5737, TEST-NET-2).</summary>
    public required IPNetwork Outside { get; init; }

    /// <summary>The IPv6 beside <see cref="Nodes"/>: a /64; segment <c>i</c> has the <c>i</c>-th after it.</summary>
    public required IPNetwork NodesIPv6 { get; init; }

    /// <summary>The IPv6 beside <see cref="Pods"/>; worker <c>i</c> has the <c>i</c>-th /64 of it.</summary>
    public required IPNetwork PodsIPv6 { get; init; }

    /// <summary>The IPv6 beside <see cref="Services"/>.</summary>
    public required IPNetwork ServicesIPv6 { get; init; }

    /// <summary>The IPv6 beside <see cref="Public"/> (RFC 3849).</summary>
    public required IPNetwork PublicIPv6 { get; init; }

    /// <summary>The IPv6 beside <see cref="Outside"/> (RFC 3849).</summary>
    public required IPNetwork OutsideIPv6 { get; init; }

    /// <summary>Host number of the first controller in <see cref="Nodes"/>.</summary>
    public int FirstController { get; init; } = 10;

    /// <summary>Host number of the first worker in <see cref="Nodes"/>.</summary>
    public int FirstWorker { get; init; } = 20;

    /// <summary>The addresses of "Kubernetes The Hard Way", which many articles use.</summary>
    public static LabPreset HardWay { get; } = new()
    {
        Name = "hard-way",
        Nodes = IPNetwork.Parse("10.240.0.0/24"),
        Pods = IPNetwork.Parse("10.200.0.0/16"),
        Services = IPNetwork.Parse("10.32.0.0/24"),
        Public = IPNetwork.Parse("203.0.113.0/24"),
        Outside = IPNetwork.Parse("198.51.100.0/24"),
        NodesIPv6 = IPNetwork.Parse("fd00:10:240::/64"),
        PodsIPv6 = IPNetwork.Parse("fd00:10:200::/48"),
        ServicesIPv6 = IPNetwork.Parse("fd00:10:32::/112"),
        PublicIPv6 = IPNetwork.Parse("2001:db8:113::/64"),
        OutsideIPv6 = IPNetwork.Parse("2001:db8:100::/64"),
    };

    /// <summary>The preset of that name.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static LabPreset Named(string name) => name == HardWay.Name
        ? HardWay
        : throw new LabException($"--preset '{name}': there is no such preset; '{HardWay.Name}' is the one there is.");

    /// <summary>The address with the given host number in a network. In IPv6 its digits are the same: host 20 of fd00:10:240::/64 is fd00:10:240::20.</summary>
    public static IPAddress Address(IPNetwork network, int host)
    {
        int number = LabSegment.IsIPv6(network) ? int.Parse(host.ToString(CultureInfo.InvariantCulture), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : host;
        return new IPAddress(Plus(network.BaseAddress.GetAddressBytes(), number, 0));
    }

    /// <summary>The range of that length which is the <paramref name="index"/>-th from the start of a network on.</summary>
    public static IPNetwork Subnet(IPNetwork network, int prefixLength, int index)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        return new IPNetwork(new IPAddress(Plus(bytes, index, bytes.Length - (prefixLength / 8))), prefixLength);
    }

    /// <summary>Adds to a number in network order, some bytes from its end.</summary>
    private static byte[] Plus(byte[] bytes, int addend, int fromEnd)
    {
        for (int i = bytes.Length - 1 - fromEnd; i >= 0 && addend > 0; i--)
        {
            addend += bytes[i];
            bytes[i] = (byte)addend;
            addend >>= 8;
        }

        return bytes;
    }
}
