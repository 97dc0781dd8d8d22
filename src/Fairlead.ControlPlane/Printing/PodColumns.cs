using System.Globalization;
using System.Text.Json;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Printing;

/// <summary>What <c>kubectl get pods</c> shows (kubernetes, pkg/printers/internalversion/printers.go, printPod).</summary>
internal static class PodColumns
{
    public static readonly IReadOnlyList<TableColumn> All =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Ready", pod => $"{Summarize(pod).Ready}/{Summarize(pod).Total}").Documented("The aggregate readiness state of this pod for accepting traffic."),
        TableColumn.Text("Status", pod => Summarize(pod).Status).Documented("The aggregate status of the containers in this pod."),
        TableColumn.Timed("Restarts", Restarts).Documented("The number of times the containers in this pod have been restarted and when the last container in this pod has restarted."),
        TableColumn.Age,
        TableColumn.Text("IP", pod => OrNone(pod.ItemsAt("status", "podIPs").Select(ip => ip.StringAt("ip")).FirstOrDefault() ?? pod.StringAt("status", "podIP")), 1).Documented("core.v1.PodStatus", "podIP"),
        TableColumn.Text("Node", pod => OrNone(pod.StringAt("spec", "nodeName")), 1).Documented("core.v1.PodSpec", "nodeName"),
        TableColumn.Text("Nominated Node", pod => OrNone(pod.StringAt("status", "nominatedNodeName")), 1).Documented("core.v1.PodStatus", "nominatedNodeName"),
        TableColumn.Text("Readiness Gates", ReadinessGates, 1).Documented("core.v1.PodSpec", "readinessGates"),
    ];

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;

    private static string Restarts(JsonElement pod, DateTimeOffset now)
    {
        var summary = Summarize(pod);
        return summary.Restarts > 0 && summary.LastRestart is { } last
            ? $"{summary.Restarts} ({HumanTime.Since(last, now)} ago)"
            : summary.Restarts.ToString(CultureInfo.InvariantCulture);
    }

    private static string ReadinessGates(JsonElement pod)
    {
        var gates = pod.ItemsAt("spec", "readinessGates").Select(gate => gate.StringAt("conditionType")).ToList();
        if (gates.Count == 0)
        {
            return "<none>";
        }

        var ready = gates.Count(gate => Condition(pod, gate!) == "True");
        return $"{ready}/{gates.Count}";
    }

    private static string? Condition(JsonElement pod, string type) => pod.ItemsAt("status", "conditions")
        .Where(condition => condition.StringAt("type") == type)
        .Select(condition => condition.StringAt("status"))
        .FirstOrDefault();

    private readonly record struct Summary(int Ready, int Total, string Status, long Restarts, string? LastRestart);

    private static Summary Summarize(JsonElement pod)
    {
        var restartable = pod.ItemsAt("spec", "initContainers")
            .Where(container => container.StringAt("restartPolicy") == "Always")
            .Select(container => container.StringAt("name"))
            .ToHashSet();
        var initCount = pod.ItemsAt("spec", "initContainers").Count();
        var total = pod.ItemsAt("spec", "containers").Count() + restartable.Count;
        var ready = 0;
        long restarts = 0, restartableRestarts = 0;
        string? lastRestart = null, lastRestartableRestart = null;
        var status = pod.StringAt("status", "reason") is { Length: > 0 } reason ? reason : pod.StringAt("status", "phase") ?? "";
        if (pod.ItemsAt("status", "conditions").Any(c => c.StringAt("type") == "PodScheduled" && c.StringAt("reason") == "SchedulingGated"))
        {
            status = "SchedulingGated";
        }

        var initializing = false;
        var index = 0;
        foreach (var container in pod.ItemsAt("status", "initContainerStatuses"))
        {
            restarts += container.IntegerAt("restartCount") ?? 0;
            lastRestart = Later(lastRestart, container.StringAt("lastState", "terminated", "finishedAt"));
            var isRestartable = restartable.Contains(container.StringAt("name"));
            if (isRestartable)
            {
                restartableRestarts += container.IntegerAt("restartCount") ?? 0;
                lastRestartableRestart = Later(lastRestartableRestart, container.StringAt("lastState", "terminated", "finishedAt"));
            }

            var position = index++;
            if (isRestartable && container.BooleanAt("started") == true)
            {
                ready += container.BooleanAt("ready") == true ? 1 : 0;
                continue;
            }

            if (container.At("state", "terminated") is { } terminated)
            {
                if (terminated.IntegerAt("exitCode") == 0)
                {
                    continue;
                }

                status = "Init:" + Terminated(terminated);
            }
            else if (container.StringAt("state", "waiting", "reason") is { Length: > 0 } waiting && waiting != "PodInitializing")
            {
                status = "Init:" + waiting;
            }
            else
            {
                status = $"Init:{position}/{initCount}";
            }

            initializing = true;
            break;
        }

        if (!initializing || Condition(pod, "Initialized") == "True")
        {
            restarts = restartableRestarts;
            lastRestart = lastRestartableRestart;
            var running = false;
            foreach (var container in pod.ItemsAt("status", "containerStatuses").Reverse())
            {
                restarts += container.IntegerAt("restartCount") ?? 0;
                lastRestart = Later(lastRestart, container.StringAt("lastState", "terminated", "finishedAt"));
                if (container.StringAt("state", "waiting", "reason") is { Length: > 0 } waiting)
                {
                    status = waiting;
                }
                else if (container.At("state", "terminated") is { } terminated)
                {
                    status = Terminated(terminated);
                }
                else if (container.BooleanAt("ready") == true && container.At("state", "running") is not null)
                {
                    running = true;
                    ready++;
                }
            }

            if (status == "Completed" && running)
            {
                status = Condition(pod, "Ready") == "True" ? "Running" : "NotReady";
            }
        }

        if (pod.StringAt("metadata", "deletionTimestamp") is not null)
        {
            if (pod.StringAt("status", "reason") == "NodeLost")
            {
                status = "Unknown";
            }
            else if (pod.StringAt("status", "phase") is not ("Failed" or "Succeeded"))
            {
                status = "Terminating";
            }
        }

        return new Summary(ready, total, status, restarts, lastRestart);
    }

    private static string Terminated(JsonElement terminated) => terminated.StringAt("reason") switch
    {
        { Length: > 0 } reason => reason,
        _ when terminated.IntegerAt("signal") is > 0 and var signal => $"Signal:{signal}",
        _ => $"ExitCode:{terminated.IntegerAt("exitCode") ?? 0}",
    };

    /// <summary>RFC 3339 in UTC compares as text.</summary>
    private static string? Later(string? a, string? b) => string.CompareOrdinal(a, b) >= 0 ? a : b;
}
