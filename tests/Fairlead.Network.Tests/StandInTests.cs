using Fairlead.Kubernetes;

namespace Fairlead.Network.Tests;

/// <summary>Nodes that publish themselves behind a Service, each for the others, as the cluster DNS does.</summary>
public class StandInTests
{
    [Theory] //  node         ready nodes                    chosen
    [InlineData("worker-0",   "worker-0 worker-1 worker-2",  "10.240.0.21 10.240.0.22")]
    [InlineData("worker-1",   "worker-0 worker-1 worker-2",  "10.240.0.20 10.240.0.22")]
    [InlineData("controller", "worker-0 worker-1 worker-2",  "10.240.0.20 10.240.0.21 10.240.0.22")]
    [InlineData("worker-0",   "worker-0",                    "10.240.0.20")]
    [InlineData("worker-0",   "worker-1",                    "10.240.0.21")]
    public void A_node_is_its_own_stand_in_last(string node, string nodes, string chosen)
    {
        EndpointSliceState[] slices = [.. nodes.Split(' ').Select(name => ClusterReader.Read(
            new EndpointSlice
            {
                Metadata = new()
                {
                    Name = $"kube-dns-{name}",
                    Namespace = "kube-system",
                    Labels = new Dictionary<string, string> { [Annotations.ServiceName] = "kube-dns", [Annotations.ManagedBy] = Annotations.AgentManager },
                },
                AddressType = "IPv4",
                Endpoints = [new() { Addresses = [$"10.240.0.2{name[^1]}"], NodeName = name }],
                Ports = [new() { Name = "dns", Protocol = "UDP", Port = 10053 }],
            },
            problem => Assert.Fail(problem.Message))!)];
        EndpointSelection selection = EndpointSelection.Choose([.. slices], false, new("dns", TransportProtocol.Udp, 53, 0), node, "");
        Assert.Equal(chosen, string.Join(' ', selection.Cluster.Select(e => e.Address)));
    }
}
