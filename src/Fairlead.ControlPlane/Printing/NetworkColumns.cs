using System.Text.Json;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Printing;

/// <summary>Columns of services and what carries their traffic.</summary>
internal static class NetworkColumns
{
    public static readonly IReadOnlyList<TableColumn> Services =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Type", o => o.StringAt("spec", "type")).Documented("core.v1.ServiceSpec", "type"),
        TableColumn.Text("Cluster-IP", o => OrNone(o.StringAt("spec", "clusterIP"))).Documented("core.v1.ServiceSpec", "clusterIP"),
        TableColumn.Text("External-IP", ExternalIp).Documented("core.v1.ServiceSpec", "externalIPs"),
        TableColumn.Text("Port(s)", ServicePorts).Documented("core.v1.ServiceSpec", "ports"),
        TableColumn.Age,
        TableColumn.Text("Selector", o => SelectorText.Map(o.At("spec", "selector")), 1).Documented("core.v1.ServiceSpec", "selector"),
    ];

    public static readonly IReadOnlyList<TableColumn> Endpoints =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Endpoints", LegacyEndpoints).Documented("core.v1.Endpoints", "subsets"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> EndpointSlices =
    [
        TableColumn.ObjectName,
        TableColumn.Text("AddressType", o => o.StringAt("addressType")).Documented("discovery.v1.EndpointSlice", "addressType"),
        TableColumn.Text("Ports", SlicePorts).Documented("discovery.v1.EndpointSlice", "ports"),
        TableColumn.Text("Endpoints", o => Shortened([.. o.ItemsAt("endpoints").SelectMany(endpoint => endpoint.ItemsAt("addresses")).Select(address => address.GetString()!)], "<unset>")).Documented("discovery.v1.EndpointSlice", "endpoints"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> NetworkPolicies =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Pod-Selector", o => SelectorText.Format(o.At("spec", "podSelector"))).Documented("networking.v1.NetworkPolicySpec", "podSelector"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> Ingresses =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Class", o => o.StringAt("spec", "ingressClassName") ?? o.StringAt("metadata", "annotations", "kubernetes.io/ingress.class") ?? "<none>"),
        TableColumn.Text("Hosts", IngressHosts),
        TableColumn.Text("Address", o => string.Join(",", LoadBalancerAddresses(o))),
        TableColumn.Text("Ports", o => o.ItemsAt("spec", "tls").Any() ? "80, 443" : "80"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> IngressClasses =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Controller", o => o.StringAt("spec", "controller")),
        TableColumn.Text("Parameters", o => o.At("spec", "parameters") is { } parameters
            ? string.Join("/", ((string?[])[Qualified(parameters), parameters.StringAt("name")]).Where(part => part is not null))
            : "<none>"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> IpAddresses =
    [
        TableColumn.ObjectName,
        TableColumn.Text("ParentRef", o => o.At("spec", "parentRef") is { } parent
            ? string.Join("/", ((string?[])[
                parent.StringAt("group") is { Length: > 0 } group ? $"{parent.StringAt("resource")}.{group}" : parent.StringAt("resource"),
                parent.StringAt("namespace"),
                parent.StringAt("name")]).Where(part => !string.IsNullOrEmpty(part)))
            : "<none>"),
    ];

    public static readonly IReadOnlyList<TableColumn> ServiceCidrs =
    [
        TableColumn.ObjectName,
        TableColumn.Text("CIDRs", o => string.Join(",", o.ItemsAt("spec", "cidrs").Select(cidr => cidr.GetString()))),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> Leases =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Holder", o => o.StringAt("spec", "holderIdentity") ?? ""),
        TableColumn.Age,
    ];

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;

    private static string? Qualified(JsonElement reference) =>
        reference.StringAt("apiGroup") is { Length: > 0 } group ? $"{reference.StringAt("kind")}.{group}" : reference.StringAt("kind");

    private static List<string> LoadBalancerAddresses(JsonElement o) =>
        [.. o.ItemsAt("status", "loadBalancer", "ingress").Select(ingress => ingress.StringAt("ip") ?? ingress.StringAt("hostname") ?? "").Where(text => text.Length > 0)];

    private static string ExternalIp(JsonElement service)
    {
        var external = service.ItemsAt("spec", "externalIPs").Select(ip => ip.GetString()).ToList();
        switch (service.StringAt("spec", "type"))
        {
            case "LoadBalancer":
                var all = LoadBalancerAddresses(service).Concat(external!).ToList();
                return all.Count > 0 ? string.Join(",", all) : "<pending>";
            case "ExternalName":
                return service.StringAt("spec", "externalName") ?? "";
            default:
                return external.Count > 0 ? string.Join(",", external) : "<none>";
        }
    }

    private static string ServicePorts(JsonElement service)
    {
        var ports = service.ItemsAt("spec", "ports").Select(port => port.IntegerAt("nodePort") is > 0 and var node
            ? $"{port.IntegerAt("port")}:{node}/{port.StringAt("protocol")}"
            : $"{port.IntegerAt("port")}/{port.StringAt("protocol")}");
        return OrNone(string.Join(",", ports));
    }

    private static string LegacyEndpoints(JsonElement endpoints)
    {
        List<string> all = [];
        foreach (var subset in endpoints.ItemsAt("subsets"))
        {
            var ports = subset.ItemsAt("ports").Select(port => port.IntegerAt("port")).ToList();
            foreach (var address in subset.ItemsAt("addresses").Select(address => address.StringAt("ip")!))
            {
                if (ports.Count == 0)
                {
                    all.Add(address);
                }

                all.AddRange(ports.Select(port => address.Contains(':') ? $"[{address}]:{port}" : $"{address}:{port}"));
            }
        }

        return Shortened(all, "<none>");
    }

    private static string SlicePorts(JsonElement slice)
    {
        if (slice.At("ports") is not { ValueKind: JsonValueKind.Array } ports || ports.GetArrayLength() == 0)
        {
            return "<unset>";
        }

        return Shortened([.. ports.EnumerateArray().Select(port => port.ScalarAt("port") ?? port.StringAt("name") ?? "*")], "<unset>", separator: ",");
    }

    private static string Shortened(List<string> all, string none, string separator = ",")
    {
        if (all.Count == 0)
        {
            return none;
        }

        var text = string.Join(separator, all.Take(3));
        return all.Count > 3 ? $"{text} + {all.Count - 3} more..." : text;
    }

    private static string IngressHosts(JsonElement ingress)
    {
        var hosts = ingress.ItemsAt("spec", "rules").Select(rule => rule.StringAt("host")).Where(host => !string.IsNullOrEmpty(host)).ToList();
        return hosts.Count switch
        {
            0 => "*",
            <= 3 => string.Join(",", hosts),
            _ => $"{string.Join(",", hosts.Take(3))} + {hosts.Count - 3} more...",
        };
    }
}
