using Fairlead.Dns.Wire;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>One address of a ready endpoint, and its name below the service: its hostname, or the address with dashes, or its pod's name where the options want that.</summary>
/// <param name="Label">The name; one label.</param>
/// <param name="HasHostname">Whether it was given, not made from the address.</param>
/// <param name="Address">The address.</param>
/// <param name="Ports">What it serves.</param>
/// <param name="IsPreferred">Whether it is nearer to this node than others, and the service asks for near ones.</param>
internal readonly record struct EndpointName(DnsName Label, bool HasHostname, NetAddress Address, NamedPort[] Ports, bool IsPreferred)
{
    /// <summary>
    /// The endpoints to be named, near ones first. Ready ones only; where a service publishes those that aren't (publishNotReadyAddresses), the slice itself says
    /// that they are ready.
    /// </summary>
    public static List<EndpointName> Read(IReadOnlyList<NamedSlice> slices, ClusterZoneOptions options, string? distribution)
    {
        List<EndpointName> names = [];
        HashSet<(DnsName, NetAddress, NamedPort[])> seen = [];
        foreach (NamedSlice slice in slices.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            foreach (NamedEndpoint endpoint in slice.Endpoints)
            {
                bool hasHostname = TryHostname(endpoint.Hostname, out DnsName label);
                label = hasHostname || (options.EndpointPodNames && TryPodName(endpoint.PodName, out label)) ? label : Dashed(endpoint.Address);
                if (seen.Add((label, endpoint.Address, slice.Ports)))
                {
                    names.Add(new(label, hasHostname, endpoint.Address, slice.Ports, IsNear(endpoint, options, distribution)));
                }
            }
        }

        return names.Exists(n => n.IsPreferred) ? [.. names.OrderByDescending(n => n.IsPreferred)] : names;
    }

    /// <summary>10.200.0.5 → 10-200-0-5; an IPv6 address with its zeros shortened, as CoreDNS has it, and never with a dash at an end.</summary>
    public static DnsName Dashed(NetAddress address)
    {
        // A length, a zero that may have to stand before and after, 39 characters of an address, a final zero.
        Span<byte> wire = stackalloc byte[43];
        Span<byte> text = wire[2..];
        address.ToIPAddress().TryFormat(text, out int length);
        text = text[..length];
        text.Replace((byte)'.', (byte)'-');
        text.Replace((byte)':', (byte)'-');
        int start = 2;
        if (text[0] == '-')
        {
            wire[--start] = (byte)'0';
            length++;
        }

        if (text[^1] == '-')
        {
            wire[start + length++] = (byte)'0';
        }

        wire[start - 1] = (byte)length;
        wire[start + length] = 0;
        return DnsName.FromWire(wire[(start - 1)..(start + length + 1)]);
    }

    private static bool IsNear(NamedEndpoint endpoint, ClusterZoneOptions options, string? distribution) => distribution switch
    {
        "PreferClose" or "PreferSameZone" => options.NodeZone.Length > 0
            && (endpoint.ForZones is { } zones ? zones.Contains(options.NodeZone) : endpoint.Zone == options.NodeZone),
        "PreferSameNode" => options.NodeName.Length > 0 && endpoint.NodeName == options.NodeName,
        _ => false,
    };

    /// <summary>A pod's name may have dots; such a one is no label.</summary>
    private static bool TryPodName(string? name, out DnsName label)
    {
        label = default;
        return name?.Contains('.') == false && TryHostname(name, out label);
    }

    private static bool TryHostname(string? hostname, out DnsName label)
    {
        label = default;
        if (string.IsNullOrEmpty(hostname) || !ServiceNamesBuilder.TryLabel(hostname, out byte[] bytes))
        {
            return false;
        }

        label = DnsName.FromWire([.. bytes, 0]);
        return true;
    }
}
