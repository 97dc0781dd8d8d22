using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>What of an EndpointSlice names are made of: its ready endpoints. Those that aren't have no names.</summary>
internal sealed class NamedSlice
{
    /// <summary>The slice's own name: slices are read in the order of their names.</summary>
    public required string Name { get; init; }

    /// <summary>Whose endpoints these are.</summary>
    public required ObjectKey Service { get; init; }

    public required NamedEndpoint[] Endpoints { get; init; }

    public required NamedPort[] Ports { get; init; }

    /// <summary>The slice; null where it is no Service's.</summary>
    public static NamedSlice? Of(EndpointSlice slice) =>
        slice.Metadata.Labels.TryGetValue(Annotations.ServiceName, out string? service) && service.Length > 0 ? Of(slice, new(slice.Metadata.Namespace, service)) : null;

    /// <summary>The slice as that of a Service, whatever its labels say.</summary>
    public static NamedSlice Of(EndpointSlice slice, ObjectKey service)
    {
        List<NamedEndpoint> endpoints = new(slice.Endpoints.Count);
        foreach (Endpoint endpoint in slice.Endpoints)
        {
            // All addresses of an endpoint are the same host's; consumers take the first (discovery.k8s.io/v1 Endpoint.addresses).
            if (endpoint.Conditions.IsReady && endpoint.Addresses.Count > 0 && NetAddress.TryParse(endpoint.Addresses[0], out NetAddress address))
            {
                endpoints.Add(new()
                {
                    Address = address,
                    Hostname = endpoint.Hostname is { Length: > 0 } hostname ? hostname : null,
                    PodName = endpoint.TargetRef is { Kind: "Pod" } pod ? pod.Name : null,
                    NodeName = endpoint.NodeName,
                    Zone = endpoint.Zone,
                    ForZones = endpoint.Hints is { Zones.Count: > 0 } hints ? [.. hints.Zones] : null,
                });
            }
        }

        return new()
        {
            Name = slice.Metadata.Name,
            Service = service,
            Endpoints = [.. endpoints],
            Ports = NamedPort.Share(
                [.. slice.Ports.Where(static port => port.Port is not null).Select(static port => new NamedPort(port.Name, port.Protocol, (ushort)port.Port!.Value))]),
        };
    }
}

/// <summary>A ready endpoint.</summary>
internal readonly record struct NamedEndpoint
{
    public required NetAddress Address { get; init; }

    /// <summary>The name that its pod asks for.</summary>
    public string? Hostname { get; init; }

    public string? PodName { get; init; }

    public string? NodeName { get; init; }

    public string? Zone { get; init; }

    /// <summary>The zones that should use it; null: nobody says.</summary>
    public string[]? ForZones { get; init; }
}
