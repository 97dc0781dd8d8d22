using System.Globalization;
using System.Text.Json;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Printing;

/// <summary>Columns of the cluster's own objects: nodes, namespaces, configuration, events, storage, access.</summary>
internal static class ClusterColumns
{
    public static readonly IReadOnlyList<TableColumn> Nodes =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Status", NodeStatus).Documented("The status of the node"),
        TableColumn.Text("Roles", NodeRoles).Documented("The roles of the node"),
        TableColumn.Age,
        TableColumn.Text("Version", o => o.StringAt("status", "nodeInfo", "kubeletVersion") ?? "").Documented("core.v1.NodeSystemInfo", "kubeletVersion"),
        TableColumn.Text("Internal-IP", o => NodeAddress(o, "InternalIP"), 1).Documented("core.v1.NodeStatus", "addresses"),
        TableColumn.Text("External-IP", o => NodeAddress(o, "ExternalIP"), 1).Documented("core.v1.NodeStatus", "addresses"),
        TableColumn.Text("OS-Image", o => OrUnknown(o.StringAt("status", "nodeInfo", "osImage")), 1).Documented("core.v1.NodeSystemInfo", "osImage"),
        TableColumn.Text("Kernel-Version", o => OrUnknown(o.StringAt("status", "nodeInfo", "kernelVersion")), 1).Documented("core.v1.NodeSystemInfo", "kernelVersion"),
        TableColumn.Text("Container-Runtime", o => OrUnknown(o.StringAt("status", "nodeInfo", "containerRuntimeVersion")), 1).Documented("core.v1.NodeSystemInfo", "containerRuntimeVersion"),
    ];

    public static readonly IReadOnlyList<TableColumn> Namespaces =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Status", o => o.StringAt("status", "phase") ?? "").Documented("The status of the namespace"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> ConfigMaps =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Data", o => Number(o.PropertiesAt("data").Count() + o.PropertiesAt("binaryData").Count())).Documented("core.v1.ConfigMap", "data"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> Secrets =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Type", o => o.StringAt("type")).Documented("core.v1.Secret", "type"),
        TableColumn.Text("Data", o => Number(o.PropertiesAt("data").Count())).Documented("core.v1.Secret", "data"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> Events =
    [
        TableColumn.Timed("Last Seen", (o, now) => HumanTime.Since(LastSeen(o), now)),
        TableColumn.Text("Type", o => o.StringAt("type") ?? ""),
        TableColumn.Text("Reason", o => o.StringAt("reason") ?? ""),
        TableColumn.Text("Object", o => EventObject(o) is { } about ? $"{about.StringAt("kind")?.ToLowerInvariant()}/{about.StringAt("name")}" : ""),
        TableColumn.Text("Subobject", o => EventObject(o)?.StringAt("fieldPath") ?? "", 1),
        TableColumn.Text("Source", EventSource, 1),
        TableColumn.Text("Message", o => (o.StringAt("message") ?? o.StringAt("note") ?? "").Trim()),
        TableColumn.Timed("First Seen", (o, now) => HumanTime.Since(FirstTime(o.StringAt("firstTimestamp"), o.StringAt("deprecatedFirstTimestamp"), o.StringAt("eventTime")), now), 1),
        TableColumn.Text("Count", o => Number(o.IntegerAt("series", "count") ?? o.IntegerAt("count") ?? o.IntegerAt("deprecatedCount") ?? 1), 1),
        TableColumn.Text("Name", o => o.StringAt("metadata", "name"), 1) with { Format = "name" },
    ];

    public static readonly IReadOnlyList<TableColumn> VolumeClaims =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Status", o => o.StringAt("metadata", "deletionTimestamp") is null ? o.StringAt("status", "phase") ?? "" : "Terminating"),
        TableColumn.Text("Volume", o => o.StringAt("spec", "volumeName") ?? ""),
        TableColumn.Text("Capacity", o => o.StringAt("spec", "volumeName") is { Length: > 0 } ? o.ScalarAt("status", "capacity", "storage") ?? "" : ""),
        TableColumn.Text("Access Modes", o => o.StringAt("spec", "volumeName") is { Length: > 0 } ? AccessModes(o.ItemsAt("status", "accessModes")) : ""),
        TableColumn.Text("StorageClass", o => o.StringAt("spec", "storageClassName") ?? ""),
        TableColumn.Text("VolumeAttributesClass", o => o.StringAt("spec", "volumeAttributesClassName") ?? "<unset>"),
        TableColumn.Age,
        TableColumn.Text("VolumeMode", o => o.StringAt("spec", "volumeMode") ?? "<unset>", 1),
    ];

    public static readonly IReadOnlyList<TableColumn> Volumes =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Capacity", o => o.ScalarAt("spec", "capacity", "storage") ?? ""),
        TableColumn.Text("Access Modes", o => AccessModes(o.ItemsAt("spec", "accessModes"))),
        TableColumn.Text("Reclaim Policy", o => o.StringAt("spec", "persistentVolumeReclaimPolicy") ?? ""),
        TableColumn.Text("Status", o => o.StringAt("metadata", "deletionTimestamp") is null ? o.StringAt("status", "phase") ?? "" : "Terminating"),
        TableColumn.Text("Claim", o => o.At("spec", "claimRef") is { } claim ? $"{claim.StringAt("namespace")}/{claim.StringAt("name")}" : ""),
        TableColumn.Text("StorageClass", o => o.StringAt("spec", "storageClassName") ?? ""),
        TableColumn.Text("VolumeAttributesClass", o => o.StringAt("spec", "volumeAttributesClassName") ?? "<unset>"),
        TableColumn.Text("Reason", o => o.StringAt("status", "reason") ?? ""),
        TableColumn.Age,
        TableColumn.Text("VolumeMode", o => o.StringAt("spec", "volumeMode") ?? "<unset>", 1),
    ];

    public static readonly IReadOnlyList<TableColumn> StorageClasses =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Provisioner", o => o.StringAt("provisioner") ?? ""),
        TableColumn.Text("ReclaimPolicy", o => o.StringAt("reclaimPolicy") ?? "Delete"),
        TableColumn.Text("VolumeBindingMode", o => o.StringAt("volumeBindingMode") ?? "Immediate"),
        TableColumn.Text("AllowVolumeExpansion", o => o.BooleanAt("allowVolumeExpansion") == true ? "true" : "false"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> RoleBindings =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Role", o => $"{o.StringAt("roleRef", "kind")}/{o.StringAt("roleRef", "name")}"),
        TableColumn.Age,
        TableColumn.Text("Users", o => Subjects(o, "User"), 1),
        TableColumn.Text("Groups", o => Subjects(o, "Group"), 1),
        TableColumn.Text("ServiceAccounts", o => Subjects(o, "ServiceAccount"), 1),
    ];

    public static readonly IReadOnlyList<TableColumn> Autoscalers =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Reference", o => $"{o.StringAt("spec", "scaleTargetRef", "kind")}/{o.StringAt("spec", "scaleTargetRef", "name")}"),
        TableColumn.Text("Targets", AutoscalerTargets),
        TableColumn.Text("MinPods", o => o.IntegerAt("spec", "minReplicas") is { } minimum ? Number(minimum) : "<unset>"),
        TableColumn.Text("MaxPods", o => Number(o.IntegerAt("spec", "maxReplicas") ?? 0)),
        TableColumn.Text("Replicas", o => Number(o.IntegerAt("status", "currentReplicas") ?? 0)),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> DisruptionBudgets =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Min Available", o => o.ScalarAt("spec", "minAvailable") ?? "N/A"),
        TableColumn.Text("Max Unavailable", o => o.ScalarAt("spec", "maxUnavailable") ?? "N/A"),
        TableColumn.Integer("Allowed Disruptions", o => o.IntegerAt("status", "disruptionsAllowed")),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> PriorityClasses =
    [
        TableColumn.ObjectName,
        TableColumn.Integer("Value", o => o.IntegerAt("value")),
        new("Global-Default", (o, _) => o.BooleanAt("globalDefault") == true) { Type = "boolean" },
        TableColumn.Age,
        TableColumn.Text("PreemptionPolicy", o => o.StringAt("preemptionPolicy") ?? "PreemptLowerPriority"),
    ];

    public static readonly IReadOnlyList<TableColumn> RuntimeClasses =
        [TableColumn.ObjectName, TableColumn.Text("Handler", o => o.StringAt("handler") ?? ""), TableColumn.Age];

    public static readonly IReadOnlyList<TableColumn> ControllerRevisions =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Controller", o => o.ItemsAt("metadata", "ownerReferences").Where(owner => owner.BooleanAt("controller") == true)
            .Select(owner => ControllerName(owner)).FirstOrDefault() ?? "<none>"),
        TableColumn.Integer("Revision", o => o.IntegerAt("revision")),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> ApiServices =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Service", o => o.At("spec", "service") is { } service ? $"{service.StringAt("namespace")}/{service.StringAt("name")}" : "Local"),
        TableColumn.Text("Available", o => o.ItemsAt("status", "conditions").Where(c => c.StringAt("type") == "Available").Select(c => c.StringAt("status")).FirstOrDefault() ?? "Unknown"),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> ResourceQuotas =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Request", o => QuotaUse(o, limits: false)),
        TableColumn.Text("Limit", o => QuotaUse(o, limits: true)),
        TableColumn.Age,
    ];

    public static readonly IReadOnlyList<TableColumn> SigningRequests =
    [
        TableColumn.ObjectName,
        TableColumn.Age,
        TableColumn.Text("SignerName", o => o.StringAt("spec", "signerName") ?? "<none>"),
        TableColumn.Text("Requestor", o => o.StringAt("spec", "username") ?? ""),
        TableColumn.Text("RequestedDuration", o => o.IntegerAt("spec", "expirationSeconds") is { } seconds ? HumanTime.Duration(TimeSpan.FromSeconds(seconds)) : "<none>"),
        TableColumn.Text("Condition", SigningCondition),
    ];

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string OrUnknown(string? text) => string.IsNullOrEmpty(text) ? "<unknown>" : text;

    private static string NodeStatus(JsonElement node)
    {
        var ready = node.ItemsAt("status", "conditions").Where(c => c.StringAt("type") == "Ready").Select(c => c.StringAt("status")).FirstOrDefault();
        var status = ready switch { "True" => "Ready", null => "Unknown", _ => "NotReady" };
        return node.BooleanAt("spec", "unschedulable") == true ? status + ",SchedulingDisabled" : status;
    }

    private static string NodeRoles(JsonElement node)
    {
        const string Prefix = "node-role.kubernetes.io/";
        SortedSet<string> roles = new(StringComparer.Ordinal);
        foreach (var label in node.PropertiesAt("metadata", "labels"))
        {
            if (label.Name.StartsWith(Prefix, StringComparison.Ordinal) && label.Name.Length > Prefix.Length)
            {
                roles.Add(label.Name[Prefix.Length..]);
            }
            else if (label.Name == "kubernetes.io/role" && label.Value.GetString() is { Length: > 0 } role)
            {
                roles.Add(role);
            }
        }

        return roles.Count == 0 ? "<none>" : string.Join(",", roles);
    }

    private static string NodeAddress(JsonElement node, string type) => node.ItemsAt("status", "addresses")
        .Where(address => address.StringAt("type") == type).Select(address => address.StringAt("address")).FirstOrDefault() ?? "<none>";

    private static JsonElement? EventObject(JsonElement o) => o.At("involvedObject") ?? o.At("regarding");

    private static string? FirstTime(params ReadOnlySpan<string?> times)
    {
        foreach (var time in times)
        {
            if (!string.IsNullOrEmpty(time))
            {
                return time;
            }
        }

        return null;
    }

    private static string? LastSeen(JsonElement o) => FirstTime(
        o.StringAt("series", "lastObservedTime"), o.StringAt("lastTimestamp"), o.StringAt("deprecatedLastTimestamp"), o.StringAt("eventTime"));

    private static string EventSource(JsonElement o)
    {
        var component = FirstTime(o.StringAt("source", "component"), o.StringAt("deprecatedSource", "component"), o.StringAt("reportingComponent"), o.StringAt("reportingController")) ?? "";
        var host = FirstTime(o.StringAt("source", "host"), o.StringAt("deprecatedSource", "host"), o.StringAt("reportingInstance"));
        return host is null ? component : $"{component}, {host}";
    }

    private static string AccessModes(IEnumerable<JsonElement> modes) => string.Join(",", modes.Select(mode => mode.GetString() switch
    {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        var other => other,
    }));

    private static string Subjects(JsonElement binding, string kind) => string.Join(", ", binding.ItemsAt("subjects")
        .Where(subject => subject.StringAt("kind") == kind)
        .Select(subject => kind == "ServiceAccount" ? $"{subject.StringAt("namespace")}/{subject.StringAt("name")}" : subject.StringAt("name")));

    private static string ControllerName(JsonElement owner)
    {
        var apiVersion = owner.StringAt("apiVersion") ?? "";
        var group = apiVersion.Contains('/') ? apiVersion[..apiVersion.IndexOf('/')] : "";
        var kind = owner.StringAt("kind")?.ToLowerInvariant();
        return group.Length == 0 ? $"{kind}/{owner.StringAt("name")}" : $"{kind}.{group}/{owner.StringAt("name")}";
    }

    private static string AutoscalerTargets(JsonElement o)
    {
        List<string> parts = [];
        var current = o.ItemsAt("status", "currentMetrics").ToList();
        foreach (var (metric, index) in o.ItemsAt("spec", "metrics").Select((metric, index) => (metric, index)))
        {
            if (metric.StringAt("type") == "Resource")
            {
                var name = metric.StringAt("resource", "name");
                var target = metric.At("resource", "target") ?? default;
                var now = index < current.Count ? current[index].At("resource", "current") ?? default : default;
                parts.Add(target.IntegerAt("averageUtilization") is { } percent
                    ? $"{name}: {(now.IntegerAt("averageUtilization") is { } actual ? $"{actual}%" : "<unknown>")}/{percent}%"
                    : $"{name}: {now.ScalarAt("averageValue") ?? "<unknown>"}/{target.ScalarAt("averageValue")}");
            }
            else
            {
                parts.Add("<unknown type>");
            }
        }

        return parts.Count switch
        {
            0 => "<none>",
            <= 2 => string.Join(", ", parts),
            _ => $"{string.Join(", ", parts.Take(2))} + {parts.Count - 2} more...",
        };
    }

    private static string QuotaUse(JsonElement quota, bool limits) => string.Join(", ", quota.PropertiesAt("status", "hard")
        .Where(hard => hard.Name.StartsWith("limits", StringComparison.Ordinal) == limits)
        .OrderBy(hard => hard.Name, StringComparer.Ordinal)
        .Select(hard => $"{hard.Name}: {quota.ScalarAt("status", "used", hard.Name) ?? "0"}/{hard.Value}"));

    private static string SigningCondition(JsonElement request)
    {
        var types = request.ItemsAt("status", "conditions").Select(condition => condition.StringAt("type")).ToList();
        var text = types.Contains("Approved") ? "Approved" : types.Contains("Denied") ? "Denied" : "Pending";
        if (types.Contains("Failed"))
        {
            text += ",Failed";
        }

        return string.IsNullOrEmpty(request.StringAt("status", "certificate")) ? text : text + ",Issued";
    }
}
