namespace Fairlead.Network.Tests;

/// <summary>
/// What Kubernetes promises of a Service, written as plainly as possible and without a plan: where may a connection go? The planner is compared with it.
/// </summary>
internal static class PlainModel
{
    /// <summary>The outcomes that a connection may have: endpoints, "rejected" or "dropped"; null if the frontend is nobody's.</summary>
    public static IReadOnlySet<string>? Outcomes(ClusterState cluster, string nodeName, FrontendKey frontend, bool fromPod)
    {
        ServiceState? service = cluster.Services.Values.Where(s => Has(s, frontend)).OrderBy(s => s.Key).FirstOrDefault();
        if (service is null)
        {
            return null;
        }

        ServicePortState port = service.Ports.First(p => p.Protocol == frontend.Protocol && (frontend.IsNodePort ? p.NodePort : p.Port) == frontend.Port);
        bool isInternal = !frontend.IsNodePort && service.ClusterIPs.Contains(frontend.Address);
        bool local = isInternal ? service.InternalTrafficLocal : service.ExternalTrafficLocal && !fromPod;
        List<(EndpointState Endpoint, string Place)> all =
        [
            .. from slice in cluster.Slices.GetValueOrDefault(service.Key, [])
               where slice.IsIPv6 == frontend.IsIPv6
               from endpointPort in slice.Ports
               where endpointPort.Name == port.Name && endpointPort.Protocol == port.Protocol
               from endpoint in slice.Endpoints
               select (endpoint, new EndpointAddress(endpoint.Address, endpointPort.Port).ToString()),
        ];
        List<(EndpointState Endpoint, string Place)> ready = [.. all.Where(e => e.Endpoint.Readiness.HasFlag(EndpointReadiness.Ready))];
        List<(EndpointState Endpoint, string Place)> ending =
            [.. all.Where(e => !e.Endpoint.Readiness.HasFlag(EndpointReadiness.Ready) && e.Endpoint.Readiness.HasFlag(EndpointReadiness.Serving | EndpointReadiness.Terminating))];
        if (ready.Count + ending.Count == 0)
        {
            return new HashSet<string> { "rejected" };
        }

        IEnumerable<(EndpointState Endpoint, string Place)> chosen;
        if (local)
        {
            chosen = ready.Where(e => e.Endpoint.NodeName == nodeName);
            chosen = chosen.Any() ? chosen : ending.Where(e => e.Endpoint.NodeName == nodeName);
        }
        else
        {
            string zone = cluster.Nodes.GetValueOrDefault(nodeName)?.Zone ?? "";
            chosen = ready;
            if (ready.TrueForAll(e => e.Endpoint.ForNodes is not null) && ready.Exists(e => e.Endpoint.ForNodes!.Contains(nodeName)))
            {
                chosen = ready.Where(e => e.Endpoint.ForNodes!.Contains(nodeName));
            }
            else if (ready.TrueForAll(e => e.Endpoint.ForZones is not null) && ready.Exists(e => e.Endpoint.ForZones!.Contains(zone)))
            {
                chosen = ready.Where(e => e.Endpoint.ForZones!.Contains(zone));
            }

            chosen = chosen.Any() ? chosen : ending;
        }

        HashSet<string> outcomes = [.. chosen.Select(e => e.Place)];
        return outcomes.Count > 0 ? outcomes : new HashSet<string> { "dropped" };
    }

    private static bool Has(ServiceState service, FrontendKey frontend) => service.Ports.Any(p => p.Protocol == frontend.Protocol
        && (frontend.IsNodePort
            ? p.NodePort == frontend.Port && p.NodePort != 0 && service.ClusterIPs.Any(a => a.IsIPv6 == frontend.IsIPv6)
            : p.Port == frontend.Port && service.ClusterIPs.Concat(service.ExternalIPs).Concat(service.LoadBalancerIPs).Contains(frontend.Address)));
}
