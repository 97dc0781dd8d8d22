using System.Globalization;
using System.Net;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>The maps and sets of one family, and of one list of conditions.</summary>
internal sealed record PortSets(bool IsIPv6, string Conditions)
{
    public static PortSets IPv4(string conditions) => new(false, conditions);

    public static PortSets IPv6(string conditions) => new(true, conditions);

    public TableFamily Family => IsIPv6 ? TableFamily.Ipv6 : TableFamily.Ipv4;

    public Field Source => IsIPv6 ? Field.Ip6Source : Field.IpSource;

    public Field Destination => IsIPv6 ? Field.Ip6Destination : Field.IpDestination;

    public Map Ports => Map.ToData($"ports{Digit}{Conditions}", [DataType.Protocol, DataType.Port], Address, DataType.Port);

    public Map At => Map.ToData($"at{Digit}{Conditions}", [Address, DataType.Protocol, DataType.Port], Address, DataType.Port);

    public Set Hairpin => Set.Of($"hairpin{Digit}", Address, Address);

    public Set LoopbackPorts => Set.Of($"loopback{Digit}", Address, DataType.Protocol, DataType.Port);

    public Set Hidden => Set.Of($"hidden{Digit}", Address, DataType.Protocol, DataType.Port);

    private DataType Address => IsIPv6 ? DataType.Ipv6Address : DataType.Ipv4Address;

    private char Digit => IsIPv6 ? '6' : '4';
}

/// <summary>An element that a container's mappings need. A shared one is the same for several mappings of the container.</summary>
internal sealed record PortElement(Set Set, Element Element, bool IsShared, PortMapping Mapping)
{
    /// <summary>The elements of the mappings, for the container's addresses.</summary>
    public static IReadOnlyList<PortElement> Plan(IReadOnlyList<PortMapping> mappings, IReadOnlyList<IPAddress> addresses, string conditions, bool translateSource, bool hideClients)
    {
        List<PortElement> elements = [];
        foreach (IPAddress address in addresses)
        {
            bool ipv6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
            PortSets sets = new(ipv6, conditions);
            foreach (PortMapping mapping in mappings.Where(mapping => mapping.IsFor(ipv6)))
            {
                Scalar protocol = Scalar.Protocol(mapping.Protocol);
                DataValue target = DataValue.Concat(Scalar.Address(address), Scalar.Port(mapping.ContainerPort));
                DataValue containerPort = DataValue.Concat(Scalar.Address(address), protocol, Scalar.Port(mapping.ContainerPort));
                Add(mapping.IsForAnyAddress
                    ? new PortElement(sets.Ports, Element.Of(DataValue.Concat(protocol, Scalar.Port(mapping.HostPort)), target), false, mapping)
                    : new PortElement(sets.At, Element.Of(DataValue.Concat(Scalar.Address(mapping.HostAddress!), protocol, Scalar.Port(mapping.HostPort)), target), false, mapping));
                if (hideClients)
                {
                    Add(new PortElement(sets.Hidden, Element.Of(containerPort), true, mapping));
                }
                else if (translateSource)
                {
                    Add(new PortElement(sets.Hairpin, Element.Of(DataValue.Concat(Scalar.Address(address), Scalar.Address(address))), true, mapping));
                    if (!ipv6)
                    {
                        Add(new PortElement(sets.LoopbackPorts, Element.Of(containerPort), true, mapping));
                    }
                }
            }
        }

        return elements;

        void Add(PortElement element)
        {
            if (!element.IsShared || !elements.Exists(other => other.Set.Name == element.Set.Name && other.Element.Key == element.Element.Key))
            {
                elements.Add(element);
            }
        }
    }

    /// <summary>"8080/tcp", with the host's address where there is one.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Mapping.IsForAnyAddress ? "" : $"{Mapping.HostAddress} ")}{Mapping.HostPort}/{Mapping.Protocol.ToString().ToLowerInvariant()}");
}
