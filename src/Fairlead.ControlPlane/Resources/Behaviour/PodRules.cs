using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>Pods and the pod templates inside workloads (kubernetes, pkg/apis/core/v1/defaults.go and validation/validation.go).</summary>
internal static class PodRules
{
    public static void Default(JsonObject pod)
    {
        if (pod["spec"] is JsonObject spec)
        {
            DefaultSpec(spec);
            spec.Default("enableServiceLinks", true);
        }
    }

    /// <summary>What every pod spec gets, also inside a template.</summary>
    public static void DefaultSpec(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30L);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("securityContext", new JsonObject());
        spec.Default("schedulerName", "default-scheduler");
        if (spec.StringAt("serviceAccountName") is { Length: > 0 } account)
        {
            spec["serviceAccount"] = account;
        }

        foreach (var container in spec.ObjectsAt("containers").Concat(spec.ObjectsAt("initContainers")).Concat(spec.ObjectsAt("ephemeralContainers")))
        {
            DefaultContainer(container);
        }

        foreach (var volume in spec.ObjectsAt("volumes"))
        {
            DefaultVolume(volume);
        }
    }

    private static void DefaultContainer(JsonObject container)
    {
        if (container["resources"] is null)
        {
            container["resources"] = new JsonObject();
        }

        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", IsLatest(container.StringAt("image") ?? "") ? "Always" : "IfNotPresent");
        foreach (var port in container.ObjectsAt("ports"))
        {
            port.Default("protocol", "TCP");
        }

        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[probe] is JsonObject settings)
            {
                settings.Default("timeoutSeconds", 1L);
                settings.Default("periodSeconds", 10L);
                settings.Default("successThreshold", 1L);
                settings.Default("failureThreshold", 3L);
                if (settings["httpGet"] is JsonObject http)
                {
                    http.Default("path", "/");
                    http.Default("scheme", "HTTP");
                }
            }
        }

        foreach (var variable in container.ObjectsAt("env"))
        {
            if (variable.At("valueFrom", "fieldRef") is JsonObject field)
            {
                field.Default("apiVersion", "v1");
            }
        }

        // Requests follow limits where only limits are given.
        if (container.ObjectAt("resources", "limits") is { } limits)
        {
            var requests = container.Ensure("resources").Ensure("requests");
            foreach (var (name, value) in limits)
            {
                requests.Default(name, value!.DeepClone());
            }
        }
    }

    private static void DefaultVolume(JsonObject volume)
    {
        if (volume.Count == 1)
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var source in (string[])["secret", "configMap", "projected", "downwardAPI"])
        {
            if (volume[source] is JsonObject settings)
            {
                settings.Default("defaultMode", 420L);
                foreach (var token in settings.ObjectsAt("sources").Select(one => one["serviceAccountToken"]).OfType<JsonObject>())
                {
                    token.Default("expirationSeconds", 3600L);
                }
            }
        }

        if (volume["hostPath"] is JsonObject hostPath)
        {
            hostPath.Default("type", "");
        }
    }

    /// <summary>No tag, or the tag "latest".</summary>
    private static bool IsLatest(string image)
    {
        if (image.Contains('@'))
        {
            return false;
        }

        var name = image[(image.LastIndexOf('/') + 1)..];
        var colon = name.IndexOf(':');
        return colon < 0 || name[(colon + 1)..] == "latest";
    }

    public static void PrepareCreate(JsonObject pod, WriteContext context)
    {
        var spec = pod.Ensure("spec");
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QualityOfService(spec) };
        spec.Default("priority", 0L);
        spec.Default("preemptionPolicy", "PreemptLowerPriority");
        var tolerations = spec["tolerations"] as JsonArray ?? [];
        foreach (var key in (string[])["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"])
        {
            var tolerated = tolerations.OfType<JsonObject>().Any(toleration =>
                (toleration.StringAt("key") is null or "" || toleration.StringAt("key") == key) && toleration.StringAt("effect") is null or "" or "NoExecute");
            if (!tolerated)
            {
                tolerations.Put(new JsonObject { ["key"] = key, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = 300L });
            }
        }

        if (tolerations.Parent is null)
        {
            spec["tolerations"] = tolerations;
        }

        if (spec.At("schedulingGates") is JsonArray { Count: > 0 })
        {
            pod.Ensure("status")["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "PodScheduled", ["status"] = "False", ["reason"] = "SchedulingGated", ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
            });
        }
    }

    public static void PrepareUpdate(JsonObject pod, JsonObject old, WriteContext context)
    {
        if (context.Subresource == "status")
        {
            pod.Ensure("status").Take(old.ObjectAt("status"), "qosClass");
        }
    }

    /// <summary>Guaranteed, Burstable or BestEffort, from the requests and limits of CPU and memory (kubernetes, pkg/apis/core/v1/helper/qos).</summary>
    public static string QualityOfService(JsonObject spec)
    {
        var any = false;
        var guaranteed = true;
        foreach (var container in spec.ObjectsAt("containers").Concat(spec.ObjectsAt("initContainers")))
        {
            foreach (var resource in (string[])["cpu", "memory"])
            {
                var request = container.At("resources", "requests", resource)?.ToString();
                var limit = container.At("resources", "limits", resource)?.ToString();
                any |= !IsZero(request) || !IsZero(limit);
                guaranteed &= !IsZero(limit) && (request is null || request == limit);
            }
        }

        return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";

        static bool IsZero(string? quantity) => quantity is null or "0" or "";
    }

    public static void Validate(JsonObject pod, List<FieldError> errors) => ValidateSpec(pod.ObjectAt("spec") ?? [], "spec", errors);

    public static void ValidateSpec(JsonObject spec, string path, List<FieldError> errors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<string> volumes = new(StringComparer.Ordinal);
        var index = 0;
        foreach (var volume in spec.ObjectsAt("volumes"))
        {
            var name = volume.StringAt("name") ?? "";
            var at = $"{path}.volumes[{index++}].name";
            if (name.Length == 0)
            {
                errors.Add(FieldError.Required(at));
            }
            else if (NameSyntax.Label(name) is { } problem)
            {
                errors.Add(FieldError.Invalid(at, name, problem));
            }
            else if (!volumes.Add(name))
            {
                errors.Add(FieldError.Duplicate(at, name));
            }
        }

        if (spec.At("containers") is not JsonArray { Count: > 0 })
        {
            errors.Add(FieldError.Required(path + ".containers"));
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            index = 0;
            foreach (var container in spec.ObjectsAt(list))
            {
                ValidateContainer(container, $"{path}.{list}[{index++}]", names, volumes, errors);
            }
        }

        ValidateChoice(spec, path, "restartPolicy", errors, "Always", "OnFailure", "Never");
        ValidateChoice(spec, path, "dnsPolicy", errors, "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
        if (spec.IntegerAt("terminationGracePeriodSeconds") is < 0 and var grace)
        {
            errors.Add(FieldError.Invalid(path + ".terminationGracePeriodSeconds", grace, "must be greater than or equal to 0"));
        }

        if (spec.IntegerAt("activeDeadlineSeconds") is <= 0 and var deadline)
        {
            errors.Add(FieldError.Invalid(path + ".activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive"));
        }
    }

    private static void ValidateContainer(JsonObject container, string path, HashSet<string> names, HashSet<string> volumes, List<FieldError> errors)
    {
        var name = container.StringAt("name") ?? "";
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required(path + ".name"));
        }
        else if (NameSyntax.Label(name) is { } problem)
        {
            errors.Add(FieldError.Invalid(path + ".name", name, problem));
        }
        else if (!names.Add(name))
        {
            errors.Add(FieldError.Duplicate(path + ".name", name));
        }

        if (string.IsNullOrEmpty(container.StringAt("image")))
        {
            errors.Add(FieldError.Required(path + ".image"));
        }

        ValidateChoice(container, path, "imagePullPolicy", errors, "Always", "IfNotPresent", "Never");
        var index = 0;
        foreach (var port in container.ObjectsAt("ports"))
        {
            var at = $"{path}.ports[{index++}]";
            if (port.IntegerAt("containerPort") is not (>= 1 and <= 65535))
            {
                errors.Add(port["containerPort"] is null
                    ? FieldError.Required(at + ".containerPort")
                    : FieldError.Invalid(at + ".containerPort", port["containerPort"], "must be between 1 and 65535, inclusive"));
            }

            ValidateChoice(port, at, "protocol", errors, "SCTP", "TCP", "UDP");
        }

        index = 0;
        foreach (var variable in container.ObjectsAt("env"))
        {
            var at = $"{path}.env[{index++}]";
            if (string.IsNullOrEmpty(variable.StringAt("name")))
            {
                errors.Add(FieldError.Required(at + ".name"));
            }
        }

        index = 0;
        foreach (var mount in container.ObjectsAt("volumeMounts"))
        {
            var at = $"{path}.volumeMounts[{index++}]";
            var volume = mount.StringAt("name") ?? "";
            if (volume.Length == 0)
            {
                errors.Add(FieldError.Required(at + ".name"));
            }
            else if (!volumes.Contains(volume))
            {
                errors.Add(new FieldError(at + ".name", "FieldValueNotFound", $"Not found: \"{volume}\""));
            }

            if (string.IsNullOrEmpty(mount.StringAt("mountPath")))
            {
                errors.Add(FieldError.Required(at + ".mountPath"));
            }
        }
    }

    internal static void ValidateChoice(JsonObject owner, string path, string name, List<FieldError> errors, params string[] allowed)
    {
        if (owner.StringAt(name) is { } value && !allowed.Contains(value))
        {
            errors.Add(FieldError.NotSupported($"{path}.{name}", value, allowed));
        }
    }

    /// <summary>Only images, deadlines, added tolerations and scheduling gates removed may change in a pod's spec.</summary>
    public static void ValidateUpdate(JsonObject pod, JsonObject old, List<FieldError> errors)
    {
        var before = Immutable(old);
        var after = Immutable(pod);
        if (!JsonNode.DeepEquals(before, after))
        {
            errors.Add(FieldError.Forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
                + Difference(before, after)));
        }
    }

    private static JsonObject Immutable(JsonObject pod)
    {
        var spec = (JsonObject)(pod.ObjectAt("spec") ?? []).DeepClone();
        foreach (var container in spec.ObjectsAt("containers").Concat(spec.ObjectsAt("initContainers")))
        {
            container.Remove("image");
        }

        // nodeName is the binding's, ephemeralContainers has a subresource of its own; both are restored or checked before.
        foreach (var name in (string[])["activeDeadlineSeconds", "tolerations", "schedulingGates", "ephemeralContainers"])
        {
            spec.Remove(name);
        }

        return spec;
    }

    private static string Difference(JsonObject before, JsonObject after)
    {
        List<string> lines = [];
        foreach (var name in before.Select(pair => pair.Key).Union(after.Select(pair => pair.Key)).Order(StringComparer.Ordinal))
        {
            if (!JsonNode.DeepEquals(before[name], after[name]))
            {
                lines.Add($"- \"{name}\": {KubernetesJson.Text(before[name])},");
                lines.Add($"+ \"{name}\": {KubernetesJson.Text(after[name])},");
            }
        }

        return string.Join('\n', lines) + "\n";
    }
}
