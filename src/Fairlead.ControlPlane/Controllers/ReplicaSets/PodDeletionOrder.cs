using System.Globalization;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ReplicaSets;

/// <summary>
/// Which pods go first when there are too many: those that serve least. In order: not placed, not running, not ready, cheaper to delete,
/// on a node with more of their kind, ready for a shorter time, restarted more often, younger.
/// </summary>
/// <remarks>As kube-controller-manager does (pkg/controller, ActivePodsWithRanks).</remarks>
internal sealed class PodDeletionOrder : IComparer<Pod>
{
    private const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    private readonly Dictionary<string, int> _onNode = [];

    public PodDeletionOrder(IEnumerable<Pod> related)
    {
        foreach (Pod pod in related)
        {
            string node = pod.Spec.NodeName ?? "";
            _onNode[node] = _onNode.GetValueOrDefault(node) + 1;
        }
    }

    public int Compare(Pod? x, Pod? y)
    {
        Pod left = x!, right = y!;
        int order = IsPlaced(left).CompareTo(IsPlaced(right));
        order = order != 0 ? order : Phase(left).CompareTo(Phase(right));
        order = order != 0 ? order : PodState.IsReady(left).CompareTo(PodState.IsReady(right));
        order = order != 0 ? order : Cost(left).CompareTo(Cost(right));
        order = order != 0 ? order : Neighbours(right).CompareTo(Neighbours(left));
        order = order != 0 ? order : ReadySince(right).CompareTo(ReadySince(left));
        order = order != 0 ? order : Restarts(right).CompareTo(Restarts(left));
        order = order != 0 ? order : Created(right).CompareTo(Created(left));
        return order != 0 ? order : string.CompareOrdinal(left.Metadata.Name, right.Metadata.Name);
    }

    private static bool IsPlaced(Pod pod) => !string.IsNullOrEmpty(pod.Spec.NodeName);

    private static int Phase(Pod pod) => pod.Status.Phase switch
    {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };

    private static int Cost(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(CostAnnotation, out string? text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int cost) ? cost : 0;

    private int Neighbours(Pod pod) => _onNode.GetValueOrDefault(pod.Spec.NodeName ?? "");

    private static DateTimeOffset ReadySince(Pod pod) =>
        PodState.Condition(pod, "Ready") is { Status: "True" } ready ? ready.LastTransitionTime ?? DateTimeOffset.MinValue : DateTimeOffset.MinValue;

    private static int Restarts(Pod pod) => pod.Status.ContainerStatuses.Count == 0 ? 0 : pod.Status.ContainerStatuses.Max(status => status.RestartCount);

    private static DateTimeOffset Created(Pod pod) => pod.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue;
}
