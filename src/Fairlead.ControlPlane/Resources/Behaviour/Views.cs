using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Json;

namespace Fairlead.ControlPlane.Resources.Behaviour;

/// <summary>events.k8s.io/v1 over the store of core/v1 events: the same objects, other names for six fields.</summary>
internal static class EventView
{
    private static readonly (string Core, string Group)[] Names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"), ("reportingComponent", "reportingController"),
    ];

    public static readonly ViewConversion Conversion = new(
        ToStored: value => Rename(value, "v1", name => Names.Where(pair => pair.Group == name).Select(pair => pair.Core).FirstOrDefault()),
        FromStored: value => Rename(value, "events.k8s.io/v1", name => Names.Where(pair => pair.Core == name).Select(pair => pair.Group).FirstOrDefault()));

    private static JsonObject Rename(JsonObject value, string apiVersion, Func<string, string?> rename)
    {
        JsonObject result = [];
        foreach (var (name, child) in value.ToList())
        {
            value.Remove(name);
            result[rename(name) ?? name] = child;
        }

        result["apiVersion"] = apiVersion;
        return result;
    }
}

/// <summary>autoscaling/v1 over autoscaling/v2: one CPU figure there, a list of metrics here.</summary>
internal static class AutoscalerView
{
    public static readonly ViewConversion Conversion = new(ToStored, FromStored);

    public static void Default(JsonObject autoscaler)
    {
        var spec = autoscaler.Ensure("spec");
        spec.Default("minReplicas", 1L);
        if (autoscaler.StringAt("apiVersion") == "autoscaling/v2" && spec.At("metrics") is not JsonArray { Count: > 0 })
        {
            spec["metrics"] = new JsonArray(CpuMetric(80));
        }
    }

    private static JsonObject CpuMetric(long percent) => new()
    {
        ["type"] = "Resource",
        ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
    };

    private static JsonObject ToStored(JsonObject value)
    {
        value["apiVersion"] = "autoscaling/v2";
        if (value["spec"] is JsonObject spec)
        {
            var percent = spec.IntegerAt("targetCPUUtilizationPercentage") ?? 80;
            spec.Remove("targetCPUUtilizationPercentage");
            if (spec["metrics"] is null)
            {
                spec["metrics"] = new JsonArray(CpuMetric(percent));
            }
        }

        if (value["status"] is JsonObject status)
        {
            status.Remove("currentCPUUtilizationPercentage");
        }

        return value;
    }

    private static JsonObject FromStored(JsonObject value)
    {
        value["apiVersion"] = "autoscaling/v1";
        if (value["spec"] is JsonObject spec)
        {
            var percent = spec.ObjectsAt("metrics")
                .Where(metric => metric.StringAt("resource", "name") == "cpu")
                .Select(metric => metric.IntegerAt("resource", "target", "averageUtilization"))
                .FirstOrDefault(found => found is not null);
            spec.Remove("metrics");
            spec.Remove("behavior");
            if (percent is not null)
            {
                spec["targetCPUUtilizationPercentage"] = percent.Value;
            }
        }

        if (value["status"] is JsonObject status)
        {
            status.Remove("currentMetrics");
            status.Remove("conditions");
        }

        return value;
    }
}
