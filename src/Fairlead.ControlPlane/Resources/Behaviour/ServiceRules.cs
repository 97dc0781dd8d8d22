using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>Services, apart from their addresses and node ports, which the allocator gives out.</summary>
internal static class ServiceRules
{
    public static void Default(JsonObject service)
    {
        var spec = service.Ensure("spec");
        spec.Default("type", "ClusterIP");
        spec.Default("sessionAffinity", "None");
        var type = spec.StringAt("type");
        if (spec.StringAt("sessionAffinity") == "ClientIP")
        {
            spec.Ensure("sessionAffinityConfig").Ensure("clientIP").Default("timeoutSeconds", 10800L);
        }

        foreach (var port in spec.ObjectsAt("ports"))
        {
            port.Default("protocol", "TCP");
            if (port["targetPort"].AsInteger() is 0 or null && string.IsNullOrEmpty(port["targetPort"].AsString()))
            {
                port["targetPort"] = port["port"]?.DeepClone();
            }
        }

        if (type is "NodePort" or "LoadBalancer")
        {
            spec.Default("externalTrafficPolicy", "Cluster");
        }

        if (type is "NodePort" or "LoadBalancer" or "ClusterIP")
        {
            spec.Default("internalTrafficPolicy", "Cluster");
        }

        if (type == "LoadBalancer")
        {
            spec.Default("allocateLoadBalancerNodePorts", true);
        }
    }

    public static void PrepareCreate(JsonObject service, WriteContext context) =>
        service["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };

    /// <summary>Fields that only make sense for the old type go when the type changes, unless the client set them anew.</summary>
    public static void PrepareUpdate(JsonObject service, JsonObject old, WriteContext context)
    {
        var spec = service.Ensure("spec");
        var before = old.ObjectAt("spec") ?? [];
        var type = spec.StringAt("type");
        if (type is "ClusterIP" or "ExternalName")
        {
            spec.Remove("externalTrafficPolicy");
            spec.Remove("healthCheckNodePort");
        }

        if (type != "LoadBalancer")
        {
            spec.Remove("allocateLoadBalancerNodePorts");
            spec.Remove("loadBalancerClass");
        }

        if (type == "ExternalName")
        {
            foreach (var name in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"])
            {
                if (JsonNode.DeepEquals(spec[name], before[name]))
                {
                    spec.Remove(name);
                }
            }
        }
        else if (before.StringAt("type") != "ExternalName")
        {
            // A client that leaves the addresses out keeps them.
            foreach (var name in (string[])["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"])
            {
                if (spec[name] is null && before[name] is not null)
                {
                    spec.Take(before, name);
                }
            }
        }

        if (service["status"] is null)
        {
            service.Ensure("status").Ensure("loadBalancer");
        }
    }

    public static void Validate(JsonObject service, List<FieldError> errors)
    {
        var spec = service.ObjectAt("spec") ?? [];
        var type = spec.StringAt("type");
        var headless = spec.StringAt("clusterIP") == "None";
        PodRules.ValidateChoice(spec, "spec", "type", errors, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
        PodRules.ValidateChoice(spec, "spec", "sessionAffinity", errors, "ClientIP", "None");
        PodRules.ValidateChoice(spec, "spec", "externalTrafficPolicy", errors, "Cluster", "Local");
        PodRules.ValidateChoice(spec, "spec", "internalTrafficPolicy", errors, "Cluster", "Local");
        if (type == "ExternalName" && string.IsNullOrEmpty(spec.StringAt("externalName")))
        {
            errors.Add(FieldError.Required("spec.externalName"));
        }

        var ports = spec.ObjectsAt("ports").ToList();
        if (ports.Count == 0 && !headless && type != "ExternalName")
        {
            errors.Add(FieldError.Required("spec.ports"));
        }

        HashSet<string> names = [];
        HashSet<(string, long)> taken = [];
        for (var i = 0; i < ports.Count; i++)
        {
            ValidatePort(ports[i], $"spec.ports[{i}]", ports.Count > 1, names, taken, errors);
        }
    }

    private static void ValidatePort(JsonObject port, string path, bool needsName, HashSet<string> names, HashSet<(string, long)> taken, List<FieldError> errors)
    {
        var name = port.StringAt("name") ?? "";
        if (name.Length == 0)
        {
            if (needsName)
            {
                errors.Add(FieldError.Required(path + ".name"));
            }
        }
        else if (NameSyntax.Label(name) is { } problem)
        {
            errors.Add(FieldError.Invalid(path + ".name", name, problem));
        }
        else if (!names.Add(name))
        {
            errors.Add(FieldError.Duplicate(path + ".name", name));
        }

        if (port.IntegerAt("port") is not (>= 1 and <= 65535))
        {
            errors.Add(FieldError.Invalid(path + ".port", port.IntegerAt("port") ?? 0, "must be between 1 and 65535, inclusive"));
        }
        else if (!taken.Add((port.StringAt("protocol") ?? "TCP", port.IntegerAt("port") ?? 0)))
        {
            errors.Add(FieldError.Duplicate(path, new JsonObject { ["protocol"] = port["protocol"]?.DeepClone(), ["port"] = port["port"]?.DeepClone() }));
        }

        PodRules.ValidateChoice(port, path, "protocol", errors, "SCTP", "TCP", "UDP");
        if (port.IntegerAt("targetPort") is not null and not (>= 1 and <= 65535))
        {
            errors.Add(FieldError.Invalid(path + ".targetPort", port["targetPort"]?.DeepClone(), "must be between 1 and 65535, inclusive"));
        }
        else if (port.StringAt("targetPort") is { } named && (named.Length > 15 || !named.Any(char.IsAsciiLetter) || NameSyntax.Label(named) is not null))
        {
            errors.Add(FieldError.Invalid(path + ".targetPort", named, named.Length > 15 ? "must be no more than 15 characters" : "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"));
        }
    }

    public static void ValidateUpdate(JsonObject service, JsonObject old, List<FieldError> errors)
    {
        var spec = service.ObjectAt("spec") ?? [];
        var before = old.ObjectAt("spec") ?? [];
        if (before.StringAt("type") == "ExternalName" || spec.StringAt("type") == "ExternalName")
        {
            return;
        }

        var had = before.StringsAt("clusterIPs").FirstOrDefault() ?? before.StringAt("clusterIP") ?? "";
        var has = spec.StringAt("clusterIP") ?? "";
        if (had.Length > 0 && has != had)
        {
            JsonArray shown = has.Length == 0 ? [.. spec.StringsAt("clusterIPs").Select(ip => (JsonNode)ip)] : [(JsonNode)has];
            errors.Add(FieldError.Invalid("spec.clusterIPs[0]", shown, "may not change once set"));
        }
        else if (spec.StringsAt("clusterIPs").FirstOrDefault() is { } first && first != has)
        {
            errors.Add(FieldError.Invalid("spec.clusterIPs", spec["clusterIPs"]?.DeepClone(), "first value must match `clusterIP`"));
        }
    }
}
