using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.Scheduling;

/// <summary>A node, the pods that are on it (or on their way), and what they have reserved of it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Pods">Its pods that have not ended.</param>
/// <param name="Requested">The sum of their requests.</param>
internal sealed record NodeState(Node Node, IReadOnlyList<Pod> Pods, IReadOnlyDictionary<string, decimal> Requested)
{
    public string Name => Node.Metadata.Name;

    public static NodeState Of(Node node, IReadOnlyList<Pod> pods)
    {
        Dictionary<string, decimal> requested = [];
        foreach (Pod pod in pods)
        {
            foreach ((string resource, decimal amount) in PodRequests.Of(pod))
            {
                requested[resource] = requested.GetValueOrDefault(resource) + amount;
            }
        }

        return new NodeState(node, pods, requested);
    }

    /// <summary>How much of a resource there is; null where the node does not say.</summary>
    public decimal? Allocatable(string resource) =>
        Node.Status.Allocatable.TryGetValue(resource, out Quantity amount) || Node.Status.Capacity.TryGetValue(resource, out amount) ? amount.Value : null;
}

/// <summary>What a pod reserves.</summary>
internal static class PodRequests
{
    /// <summary>Requests per resource: the sum of the containers and sidecars, or the largest init container where that is more, and the overhead.</summary>
    public static IReadOnlyDictionary<string, decimal> Of(Pod pod)
    {
        Dictionary<string, decimal> total = [];
        foreach (Container container in pod.Spec.Containers)
        {
            Add(total, container.Resources?.Requests);
        }

        Dictionary<string, decimal> sidecars = [];
        Dictionary<string, decimal> largest = [];
        foreach (Container container in pod.Spec.InitContainers)
        {
            if (container.RestartPolicy == "Always")
            {
                Add(sidecars, container.Resources?.Requests);
                Add(total, container.Resources?.Requests);
                continue;
            }

            foreach ((string resource, Quantity amount) in container.Resources?.Requests ?? new Dictionary<string, Quantity>())
            {
                largest[resource] = Math.Max(largest.GetValueOrDefault(resource), amount.Value + sidecars.GetValueOrDefault(resource));
            }
        }

        foreach ((string resource, decimal amount) in largest)
        {
            total[resource] = Math.Max(total.GetValueOrDefault(resource), amount);
        }

        Add(total, pod.Spec.Overhead);
        return total;
    }

    private static void Add(Dictionary<string, decimal> total, IReadOnlyDictionary<string, Quantity>? requests)
    {
        foreach ((string resource, Quantity amount) in requests ?? new Dictionary<string, Quantity>())
        {
            total[resource] = total.GetValueOrDefault(resource) + amount.Value;
        }
    }
}
