using System.Globalization;
using Fairlead.Agent.Local;
using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Cli.Policies;

/// <summary>A side of a connection as it is written on the command line: a pod (<c>web-1</c>, <c>shop/web-1</c>) or an address.</summary>
internal static class Place
{
    /// <exception cref="AgentException">There is no such pod, or it has no address.</exception>
    public static (string Name, NetAddress Address) Parse(string text, string ns, ClusterState cluster, bool? ipv6 = null)
    {
        if (NetAddress.TryParse(text, out NetAddress address))
        {
            return (text, address);
        }

        string[] parts = text.Split('/');
        ObjectKey key = parts.Length == 2 ? new(parts[0], parts[1]) : new(ns, text);
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
