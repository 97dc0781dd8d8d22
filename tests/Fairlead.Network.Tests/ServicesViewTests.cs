using Fairlead.Kubernetes;

namespace Fairlead.Network.Tests;

public sealed class ServicesViewTests
{
    private const EndpointReadiness Ready = EndpointReadiness.Ready | EndpointReadiness.Serving;
    private const EndpointReadiness Leaving = EndpointReadiness.Serving | EndpointReadiness.Terminating;

    private static readonly NodeSettings s_settings = new() { NodeName = "n0", ClusterCidrs = [NetPrefix.Parse("10.200.0.0/16")] };

    [Fact]
    public void A_service_is_shown_with_its_endpoints_their_nodes_and_readiness()
    {
        ClusterState cluster = ClusterState.Empty
            .With(Service("web", "10.32.0.10", 30080) with { AffinitySeconds = 600 })
            .With(Slice("web", ("10.200.0.5", "n0", Ready), ("10.200.1.6", "n1", Ready), ("10.200.1.7", "n1", EndpointReadiness.None), ("10.200.1.8", "n1", Leaving)));
        Assert.Equal(
            """
            SERVICE   FRONTEND                   POLICY   AFFINITY        ENDPOINT          NODE   STATE
            d/web     10.32.0.10:80/tcp (http)   -        ClientIP 600s   10.200.0.5:8080   n0     ready
                                                                          10.200.1.6:8080   n1     ready
                                                                          10.200.1.7:8080   n1     not ready
                                                                          10.200.1.8:8080   n1     terminating, serves, not used from here
                      *:30080/tcp (http)         -        ClientIP 600s   10.200.0.5:8080   n0     ready
                                                                          10.200.1.6:8080   n1     ready
                                                                          10.200.1.7:8080   n1     not ready
                                                                          10.200.1.8:8080   n1     terminating, serves, not used from here

            """,
            Write(cluster));
    }

    [Theory] //  endpoints                     policy                       what is said
    [InlineData("", "", "rejected: no endpoint slice has this port")]
    [InlineData("n1 none", "", "rejected: no endpoint is ready")]
    [InlineData("n1 ready", "internal", "dropped: internal traffic policy Local, and no endpoint on n0")]
    [InlineData("n1 ready", "external", "from outside dropped: external traffic policy Local, and no endpoint on n0")]
    [InlineData("n0 ready", "external", "Local")]
    [InlineData("n0 ready", "guarded", "from 192.0.2.0/24")]
    [InlineData("n1 leaving", "", "terminating, serves")]
    public void It_says_why_nobody_gets_through(string endpoints, string policy, string said)
    {
        ServiceState service = Service("web", "10.32.0.10", 30080) with
        {
            LoadBalancerIPs = [NetAddress.Parse("203.0.113.1")],
            InternalTrafficLocal = policy == "internal",
            ExternalTrafficLocal = policy == "external",
            SourceRanges = policy == "guarded" ? [NetPrefix.Parse("192.0.2.0/24")] : [],
        };
        ClusterState cluster = ClusterState.Empty.With(service);
        if (endpoints.Split(' ') is [var node, var readiness])
        {
            cluster = cluster.With(Slice("web", ("10.200.1.6", node, readiness switch { "ready" => Ready, "leaving" => Leaving, _ => EndpointReadiness.None })));
        }

        Assert.Contains(said, Write(cluster), StringComparison.Ordinal);
    }

    [Fact]
    public void A_frontend_that_another_service_has_names_it()
    {
        ClusterState cluster = ClusterState.Empty.With(Service("a", "10.32.0.10", 0)).With(Service("b", "10.32.0.10", 0));
        Assert.Contains("10.32.0.10:80/tcp          -        -          -          -      not served: d/a has this address and port", Write(cluster), StringComparison.Ordinal);
        Assert.DoesNotContain("d/b", Write(cluster, key => key.Name == "a"), StringComparison.Ordinal);
    }

    private static string Write(ClusterState cluster, Func<ObjectKey, bool>? wanted = null) =>
        ServicesView.Write(NetworkPlanner.Plan(cluster, s_settings), cluster, "n0", wanted);

    private static ServiceState Service(string name, string address, ushort nodePort) => new()
    {
        Key = new("d", name),
        ClusterIPs = [NetAddress.Parse(address)],
        Ports = [new("http", TransportProtocol.Tcp, 80, nodePort)],
    };

    private static EndpointSliceState Slice(string service, params (string Address, string Node, EndpointReadiness Readiness)[] endpoints) => new()
    {
        Key = new("d", $"{service}-1"),
        Service = new("d", service),
        IsIPv6 = false,
        Ports = [new("http", TransportProtocol.Tcp, 8080)],
        Endpoints = [.. endpoints.Select(e => new EndpointState { Address = NetAddress.Parse(e.Address), NodeName = e.Node, Readiness = e.Readiness })],
    };
}
