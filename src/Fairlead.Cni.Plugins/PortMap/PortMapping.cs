using System.Net;
using Fairlead.Kernel.NfTables;

namespace Fairlead.Cni.Plugins.PortMap;

/// <summary>One port of the host that leads to one of the container's.</summary>
internal sealed record PortMapping(ushort HostPort, ushort ContainerPort, IpProtocol Protocol, IPAddress? HostAddress)
{
    /// <summary>Reads what the runtime asks for (<c>runtimeConfig.portMappings</c>).</summary>
    /// <exception cref="CniException">A port or protocol is none (code 7).</exception>
    public static IReadOnlyList<PortMapping> Read(ConfigurationObject runtimeConfig)
    {
        List<PortMapping> mappings = [];
        foreach (ConfigurationObject json in runtimeConfig.GetObjects("portMappings"))
        {
            // Kubernetes' runtimes name container ports that have no host port too.
            if (json.GetInteger("hostPort") is not ({ } and not 0))
            {
                continue;
            }

            mappings.Add(new PortMapping(
                ReadPort(json, "hostPort"),
                ReadPort(json, "containerPort"),
                json.GetString("protocol")?.ToUpperInvariant() switch
                {
                    null or "" or "TCP" => IpProtocol.Tcp,
                    "UDP" => IpProtocol.Udp,
                    "SCTP" => IpProtocol.Sctp,
                    { } other => throw json.Invalid("protocol", $"\"{other}\" is none of tcp, udp, sctp"),
                },
                json.GetAddress("hostIP")));
        }

        return mappings;
    }

    /// <summary>Whether connections of the family are meant: those of the host's address, or both when it names none.</summary>
    public bool IsFor(bool ipv6) => HostAddress is null || (HostAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) == ipv6;

    /// <summary>Whether every address of the host is meant.</summary>
    public bool IsForAnyAddress => HostAddress is null || HostAddress.Equals(IPAddress.Any) || HostAddress.Equals(IPAddress.IPv6Any);

    private static ushort ReadPort(ConfigurationObject json, string key) =>
        json.GetInteger(key) is { } port and > 0 and <= 65535 ? (ushort)port : throw json.Invalid(key, "must be a port, 1 to 65535");
}
