using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Auth;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Resources;
using Fairlead.ControlPlane.Selectors;
using Fairlead.ControlPlane.Storage;

namespace Fairlead.ControlPlane.Requests;

/// <summary>Subresources with a kind of their own: binding, eviction, scale, token.</summary>
internal sealed class SubresourceRequests(ObjectWriter writer, ObjectDeleter deleter, ObjectCodec codec, ResourceRegistry registry, ServiceAccountTokens tokens)
{
    private ServedResource Pods => registry.Find("", "v1", "pods")!;

    public async Task BindAsync(RequestContext request)
    {
        var body = await ReadAsync(request, "", "v1", "Binding");
        var pod = request.Target.Plural == "bindings" ? body.StringAt("metadata", "name") ?? "" : request.Name;
        var node = body.StringAt("target", "name") ?? "";
        if (node.Length == 0)
        {
            throw StatusException.Invalid("", "Binding", pod, [FieldError.Required("target.name")]);
        }

        await writer.UpdateAsync(Pods, request.Namespace, pod, "binding", current => Bind(current!, body, node), request.WriteOptions);
        await WriteSuccessAsync(request, 201);
    }

    private JsonObject Bind(JsonObject pod, JsonObject binding, string node)
    {
        var name = pod.StringAt("metadata", "name") ?? "";
        var target = Pods.Definition with { Plural = "pods/binding" };
        if (pod.StringAt("metadata", "deletionTimestamp") is not null)
        {
            throw StatusException.Conflict(target, name, $"pod {name} is being deleted, cannot be assigned to a host");
        }

        if (pod.StringAt("spec", "nodeName") is { Length: > 0 } taken)
        {
            throw StatusException.Conflict(target, name, $"pod {name} is already assigned to node \"{taken}\"");
        }

        if (pod.At("spec", "schedulingGates") is JsonArray { Count: > 0 })
        {
            throw StatusException.Conflict(target, name, $"pod {name} has non-empty .spec.schedulingGates");
        }

        pod.Ensure("spec")["nodeName"] = node;
        var metadata = pod.Ensure("metadata");
        metadata.Remove("resourceVersion");
        foreach (var (key, value) in binding.ObjectAt("metadata", "annotations") ?? [])
        {
            metadata.Ensure("annotations")[key] = value?.DeepClone();
        }

        SetCondition(pod, "PodScheduled", "True", ObjectMetadata.Timestamp(writer.Time));
        return pod;
    }

    private static void SetCondition(JsonObject pod, string type, string status, string now)
    {
        var holder = pod.Ensure("status");
        if (holder["conditions"] is not JsonArray conditions)
        {
            holder["conditions"] = conditions = [];
        }

        if (conditions.OfType<JsonObject>().FirstOrDefault(condition => condition.StringAt("type") == type) is { } old)
        {
            conditions.Remove(old);
        }

        conditions.Put(new JsonObject { ["type"] = type, ["status"] = status, ["lastProbeTime"] = null, ["lastTransitionTime"] = now });
    }

    public async Task EvictAsync(RequestContext request)
    {
        var body = await ReadAsync(request, "policy", "v1", "Eviction");
        var pod = writer.Store.FindLatest(Pods.Collection!, request.Namespace, request.Name) ?? throw StatusException.NotFound(Pods.Definition, request.Name);
        var options = DeleteOptions.Read(body.ObjectAt("deleteOptions"));
        await SpendDisruptionAsync(request, pod);
        await deleter.DeleteAsync(Pods, request.Namespace, request.Name, request.DryRun ? options with { DryRun = true } : options);
        await WriteSuccessAsync(request, 201);
    }

    /// <summary>Asks the budgets that cover the pod; 429 when one of them has no disruption to give.</summary>
    private async Task SpendDisruptionAsync(RequestContext request, StoredObject pod)
    {
        if (registry.Find("policy", "v1", "poddisruptionbudgets") is not { Collection: { } collection } budgets)
        {
            return;
        }

        foreach (var budget in writer.Store.List(collection, request.Namespace).Items)
        {
            var value = KubernetesJson.ParseObject(budget.Json);
            if (value.ObjectAt("spec", "selector") is not { } selector || !LabelSelector.FromObject(selector).Matches(pod.Label))
            {
                continue;
            }

            if (KubernetesJson.ParseObject(pod.Json).StringAt("status", "phase") is "Succeeded" or "Failed" or "Pending")
            {
                continue;
            }

            if ((value.IntegerAt("status", "disruptionsAllowed") ?? 0) <= 0)
            {
                throw StatusException.TooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0, new JsonObject
                {
                    ["causes"] = new JsonArray(new JsonObject
                    {
                        ["reason"] = "DisruptionBudget",
                        ["message"] = $"The disruption budget {budget.Name} needs {value.IntegerAt("status", "desiredHealthy") ?? 0} healthy pods and has {value.IntegerAt("status", "currentHealthy") ?? 0} currently",
                    }),
                });
            }

            if (!request.DryRun)
            {
                await writer.UpdateAsync(budgets, request.Namespace, budget.Name, "status", current =>
                {
                    var status = current!.Ensure("status");
                    status["disruptionsAllowed"] = Math.Max(0, (status.IntegerAt("disruptionsAllowed") ?? 0) - 1);
                    status.Ensure("disruptedPods")[pod.Name] = ObjectMetadata.Timestamp(writer.Time);
                    return current!;
                }, new WriteOptions(Manager: "kube-apiserver"));
            }
        }
    }

    public async Task ScaleAsync(RequestContext request)
    {
        var served = request.Served;
        var paths = served.Definition.Scale ?? throw StatusException.NoSuchPath();
        switch (request.Http.Request.Method)
        {
            case "GET":
                var found = writer.Store.Find(served.Collection!, request.Namespace, request.Name) ?? throw StatusException.NotFound(served.Definition, request.Name);
                await Answers.WriteNodeAsync(request.Http, 200, ToScale(KubernetesJson.ParseObject(found.Json), paths));
                break;
            case "PUT":
                var wanted = await ReadAsync(request, "autoscaling", "v1", "Scale");
                await UpdateScaleAsync(request, paths, _ => wanted);
                break;
            case "PATCH":
                var patch = ObjectPatch.Read(request, await RequestBody.ReadAsync(request.Http), writer.Time);
                await UpdateScaleAsync(request, paths, scale => ObjectCodec.ApplyPatch(request, ScaleKind, patch, scale));
                break;
            default:
                throw StatusException.MethodNotAllowed();
        }
    }

    private async Task UpdateScaleAsync(RequestContext request, ScalePaths paths, Func<JsonObject, JsonObject> change)
    {
        var result = await writer.UpdateAsync(request.Served, request.Namespace, request.Name, "scale", current =>
        {
            var before = ToScale(current!, paths);
            var revision = before.StringAt("metadata", "resourceVersion");
            before.Ensure("metadata").Remove("resourceVersion");
            var scale = change(before);
            var replicas = scale.IntegerAt("spec", "replicas") ?? 0;
            if (replicas < 0)
            {
                throw StatusException.Invalid("autoscaling", "Scale", request.Name, [FieldError.Invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
            }

            var pinned = scale.StringAt("metadata", "resourceVersion");
            if (pinned is { Length: > 0 } && pinned != revision)
            {
                throw StatusException.Modified(request.Resource, request.Name);
            }

            Set(current!, paths.SpecReplicas, replicas);
            if (string.IsNullOrEmpty(pinned))
            {
                current!.Ensure("metadata").Remove("resourceVersion");
            }

            return current!;
        }, request.WriteOptions);
        await Answers.WriteNodeAsync(request.Http, 200, ToScale(KubernetesJson.ParseObject(result.Json), paths));
    }

    private static readonly ResourceDefinition ScaleKind = new() { Group = "autoscaling", Version = "v1", Kind = "Scale", Plural = "scales" };

    private static string[] Parts(string path) => path.TrimStart('.').Split('.');

    private static void Set(JsonObject value, string path, long replicas)
    {
        var parts = Parts(path);
        foreach (var part in parts.AsSpan(0, parts.Length - 1))
        {
            value = value.Ensure(part);
        }

        value[parts[^1]] = replicas;
    }

    private static JsonObject ToScale(JsonObject value, ScalePaths paths)
    {
        var metadata = value.ObjectAt("metadata") ?? [];
        JsonObject shown = [];
        foreach (var name in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            shown.Take(metadata, name);
        }

        JsonObject status = new() { ["replicas"] = value.IntegerAt(Parts(paths.StatusReplicas)) ?? 0 };
        if (paths.Selector is not null)
        {
            var selector = value.At(Parts(paths.Selector));
            status["selector"] = selector is JsonObject map ? LabelSelector.Format(map) : selector.AsString() ?? "";
        }

        JsonObject spec = [];
        if (value.IntegerAt(Parts(paths.SpecReplicas)) is > 0 and var replicas)
        {
            spec["replicas"] = replicas;
        }

        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = shown, ["spec"] = spec, ["status"] = status };
    }

    public async Task TokenAsync(RequestContext request)
    {
        var account = writer.Store.Find(request.Served.Collection!, request.Namespace, request.Name) ?? throw StatusException.NotFound(request.Resource, request.Name);
        var review = await ReadAsync(request, "authentication.k8s.io", "v1", "TokenRequest");
        var seconds = review.IntegerAt("spec", "expirationSeconds") ?? 3600;
        if (seconds < 600)
        {
            throw StatusException.Invalid("authentication.k8s.io", "TokenRequest", "", [FieldError.Invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")]);
        }

        var audiences = review.StringsAt("spec", "audiences").ToList();
        if (audiences.Count == 0)
        {
            audiences.Add(ServiceAccountTokens.Issuer);
        }

        (string, string, string)? bound = null;
        if (review.ObjectAt("spec", "boundObjectRef") is { } reference)
        {
            bound = (reference.StringAt("kind") ?? "Pod", reference.StringAt("name") ?? "", reference.StringAt("uid") ?? "");
        }

        var (token, expires) = tokens.Issue(request.Namespace, account.Name, account.Uid, audiences, TimeSpan.FromSeconds(seconds), bound);
        var spec = review.Ensure("spec");
        spec["audiences"] = new JsonArray([.. audiences.Select(audience => (JsonNode)audience)]);
        spec["expirationSeconds"] = seconds;
        review["kind"] = "TokenRequest";
        review["apiVersion"] = "authentication.k8s.io/v1";
        review["metadata"] = new JsonObject { ["name"] = account.Name, ["namespace"] = request.Namespace, ["creationTimestamp"] = ObjectMetadata.Timestamp(writer.Time) };
        review["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = ObjectMetadata.Timestamp(expires) };
        await Answers.WriteNodeAsync(request.Http, 201, review);
    }

    private async Task<JsonObject> ReadAsync(RequestContext request, string group, string version, string kind) =>
        codec.DecodeAs(request, await RequestBody.ReadAsync(request.Http), group, version, kind);

    private static Task WriteSuccessAsync(RequestContext request, int code) => Answers.WriteNodeAsync(request.Http, code, new JsonObject
    {
        ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["code"] = code,
    });
}
