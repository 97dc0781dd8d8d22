using System.Text.Json.Nodes;
using Fairlead.ControlPlane.Controllers.Scheduling;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.DaemonSets;

/// <summary>On which nodes a daemon set's pods belong, and how one is tied to its node.</summary>
internal static class DaemonPlacement
{
    private static readonly (string Key, string Effect)[] Endured =
    [
        (Taints.NotReady, "NoExecute"),
        (Taints.Unreachable, "NoExecute"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/memory-pressure", "NoSchedule"),
        ("node.kubernetes.io/pid-pressure", "NoSchedule"),
        (Taints.Unschedulable, "NoSchedule"),
    ];

    /// <summary>Whether a node should get a pod, and whether one that is there may stay.</summary>
    public static (bool Wanted, bool Stays) Judge(DaemonSet set, Node node)
    {
        PodSpec spec = set.Spec.Template.Spec;
        Pod pod = new() { Spec = spec with { Tolerations = [.. spec.Tolerations, .. Tolerations(spec)] } };
        if (!string.IsNullOrEmpty(spec.NodeName) && spec.NodeName != node.Metadata.Name)
        {
            return (false, false);
        }

        if (!NodeFit.MatchesNode(pod, node))
        {
            return (false, false);
        }

        Taint? against = node.Spec.Taints.FirstOrDefault(taint => taint.Effect == "NoExecute" && !Taints.IsTolerated(pod, taint));
        return against is not null ? (false, false) : (Taints.Forbidding(pod, node) is null, true);
    }

    /// <summary>The pod for one node: tied to it by affinity, and enduring what a daemon has to endure.</summary>
    public static JsonObject Pod(DaemonSet set, string node, string hash)
    {
        JsonObject pod = PodCreation.FromTemplate(set.Spec.Template, set);
        JsonObject labels = pod["metadata"]!["labels"] as JsonObject ?? [];
        labels["controller-revision-hash"] = hash;
        labels["pod-template-generation"] = set.Metadata.Generation.ToString(System.Globalization.CultureInfo.InvariantCulture);
        pod["metadata"]!["labels"] = labels;
        JsonObject spec = pod["spec"] as JsonObject ?? [];
        pod["spec"] = spec;
        JsonObject affinity = spec["affinity"] as JsonObject ?? [];
        JsonObject nodeAffinity = affinity["nodeAffinity"] as JsonObject ?? [];
        nodeAffinity["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonObject
        {
            ["nodeSelectorTerms"] = new JsonArray(new JsonObject
            {
                ["matchFields"] = new JsonArray(new JsonObject { ["key"] = "metadata.name", ["operator"] = "In", ["values"] = new JsonArray(node) }),
            }),
        };
        affinity["nodeAffinity"] = nodeAffinity;
        spec["affinity"] = affinity;
        JsonArray tolerations = spec["tolerations"] as JsonArray ?? [];
        foreach (Toleration toleration in Tolerations(set.Spec.Template.Spec))
        {
            tolerations.Add((JsonNode)new JsonObject { ["key"] = toleration.Key, ["operator"] = toleration.Operator, ["effect"] = toleration.Effect });
        }

        spec["tolerations"] = tolerations;
        return pod;
    }

    /// <summary>The node that a pod was made for, also before it is placed.</summary>
    public static string? NodeOf(Pod pod)
    {
        if (!string.IsNullOrEmpty(pod.Spec.NodeName))
        {
            return pod.Spec.NodeName;
        }

        return pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms
            .SelectMany(term => term.MatchFields)
            .FirstOrDefault(field => field.Key == "metadata.name" && field.Values.Count == 1)?.Values[0];
    }

    private static IEnumerable<Toleration> Tolerations(PodSpec spec)
    {
        foreach ((string key, string effect) in Endured)
        {
            yield return new Toleration { Key = key, Operator = "Exists", Effect = effect };
        }

        if (spec.HostNetwork)
        {
            yield return new Toleration { Key = "node.kubernetes.io/network-unavailable", Operator = "Exists", Effect = "NoSchedule" };
        }
    }
}
