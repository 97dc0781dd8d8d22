using System.Net;
using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>Network policies, ingresses, endpoint slices.</summary>
internal static class NetworkRules
{
    public static void DefaultPolicy(JsonObject policy)
    {
        var spec = policy.Ensure("spec");
        spec.Ensure("podSelector");
        foreach (var direction in (string[])["ingress", "egress"])
        {
            foreach (var port in spec.ObjectsAt(direction).SelectMany(rule => rule.ObjectsAt("ports")))
            {
                port.Default("protocol", "TCP");
            }
        }

        if (spec.At("policyTypes") is not JsonArray { Count: > 0 })
        {
            JsonArray types = [(JsonNode)"Ingress"];
            if (spec.At("egress") is JsonArray { Count: > 0 })
            {
                types.Put("Egress");
            }

            spec["policyTypes"] = types;
        }
    }

    public static void ValidatePolicy(JsonObject policy, List<FieldError> errors)
    {
        foreach (var (direction, peers) in ((string, string)[])[("ingress", "from"), ("egress", "to")])
        {
            var ruleIndex = 0;
            foreach (var rule in policy.ObjectsAt("spec", direction))
            {
                var peerIndex = 0;
                foreach (var peer in rule.ObjectsAt(peers))
                {
                    ValidatePeer(peer, $"spec.{direction}[{ruleIndex}].{peers}[{peerIndex++}]", errors);
                }

                var portIndex = 0;
                foreach (var port in rule.ObjectsAt("ports"))
                {
                    ValidatePolicyPort(port, $"spec.{direction}[{ruleIndex}].ports[{portIndex++}]", errors);
                }

                ruleIndex++;
            }
        }

        var typeIndex = 0;
        foreach (var type in policy.StringsAt("spec", "policyTypes"))
        {
            if (type is not ("Ingress" or "Egress"))
            {
                errors.Add(FieldError.NotSupported($"spec.policyTypes[{typeIndex}]", type, "Egress", "Ingress"));
            }

            typeIndex++;
        }
    }

    private static void ValidatePeer(JsonObject peer, string path, List<FieldError> errors)
    {
        var selectors = peer["podSelector"] is not null || peer["namespaceSelector"] is not null;
        if (peer["ipBlock"] is not JsonObject block)
        {
            if (!selectors)
            {
                errors.Add(FieldError.Required(path, "must specify a peer"));
            }

            return;
        }

        if (selectors)
        {
            errors.Add(FieldError.Forbidden(path, "may not specify both ipBlock and another peer"));
        }

        var cidr = block.StringAt("cidr") ?? "";
        if (cidr.Length == 0)
        {
            errors.Add(FieldError.Required(path + ".ipBlock.cidr"));
        }
        else if (!IsCidr(cidr, out var network))
        {
            errors.Add(FieldError.Invalid(path + ".ipBlock.cidr", cidr, CidrProblem));
        }
        else
        {
            var index = 0;
            foreach (var exception in block.StringsAt("except"))
            {
                var at = $"{path}.ipBlock.except[{index++}]";
                if (!IsCidr(exception, out var inner))
                {
                    errors.Add(FieldError.Invalid(at, exception, CidrProblem));
                }
                else if (!network.Contains(inner.BaseAddress) || inner.PrefixLength <= network.PrefixLength)
                {
                    errors.Add(FieldError.Invalid(at, exception, $"must be a strict subset of `cidr`"));
                }
            }
        }
    }

    private const string CidrProblem = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

    /// <summary>Host bits may be set, as in 10.0.0.1/24.</summary>
    private static bool IsCidr(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !IPAddress.TryParse(text[..slash], out var address)
            || !int.TryParse(text[(slash + 1)..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        if (length > bytes.Length * 8)
        {
            return false;
        }

        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }

    private static void ValidatePolicyPort(JsonObject port, string path, List<FieldError> errors)
    {
        PodRules.ValidateChoice(port, path, "protocol", errors, "SCTP", "TCP", "UDP");
        if (port.IntegerAt("port") is not null and not (>= 1 and <= 65535))
        {
            errors.Add(FieldError.Invalid(path + ".port", port["port"]?.DeepClone(), "must be between 1 and 65535, inclusive"));
        }

        if (port.IntegerAt("endPort") is { } end)
        {
            if (port.IntegerAt("port") is not { } start)
            {
                errors.Add(FieldError.Required(path + ".port", "may not specify `endPort` when `port` is not specified or is not a number"));
            }
            else if (end < start)
            {
                errors.Add(FieldError.Invalid(path + ".endPort", end, "must be greater than or equal to `port`"));
            }
        }
    }

    public static void ValidateIngress(JsonObject ingress, List<FieldError> errors)
    {
        var spec = ingress.ObjectAt("spec") ?? [];
        if (spec["defaultBackend"] is null && spec.At("rules") is not JsonArray { Count: > 0 })
        {
            errors.Add(FieldError.Invalid("spec", null, "either `defaultBackend` or `rules` must be specified"));
        }

        var ruleIndex = 0;
        foreach (var rule in spec.ObjectsAt("rules"))
        {
            var pathIndex = 0;
            foreach (var path in rule.ObjectsAt("http", "paths"))
            {
                var at = $"spec.rules[{ruleIndex}].http.paths[{pathIndex++}]";
                if (path.StringAt("pathType") is not { } type)
                {
                    errors.Add(FieldError.Required(at + ".pathType", "pathType must be specified"));
                }
                else if (type is not ("Exact" or "Prefix" or "ImplementationSpecific"))
                {
                    errors.Add(FieldError.NotSupported(at + ".pathType", type, "Exact", "ImplementationSpecific", "Prefix"));
                }
                else if (type != "ImplementationSpecific" && path.StringAt("path") is not ['/', ..])
                {
                    errors.Add(FieldError.Invalid(at + ".path", path.StringAt("path") ?? "", "must be an absolute path"));
                }
            }

            ruleIndex++;
        }
    }

    public static void DefaultSlice(JsonObject slice)
    {
        foreach (var port in slice.ObjectsAt("ports"))
        {
            port.Default("name", "");
            port.Default("protocol", "TCP");
        }

        foreach (var endpoint in slice.ObjectsAt("endpoints"))
        {
            endpoint.Ensure("conditions");
        }

        // The Go type has both lists without omitempty: an empty one is null on the wire.
        if (!slice.ContainsKey("endpoints"))
        {
            slice["endpoints"] = null;
        }

        if (!slice.ContainsKey("ports"))
        {
            slice["ports"] = null;
        }
    }

    public static void ValidateSlice(JsonObject slice, List<FieldError> errors)
    {
        if (slice.StringAt("addressType") is not { Length: > 0 } type)
        {
            errors.Add(FieldError.Required("addressType"));
        }
        else if (type is not ("IPv4" or "IPv6" or "FQDN"))
        {
            errors.Add(FieldError.NotSupported("addressType", type, "FQDN", "IPv4", "IPv6"));
        }

        if (slice.At("endpoints") is JsonArray { Count: > 1000 } many)
        {
            errors.Add(new FieldError("endpoints", "FieldValueTooMany", $"Too many: {many.Count}: must have at most 1000 items"));
        }

        var index = 0;
        foreach (var endpoint in slice.ObjectsAt("endpoints"))
        {
            if (endpoint.At("addresses") is not JsonArray { Count: > 0 })
            {
                errors.Add(FieldError.Required($"endpoints[{index}].addresses", "must contain at least 1 address"));
            }

            index++;
        }
    }

    public static void ValidateSliceUpdate(JsonObject slice, JsonObject old, List<FieldError> errors)
    {
        if (slice.StringAt("addressType") != old.StringAt("addressType"))
        {
            errors.Add(FieldError.Invalid("addressType", slice["addressType"]?.DeepClone(), "field is immutable"));
        }
    }
}
