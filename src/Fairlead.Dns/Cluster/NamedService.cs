using Fairlead.Kubernetes;
using Fairlead.Network;

namespace Fairlead.Dns.Cluster;

/// <summary>What of a Service its names are made of: a fifth of it.</summary>
internal sealed class NamedService
{
    public required ObjectKey Key { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Its addresses: none, where it is headless or stands for another name.</summary>
    public required NetAddress[] ClusterIPs { get; init; }

    public required NamedPort[] Ports { get; init; }

    public required bool IsHeadless { get; init; }

    /// <summary>The name that it stands for, as it was written; null where it stands for none.</summary>
    public string? ExternalName { get; init; }

    /// <summary>spec.trafficDistribution.</summary>
    public string? TrafficDistribution { get; init; }

    public static NamedService Of(Service service)
    {
        ServiceSpec spec = service.Spec;
        return new()
        {
            Key = service.Metadata.Key,
            Labels = service.Metadata.Labels,
            ClusterIPs = ReadAddresses(spec),
            Ports = NamedPort.Share([.. spec.Ports.Select(static port => new NamedPort(port.Name, port.Protocol, (ushort)port.Port))]),
            IsHeadless = spec.ClusterIP is "None",
            ExternalName = spec.Type == "ExternalName" ? spec.ExternalName ?? "" : null,
            TrafficDistribution = spec.TrafficDistribution,
        };
    }

    private static NetAddress[] ReadAddresses(ServiceSpec spec)
    {
        IReadOnlyList<string> texts = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP ?? ""];
        List<NetAddress> addresses = new(texts.Count);
        foreach (string text in texts)
        {
            if (NetAddress.TryParse(text, out NetAddress address))
            {
                addresses.Add(address);
            }
        }

        return [.. addresses];
    }
}
