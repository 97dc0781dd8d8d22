using System.Globalization;
using System.Text.Json.Nodes;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Jobs;

/// <summary>A job's pods: how they are made, and what their end means.</summary>
internal static class JobPods
{
    /// <summary>Held by a pod until its end is in the job's counters.</summary>
    public const string TrackingFinalizer = "batch.kubernetes.io/job-tracking";
    public const string IndexAnnotation = "batch.kubernetes.io/job-completion-index";
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    public static bool IsIndexed(Job job) => job.Spec.CompletionMode == "Indexed";

    public static bool IsTracked(Pod pod) => pod.Metadata.Finalizers.Contains(TrackingFinalizer);

    public static int? Index(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(IndexAnnotation, out string? text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? index : null;

    /// <summary>Failed, or asked to go before it ended (unless only failed pods count).</summary>
    public static bool IsFailed(Job job, Pod pod) =>
        pod.Status.Phase == "Failed" || (pod.Metadata.IsDeleting && pod.Status.Phase != "Succeeded" && job.Spec.PodReplacementPolicy != "Failed");

    /// <summary>When a pod's last container ended.</summary>
    public static DateTimeOffset EndOf(Pod pod, DateTimeOffset now)
    {
        DateTimeOffset? last = null;
        foreach (ContainerStatus status in pod.Status.ContainerStatuses)
        {
            if (status.State?.Terminated?.FinishedAt is { } ended && (last is null || ended > last))
            {
                last = ended;
            }
        }

        return last ?? pod.Metadata.DeletionTimestamp ?? now;
    }

    public static JsonObject Describe(Job job, int? index)
    {
        JsonObject pod = PodCreation.FromTemplate(job.Spec.Template, job);
        JsonObject metadata = pod["metadata"]!.AsObject();
        metadata["finalizers"] = new JsonArray(TrackingFinalizer);
        if (index is not { } number)
        {
            return pod;
        }

        string text = number.ToString(CultureInfo.InvariantCulture);
        metadata["generateName"] = $"{job.Metadata.Name}-{text}-";
        JsonObject annotations = metadata["annotations"] as JsonObject ?? [];
        annotations[IndexAnnotation] = text;
        metadata["annotations"] = annotations;
        JsonObject labels = metadata["labels"] as JsonObject ?? [];
        labels[IndexAnnotation] = text;
        metadata["labels"] = labels;
        JsonObject spec = pod["spec"] as JsonObject ?? [];
        pod["spec"] = spec;
        spec["hostname"] = $"{job.Metadata.Name}-{text}";
        foreach (string list in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            foreach (JsonNode? container in spec[list] as JsonArray ?? [])
            {
                AddIndexVariable(container!.AsObject());
            }
        }

        return pod;
    }

    private static void AddIndexVariable(JsonObject container)
    {
        JsonArray variables = container["env"] as JsonArray ?? [];
        if (variables.Any(variable => (string?)variable?["name"] == IndexVariable))
        {
            return;
        }

        variables.Add((JsonNode)new JsonObject
        {
            ["name"] = IndexVariable,
            ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = $"metadata.labels['{IndexAnnotation}']" } },
        });
        container["env"] = variables;
    }
}
