using Fairlead.ControlPlane.Controllers.Scheduling;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Nodes;

/// <summary>What a node's conditions mean for its taints, and what silence means for its conditions.</summary>
internal static class NodeHealth
{
    private static readonly string[] Watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    /// <summary>Conditions that keep new pods away while they are True.</summary>
    private static readonly (string Condition, string Taint)[] Pressures =
    [
        ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "node.kubernetes.io/disk-pressure"),
        ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
        ("PIDPressure", "node.kubernetes.io/pid-pressure"),
    ];

    public static NodeCondition? Condition(Node node, string type) => node.Status.Conditions.FirstOrDefault(condition => condition.Type == type);

    public static bool IsReady(Node node) => Condition(node, "Ready") is { Status: "True" };

    /// <summary>The status of a node that has been silent for too long.</summary>
    public static NodeStatus Silent(Node node, DateTimeOffset now)
    {
        List<NodeCondition> conditions = [.. node.Status.Conditions];
        foreach (string type in Watched)
        {
            int at = conditions.FindIndex(condition => condition.Type == type);
            if (at < 0)
            {
                conditions.Add(new NodeCondition
                {
                    Type = type,
                    Status = "Unknown",
                    Reason = "NodeStatusNeverUpdated",
                    Message = "Kubelet never posted node status.",
                    LastHeartbeatTime = node.Metadata.CreationTimestamp,
                    LastTransitionTime = now,
                });
            }
            else if (conditions[at].Status != "Unknown")
            {
                conditions[at] = conditions[at] with
                {
                    Status = "Unknown",
                    Reason = "NodeStatusUnknown",
                    Message = "Kubelet stopped posting node status.",
                    LastTransitionTime = now,
                };
            }
        }

        return node.Status with { Conditions = conditions };
    }

    /// <summary>The taints that a node should have: those that others set, and those that its conditions ask for.</summary>
    public static IReadOnlyList<Taint> DesiredTaints(Node node, DateTimeOffset now)
    {
        List<Taint> wanted = [];
        switch (Condition(node, "Ready")?.Status)
        {
            case "True":
                break;
            case "False":
                wanted.Add(new Taint { Key = Taints.NotReady, Effect = "NoSchedule" });
                wanted.Add(new Taint { Key = Taints.NotReady, Effect = "NoExecute", TimeAdded = now });
                break;
            case "Unknown":
                wanted.Add(new Taint { Key = Taints.Unreachable, Effect = "NoSchedule" });
                wanted.Add(new Taint { Key = Taints.Unreachable, Effect = "NoExecute", TimeAdded = now });
                break;
            default:
                // It has not said anything yet: what the server put there at its creation stays.
                wanted.AddRange(node.Spec.Taints.Where(taint => taint.Key is Taints.NotReady or Taints.Unreachable));
                break;
        }

        foreach ((string condition, string taint) in Pressures)
        {
            if (Condition(node, condition) is { Status: "True" })
            {
                wanted.Add(new Taint { Key = taint, Effect = "NoSchedule" });
            }
        }

        if (node.Spec.Unschedulable)
        {
            wanted.Add(new Taint { Key = Taints.Unschedulable, Effect = "NoSchedule", TimeAdded = now });
        }

        List<Taint> taints = [];
        foreach (Taint taint in node.Spec.Taints)
        {
            int at = wanted.FindIndex(want => want.Key == taint.Key && want.Effect == taint.Effect);
            if (at >= 0)
            {
                wanted.RemoveAt(at);
                taints.Add(taint);
            }
            else if (!IsOurs(taint))
            {
                taints.Add(taint);
            }
        }

        taints.AddRange(wanted);
        return taints;
    }

    private static bool IsOurs(Taint taint) =>
        taint.Key is Taints.NotReady or Taints.Unreachable
        || (taint.Key == Taints.Unschedulable && taint.Effect == "NoSchedule")
        || (taint.Effect == "NoSchedule" && Array.Exists(Pressures, pressure => pressure.Taint == taint.Key));
}
