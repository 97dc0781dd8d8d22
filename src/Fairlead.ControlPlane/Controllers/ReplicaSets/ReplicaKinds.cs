using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Controllers.ReplicaSets;

/// <summary>The two kinds that keep a number of pods.</summary>
internal static class ReplicaKinds
{
    public static IController ReplicaSets(ControllerContext context) => new ReplicaSetController<ReplicaSet>(
        context,
        new ReplicaKind<ReplicaSet>("replicaset", "ReplicaSet", set => set, (set, status) => set with { Status = status }));

    public static IController ReplicationControllers(ControllerContext context) => new ReplicaSetController<ReplicationController>(
        context,
        new ReplicaKind<ReplicationController>("replicationcontroller", "ReplicationController", View, WithStatus));

    private static ReplicaSet View(ReplicationController controller) => new()
    {
        Metadata = controller.Metadata,
        Spec = new ReplicaSetSpec
        {
            Replicas = controller.Spec.Replicas,
            MinReadySeconds = controller.Spec.MinReadySeconds,
            Selector = LabelSelector.Of(controller.Spec.Selector),
            Template = controller.Spec.Template ?? new ReplicaSetSpec().Template,
        },
        Status = new ReplicaSetStatus
        {
            Conditions = [.. controller.Status.Conditions.Select(condition => new ReplicaSetCondition
            {
                Type = condition.Type,
                Status = condition.Status,
                Reason = condition.Reason,
                Message = condition.Message,
                LastTransitionTime = condition.LastTransitionTime,
            })],
        },
    };

    private static ReplicationController WithStatus(ReplicationController controller, ReplicaSetStatus status) => controller with
    {
        Status = controller.Status with
        {
            Replicas = status.Replicas,
            FullyLabeledReplicas = status.FullyLabeledReplicas,
            ReadyReplicas = status.ReadyReplicas,
            AvailableReplicas = status.AvailableReplicas,
            ObservedGeneration = status.ObservedGeneration,
            Conditions = [.. status.Conditions.Select(condition => new ReplicationControllerCondition
            {
                Type = condition.Type,
                Status = condition.Status,
                Reason = condition.Reason,
                Message = condition.Message,
                LastTransitionTime = condition.LastTransitionTime,
            })],
        },
    };
}
