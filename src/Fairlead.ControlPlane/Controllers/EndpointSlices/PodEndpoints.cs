using System.Net.Sockets;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.EndpointSlices;

/// <summary>Pods as endpoints.</summary>
internal static class PodEndpoints
{
    /// <summary>A pod that has an address and has not ended is an endpoint, also while it terminates.</summary>
    public static bool IsEndpoint(Pod pod) => !PodState.IsTerminal(pod) && (pod.Status.PodIPs.Count > 0 || !string.IsNullOrEmpty(pod.Status.PodIP));

    /// <summary>The pod's address of a family, or null.</summary>
    public static string? Address(Pod pod, string family)
    {
        AddressFamily wanted = family == "IPv6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        foreach (PodIP address in pod.Status.PodIPs)
        {
            if (IPAddressOf(address.IP)?.AddressFamily == wanted)
            {
                return address.IP;
            }
        }

        return pod.Status.PodIPs.Count == 0 && IPAddressOf(pod.Status.PodIP)?.AddressFamily == wanted ? pod.Status.PodIP : null;
    }

    public static Endpoint Of(Service service, Pod pod, string address, string? zone)
    {
        bool serving = PodState.IsReady(pod);
        bool terminating = pod.Metadata.IsDeleting;
        bool ready = service.Spec.PublishNotReadyAddresses || (serving && !terminating);
        return new Endpoint
        {
            Addresses = [address],
            Conditions = new EndpointConditions(ready, serving, terminating),
            Hostname = !string.IsNullOrEmpty(pod.Spec.Hostname) && pod.Spec.Subdomain == service.Metadata.Name ? pod.Spec.Hostname : null,
            NodeName = string.IsNullOrEmpty(pod.Spec.NodeName) ? null : pod.Spec.NodeName,
            Zone = zone,
            TargetRef = new ObjectReference { Kind = "Pod", Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
            Hints = Hints(service, pod, zone, ready),
        };
    }

    /// <summary>The families of a service's slices.</summary>
    public static IReadOnlyList<string> Families(Service service)
    {
        if (service.Spec.IPFamilies.Count > 0)
        {
            return service.Spec.IPFamilies;
        }

        return IPAddressOf(service.Spec.ClusterIP)?.AddressFamily == AddressFamily.InterNetworkV6 ? ["IPv6"] : ["IPv4"];
    }

    public static bool IsHeadless(Service service) => service.Spec.ClusterIP == "None";

    private static EndpointHints? Hints(Service service, Pod pod, string? zone, bool ready) => service.Spec.TrafficDistribution switch
    {
        _ when !ready => null,
        "PreferClose" or "PreferSameZone" when zone is not null => new EndpointHints([zone], []),
        "PreferSameNode" when !string.IsNullOrEmpty(pod.Spec.NodeName) => new EndpointHints(zone is null ? [] : [zone], [pod.Spec.NodeName]),
        _ => null,
    };

    private static System.Net.IPAddress? IPAddressOf(string? text) => System.Net.IPAddress.TryParse(text, out System.Net.IPAddress? address) ? address : null;
}
