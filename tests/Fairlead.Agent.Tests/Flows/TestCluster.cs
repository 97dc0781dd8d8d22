using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Agent.Watching;
using Fairlead.Network;

namespace Fairlead.Agent.Tests.Flows;

/// <summary>The cluster of the flow tests, in few words.</summary>
internal static class TestCluster
{
    public static NodeSettings Settings { get; } = new()
    {
        NodeName = "worker-0",
        ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16"), NetPrefix.Parse("fd00:200::/48")],
        ServiceCidrs = [NetPrefix.Parse("10.32.0.0/24"), NetPrefix.Parse("fd00:32::/112")],
    };

    public static ClusterFeed WithNodes()
    {
        ClusterFeed feed = new(TimeProvider.System) { NodeName = "worker-0" };
        for (int i = 0; i < 2; i++)
        {
            string number = i.ToString(CultureInfo.InvariantCulture);
            feed.Apply($"worker-{number}", Node(number));
        }

        return feed;
    }

    public static NodeState Node(string number) => new()
    {
        Name = $"worker-{number}",
        Addresses = [NetAddress.Parse($"10.240.0.2{number}"), NetAddress.Parse($"fd00:240::2{number}")],
        PodCidrs = [NetPrefix.Parse($"10.200.{number}.0/24"), NetPrefix.Parse($"fd00:200:0:{number}::/64")],
        Zone = $"zone-{number}",
    };

    /// <summary>A Service with one port, named nothing, of a protocol; all else by <paramref name="change"/>.</summary>
    public static ServiceState Service(string name, string clusterIPs, string port = "80/tcp", Func<ServiceState, ServiceState>? change = null)
    {
        string[] parts = port.Split('/');
        string[] ports = parts[0].Split('+');
        ServiceState service = new()
        {
            Key = new("default", name),
            ClusterIPs = [.. clusterIPs.Split(',').Select(NetAddress.Parse)],
            Ports =
            [
                new(
                    "",
                    Protocol(parts[1]),
                    ushort.Parse(ports[0], CultureInfo.InvariantCulture),
                    ports.Length > 1 ? ushort.Parse(ports[1], CultureInfo.InvariantCulture) : (ushort)0),
            ],
        };
        return change?.Invoke(service) ?? service;
    }

    /// <summary>A slice of a Service: endpoints such as <c>10.200.0.5@worker-0</c>, <c>10.200.0.5@worker-0!terminating</c>, <c>…!notready</c>, <c>…#zone-1</c>.</summary>
    public static EndpointSliceState Slice(string service, string endpoints, ushort port = 80, string protocol = "tcp", string suffix = "")
    {
        ImmutableArray<EndpointState> all = [.. endpoints.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Endpoint)];
        bool ipv6 = all.Any(e => e.Address.IsIPv6);
        return new()
        {
            Key = new("default", $"{service}-{(ipv6 ? "6" : "4")}{suffix}"),
            Service = new("default", service),
            IsIPv6 = ipv6,
            Ports = [new("", Protocol(protocol), port)],
            Endpoints = all,
        };
    }

    private static EndpointState Endpoint(string text)
    {
        string[] hint = text.Split('#');
        string[] state = hint[0].Split('!');
        string[] place = state[0].Split('@');
        return new()
        {
            Address = NetAddress.Parse(place[0]),
            NodeName = place.Length > 1 ? place[1] : null,
            Readiness = state.Length == 1 ? EndpointReadiness.Ready | EndpointReadiness.Serving
                : state[1] == "terminating" ? EndpointReadiness.Serving | EndpointReadiness.Terminating
                : EndpointReadiness.None,
            ForZones = hint.Length > 1 ? [hint[1]] : null,
        };
    }

    private static TransportProtocol Protocol(string word) => word switch
    {
        "udp" => TransportProtocol.Udp,
        "sctp" => TransportProtocol.Sctp,
        _ => TransportProtocol.Tcp,
    };
}
