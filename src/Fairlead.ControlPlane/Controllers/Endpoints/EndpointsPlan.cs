using Fairlead.ControlPlane.Controllers.EndpointSlices;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Endpoints;

/// <summary>A service's pods in the form before endpoint slices: one object, addresses grouped by their ports.</summary>
internal static class EndpointsPlan
{
    public const string ManagedByLabel = "endpoints.kubernetes.io/managed-by";
    public const string Manager = "endpoint-controller";
    public const string OverCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";
    private const int MostAddresses = 1000;

    public static IReadOnlyList<EndpointsSubset> Subsets(Service service, IEnumerable<Pod> pods)
    {
        string family = PodEndpoints.Families(service)[0];
        SortedDictionary<string, (IReadOnlyList<EndpointSlicePort> Ports, List<EndpointsAddress> Ready, List<EndpointsAddress> NotReady)> groups = new(StringComparer.Ordinal);
        int count = 0;
        foreach (Pod pod in pods.OrderBy(pod => pod.Metadata.Name, StringComparer.Ordinal))
        {
            if (!PodEndpoints.IsEndpoint(pod) || (pod.Metadata.IsDeleting && !service.Spec.PublishNotReadyAddresses) || PodEndpoints.Address(pod, family) is not { } address)
            {
                continue;
            }

            if (++count > MostAddresses)
            {
                break;
            }

            Endpoint endpoint = PodEndpoints.Of(service, pod, address, null);
            IReadOnlyList<EndpointSlicePort> ports = ServicePorts.Of(service, pod);
            string key = string.Join('|', ports.Select(port => $"{port.Name} {port.Protocol} {port.Port:D5}"));
            if (!groups.TryGetValue(key, out (IReadOnlyList<EndpointSlicePort> Ports, List<EndpointsAddress> Ready, List<EndpointsAddress> NotReady) group))
            {
                groups.Add(key, group = (ports, [], []));
            }

            EndpointsAddress entry = new() { IP = address, Hostname = endpoint.Hostname, NodeName = endpoint.NodeName, TargetRef = endpoint.TargetRef };
            (endpoint.Conditions.IsReady ? group.Ready : group.NotReady).Add(entry);
        }

        return [.. groups.Values.Select(group => new EndpointsSubset
        {
            Addresses = group.Ready,
            NotReadyAddresses = group.NotReady,
            Ports = [.. group.Ports.Select(port => new EndpointsPort { Name = string.IsNullOrEmpty(port.Name) ? null : port.Name, Port = port.Port ?? 0, Protocol = port.Protocol, AppProtocol = port.AppProtocol })],
        })];
    }
}
