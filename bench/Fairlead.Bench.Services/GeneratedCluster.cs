using System.Globalization;
using Fairlead.Network;

namespace Fairlead.Bench.Services;

/// <summary>Services of any number, each with as many endpoints, on two nodes.</summary>
internal static class GeneratedCluster
{
    public static NodeSettings Settings { get; } = new() { NodeName = "node-0", ClusterCidrs = [NetPrefix.Parse("10.200.0.0/13")] };

    public static NodeState Node { get; } = new()
    {
        Name = "node-0",
        Addresses = [NetAddress.Parse("10.240.0.20")],
        PodCidrs = [NetPrefix.Parse("10.200.0.0/24")],
    };

    public static ServiceState Service(int number) => new()
    {
        Key = new("bench", Name(number)),
        ClusterIPs = [Address(32, number)],
        Ports = [new("", TransportProtocol.Tcp, 80, 0)],
    };

    public static EndpointSliceState Slice(int number, int endpoints, int generation = 0) => new()
    {
        Key = new("bench", $"{Name(number)}-x"),
        Service = new("bench", Name(number)),
        IsIPv6 = false,
        Ports = [new("", TransportProtocol.Tcp, 8080)],
        Endpoints =
        [
            .. Enumerable.Range(0, endpoints).Select(e => new EndpointState
            {
                // Of a later generation the last endpoint is another.
                Address = e == endpoints - 1 && generation > 0 ? Address(208 + (generation % 8), number) : Address(200, (number * endpoints) + e),
                Readiness = EndpointReadiness.Ready | EndpointReadiness.Serving,
                NodeName = "node-1",
            }),
        ],
    };

    public static ClusterState Of(int services, int endpoints) => ClusterState.Create(
        [Node], Enumerable.Range(0, services).Select(Service), Enumerable.Range(0, services).Select(s => Slice(s, endpoints)));

    public static NetAddress Address(int first, int number) =>
        NetAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.{first + (number >> 16)}.{(number >> 8) & 255}.{number & 255}"));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"service-{number:d6}");
}
