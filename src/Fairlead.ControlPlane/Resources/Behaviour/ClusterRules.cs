using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>Namespaces: born with the finalizer that the namespace controller takes away when everything in them is gone.</summary>
internal static class NamespaceRules
{
    public static void PrepareCreate(JsonObject ns, WriteContext context)
    {
        var spec = ns.Ensure("spec");
        if (!spec.StringsAt("finalizers").Contains("kubernetes"))
        {
            spec["finalizers"] = new JsonArray("kubernetes");
        }

        ns["status"] = new JsonObject { ["phase"] = "Active" };
    }

    public static void PrepareUpdate(JsonObject ns, JsonObject old, WriteContext context)
    {
        if (context.Subresource != "finalize")
        {
            ns.Ensure("spec").Take(old.ObjectAt("spec"), "finalizers");
        }
    }

    /// <summary>The label by which network policies select a namespace of a certain name.</summary>
    public static void Default(JsonObject ns) =>
        ns.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] = ns.StringAt("metadata", "name") ?? "";
}

/// <summary>Nodes: clients read all ten nodeInfo fields and the kubelet's port, so they are always there.</summary>
internal static class NodeRules
{
    private static readonly string[] InfoFields =
    [
        "machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion", "operatingSystem", "architecture",
    ];

    public static void Default(JsonObject node)
    {
        node.Ensure("spec");
        var status = node.Ensure("status");
        status.Ensure("daemonEndpoints").Ensure("kubeletEndpoint").Default("Port", 0L);
        var info = status.Ensure("nodeInfo");
        foreach (var field in InfoFields)
        {
            info.Default(field, "");
        }
    }

    public static void PrepareCreate(JsonObject node, WriteContext context)
    {
        // A new node takes no pods until its lifecycle controller has seen it ready (admission plug-in TaintNodesByCondition).
        var spec = node.Ensure("spec");
        if (!spec.ObjectsAt("taints").Any(taint => taint.StringAt("key") == "node.kubernetes.io/not-ready"))
        {
            var taints = spec["taints"] as JsonArray ?? [];
            taints.Put(new JsonObject { ["key"] = "node.kubernetes.io/not-ready", ["effect"] = "NoSchedule" });
            if (taints.Parent is null)
            {
                spec["taints"] = taints;
            }
        }
    }

    public static void ValidateUpdate(JsonObject node, JsonObject old, List<FieldError> errors)
    {
        if (old.StringAt("spec", "podCIDR") is { Length: > 0 } cidr && node.StringAt("spec", "podCIDR") != cidr)
        {
            errors.Add(FieldError.Forbidden("spec", "node updates may not change podCIDR except from \"\" to valid"));
        }

        if (old.StringAt("spec", "providerID") is { Length: > 0 } provider && node.StringAt("spec", "providerID") != provider)
        {
            errors.Add(FieldError.Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid"));
        }
    }
}

/// <summary>Config maps, secrets and classes.</summary>
internal static class ConfigurationRules
{
    private const int MaximumBytes = 1 << 20;

    public static void ValidateConfigMap(JsonObject map, List<FieldError> errors)
    {
        var size = 0;
        foreach (var name in (string[])["data", "binaryData"])
        {
            foreach (var (key, value) in map.ObjectAt(name) ?? [])
            {
                size += value.AsString()?.Length ?? 0;
                if (NameSyntax.ConfigKey(key) is { } problem)
                {
                    errors.Add(FieldError.Invalid($"{name}[{key}]", key, problem));
                }

                if (name == "data" && map.At("binaryData", key) is not null)
                {
                    errors.Add(FieldError.Invalid($"{name}[{key}]", key, "duplicate of key present in binaryData"));
                }
            }
        }

        if (size > MaximumBytes)
        {
            errors.Add(FieldError.TooLong("", MaximumBytes));
        }
    }

    public static void ValidateImmutable(JsonObject map, JsonObject old, List<FieldError> errors)
    {
        if (old.BooleanAt("immutable") != true)
        {
            return;
        }

        if (map.BooleanAt("immutable") != true)
        {
            errors.Add(FieldError.Forbidden("immutable", "field is immutable when `immutable` is set"));
        }

        foreach (var name in (string[])["data", "binaryData"])
        {
            if (!JsonNode.DeepEquals(map[name], old[name]))
            {
                errors.Add(FieldError.Forbidden(name, "field is immutable when `immutable` is set"));
            }
        }
    }

    public static void DefaultSecret(JsonObject secret)
    {
        secret.Default("type", "Opaque");
        if (secret["stringData"] is JsonObject plain)
        {
            var data = secret.Ensure("data");
            foreach (var (key, value) in plain)
            {
                data[key] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value.AsString() ?? ""));
            }

            secret.Remove("stringData");
        }
    }

    public static void ValidateSecret(JsonObject secret, List<FieldError> errors)
    {
        var size = 0;
        foreach (var (key, value) in secret.ObjectAt("data") ?? [])
        {
            size += (value.AsString()?.Length ?? 0) * 3 / 4;
            if (NameSyntax.ConfigKey(key) is { } problem)
            {
                errors.Add(FieldError.Invalid($"data[{key}]", key, problem));
            }
        }

        if (size > MaximumBytes)
        {
            errors.Add(FieldError.TooLong("data", MaximumBytes));
        }

        foreach (var key in secret.StringAt("type") switch
        {
            "kubernetes.io/tls" => (string[])["tls.crt", "tls.key"],
            "kubernetes.io/dockerconfigjson" => [".dockerconfigjson"],
            _ => [],
        })
        {
            if (secret.At("data", key) is null)
            {
                errors.Add(FieldError.Required($"data[{key}]"));
            }
        }
    }

    public static void ValidateSecretUpdate(JsonObject secret, JsonObject old, List<FieldError> errors)
    {
        if (secret.StringAt("type") != old.StringAt("type"))
        {
            errors.Add(FieldError.Invalid("type", secret["type"], "field is immutable"));
        }

        ValidateImmutable(secret, old, errors);
    }

    public static void DefaultStorageClass(JsonObject storageClass)
    {
        storageClass.Default("reclaimPolicy", "Delete");
        storageClass.Default("volumeBindingMode", "Immediate");
    }

    public static void DefaultPriorityClass(JsonObject priorityClass) => priorityClass.Default("preemptionPolicy", "PreemptLowerPriority");
}

/// <summary>Role bindings.</summary>
internal static class AccessRules
{
    public static void DefaultBinding(JsonObject binding)
    {
        if (binding["roleRef"] is JsonObject role)
        {
            role.Default("apiGroup", "rbac.authorization.k8s.io");
        }

        foreach (var subject in binding.ObjectsAt("subjects"))
        {
            if (subject.StringAt("kind") is "User" or "Group")
            {
                subject.Default("apiGroup", "rbac.authorization.k8s.io");
            }
        }
    }

    public static void ValidateBinding(JsonObject binding, List<FieldError> errors)
    {
        if (binding.StringAt("roleRef", "kind") is not ("Role" or "ClusterRole"))
        {
            errors.Add(FieldError.NotSupported("roleRef.kind", binding.StringAt("roleRef", "kind") ?? "", "ClusterRole", "Role"));
        }

        if (string.IsNullOrEmpty(binding.StringAt("roleRef", "name")))
        {
            errors.Add(FieldError.Required("roleRef.name"));
        }
    }

    public static void ValidateBindingUpdate(JsonObject binding, JsonObject old, List<FieldError> errors)
    {
        if (!JsonNode.DeepEquals(binding["roleRef"], old["roleRef"]))
        {
            errors.Add(FieldError.Invalid("roleRef", binding["roleRef"]?.DeepClone(), "cannot change roleRef"));
        }
    }
}
