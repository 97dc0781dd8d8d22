using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;
using Fairlead.ControlPlane.Requests;
using Fairlead.ControlPlane.Selectors;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>What runs pods: deployments, replica sets, daemon sets, stateful sets, replication controllers.</summary>
internal static class WorkloadRules
{
    public static void DefaultDeployment(JsonObject deployment)
    {
        var spec = deployment.Ensure("spec");
        spec.Default("replicas", 1L);
        DefaultTemplate(spec);
        DefaultRollingUpdate(spec, "strategy", "25%", "25%");
        spec.Default("revisionHistoryLimit", 10L);
        spec.Default("progressDeadlineSeconds", 600L);
    }

    public static void DefaultReplicaSet(JsonObject set)
    {
        var spec = set.Ensure("spec");
        spec.Default("replicas", 1L);
        DefaultTemplate(spec);
        set.Ensure("status").Default("replicas", 0L);
    }

    public static void DefaultDaemonSet(JsonObject set)
    {
        var spec = set.Ensure("spec");
        DefaultTemplate(spec);
        DefaultRollingUpdate(spec, "updateStrategy", 1L, 0L);
        spec.Default("revisionHistoryLimit", 10L);
        var status = set.Ensure("status");
        foreach (var count in (string[])["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"])
        {
            status.Default(count, 0L);
        }
    }

    public static void DefaultStatefulSet(JsonObject set)
    {
        var spec = set.Ensure("spec");
        spec.Default("podManagementPolicy", "OrderedReady");
        var strategy = spec.Ensure("updateStrategy");
        strategy.Default("type", "RollingUpdate");
        if (strategy.StringAt("type") == "RollingUpdate")
        {
            strategy.Ensure("rollingUpdate").Default("partition", 0L);
        }

        spec.Default("replicas", 1L);
        spec.Default("revisionHistoryLimit", 10L);
        var retention = spec.Ensure("persistentVolumeClaimRetentionPolicy");
        retention.Default("whenDeleted", "Retain");
        retention.Default("whenScaled", "Retain");
        DefaultTemplate(spec);
        var status = set.Ensure("status");
        status.Default("replicas", 0L);
        status.Default("availableReplicas", 0L);
    }

    public static void DefaultReplicationController(JsonObject controller)
    {
        var spec = controller.Ensure("spec");
        spec.Default("replicas", 1L);
        if (spec.ObjectAt("template", "metadata", "labels") is { } labels)
        {
            spec.Default("selector", labels.DeepClone());
        }

        DefaultTemplate(spec);
        controller.Ensure("status").Default("replicas", 0L);
    }

    public static void DefaultTemplate(JsonObject spec)
    {
        if (spec.ObjectAt("template", "spec") is { } template)
        {
            PodRules.DefaultSpec(template);
        }
    }

    private static void DefaultRollingUpdate(JsonObject spec, string name, JsonNode maximumUnavailable, JsonNode maximumSurge)
    {
        var strategy = spec.Ensure(name);
        strategy.Default("type", "RollingUpdate");
        if (strategy.StringAt("type") == "RollingUpdate")
        {
            var rolling = strategy.Ensure("rollingUpdate");
            rolling.Default("maxUnavailable", maximumUnavailable);
            rolling.Default("maxSurge", maximumSurge);
        }
    }

    public static void Validate(JsonObject workload, List<FieldError> errors)
    {
        var spec = workload.ObjectAt("spec") ?? [];
        if (spec.IntegerAt("replicas") is < 0 and var replicas)
        {
            errors.Add(FieldError.Invalid("spec.replicas", replicas, "must be greater than or equal to 0"));
        }

        if (spec["selector"] is not JsonObject selector)
        {
            errors.Add(FieldError.Required("spec.selector"));
        }
        else if (selector.ObjectAt("matchLabels") is not { Count: > 0 } && selector.At("matchExpressions") is not JsonArray { Count: > 0 })
        {
            errors.Add(FieldError.Invalid("spec.selector", selector.DeepClone(), "empty selector is invalid for deployment"));
        }
        else if (!LabelSelector.FromObject(selector).Matches(Labels(spec)))
        {
            errors.Add(FieldError.Invalid("spec.template.metadata.labels", spec.ObjectAt("template", "metadata", "labels")?.DeepClone(), "`selector` does not match template `labels`"));
        }

        PodRules.ValidateSpec(spec.ObjectAt("template", "spec") ?? [], "spec.template.spec", errors);
        if (spec.StringAt("template", "spec", "restartPolicy") is { } policy && policy != "Always")
        {
            errors.Add(FieldError.NotSupported("spec.template.spec.restartPolicy", policy, "Always"));
        }
    }

    public static void ValidateUpdate(JsonObject workload, JsonObject old, List<FieldError> errors)
    {
        if (!JsonNode.DeepEquals(workload.At("spec", "selector"), old.At("spec", "selector")))
        {
            errors.Add(FieldError.Invalid("spec.selector", workload.At("spec", "selector")?.DeepClone(), "field is immutable"));
        }
    }

    public static void ValidateReplicationController(JsonObject controller, List<FieldError> errors)
    {
        if (controller.ObjectAt("spec", "selector") is not { Count: > 0 })
        {
            errors.Add(FieldError.Required("spec.selector"));
        }

        PodRules.ValidateSpec(controller.ObjectAt("spec", "template", "spec") ?? [], "spec.template.spec", errors);
    }

    private static Func<string, string?> Labels(JsonObject spec)
    {
        var labels = spec.ObjectAt("template", "metadata", "labels");
        return key => labels.StringAt(key);
    }
}

/// <summary>Jobs and cron jobs.</summary>
internal static class JobRules
{
    public static void Default(JsonObject job)
    {
        var spec = job.Ensure("spec");
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["parallelism"] = 1L;
            spec["completions"] = 1L;
        }

        spec.Default("parallelism", 1L);
        spec.Default("backoffLimit", 6L);
        spec.Default("completionMode", "NonIndexed");
        spec.Default("suspend", false);
        spec.Default("manualSelector", false);
        spec.Default("podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
        WorkloadRules.DefaultTemplate(spec);
        job.Ensure("status");
    }

    public static void PrepareCreate(JsonObject job, WriteContext context)
    {
        var metadata = job.Ensure("metadata");
        var spec = job.Ensure("spec");
        if (spec.BooleanAt("manualSelector") == true)
        {
            return;
        }

        var uid = metadata.StringAt("uid") ?? "";
        var name = metadata.StringAt("name") ?? "";
        foreach (var owner in (JsonObject[])[metadata, spec.Ensure("template").Ensure("metadata")])
        {
            var labels = owner.Ensure("labels");
            labels["batch.kubernetes.io/controller-uid"] = uid;
            labels["batch.kubernetes.io/job-name"] = name;
            labels["controller-uid"] = uid;
            labels["job-name"] = name;
        }

        spec.Ensure("selector").Ensure("matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
    }

    public static void Validate(JsonObject job, List<FieldError> errors) => ValidateSpec(job.ObjectAt("spec") ?? [], "spec", errors);

    private static void ValidateSpec(JsonObject spec, string path, List<FieldError> errors)
    {
        foreach (var name in (string[])["parallelism", "completions", "backoffLimit"])
        {
            if (spec.IntegerAt(name) is < 0 and var value)
            {
                errors.Add(FieldError.Invalid($"{path}.{name}", value, "must be greater than or equal to 0"));
            }
        }

        PodRules.ValidateSpec(spec.ObjectAt("template", "spec") ?? [], path + ".template.spec", errors);
        if (spec.StringAt("template", "spec", "restartPolicy") is "Always" or null)
        {
            errors.Add(new FieldError(path + ".template.spec.restartPolicy", "FieldValueRequired", "Required value: valid values: \"OnFailure\", \"Never\""));
        }
    }

    public static void ValidateUpdate(JsonObject job, JsonObject old, List<FieldError> errors)
    {
        foreach (var name in (string[])["selector", "template", "completionMode"])
        {
            if (!JsonNode.DeepEquals(job.At("spec", name), old.At("spec", name)))
            {
                errors.Add(FieldError.Invalid("spec." + name, job.At("spec", name)?.DeepClone(), "field is immutable"));
            }
        }
    }

    public static void DefaultCronJob(JsonObject job)
    {
        var spec = job.Ensure("spec");
        spec.Default("concurrencyPolicy", "Allow");
        spec.Default("suspend", false);
        spec.Default("successfulJobsHistoryLimit", 3L);
        spec.Default("failedJobsHistoryLimit", 1L);
        if (spec.ObjectAt("jobTemplate", "spec") is { } template)
        {
            WorkloadRules.DefaultTemplate(template);
        }

        job.Ensure("status");
    }

    public static void ValidateCronJob(JsonObject job, List<FieldError> errors)
    {
        if (string.IsNullOrEmpty(job.StringAt("spec", "schedule")))
        {
            errors.Add(FieldError.Required("spec.schedule"));
        }

        PodRules.ValidateChoice(job.ObjectAt("spec") ?? [], "spec", "concurrencyPolicy", errors, "Allow", "Forbid", "Replace");
        ValidateSpec(job.ObjectAt("spec", "jobTemplate", "spec") ?? [], "spec.jobTemplate.spec", errors);
    }
}
