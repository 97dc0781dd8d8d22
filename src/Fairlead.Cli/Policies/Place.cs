using System.Globalization;
using Fairlead.Agent.Local;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>A side of a connection as it is written on the command line: a pod (<c>web-1</c>, <c>shop/web-1</c>) or an address.</summary>
internal static class Place
{
    /// <summary>Where a connection ends. One to a Service, by its name or one of its addresses, ends at its endpoints: policies are asked about those.</summary>
    /// <exception cref="AgentException">There is no such pod or Service, or nothing answers there.</exception>
    public static IEnumerable<(string Name, NetAddress Address, PortText Port)> Destinations(string text, string ns, ClusterState cluster, bool ipv6, PortText port)
    {
        ServiceState? service = NetAddress.TryParse(text, out NetAddress address)
            ? cluster.Services.Values.FirstOrDefault(s => s.ClusterIPs.Contains(address) || s.ExternalIPs.Contains(address) || s.LoadBalancerIPs.Contains(address))
            : cluster.Pods.ContainsKey(Key(text, ns)) ? null : cluster.Services.GetValueOrDefault(Key(text, ns));
        if (service is null)
        {
            (string name, NetAddress at) = Parse(text, ns, cluster, ipv6);
            return [(name, at, port)];
        }

        ServicePortState known = service.Ports.FirstOrDefault(p => p.Protocol == port.Protocol && p.Port == port.Port)
            ?? throw new AgentException($"Service {service.Key} has no port {port}, but {string.Join(", ", service.Ports.Select(p => new PortText(p.Protocol, p.Port)))}.");
        (string, NetAddress, PortText)[] endpoints =
        [
            .. from slice in cluster.Slices.GetValueOrDefault(service.Key, []).Where(s => s.IsIPv6 == ipv6)
               from one in slice.Ports.Where(p => p.Name == known.Name && p.Protocol == known.Protocol)
               from endpoint in slice.Endpoints
               select ($"{PodAt(endpoint.Address, cluster)} of Service {service.Key}", endpoint.Address, new PortText(one.Protocol, one.Port)),
        ];
        return endpoints.Length > 0 ? endpoints : throw new AgentException($"Service {service.Key} has no endpoints of {(ipv6 ? "IPv6" : "IPv4")} at port {port}.");
    }

    /// <exception cref="AgentException">There is no such pod, or it has no address.</exception>
    public static (string Name, NetAddress Address) Parse(string text, string ns, ClusterState cluster, bool? ipv6 = null)
    {
        if (NetAddress.TryParse(text, out NetAddress address))
        {
            return (text, address);
        }

        ObjectKey key = Key(text, ns);
        PodState pod = cluster.Pods.GetValueOrDefault(key)
            ?? throw new AgentException($"there is no pod {key} that policies concern (one with its node's network or that has ended is none). Write NAMESPACE/POD or an address.");
        foreach (NetAddress one in pod.Addresses)
        {
            if (ipv6 is null || one.IsIPv6 == ipv6)
            {
                return (key.ToString(), one);
            }
        }

        throw new AgentException($"pod {key} has no {(ipv6 is null ? "" : ipv6.Value ? "IPv6 " : "IPv4 ")}address.");
    }

    private static string PodAt(NetAddress address, ClusterState cluster) => cluster.Pods.Values.FirstOrDefault(p => p.Addresses.Contains(address))?.Key.ToString() ?? address.ToString();

    private static ObjectKey Key(string text, string ns)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 ? new(parts[0], parts[1]) : new(ns, text);
    }
}

/// <summary>A port as it is written on the command line: <c>80</c>, <c>53/udp</c>.</summary>
internal readonly record struct PortText(TransportProtocol Protocol, ushort Port)
{
    public static bool TryParse(string text, out PortText port)
    {
        string[] parts = text.Split('/');
        port = default;
        if (parts.Length > 2 || !ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            || !Enum.TryParse(parts.Length == 2 ? parts[1] : "tcp", ignoreCase: true, out TransportProtocol protocol) || !Enum.IsDefined(protocol))
        {
            return false;
        }

        port = new(protocol, number);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Protocol.ToString().ToUpperInvariant()} {Port}");
}
