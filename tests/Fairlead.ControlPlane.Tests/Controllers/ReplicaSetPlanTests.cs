using Fairlead.ControlPlane.Controllers;
using Fairlead.ControlPlane.Controllers.ReplicaSets;
using Fairlead.Kubernetes;

namespace Fairlead.ControlPlane.Tests.Controllers;

public class ReplicaSetPlanTests
{
    [Fact]
    public void Missing_pods_are_made_and_a_second_look_makes_none()
    {
        ReplicaSet set = Make.Set("web", 3, 0);

        Assert.Equal(3, Plan(set, []).Create);
        ReplicaSetPlan settled = Plan(set, [.. Enumerable.Range(0, 3).Select(i => Make.Pod($"p{i}", ready: true))]);
        Assert.Equal((0, 0), (settled.Create, settled.Delete.Count));
        Assert.Equal((3, 3, 3), (settled.Status.Replicas, settled.Status.ReadyReplicas, settled.Status.AvailableReplicas));
    }

    [Fact]
    public void Pods_that_ended_or_leave_are_replaced() =>
        Assert.Equal(2, Plan(Make.Set("web", 3, 0), [Make.Pod("a", ready: true), Make.Pod("b", phase: "Failed"), Make.Pod("c", deleting: true)]).Create);

    [Theory] //  first to go                     stays
    [InlineData("unplaced", "placed")]
    [InlineData("pending", "running")]
    [InlineData("unready", "ready")]
    [InlineData("cheap", "dear")]
    [InlineData("crowded", "alone")]
    [InlineData("restarted", "steady")]
    [InlineData("young", "old")]
    public void Of_two_pods_goes_first(string first, string other)
    {
        Pod Named(string name) => name switch
        {
            "unplaced" => Make.Pod(name),
            "pending" => Make.Pod(name, node: "n1", phase: "Pending"),
            "unready" => Make.Pod(name, node: "n1"),
            "cheap" => With(Make.Pod(name, node: "n1", ready: true), meta => meta with { Annotations = new Dictionary<string, string> { ["controller.kubernetes.io/pod-deletion-cost"] = "-5" } }),
            "crowded" => Make.Pod(name, node: "n2", ready: true),
            "restarted" => Make.Pod(name, node: "n1", ready: true) is var pod ? pod with { Status = pod.Status with { ContainerStatuses = [new ContainerStatus { RestartCount = 3 }] } } : null!,
            "young" => Make.Pod(name, node: "n1", ready: true),
            "old" => With(Make.Pod(name, node: "n1", ready: true), meta => meta with { CreationTimestamp = Make.Now.AddHours(-1) }),
            _ => Make.Pod(name, node: "n1", ready: true),
        };
        Pod[] pods = [Named(other), Named(first)];
        Pod[] related = [.. pods, Make.Pod("neighbour", node: "n2", ready: true)];

        Assert.Equal(first, pods.Order(new PodDeletionOrder(first == "crowded" ? related : [])).First().Metadata.Name);
    }

    [Fact]
    public void Pods_that_match_are_adopted_and_pods_that_no_longer_match_are_released()
    {
        ReplicaSet set = Make.Set("web", 3, 0);
        Pod[] pods = [Make.Pod("orphan"), Make.Pod("stranger", owner: "other"), Make.Pod("mine", owner: "uid-web"), Make.Pod("relabelled", labels: "app=x", owner: "uid-web"), Make.Pod("unrelated", labels: "app=x")];

        Claims<Pod> claims = Ownership.Sort(set, set.Spec.Selector!, pods);

        Assert.Equal(("mine", "orphan", "relabelled"), (claims.Owned.Single().Metadata.Name, claims.Adopt.Single().Metadata.Name, claims.Release.Single().Metadata.Name));
    }

    [Fact]
    public void A_ready_pod_is_available_only_after_a_while_where_the_set_says_so()
    {
        ReplicaSet set = Make.Set("web", 1, 0) is var s ? s with { Spec = s.Spec with { MinReadySeconds = 10 } } : null!;
        Pod pod = Make.Pod("p", ready: true);

        ReplicaSetPlan early = ReplicaSetPlan.Make(set, [pod], [pod], p => p.Metadata.IsDeleting, Make.Now.AddSeconds(4));
        Assert.Equal((1, 0, TimeSpan.FromSeconds(6)), (early.Status.ReadyReplicas, early.Status.AvailableReplicas, early.LookAgain));
        Assert.Equal(1, ReplicaSetPlan.Make(set, [pod], [pod], p => p.Metadata.IsDeleting, Make.Now.AddSeconds(10)).Status.AvailableReplicas);
    }

    private static Pod With(Pod pod, Func<ObjectMeta, ObjectMeta> change) => pod with { Metadata = change(pod.Metadata) };

    private static ReplicaSetPlan Plan(ReplicaSet set, Pod[] pods) => ReplicaSetPlan.Make(set, pods, pods, pod => pod.Metadata.IsDeleting, Make.Now);
}
