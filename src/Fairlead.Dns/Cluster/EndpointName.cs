using System.Text;
using Fairlead.Dns.Wire;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>One address of a ready endpoint, and its name below the service: its hostname, or the address with dashes, or its pod's name where the options want that.</summary>
/// <param name="Label">The name; one label.</param>
/// <param name="HasHostname">Whether it was given, not made from the address.</param>
/// <param name="Address">The address.</param>
/// <param name="Ports">What it serves.</param>
/// <param name="IsPreferred">Whether it is nearer to this node than others, and the service asks for near ones.</param>
internal readonly record struct EndpointName(DnsName Label, bool HasHostname, NetAddress Address, IReadOnlyList<EndpointSlicePort> Ports, bool IsPreferred)
{
    /// <summary>
    /// The endpoints to be named, near ones first. Ready ones only; where a service publishes those that aren't (publishNotReadyAddresses), the slice itself says
    /// that they are ready.
    /// </summary>
    public static List<EndpointName> Read(IEnumerable<EndpointSlice> slices, ClusterZoneOptions options, string? distribution)
    {
        List<EndpointName> names = [];
        HashSet<(DnsName, NetAddress, IReadOnlyList<EndpointSlicePort>)> seen = [];
        foreach (EndpointSlice slice in slices.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal))
        {
            foreach (Endpoint endpoint in slice.Endpoints)
            {
                if (!endpoint.Conditions.IsReady)
                {
                    continue;
                }

                // All addresses of an endpoint are the same host's; consumers take the first (discovery.k8s.io/v1 Endpoint.addresses).
                if (endpoint.Addresses.Count > 0 && NetAddress.TryParse(endpoint.Addresses[0], out NetAddress address))
                {
                    bool hasHostname = TryHostname(endpoint.Hostname, out DnsName label);
                    label = hasHostname || (options.EndpointPodNames && TryPodName(endpoint.TargetRef, out label)) ? label : Dashed(address);
                    if (seen.Add((label, address, slice.Ports)))
                    {
                        names.Add(new(label, hasHostname, address, slice.Ports, IsNear(endpoint, options, distribution)));
                    }
                }
            }
        }

        return names.Exists(n => n.IsPreferred) ? [.. names.OrderByDescending(n => n.IsPreferred)] : names;
    }

    /// <summary>10.200.0.5 → 10-200-0-5; an IPv6 address with its zeros shortened, as CoreDNS has it, and never with a dash at an end.</summary>
    public static DnsName Dashed(NetAddress address)
    {
        StringBuilder text = new(address.ToString());
        text.Replace('.', '-').Replace(':', '-');
        if (text[0] == '-')
        {
            text.Insert(0, '0');
        }

        if (text[^1] == '-')
        {
            text.Append('0');
        }

        return DnsName.Parse(text.ToString());
    }

    private static bool IsNear(Endpoint endpoint, ClusterZoneOptions options, string? distribution) => distribution switch
    {
        "PreferClose" or "PreferSameZone" => options.NodeZone.Length > 0
            && (endpoint.Hints is { Zones.Count: > 0 } hints ? hints.Zones.Contains(options.NodeZone) : endpoint.Zone == options.NodeZone),
        "PreferSameNode" => options.NodeName.Length > 0 && endpoint.NodeName == options.NodeName,
        _ => false,
    };

    /// <summary>A pod's name may have dots; such a one is no label.</summary>
    private static bool TryPodName(ObjectReference? target, out DnsName label)
    {
        label = default;
        return target is { Kind: "Pod", Name: { } name } && !name.Contains('.') && TryHostname(name, out label);
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
