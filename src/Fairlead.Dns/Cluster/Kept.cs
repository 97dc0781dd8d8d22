using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>What is kept of the API's objects: what names are made of, which is less than half of them.</summary>
internal static class Kept
{
    private const string Pod = "Pod";

    public static Service Of(Service service) => new()
    {
        Metadata = service.Metadata.Identity with { Labels = service.Metadata.Labels },
        Spec = new()
        {
            Type = service.Spec.Type,
            ClusterIP = service.Spec.ClusterIP,
            ClusterIPs = service.Spec.ClusterIPs,
            ExternalName = service.Spec.ExternalName,
            TrafficDistribution = service.Spec.TrafficDistribution,
            Selector = service.Spec.Selector,
            Ports = service.Spec.Ports,
        },
    };

    public static EndpointSlice Of(EndpointSlice slice) => new()
    {
        Metadata = slice.Metadata.Labels.TryGetValue(Annotations.ServiceName, out string? service)
            ? slice.Metadata.Identity with { Labels = new Dictionary<string, string>(1) { [Annotations.ServiceName] = service } }
            : slice.Metadata.Identity,
        AddressType = slice.AddressType,
        Endpoints = [.. slice.Endpoints.Select(Of)],
        Ports = slice.Ports,
    };

    /// <summary>Namespaces and identifiers of pods are long, and said by the name already.</summary>
    private static Endpoint Of(Endpoint endpoint) => endpoint.TargetRef is { } target
        ? endpoint with { TargetRef = target.Kind == Pod ? new() { Kind = Pod, Name = target.Name } : null }
        : endpoint;

    /// <summary>Names and addresses; containers and conditions are most of a pod.</summary>
    public static Pod Of(Pod pod) => new()
    {
        Metadata = pod.Metadata.Identity,
        Spec = new() { HostNetwork = pod.Spec.HostNetwork },
        Status = new() { Phase = pod.Status.Phase, PodIPs = pod.Status.PodIPs },
    };
}
