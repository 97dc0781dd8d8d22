using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.Lab.Kubelet.Pods;

/// <summary>The variables by which a container finds Services without DNS: <c>WEB_SERVICE_HOST</c>, <c>WEB_SERVICE_PORT</c> and the forms of Docker's links.</summary>
internal static class ServiceVariables
{
    /// <summary>The variables of the Services that a pod sees: those of its namespace, and always the API's own.</summary>
    public static Dictionary<string, string> Of(IEnumerable<Service> services, string podNamespace, bool links)
    {
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        foreach (var service in services.Where(s => s.Spec.ClusterIP is { Length: > 0 } and not "None" && s.Spec.Ports.Count > 0)
                     .Where(s => IsApi(s) || (links && s.Metadata.Namespace == podNamespace))
                     .OrderBy(s => s.Metadata.Namespace == podNamespace))
        {
            Add(variables, service);
        }

        return variables;
    }

    private static bool IsApi(Service service) => service.Metadata is { Namespace: "default", Name: "kubernetes" };

    private static void Add(Dictionary<string, string> variables, Service service)
    {
        var prefix = Name(service.Metadata.Name);
        var address = service.Spec.ClusterIP!;
        variables[prefix + "_SERVICE_HOST"] = address;
        variables[prefix + "_SERVICE_PORT"] = Number(service.Spec.Ports[0].Port);
        foreach (var port in service.Spec.Ports.Where(static p => p.Name is { Length: > 0 }))
        {
            variables[$"{prefix}_SERVICE_PORT_{Name(port.Name!)}"] = Number(port.Port);
        }

        var host = address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        for (var i = 0; i < service.Spec.Ports.Count; i++)
        {
            var port = service.Spec.Ports[i];
            var protocol = port.Protocol is { Length: > 0 } given ? given : "TCP";
            var url = $"{protocol.ToLowerInvariant()}://{host}:{Number(port.Port)}";
            if (i == 0)
            {
                variables[prefix + "_PORT"] = url;
            }

            var link = $"{prefix}_PORT_{Number(port.Port)}_{protocol.ToUpperInvariant()}";
            variables[link] = url;
            variables[link + "_PROTO"] = protocol.ToLowerInvariant();
            variables[link + "_PORT"] = Number(port.Port);
            variables[link + "_ADDR"] = address;
        }
    }

    private static string Name(string name) => name.ToUpperInvariant().Replace('-', '_');

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
