using System.Collections.Immutable;
using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.Network;

/// <summary>
/// API objects → what the planner works with. What cannot be understood (an address that is none) is left out and reported,
/// never guessed.
/// </summary>
public static class ClusterReader
{
    private const int DefaultAffinitySeconds = 10800;

    /// <summary>The node, with its ends of the tunnels that have this VXLAN network identifier.</summary>
    public static NodeState Read(Node node, Action<PlanProblem> report, uint vxlanId = NodeSettings.DefaultVxlanId)
    {
        ObjectKey key = new("", node.Metadata.Name);
        List<string> cidrs = [.. node.Spec.PodCidrs];
        if (cidrs.Count == 0 && node.Spec.PodCidr is { Length: > 0 } single)
        {
            cidrs.Add(single);
        }

        return new()
        {
            Name = node.Metadata.Name,
            Addresses = [.. Parse<NetAddress>(
                node.Status.Addresses.Where(a => a.Type == "InternalIP").Select(a => a.Address), NetAddress.TryParse, "Node", key, "status.addresses", report)],
            PodCidrs = [.. Parse<NetPrefix>(cidrs, NetPrefix.TryParse, "Node", key, "spec.podCIDRs", report)],
            Zone = node.Metadata.Labels.GetValueOrDefault(Annotations.Zone, ""),
            Mode = NodeAnnotations.ReadMode(node.Metadata.Annotations),
            Vtep = NodeAnnotations.ReadVtep(node.Metadata.Annotations, ipv6: false, vxlanId),
            Vtep6 = NodeAnnotations.ReadVtep(node.Metadata.Annotations, ipv6: true, vxlanId),
            Labels = node.Metadata.Labels,
        };
    }

    /// <summary>The Service; null if it isn't for us: headless, ExternalName, or served by another proxy.</summary>
    public static ServiceState? Read(Service service, Action<PlanProblem> report)
    {
        ServiceSpec spec = service.Spec;
        if (spec.Type == "ExternalName" || spec.ClusterIP is null or "" or "None"
            || service.Metadata.Labels.ContainsKey(Annotations.ServiceProxyName)
            || service.Metadata.Labels.ContainsKey(Annotations.Headless))
        {
            return null;
        }

        ObjectKey key = service.Metadata.Key;
        ImmutableArray<ServicePortState>.Builder ports = ImmutableArray.CreateBuilder<ServicePortState>(spec.Ports.Count);
        foreach (ServicePort port in spec.Ports)
        {
            if (TryProtocol(port.Protocol, out TransportProtocol protocol))
            {
                ports.Add(new(port.Name ?? "", protocol, (ushort)port.Port, (ushort)port.NodePort));
            }
            else
            {
                report(new("Service", key, "UnknownProtocol", $"Service {key}: port {port.Port} has the unknown protocol {port.Protocol}."));
            }
        }

        IEnumerable<string> clusterIPs = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP];
        IEnumerable<string> ingress = service.Status.LoadBalancer?.Ingress
            .Where(i => !string.IsNullOrEmpty(i.IP) && i.IPMode != "Proxy").Select(i => i.IP!) ?? [];
        bool external = spec.Type is "NodePort" or "LoadBalancer" || spec.ExternalIPs.Count > 0;
        return new()
        {
            Key = key,
            Ports = ports.DrainToImmutable(),
            ClusterIPs = [.. Parse<NetAddress>(clusterIPs, NetAddress.TryParse, "Service", key, "spec.clusterIPs", report)],
            ExternalIPs = [.. Parse<NetAddress>(spec.ExternalIPs, NetAddress.TryParse, "Service", key, "spec.externalIPs", report)],
            LoadBalancerIPs = spec.Type == "LoadBalancer"
                ? [.. Parse<NetAddress>(ingress, NetAddress.TryParse, "Service", key, "status.loadBalancer.ingress", report)]
                : [],
            SourceRanges = spec.Type == "LoadBalancer" ? SourceRanges(spec, key, report) : [],
            SourceRangesGuardNodePorts = service.Metadata.Annotations.GetValueOrDefault(Annotations.GuardNodePorts) == "true",
            AffinitySeconds = spec.SessionAffinity == "ClientIP"
                ? spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? DefaultAffinitySeconds
                : 0,
            ExternalTrafficLocal = external && spec.ExternalTrafficPolicy == "Local",
            InternalTrafficLocal = spec.InternalTrafficPolicy == "Local",
            HealthCheckNodePort = spec.Type == "LoadBalancer" && spec.ExternalTrafficPolicy == "Local" ? (ushort)spec.HealthCheckNodePort : (ushort)0,
        };
    }

    /// <summary>The slice; null if it isn't for us: of names, of no Service, of a headless one, or of another proxy's.</summary>
    public static EndpointSliceState? Read(EndpointSlice slice, Action<PlanProblem> report)
    {
        ObjectKey key = slice.Metadata.Key;
        if (slice.AddressType is not ("IPv4" or "IPv6")
            || slice.Metadata.Labels.ContainsKey(Annotations.Headless)
            || slice.Metadata.Labels.ContainsKey(Annotations.ServiceProxyName)
            || !slice.Metadata.Labels.TryGetValue(Annotations.ServiceName, out string? service))
        {
            return null;
        }

        bool ipv6 = slice.AddressType == "IPv6";
        ImmutableArray<EndpointState>.Builder endpoints = ImmutableArray.CreateBuilder<EndpointState>(slice.Endpoints.Count);
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            if (endpoint.Addresses.Count == 0)
            {
                continue;
            }

            if (!NetAddress.TryParse(endpoint.Addresses[0], out NetAddress address) || address.IsIPv6 != ipv6)
            {
                report(new("EndpointSlice", key, "InvalidAddress", $"EndpointSlice {key}: \"{endpoint.Addresses[0]}\" is not an {slice.AddressType} address."));
                continue;
            }

            endpoints.Add(new()
            {
                Address = address,
                Readiness = Readiness(endpoint.Conditions),
                NodeName = endpoint.NodeName is { Length: > 0 } name ? string.Intern(name) : null, // a few names, of 100,000 endpoints
                ForZones = Names(endpoint.Hints?.Zones),
                ForNodes = Names(endpoint.Hints?.Nodes),
            });
        }

        ImmutableArray<EndpointPortState>.Builder ports = ImmutableArray.CreateBuilder<EndpointPortState>(slice.Ports.Count);
        foreach (EndpointSlicePort port in slice.Ports)
        {
            if (port.Port is > 0 and <= ushort.MaxValue && TryProtocol(port.Protocol, out TransportProtocol protocol))
            {
                ports.Add(new(port.Name ?? "", protocol, (ushort)port.Port));
            }
        }

        return new()
        {
            Key = key,
            Service = new(key.Namespace, service),
            IsIPv6 = ipv6,
            Ports = ports.DrainToImmutable(),
            StandsIn = slice.Metadata.Labels.GetValueOrDefault(Annotations.ManagedBy) == Annotations.AgentManager,
            Endpoints = endpoints.DrainToImmutable(),
            TriggerTime = DateTimeOffset.TryParse(
                slice.Metadata.Annotations.GetValueOrDefault(Annotations.TriggerTime), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
                ? at
                : null,
        };
    }

    private static EndpointReadiness Readiness(EndpointConditions conditions) =>
        (conditions.IsReady ? EndpointReadiness.Ready : EndpointReadiness.None)
        | (conditions.IsServing ? EndpointReadiness.Serving : EndpointReadiness.None)
        | (conditions.IsTerminating ? EndpointReadiness.Terminating : EndpointReadiness.None);

    private static ImmutableArray<NetPrefix> SourceRanges(ServiceSpec spec, ObjectKey key, Action<PlanProblem> report) =>
        [.. Parse<NetPrefix>(spec.LoadBalancerSourceRanges.Select(r => r.Trim()), NetPrefix.TryParse, "Service", key, "spec.loadBalancerSourceRanges", report)];

    internal static bool TryProtocol(string? word, out TransportProtocol protocol)
    {
        protocol = word switch
        {
            null or "" or "TCP" => TransportProtocol.Tcp,
            "UDP" => TransportProtocol.Udp,
            "SCTP" => TransportProtocol.Sctp,
            _ => default,
        };
        return protocol != default;
    }

    private static string[]? Names(IReadOnlyList<string>? names) => names is { Count: > 0 } ? [.. names] : null;

    private delegate bool TryParse<T>(string? text, out T value);

    private static IEnumerable<T> Parse<T>(
        IEnumerable<string> texts, TryParse<T> parse, string kind, ObjectKey key, string field, Action<PlanProblem> report)
    {
        foreach (string text in texts)
        {
            if (parse(text, out T value))
            {
                yield return value;
            }
            else
            {
                report(new(kind, key, "InvalidAddress", $"{kind} {key}: {field}: \"{text}\" can't be understood and is left out."));
            }
        }
    }
}
