using System.Net;

namespace Fairlead.Cni.Plugins.HostLocal;

/// <summary>A subnet and the part of it that addresses are given from.</summary>
internal sealed record AddressRange
{
    public required AddressPrefix Subnet { get; init; }

    public required UInt128 First { get; init; }

    public required UInt128 Last { get; init; }

    /// <summary>The subnet's gateway, which is never given away.</summary>
    public required IPAddress Gateway { get; init; }

    public bool Contains(IPAddress address) =>
        address.AddressFamily == Subnet.Address.AddressFamily && AddressNumber.Of(address) is var number && number >= First && number <= Last;

    /// <summary>Reads {"subnet": …, "rangeStart": …, "rangeEnd": …, "gateway": …}.</summary>
    /// <exception cref="CniException">A part is missing, lies outside of the subnet, or the subnet is too small (code 7).</exception>
    public static AddressRange Read(ConfigurationObject json)
    {
        AddressPrefix subnet = json.GetPrefix("subnet") ?? throw json.Invalid("subnet", "is missing");
        if (subnet.Network != subnet)
        {
            throw json.Invalid("subnet", $"{subnet} has host bits set; the network is {subnet.Network}");
        }

        if (subnet.PrefixLength > subnet.Width - 2)
        {
            throw json.Invalid("subnet", $"{subnet} is too small to give addresses from");
        }

        // The network's own address is never given; of IPv4, neither is the broadcast address.
        UInt128 first = AddressNumber.Of(subnet.Address) + 1;
        UInt128 last = AddressNumber.Of(subnet.LastAddress) - (subnet.IsIPv6 ? 0u : 1u);
        IPAddress gateway = Inside("gateway") ?? AddressNumber.ToAddress(first, subnet.Address.AddressFamily);
        first = Inside("rangeStart") is { } start ? AddressNumber.Of(start) : first;
        last = Inside("rangeEnd") is { } end ? AddressNumber.Of(end) : last;
        return first > last
            ? throw json.Invalid("rangeEnd", "lies before rangeStart")
            : new AddressRange { Subnet = subnet, First = first, Last = last, Gateway = gateway };

        IPAddress? Inside(string key) => json.GetAddress(key) is not { } address ? null
            : subnet.Contains(address) ? address
            : throw json.Invalid(key, $"{address} is not in {subnet}");
    }
}
