using System.Globalization;
using System.Text.Json;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Printing;

/// <summary>Columns of what runs pods: deployments, replica sets, daemon sets, stateful sets, jobs.</summary>
internal static class WorkloadColumns
{
    public static readonly TableColumn Containers = TableColumn.Text("Containers", o => string.Join(",", Template(o).ItemsAt("spec", "containers").Select(c => c.StringAt("name"))), 1);

    public static readonly TableColumn Images = TableColumn.Text("Images", o => string.Join(",", Template(o).ItemsAt("spec", "containers").Select(c => c.StringAt("image"))), 1);

    public static readonly TableColumn Selector = TableColumn.Text("Selector", o => SelectorText.Format(o.At("spec", "selector")), 1);

    public static readonly IReadOnlyList<TableColumn> Deployments =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Ready", o => $"{o.IntegerAt("status", "readyReplicas") ?? 0}/{o.IntegerAt("spec", "replicas") ?? 0}").Documented("Number of the pod with ready state"),
        TableColumn.Text("Up-to-date", o => Count(o, "status", "updatedReplicas")).Documented("apps.v1.DeploymentStatus", "updatedReplicas"),
        TableColumn.Text("Available", o => Count(o, "status", "availableReplicas")).Documented("apps.v1.DeploymentStatus", "availableReplicas"),
        TableColumn.Age, Containers, Images, Selector,
    ];

    public static readonly IReadOnlyList<TableColumn> ReplicaSets =
    [
        TableColumn.ObjectName,
        TableColumn.Integer("Desired", o => o.IntegerAt("spec", "replicas")).Documented("apps.v1.ReplicaSetSpec", "replicas"),
        TableColumn.Integer("Current", o => o.IntegerAt("status", "replicas")).Documented("apps.v1.ReplicaSetStatus", "replicas"),
        TableColumn.Integer("Ready", o => o.IntegerAt("status", "readyReplicas")).Documented("apps.v1.ReplicaSetStatus", "readyReplicas"),
        TableColumn.Age, Containers, Images, Selector,
    ];

    public static readonly IReadOnlyList<TableColumn> DaemonSets =
    [
        TableColumn.ObjectName,
        TableColumn.Integer("Desired", o => o.IntegerAt("status", "desiredNumberScheduled")),
        TableColumn.Integer("Current", o => o.IntegerAt("status", "currentNumberScheduled")),
        TableColumn.Integer("Ready", o => o.IntegerAt("status", "numberReady")),
        TableColumn.Integer("Up-to-date", o => o.IntegerAt("status", "updatedNumberScheduled")),
        TableColumn.Integer("Available", o => o.IntegerAt("status", "numberAvailable")),
        TableColumn.Text("Node Selector", o => SelectorText.Map(Template(o).At("spec", "nodeSelector"))),
        TableColumn.Age, Containers, Images, Selector,
    ];

    public static readonly IReadOnlyList<TableColumn> StatefulSets =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Ready", o => $"{o.IntegerAt("status", "readyReplicas") ?? 0}/{o.IntegerAt("spec", "replicas") ?? 0}"),
        TableColumn.Age, Containers, Images,
    ];

    public static readonly IReadOnlyList<TableColumn> Jobs =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Status", JobStatus),
        TableColumn.Text("Completions", JobCompletions),
        TableColumn.Timed("Duration", JobDuration),
        TableColumn.Age, Containers, Images, Selector,
    ];

    public static readonly IReadOnlyList<TableColumn> CronJobs =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Schedule", o => o.StringAt("spec", "schedule")),
        TableColumn.Text("Timezone", o => o.StringAt("spec", "timeZone") ?? "<none>"),
        new("Suspend", (o, _) => o.BooleanAt("spec", "suspend") == true ? "True" : "False") { Type = "boolean" },
        TableColumn.Integer("Active", o => o.ItemsAt("status", "active").Count()),
        TableColumn.Timed("Last Schedule", (o, now) => o.StringAt("status", "lastScheduleTime") is { } last ? HumanTime.Since(last, now) : "<none>"),
        TableColumn.Age,
        TableColumn.Text("Containers", o => string.Join(",", CronTemplate(o).ItemsAt("containers").Select(c => c.StringAt("name"))), 1),
        TableColumn.Text("Images", o => string.Join(",", CronTemplate(o).ItemsAt("containers").Select(c => c.StringAt("image"))), 1),
        TableColumn.Text("Selector", o => SelectorText.Format(o.At("spec", "jobTemplate", "spec", "selector")), 1),
    ];

    private static string Count(JsonElement o, params ReadOnlySpan<string> path) => (o.IntegerAt(path) ?? 0).ToString(CultureInfo.InvariantCulture);

    private static JsonElement Template(JsonElement o) => o.At("spec", "template") ?? default;

    private static JsonElement CronTemplate(JsonElement o) => o.At("spec", "jobTemplate", "spec", "template", "spec") ?? default;

    private static string JobStatus(JsonElement job)
    {
        bool Has(string type) => job.ItemsAt("status", "conditions").Any(c => c.StringAt("type") == type && c.StringAt("status") == "True");
        return Has("Complete") ? "Complete"
            : Has("Failed") ? "Failed"
            : job.StringAt("metadata", "deletionTimestamp") is not null ? "Terminating"
            : Has("Suspended") ? "Suspended"
            : Has("FailureTarget") ? "FailureTarget"
            : Has("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    private static string JobCompletions(JsonElement job)
    {
        var succeeded = job.IntegerAt("status", "succeeded") ?? 0;
        if (job.IntegerAt("spec", "completions") is { } completions)
        {
            return $"{succeeded}/{completions}";
        }

        var parallelism = job.IntegerAt("spec", "parallelism") ?? 0;
        return parallelism > 1 ? $"{succeeded}/1 of {parallelism}" : $"{succeeded}/1";
    }

    private static string JobDuration(JsonElement job, DateTimeOffset now)
    {
        if (job.StringAt("status", "startTime") is not { } start)
        {
            return "";
        }

        return job.StringAt("status", "completionTime") is { } end
            && DateTimeOffset.TryParse(end, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var ended)
                ? HumanTime.Since(start, ended)
                : HumanTime.Since(start, now);
    }
}

/// <summary>Selectors as kubectl prints them.</summary>
internal static class SelectorText
{
    /// <summary>A map of labels, sorted, or &lt;none&gt;.</summary>
    public static string Map(JsonElement? labels)
    {
        if (labels is not { ValueKind: JsonValueKind.Object } map)
        {
            return "<none>";
        }

        var text = string.Join(",", map.EnumerateObject().OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}={label.Value.GetString()}"));
        return text.Length == 0 ? "<none>" : text;
    }

    /// <summary>A LabelSelector, or a plain map as replication controllers have it.</summary>
    public static string Format(JsonElement? selector)
    {
        if (selector is not { ValueKind: JsonValueKind.Object } value)
        {
            return "<none>";
        }

        if (value.At("matchLabels") is null && value.At("matchExpressions") is null)
        {
            return Map(value);
        }

        List<(string Key, string Text)> parts = [];
        foreach (var label in value.PropertiesAt("matchLabels"))
        {
            parts.Add((label.Name, $"{label.Name}={label.Value.GetString()}"));
        }

        foreach (var expression in value.ItemsAt("matchExpressions"))
        {
            var key = expression.StringAt("key") ?? "";
            var values = string.Join(",", expression.ItemsAt("values").Select(item => item.GetString()).Order(StringComparer.Ordinal));
            parts.Add((key, expression.StringAt("operator") switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "DoesNotExist" => "!" + key,
                _ => key,
            }));
        }

        return parts.Count == 0 ? "<none>" : string.Join(",", parts.OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => part.Text));
    }
}
